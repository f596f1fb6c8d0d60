-- name: membership_is_known
-- Tell whether a service has read of a member's role at an organisation.
-- $1 member key, $2 role, $3 organisation code
select exists (
    select from access_membership
    where member_key = $1 and role = $2 and organisation_code = $3
);

-- name: statements_drop_platform
-- The statements that remove what one platform made on a server it shares.
-- $1 names of databases, $2 names of roles
select format('drop database if exists %I with (force)', name) as statement, 1 as place
from unnest($1::text[]) as name
union all
select format('drop role if exists %I', name), 2
from unnest($2::text[]) as name
order by place;
