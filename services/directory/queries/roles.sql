-- The roles of networks, as the networks describe them.

-- name: role_catalogue
-- Reads what was last told of a network's roles.
-- $1 pcn_code
select version, event_id, occurred_at, recorded_at
from role_catalogue
where pcn_code = $1;

-- name: described_roles
-- Reads a network's roles, in its own order.
-- $1 pcn_code
select role, content
from described_role
where pcn_code = $1
order by place;

-- name: clear_described_roles
-- Forgets a network's roles, before they are written anew.
-- $1 pcn_code
delete from described_role
where pcn_code = $1;

-- name: write_described_roles
-- Writes a network's roles in order.
-- $1 pcn_code  $2 region_code  $3 roles  $4 contents, side by side
insert into described_role (pcn_code, region_code, role, content, place)
select $1, $2, role, content::jsonb, place
from unnest($3::text[], $4::text[]) with ordinality as described (role, content, place);

-- name: write_role_catalogue
-- Notes what was told of a network's roles.
-- $1 pcn_code  $2 region_code  $3 version  $4 event_id  $5 occurred_at  $6 recorded_at
insert into role_catalogue (pcn_code, region_code, version, event_id, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (pcn_code) do update set
    version = excluded.version,
    event_id = excluded.event_id,
    occurred_at = excluded.occurred_at,
    recorded_at = excluded.recorded_at;
