-- Organisations that offer something, their listings, and what the public finds.

-- name: enter_organization
-- Enters an organisation, unless the region has one of that name; then there is no row.
-- $1 id  $2 region_code  $3 name  $4 content  $5 content_hash  $6 event_id  $7 occurred_at  $8 recorded_at
insert into organization
    (id, region_code, name, content, content_hash, version, event_id, occurred_at, recorded_at)
values ($1, $2, $3, $4::jsonb, $5, 1, $6, $7, $8)
on conflict (region_code, lower(name)) do nothing
returning version;

-- name: organization_by_name
-- Reads a region's organisation of this name, whatever its case.
-- $1 region_code  $2 name
select id, region_code, name, content::text as content, content_hash,
    version, event_id, occurred_at, recorded_at
from organization
where region_code = $1 and lower(name) = lower($2);

-- name: organization_by_id
-- Reads one organisation.
-- $1 id
select id, region_code, name, content::text as content, content_hash,
    version, event_id, occurred_at, recorded_at
from organization
where id = $1;

-- name: enter_listing
-- Enters a listing, unless its organisation has one of that name; then there is no row.
-- $1 id  $2 organization_id  $3 region_code  $4 name  $5 state  $6 needs  $7 content
-- $8 content_hash  $9 event_id or null  $10 occurred_at  $11 recorded_at  $12 need_terms
insert into listing
    (id, organization_id, region_code, name, state, needs, content, content_hash,
     version, event_id, occurred_at, recorded_at, need_terms)
values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, 1, $9, $10, $11, $12)
on conflict (organization_id, lower(name)) do nothing
returning version;

-- name: listing_by_name
-- Reads and locks an organisation's listing of this name, whatever its case.
-- $1 organization_id  $2 name
select id, organization_id, region_code, name, state, needs, need_terms, content::text as content, content_hash,
    version, event_id, occurred_at, recorded_at
from listing
where organization_id = $1 and lower(name) = lower($2)
for update;

-- name: lock_listing
-- Reads and locks one listing.
-- $1 id
select id, organization_id, region_code, name, state, needs, need_terms, content::text as content, content_hash,
    version, event_id, occurred_at, recorded_at
from listing
where id = $1
for update;

-- name: change_listing_state
-- Changes the state of the locked listing and notes what was announced.
-- $1 id  $2 state  $3 event_id  $4 occurred_at  $5 recorded_at
update listing
set state = $2,
    version = version + 1,
    event_id = $3,
    occurred_at = $4,
    recorded_at = $5
where id = $1
returning version;

-- name: show_listing
-- Puts a listing where the public finds it, or renews it there.
-- $1 id  $2 region_code  $3 needs  $4 minimum_age  $5 maximum_age  $6 document  $7 summary
-- $8 name and organisation  $9 description  $10 other words  $11 published_at
-- $12 need_terms
insert into open_listing
    (id, region_code, needs, minimum_age, maximum_age, document, summary, search, published_at,
     need_terms)
values (
    $1, $2, $3, $4, $5, $6::jsonb, $7::jsonb,
    setweight(to_tsvector('english', $8), 'A')
    || setweight(to_tsvector('english', $9), 'B')
    || setweight(to_tsvector('english', $10), 'C'),
    $11,
    $12
)
on conflict (id) do update
set needs = excluded.needs,
    minimum_age = excluded.minimum_age,
    maximum_age = excluded.maximum_age,
    document = excluded.document,
    summary = excluded.summary,
    search = excluded.search,
    published_at = excluded.published_at,
    need_terms = excluded.need_terms;

-- name: hide_listing
-- Takes a listing away from where the public finds it.
-- $1 id
delete from open_listing
where id = $1;

-- name: open_listing
-- Reads one published listing as the public sees it.
-- $1 id
select document::text as document
from open_listing
where id = $1;

-- name: search_open_listings
-- Counts what matches and reads one page of it, in the order the listings were entered.
-- $1 words or null  $2 need or null  $3 minimum_age or null  $4 maximum_age or null
-- $5 day or null  $6 start_time or null  $7 end_time or null  $8 rows  $9 rows before
with found as materialized (
    select id
    from open_listing
    where ($1::text is null or search @@ websearch_to_tsquery('english', $1))
        and ($2::text is null or (needs @> array[$2] or need_terms @> array[$2]))
        and ($3::numeric is null or minimum_age >= $3)
        and ($4::numeric is null or maximum_age <= $4)
        and (
            coalesce($5::text, $6::text, $7::text) is null
            or exists (
                select
                from jsonb_array_elements(document -> 'schedules') as schedule
                where ($5 is null or $5 = any (string_to_array(schedule ->> 'byday', ',')))
                    and ($6 is null or schedule ->> 'opens_at' >= $6)
                    and ($7 is null or schedule ->> 'closes_at' <= $7)
            )
        )
),

page as (
    select id
    from found
    order by id
    limit $8 offset $9
)

select
    (select count(*) from found) as total_items,
    array(
        select o.summary::text
        from open_listing as o
        inner join page as p on p.id = o.id
        order by o.id
    ) as contents;
