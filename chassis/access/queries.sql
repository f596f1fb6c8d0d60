-- name: read_access_version
-- Tell whether memberships or organisations changed since last time.
select version from access_version;

-- name: raise_access_version
-- Tell every process of this service that what it remembers is out of date.
update access_version set version = version + 1;

-- name: list_memberships_of_member
-- Give what one member may act as.
-- $1 member key, $2 memberships at most
select membership_id, role, organisation_kind, organisation_code
from access_membership
where member_key = $1
order by membership_id
limit $2;

-- name: list_organisations
-- Give every organisation of the register.
select kind, code, region_code, pcn_code, name, referrer_kind
from access_organisation
order by kind, code;

-- name: find_organisation
-- Give one organisation of the register.
-- $1 kind, $2 code
select kind, code, region_code, pcn_code, name, referrer_kind
from access_organisation
where kind = $1 and code = $2;

-- name: store_organisations
-- Add organisations, or correct those that are known.
-- $1 kinds, $2 codes, $3 region codes, $4 PCN codes, $5 names, $6 kinds of referrers
insert into access_organisation as known (
    kind, code, region_code, pcn_code, name, referrer_kind
)
select kind, code, region_code, pcn_code, name, referrer_kind
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    as given (kind, code, region_code, pcn_code, name, referrer_kind)
on conflict (kind, code) do update
set
    region_code = excluded.region_code,
    pcn_code = excluded.pcn_code,
    name = excluded.name,
    referrer_kind = excluded.referrer_kind;

-- name: store_memberships
-- Add memberships; one that is known is the same grant again.
-- $1 membership ids, $2 member keys, $3 roles, $4 organisation kinds, $5 organisation codes
insert into access_membership (
    membership_id, member_key, role, organisation_kind, organisation_code
)
select membership_id, member_key, role, organisation_kind, organisation_code
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
    as given (membership_id, member_key, role, organisation_kind, organisation_code)
on conflict (membership_id) do nothing;

-- name: end_memberships
-- Take memberships away.
-- $1 membership ids
delete from access_membership where membership_id = any ($1::uuid[]);

-- name: add_audit_entries
-- Record who opened or changed what, one row for each thing.
-- $1 entry ids, $2 member key, $3 role, $4 organisation code, $5 action, $6 person ids,
-- $7 subjects, $8 PCN codes, $9 reason, $10 outcome, $11 trace id
insert into access_audit (
    entry_id, member_key, role, organisation_code, action, person_id, subject, pcn_code, reason,
    outcome, trace_id
)
select given.entry_id, $2, $3, $4, $5, given.person_id, given.subject, given.pcn_code, $9, $10, $11
from unnest($1::uuid[], $6::uuid[], $7::text[], $8::text[])
    as given (entry_id, person_id, subject, pcn_code);
