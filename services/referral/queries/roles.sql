-- The roles of networks, as the register told them.

-- name: keep_roles
-- Keep what the register told last of each role.
-- $1 PCN codes  $2 roles  $3 descriptions, null where withdrawn  $4 numbers  $5 told at
insert into known_role as known (pcn_code, role, description, number, changed_at)
select pcn_code, role, description::jsonb, number, changed_at
from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) as told (
    pcn_code, role, description, number, changed_at
)
on conflict (pcn_code, role) do update
set
    description = excluded.description,
    number = excluded.number,
    changed_at = excluded.changed_at
where known.number < excluded.number

-- name: list_roles
-- Give the roles of networks.
-- $1 PCN codes
select known_role.pcn_code, known_role.role, known_role.description, known_role.changed_at
from known_role
where known_role.pcn_code = any ($1::text[]) and known_role.description is not null
order by known_role.pcn_code, known_role.role

-- name: list_clinical_codes
-- Give which clinical codes the roles of networks may record.
-- $1 PCN codes
select
    known_role.pcn_code, known_role.role,
    array(
        select code
        from jsonb_array_elements_text(known_role.description -> 'clinical_codes') as said (code)
    ) as codes
from known_role
where known_role.pcn_code = any ($1::text[]) and known_role.description is not null

-- name: find_network
-- Give the name of a network of the register.
-- $1 PCN code
select name
from access_organisation
where kind = 'pcn' and code = $1

-- name: find_network_of_practice
-- Give the network a practice of the register belongs to.
-- $1 practice code
select pcn_code
from access_organisation
where kind = 'practice' and code = $1
