-- The terms that feeds sort their listings by, and which needs they were said to speak of.

-- name: term_mapping
-- Reads what was set last for the terms of a feed.
-- $1 feed_id
select items::text as items, version, member_key, occurred_at, recorded_at
from feed_term_mapping
where feed_id = $1
order by version desc
limit 1;

-- name: keep_term_mapping
-- Keeps what was set for the terms of a feed as its next version.
-- $1 feed_id  $2 version  $3 region_code  $4 items  $5 member_key  $6 occurred_at  $7 recorded_at
insert into feed_term_mapping
    (feed_id, version, region_code, items, member_key, occurred_at, recorded_at)
values ($1, $2, $3, $4::jsonb, $5, $6, $7);

-- name: forget_feed_terms
-- Forgets how the terms of a feed were counted before.
-- $1 feed_id
delete from feed_term
where feed_id = $1;

-- name: count_feed_terms
-- Counts the listings of a feed by the terms it says of them, the most used terms first.
-- $1 feed_id  $2 region_code  $3 terms at most
insert into feed_term
    (feed_id, number, region_code, taxonomy, term, link_type, name, term_uri, listings)
select
    $1, row_number() over (order by counted.listings desc, counted.said), $2, counted.taxonomy,
    counted.term, counted.link_type, counted.name, counted.term_uri, counted.listings
from (
    select
        a.said ->> 'taxonomy' as taxonomy,
        a.said ->> 'term' as term,
        a.said ->> 'link_type' as link_type,
        min(a.said ->> 'name') as name,
        min(a.said ->> 'term_uri') as term_uri,
        count(distinct l.foreign_id) as listings,
        -- One that has no code is known by its name.
        array[
            coalesce(a.said ->> 'taxonomy', ''),
            coalesce(a.said ->> 'term', a.said ->> 'name'),
            a.said ->> 'link_type'
        ] as said
    from feed_listing as l
    cross join lateral jsonb_array_elements(l.facts -> 'attributes') as a (said)
    where l.feed_id = $1
    group by 1, 2, 3, said
    order by listings desc, said
    limit $3
) as counted;

-- name: feed_terms_page
-- Reads terms of a feed, the most used first.
-- $1 feed_id  $2 after number  $3 rows
select number, taxonomy, term, link_type, name, term_uri, listings
from feed_term
where feed_id = $1 and number > $2
order by number
limit $3;
