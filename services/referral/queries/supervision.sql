-- Supervision and training of workers.

-- name: list_supervised_members
-- Give who works in a network, in which roles: its own members and the navigators of its practices.
-- $1 PCN code  $2 roles of the network  $3 roles of its practices  $4 rows at most
select member_key, role
from (
    select member.member_key, member.role
    from access_membership as member
    where
        member.organisation_kind = 'pcn'
        and member.organisation_code = $1
        and member.role = any ($2::text[])
    union all
    select member.member_key, member.role
    from access_organisation as practice
    join access_membership as member
        on
            member.organisation_kind = 'practice'
            and member.organisation_code = practice.code
            and member.role = any ($3::text[])
    where practice.kind = 'practice' and practice.pcn_code = $1
) as working
order by member_key, role
limit $4

-- name: hold_known_rules
-- Let nobody change how often a network wants what until this transaction ends.
-- $1 PCN code
select version from supervision_rules where pcn_code = $1 for share

-- name: enter_rules
-- Enter that a network never said how often, where it did not.
-- $1 PCN code  $2 known at
insert into supervision_rules (pcn_code, version, recorded_at)
values ($1, 0, $2)
on conflict (pcn_code) do nothing

-- name: networks_of_practices
-- Give the networks of these practices.
-- $1 practice codes
select distinct pcn_code
from access_organisation
where kind = 'practice' and code = any ($1::text[]) and pcn_code is not null

-- name: begin_entitlements
-- Make rows of what workers are entitled to and never had, where there are none.
-- $1 the rows
insert into entitlement (
    id, pcn_code, worker_id, kind, what, last_on, next_by, counted_from, version
)
select id, pcn_code, worker_id, kind, what, last_on, next_by, counted_from, version
from json_populate_recordset(null::entitlement, $1::json)
on conflict (pcn_code, worker_id, kind, what) do nothing
returning id, next_by

-- name: load_entitlement_record
-- Read something a worker was said to have had, after its entitlement was locked.
-- $1 record id  $2 worker id
select entitlement_id, event_id, occurred_at, voided_at
from entitlement_record
where id = $1 and worker_id = $2

-- name: entitlement_of_record
-- Find which entitlement something a worker had is of.
-- $1 record id  $2 worker id
select entitlement_id
from entitlement_record
where id = $1 and worker_id = $2

-- name: void_entitlement_record
-- Keep that a worker did not have it after all.
-- $1 record id  $2 when that became known  $3 why  $4 who said so, or null
update entitlement_record
set voided_at = $2, void_reason = $3, voided_by = $4
where id = $1

-- name: last_that_stands
-- Give when a worker had one thing last, of what stands.
-- $1 entitlement id
select max(occurred_at)
from entitlement_record
where entitlement_id = $1 and voided_at is null

-- name: begin_entitlement
-- Make the row of a worker's entitlement, if there is none yet.
-- $1 id  $2 PCN code  $3 worker id  $4 kind  $5 what
insert into entitlement (id, pcn_code, worker_id, kind, what, version)
values ($1, $2, $3, $4, $5, 0)
on conflict (pcn_code, worker_id, kind, what) do nothing

-- name: lock_entitlement_of_worker
-- Lock what a worker had of one thing in one network.
-- $1 PCN code  $2 worker id  $3 kind  $4 what
select id, pcn_code, worker_id, kind, what, last_on, next_by, counted_from, version
from entitlement
where pcn_code = $1 and worker_id = $2 and kind = $3 and what = $4
for update

-- name: lock_entitlement
-- Lock what a worker had of one thing.
-- $1 entitlement id
select id, pcn_code, worker_id, kind, what, last_on, next_by, counted_from, version
from entitlement
where id = $1
for update

-- name: write_entitlement
-- Store what a worker had last, and by when the next is due.
-- $1 entitlement id  $2 last on  $3 next by  $4 version
update entitlement set last_on = $2, next_by = $3, version = $4 where id = $1

-- name: add_entitlement_record
-- Keep what a worker had.
-- $1 the record
insert into entitlement_record (
    id, pcn_code, worker_id, entitlement_id, kind, what, minutes, note, recorded_by, origin,
    event_id, occurred_at, recorded_at
)
select
    id, pcn_code, worker_id, entitlement_id, kind, what, minutes, note, recorded_by, origin,
    event_id, occurred_at, recorded_at
from json_populate_recordset(null::entitlement_record, $1::json)

-- name: list_entitlements_of_network
-- Give what workers of a network had last.
-- $1 PCN code  $2 worker ids
select id, pcn_code, worker_id, kind, what, last_on, next_by, counted_from, version
from entitlement
where pcn_code = $1 and worker_id = any ($2::uuid[])

-- name: list_records_of_worker
-- Give a page of what a worker had in networks, the latest entered first.
-- $1 PCN codes  $2 worker id  $3 id to go on after, or null  $4 rows at most
select
    id, pcn_code, worker_id, kind, what, minutes, note, recorded_by, origin, occurred_at,
    recorded_at, voided_at, void_reason
from entitlement_record
where pcn_code = any ($1::text[]) and worker_id = $2 and ($3::uuid is null or id < $3)
order by id desc
limit $4

-- name: list_supervision_intervals
-- Give how often a network wants what, where it said so.
-- $1 PCN code
select role, kind, what, every_weeks
from supervision_interval
where pcn_code = $1

-- name: hold_supervision_rules
-- Lock how often a network wants what, entering that it never said where it did not.
-- $1 PCN code  $2 known at
insert into supervision_rules (pcn_code, version, recorded_at)
values ($1, 0, $2)
on conflict (pcn_code) do update set pcn_code = excluded.pcn_code
returning version

-- name: version_of_supervision_rules
-- Give how often a network said how often.
-- $1 PCN code
select version from supervision_rules where pcn_code = $1

-- name: clear_supervision_intervals
-- Forget how often a network wants what.
-- $1 PCN code
delete from supervision_interval where pcn_code = $1

-- name: write_supervision_intervals
-- Keep how often a network wants what.
-- $1 PCN code  $2 roles  $3 kinds  $4 what  $5 weeks, side by side
insert into supervision_interval (pcn_code, role, kind, what, every_weeks)
select $1, role, kind, what, every_weeks
from unnest($2::text[], $3::text[], $4::text[], $5::integer[]) as wanted (
    role, kind, what, every_weeks
)

-- name: write_supervision_rules
-- Count that a network said how often.
-- $1 PCN code  $2 version  $3 known at
update supervision_rules set version = $2, recorded_at = $3 where pcn_code = $1

-- name: lock_entitlements_of_network
-- Lock what workers of a network had.
-- $1 PCN code
select id, pcn_code, worker_id, kind, what, last_on, next_by, counted_from, version
from entitlement
where pcn_code = $1
order by id
for update

-- name: write_days_of_entitlements
-- Store by when the next is due of each.
-- $1 ids  $2 days  $3 days they count from, side by side
update entitlement
set next_by = wanted.next_by, counted_from = wanted.counted_from
from unnest($1::uuid[], $2::date[], $3::date[]) as wanted (id, next_by, counted_from)
where entitlement.id = wanted.id
