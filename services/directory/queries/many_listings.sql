-- Organisations and listings entered and changed many at once.

-- name: organizations_by_names
-- Reads a region's organisations of these names, whatever their case.
-- $1 region_code  $2 names
select given.name as wanted, o.id, o.region_code, o.name, o.content::text as content, o.content_hash,
    o.field_sources::text as field_sources, o.version, o.event_id, o.occurred_at, o.recorded_at
from unnest($2::text[]) as given (name)
inner join organization as o on o.region_code = $1 and lower(o.name) = lower(given.name);

-- name: organizations_by_ids
-- Reads organisations.
-- $1 ids
select id, region_code, name, content::text as content, content_hash,
    field_sources::text as field_sources, version, event_id, occurred_at, recorded_at
from organization
where id = any ($1::uuid[]);

-- name: enter_organizations
-- Enters organisations that the region has not got by name; which were entered.
-- $1 rows as JSON
insert into organization
    (id, region_code, name, content, content_hash, field_sources, version, event_id, occurred_at,
     recorded_at)
select id, region_code, name, content, decode(content_hash, 'hex'), field_sources, 1, event_id,
    occurred_at, recorded_at
from jsonb_to_recordset($1::jsonb) as given (
    id uuid, region_code text, name text, content jsonb, content_hash text, field_sources jsonb,
    event_id uuid, occurred_at timestamptz, recorded_at timestamptz
)
on conflict (region_code, lower(name)) do nothing
returning id;

-- name: enter_listings
-- Enters listings, but for those whose organisation has one of that name; which were entered.
-- $1 rows as JSON
insert into listing
    (id, organization_id, region_code, name, state, needs, need_terms, content, content_hash,
     field_sources, version, event_id, occurred_at, recorded_at)
select id, organization_id, region_code, name, state, needs, need_terms, content,
    decode(content_hash, 'hex'), field_sources, 1, event_id, occurred_at, recorded_at
from jsonb_to_recordset($1::jsonb) as given (
    id uuid, organization_id uuid, region_code text, name text, state text, needs text[],
    need_terms text[], content jsonb, content_hash text, field_sources jsonb, event_id uuid,
    occurred_at timestamptz, recorded_at timestamptz
)
on conflict (organization_id, lower(name)) do nothing
returning id;

-- name: listings_named
-- Reads and locks listings by organisation and name, each by the name it was asked by.
-- $1 organization_ids  $2 names
select given.name as wanted,
    l.id, l.organization_id, l.region_code, l.name, l.state, l.reason, l.needs, l.need_terms,
    l.content::text as content, l.content_hash, l.field_sources::text as field_sources,
    l.version, l.event_id, l.occurred_at, l.recorded_at
from unnest($1::uuid[], $2::text[]) as given (organization_id, name)
inner join listing as l
    on l.organization_id = given.organization_id and lower(l.name) = lower(given.name)
order by l.id
for update of l;

-- name: change_listings
-- Changes locked listings to their next versions.
-- $1 rows as JSON
update listing as l
set name = given.name,
    state = given.state,
    reason = given.reason,
    needs = given.needs,
    need_terms = given.need_terms,
    content = given.content,
    content_hash = decode(given.content_hash, 'hex'),
    field_sources = given.field_sources,
    version = given.version,
    event_id = given.event_id,
    occurred_at = given.occurred_at,
    recorded_at = given.recorded_at
from jsonb_to_recordset($1::jsonb) as given (
    id uuid, name text, state text, reason text, needs text[], need_terms text[], content jsonb,
    content_hash text, field_sources jsonb, version bigint, event_id uuid, occurred_at timestamptz,
    recorded_at timestamptz
)
where l.id = given.id;

-- name: doubts
-- Reads who doubted each of these listings last, and when.
-- $1 listing_ids
select distinct on (listing_id) listing_id, source, occurred_at
from listing_version
where listing_id = any ($1::uuid[]) and step = 'doubt'
order by listing_id, version desc;

-- name: keep_versions
-- Keeps what these listings say now as versions of theirs, with who said it.
-- $1 listing_ids  $2 steps  $3 member_keys or nulls  $4 sources  $5 approved_by or nulls
-- $6 notes or nulls
insert into listing_version
    (listing_id, version, organization_id, region_code, step, state, needs, need_terms, content,
     member_key, source, approved_by, reason, note, event_id, occurred_at, recorded_at)
select
    l.id, l.version, l.organization_id, l.region_code, given.step, l.state, l.needs, l.need_terms,
    l.content, given.member_key, given.source, given.approved_by, l.reason, given.note, l.event_id,
    l.occurred_at, l.recorded_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    as given (id, step, member_key, source, approved_by, note)
inner join listing as l on l.id = given.id;
