-- What is shown to those who keep or use the register; columns are named as they are shown.

-- name: regions_page
-- Lists regions by code.
-- $1 after code, or empty  $2 rows
select code as id, code as region_code, name, version
from register_organisation
where kind = 'region' and code > $1
order by code
limit $2;

-- name: pcns_page
-- Lists PCNs by code.
-- $1 after code, or empty  $2 rows
select code as id, code as pcn_code, region_code, name, version
from register_organisation
where kind = 'pcn' and code > $1
order by code
limit $2;

-- name: practices_page
-- Lists practices by code, with where they belong now, if anywhere.
-- $1 after code, or empty  $2 rows
select
    o.code as id,
    o.code as practice_code,
    b.pcn_code,
    o.region_code,
    o.name,
    b.from_date,
    c.email as contact_email,
    o.version
from register_organisation as o
left join practice_belonging as b on b.practice_code = o.code and b.until_date is null
left join practice_contact as c on c.practice_code = o.code
where o.kind = 'practice' and o.code > $1
order by o.code
limit $2;

-- name: referrers_page
-- Lists the organisations that refer and are no practices, by code or id.
-- $1 after code, or empty  $2 rows
select
    o.code as id,
    o.code as organisation_code,
    o.referrer_kind,
    o.region_code,
    o.name,
    c.email as contact_email,
    o.version
from register_organisation as o
left join practice_contact as c on c.practice_code = o.code
where o.kind = 'organization' and o.code > $1
order by o.code
limit $2;

-- name: shown_referrer
-- Reads one organisation that refers and is no practice.
-- $1 code or id
select
    o.code as id,
    o.code as organisation_code,
    o.referrer_kind,
    o.region_code,
    o.name,
    c.email as contact_email,
    o.version
from register_organisation as o
left join practice_contact as c on c.practice_code = o.code
where o.kind = 'organization' and o.code = $1;

-- name: populations_page
-- Lists populations by PCN, practice and day.
-- $1 after pcn_code  $2 after practice_code  $3 after as_of  $4 rows
select
    coalesce(nullif(practice_code, ''), pcn_code) || '-' || as_of as id,
    pcn_code,
    nullif(practice_code, '') as practice_code,
    persons,
    as_of,
    version
from population
where (pcn_code, practice_code, as_of) > ($1, $2, $3::date)
order by pcn_code, population.practice_code, as_of
limit $4;

-- name: workers_page
-- Lists workers by PCN and id.
-- $1 after pcn_code, or empty  $2 after id  $3 rows
select id, id as worker_id, pcn_code, name, email, phone, roles, version
from worker
where (pcn_code, id) > ($1, $2::uuid)
order by pcn_code, id
limit $3;

-- name: memberships_page
-- Lists the memberships now held, and on demand those that ended, by id.
-- $1 after id  $2 rows  $3 whether ended ones too
select
    id,
    id as membership_id,
    member_key,
    role,
    organisation_kind,
    organisation_code,
    granted_by,
    granted_by_role,
    -- Of one that ended, `occurred_at` is when it did.
    case when ended_at is null then occurred_at end as granted_at,
    replaces_id as replaces_membership_id,
    ended_at,
    ended_by,
    version
from membership
where id > $1 and ($3 or ended_at is null)
order by id
limit $2;

-- name: drafts_page
-- Lists the listings that wait to be published, by id.
-- $1 after id  $2 rows
select
    id,
    id as service_id,
    organization_id,
    region_code,
    name,
    needs,
    recorded_at as entered_at,
    version
from listing
where state = 'draft' and id > $1
order by id
limit $2;

-- name: shown_pcn
-- Reads one PCN.
-- $1 code
select code as id, code as pcn_code, region_code, name, version
from register_organisation
where kind = 'pcn' and code = $1;

-- name: shown_practice
-- Reads one practice, with where it belongs now, if anywhere.
-- $1 code
select
    o.code as id,
    o.code as practice_code,
    b.pcn_code,
    o.region_code,
    o.name,
    b.from_date,
    c.email as contact_email,
    o.version
from register_organisation as o
left join practice_belonging as b on b.practice_code = o.code and b.until_date is null
left join practice_contact as c on c.practice_code = o.code
where o.kind = 'practice' and o.code = $1;

-- name: shown_membership
-- Reads one membership, held or ended.
-- $1 id
select
    id,
    id as membership_id,
    member_key,
    role,
    organisation_kind,
    organisation_code,
    granted_by,
    granted_by_role,
    replaces_id as replaces_membership_id,
    ended_at,
    ended_by,
    version
from membership
where id = $1;

-- name: shown_worker
-- Reads one worker, from the first PCN that shows the worker to this transaction.
-- $1 id
select id, id as worker_id, pcn_code, name, email, phone, roles, version
from worker
where id = $1
order by pcn_code
limit 1;

-- name: shown_organization
-- Reads one organisation as entered.
-- $1 id
select id, id as organization_id, region_code, content::text as content,
    field_sources::text as field_sources, version
from organization
where id = $1;

-- name: practice_card
-- Reads what a service needs in order to write to a practice or to who else refers.
-- $1 code or id
select o.code as practice_code, o.name, b.pcn_code, c.email as contact_email
from register_organisation as o
left join practice_belonging as b on b.practice_code = o.code and b.until_date is null
left join practice_contact as c on c.practice_code = o.code
where o.kind in ('practice', 'organization') and o.code = $1;

-- name: regions_of_pcns
-- Names the regions that these PCNs belong to.
-- $1 pcn_codes
select distinct region_code
from register_organisation
where kind = 'pcn' and code = any ($1::text[])
order by region_code;
