-- What feeds say of listings.

-- name: feed_listings_known
-- Reads and locks the listings a feed knows by these ids, with what it said of them last.
-- $1 feed_id  $2 foreign_ids
select f.foreign_id, f.said_hash, f.facts::text as facts,
    l.id, l.organization_id, l.region_code, l.name, l.state, l.reason, l.needs, l.need_terms,
    l.content::text as content, l.content_hash, l.field_sources::text as field_sources,
    l.version, l.event_id, l.occurred_at, l.recorded_at
from feed_listing as f
inner join listing as l on l.id = f.listing_id
where f.feed_id = $1 and f.foreign_id = any ($2::text[])
order by l.id
for update of l;

-- name: listings_by_names
-- Reads and locks listings by organisation and name, with whether the feed knows them already.
-- $1 organization_ids  $2 names  $3 feed_id
select given.name as wanted,
    exists (select from feed_listing as f where f.listing_id = l.id and f.feed_id = $3) as is_known,
    l.id, l.organization_id, l.region_code, l.name, l.state, l.reason, l.needs, l.need_terms,
    l.content::text as content, l.content_hash, l.field_sources::text as field_sources,
    l.version, l.event_id, l.occurred_at, l.recorded_at
from unnest($1::uuid[], $2::text[]) as given (organization_id, name)
inner join listing as l
    on l.organization_id = given.organization_id and lower(l.name) = lower(given.name)
order by l.id
for update of l;

-- name: feed_said
-- Keeps what a feed says of its listings now.
-- $1 feed_id  $2 region_code  $3 foreign_ids  $4 listing_ids  $5 said_hashes  $6 facts  $7 days
-- $8 time
insert into feed_listing
    (feed_id, foreign_id, listing_id, region_code, said_hash, facts, said_on, recorded_at)
select $1, given.foreign_id, given.listing_id, $2, given.said_hash, given.facts::jsonb, given.said_on, $8
from unnest($3::text[], $4::uuid[], $5::bytea[], $6::text[], $7::date[])
    as given (foreign_id, listing_id, said_hash, facts, said_on)
on conflict (feed_id, foreign_id) do update
set said_hash = excluded.said_hash,
    facts = excluded.facts,
    said_on = excluded.said_on,
    recorded_at = excluded.recorded_at;

-- name: words_of_feeds
-- Reads what each feed says of a listing.
-- $1 listing_id
select l.feed_id, f.name, l.foreign_id, l.facts::text as facts, l.said_on
from feed_listing as l
inner join feed as f on f.id = l.feed_id
where l.listing_id = $1
order by l.recorded_at, l.feed_id, l.foreign_id;

-- name: corrections_page
-- Reads listings of a feed of which something else stands here than it says.
-- $1 feed_id  $2 after foreign_id  $3 rows
select f.foreign_id, f.listing_id, f.facts::text as facts, f.said_on, l.content::text as content,
    l.needs, l.need_terms, l.field_sources::text as field_sources, l.state, l.recorded_at
from feed_listing as f
inner join listing as l on l.id = f.listing_id
where f.feed_id = $1 and f.foreign_id > $2 and f.facts <> '{}'
    and (
        l.state not in ('published', 'doubted')
        or f.facts <> l.content || jsonb_build_object('needs', l.needs)
        || case when l.need_terms = '{}' then '{}' else jsonb_build_object('need_terms', l.need_terms) end
    )
order by f.foreign_id
limit $3;

-- name: export_page
-- Reads the next listings of the whole directory in their order, each with its organisation.
-- $1 after number  $2 rows
select l.number, (l.document || jsonb_build_object('organization', o.document))::text as document
from open_listing as l
inner join open_organization as o on o.id = l.organization_id
where l.number > $1 and l.gone_at is null
order by l.number
limit $2;
