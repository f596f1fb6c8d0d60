-- Organisations that offer something, their listings, and what the public finds.

-- name: organization_by_id
-- Reads one organisation.
-- $1 id
select id, region_code, name, content::text as content, content_hash,
    field_sources::text as field_sources, version, event_id, occurred_at, recorded_at
from organization
where id = $1;

-- name: lock_organization
-- Reads and locks one organisation.
-- $1 id
select id, region_code, name, content::text as content, content_hash,
    field_sources::text as field_sources, version, event_id, occurred_at, recorded_at
from organization
where id = $1
for update;

-- name: change_organization
-- Changes the locked organisation; its next version.
-- $1 id  $2 name  $3 content  $4 content_hash  $5 event_id  $6 occurred_at  $7 recorded_at
-- $8 field_sources
update organization
set name = $2,
    content = $3::jsonb,
    content_hash = $4,
    field_sources = $8::jsonb,
    version = version + 1,
    event_id = $5,
    occurred_at = $6,
    recorded_at = $7
where id = $1
returning version;

-- name: shown_listings_of
-- Reads and locks the listings of an organisation that the public finds, by id.
-- $1 organization_id  $2 after id  $3 rows
select
    id, organization_id, region_code, name, state, reason, needs, need_terms,
    content::text as content, content_hash, field_sources::text as field_sources,
    version, event_id, occurred_at, recorded_at
from listing
where organization_id = $1 and id > $2 and state in ('published', 'doubted')
order by id
limit $3
for update;

-- name: lock_listing
-- Reads and locks one listing.
-- $1 id
select
    id, organization_id, region_code, name, state, reason, needs, need_terms,
    content::text as content, content_hash, field_sources::text as field_sources,
    version, event_id, occurred_at, recorded_at
from listing
where id = $1
for update;

-- name: change_listing
-- Changes the locked listing; its next version.
-- $1 id  $2 name  $3 state  $4 reason or null  $5 needs  $6 need_terms  $7 content  $8 content_hash
-- $9 field_sources  $10 event_id or null  $11 occurred_at  $12 recorded_at
update listing
set name = $2,
    state = $3,
    reason = $4,
    needs = $5,
    need_terms = $6,
    content = $7::jsonb,
    content_hash = $8,
    field_sources = $9::jsonb,
    version = version + 1,
    event_id = $10,
    occurred_at = $11,
    recorded_at = $12
where id = $1
returning version;

-- name: version_facts
-- Reads what a listing said in one of its versions.
-- $1 listing_id  $2 version
select needs, need_terms, content::text as content
from listing_version
where listing_id = $1 and version = $2;
