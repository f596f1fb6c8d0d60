-- The register: who takes part, where a practice belongs, who may act for whom.

-- name: hold_regions
-- Holds the rows of these regions, in one order, for the rest of the transaction.
-- $1 region_codes
select code
from register_organisation
where kind = 'region' and code = any ($1::text[])
order by code
for update;

-- name: enter_organisation
-- Enters an organisation, unless its code is taken, by whatever kind; then there is no row.
-- $1 kind  $2 code  $3 region_code  $4 name  $5 event_id  $6 occurred_at  $7 recorded_at
-- $8 referrer_kind, or null
insert into register_organisation
    (kind, code, region_code, name, version, announced_version, event_id, occurred_at, recorded_at,
     referrer_kind)
values ($1, $2, $3, $4, 1, 1, $5, $6, $7, $8)
on conflict do nothing
returning version;

-- name: lock_organisation
-- Locks one organisation of the register for the rest of the transaction.
-- $1 kind  $2 code
select kind, code, region_code, name, version, announced_version, event_id, occurred_at, recorded_at,
    referrer_kind
from register_organisation
where kind = $1 and code = $2
for update;

-- name: find_organisation
-- Reads one organisation of the register without locking it.
-- $1 kind  $2 code
select kind, code, region_code, name, version, announced_version, event_id, occurred_at, recorded_at,
    referrer_kind
from register_organisation
where kind = $1 and code = $2;

-- name: rename_organisation
-- Changes the locked organisation and notes what was announced of it.
-- $1 kind  $2 code  $3 name  $4 event_id  $5 occurred_at  $6 recorded_at  $7 referrer_kind, or null
update register_organisation
set name = $3,
    referrer_kind = $7,
    version = version + 1,
    announced_version = version + 1,
    event_id = $4,
    occurred_at = $5,
    recorded_at = $6
where kind = $1 and code = $2
returning version;

-- name: advance_organisation
-- Gives the next version to a fact about the locked organisation that has a row of its own.
-- $1 kind  $2 code
update register_organisation
set version = version + 1
where kind = $1 and code = $2
returning version;

-- name: present_belonging
-- Reads where a practice belongs now.
-- $1 practice_code
select pcn_code, from_date
from practice_belonging
where practice_code = $1 and until_date is null;

-- name: end_belonging
-- Ends where a practice belongs now, on the day the next belonging starts.
-- $1 practice_code  $2 until_date
update practice_belonging
set until_date = $2
where practice_code = $1 and until_date is null;

-- name: begin_belonging
-- Begins a belonging of a practice to a PCN.
-- $1 practice_code  $2 pcn_code  $3 region_code  $4 from_date
insert into practice_belonging (practice_code, pcn_code, region_code, from_date)
values ($1, $2, $3, $4);

-- name: set_practice_contact
-- Notes where a practice wants to be written to.
-- $1 practice_code  $2 region_code  $3 email
insert into practice_contact (practice_code, region_code, email)
values ($1, $2, $3)
on conflict (practice_code) do update set email = excluded.email
where practice_contact.email <> excluded.email;

-- name: record_population
-- Records how many people were registered on a day, or corrects it; the PCN is locked.
-- $1 pcn_code  $2 practice_code, or empty  $3 as_of  $4 region_code  $5 persons  $6 version
-- $7 event_id  $8 occurred_at  $9 recorded_at
insert into population
    (pcn_code, practice_code, as_of, region_code, persons, version, event_id, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (pcn_code, practice_code, as_of) do update
set persons = excluded.persons,
    version = excluded.version,
    event_id = excluded.event_id,
    occurred_at = excluded.occurred_at,
    recorded_at = excluded.recorded_at;

-- name: find_population
-- Reads the figure of one day.
-- $1 pcn_code  $2 practice_code, or empty  $3 as_of
select persons, version, event_id, occurred_at, recorded_at
from population
where pcn_code = $1 and practice_code = $2 and as_of = $3;

-- name: enter_worker
-- Enters a worker, unless the PCN knows the worker or the address; then there is no row.
-- $1 id  $2 pcn_code  $3 region_code  $4 name  $5 email  $6 phone  $7 roles
-- $8 event_id  $9 occurred_at  $10 recorded_at
insert into worker
    (id, pcn_code, region_code, name, email, phone, roles, version, event_id, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10)
on conflict do nothing
returning version;

-- name: lock_workers_like
-- Locks the workers of a PCN who are this one or have this address.
-- $1 pcn_code  $2 id  $3 email
select id, pcn_code, name, email, phone, roles, version, event_id, occurred_at, recorded_at
from worker
where pcn_code = $1 and (id = $2 or email = $3)
order by id
for update;

-- name: has_worker
-- Tells whether a PCN has a worker of this id.
-- $1 pcn_code  $2 id, as text
select exists(select 1 from worker where pcn_code = $1 and id::text = $2);

-- name: change_worker
-- Changes the locked worker and notes what was announced.
-- $1 pcn_code  $2 id  $3 name  $4 email  $5 phone  $6 roles
-- $7 event_id  $8 occurred_at  $9 recorded_at
update worker
set name = $3,
    email = $4,
    phone = $5,
    roles = $6,
    version = version + 1,
    event_id = $7,
    occurred_at = $8,
    recorded_at = $9
where pcn_code = $1 and id = $2
returning version;

-- name: grant_membership
-- Grants a membership, unless the member holds it already; then there is no row.
-- $1 id  $2 member_key  $3 role  $4 organisation_kind  $5 organisation_code  $6 region_code
-- $7 granted_by  $8 event_id  $9 occurred_at  $10 recorded_at  $11 granted_by_role, or null
-- $12 id of the membership it replaces, or null
insert into membership
    (id, member_key, role, organisation_kind, organisation_code, region_code, granted_by,
     version, event_id, occurred_at, recorded_at, granted_by_role, replaces_id)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12)
on conflict (member_key, role, organisation_kind, organisation_code) where ended_at is null do nothing
returning version;

-- name: held_membership
-- Reads the membership that a member already holds.
-- $1 member_key  $2 role  $3 organisation_kind  $4 organisation_code
select id, member_key, role, organisation_kind, organisation_code, granted_by, granted_by_role,
    replaces_id, version, event_id, occurred_at, recorded_at, ended_at
from membership
where member_key = $1 and role = $2 and organisation_kind = $3 and organisation_code = $4
    and ended_at is null;

-- name: lock_membership
-- Locks one membership, held or ended.
-- $1 id
select id, member_key, role, organisation_kind, organisation_code, granted_by, granted_by_role,
    replaces_id, version, event_id, occurred_at, recorded_at, ended_at
from membership
where id = $1
for update;

-- name: end_membership
-- Ends the locked membership.
-- $1 id  $2 event_id  $3 occurred_at  $4 recorded_at  $5 ended_by, or null
update membership
set version = version + 1,
    event_id = $2,
    occurred_at = $3,
    recorded_at = $4,
    ended_at = $3,
    ended_by = $5
where id = $1
returning version;

-- name: count_other_registrars
-- Counts the members, other than this one, who keep a region's register.
-- $1 region_code  $2 member_key
select count(distinct member_key)
from membership
where role = 'registrar' and organisation_code = $1 and member_key <> $2 and ended_at is null;
