-- name: published_total
-- How many events the relay has published so far.
select coalesce(sum(published), 0)::bigint
from stream_head;

-- name: applied_total
-- How many events a consumer has taken, whatever became of them.
-- $1 consumer
select coalesce(sum(number), 0)::bigint
from consumer_position
where consumer = $1;

-- name: committed_at
-- When reporting committed each of these referrals, by the server's own record of it.
-- $1 referral ids
select referral_id, pg_xact_commit_timestamp(xmin) as committed_at
from referral_fact
where referral_id = any($1);

-- name: tables_of_a_consumer
-- Every table of a service that only consumes, as a list for truncate; migrations stay.
select string_agg(format('%I', tablename), ', ')
from pg_tables
where schemaname = 'public' and tablename not like '%migration%';

-- name: published_by_stream
-- How far each stream of an owner is published.
select stream, published
from stream_head;

-- name: taken_by_stream
-- How far a consumer has taken each stream.
-- $1 consumer
select topic, stream, number
from consumer_position
where consumer = $1;

-- name: every_referral
-- The ids of all referrals that were made.
select id
from referral;

-- name: every_reported_referral
-- The ids of all referrals as the report has them.
select referral_id
from referral_fact;

-- name: plan_copies
-- Notes which copies of every published listing are made, so that there are this many listings.
-- $1 listings wanted
select l.id as original, n.copy, gen_random_uuid() as id
from open_listing as l
cross join lateral generate_series(
    1, ($1::bigint - (select count(*) from open_listing)) / (select count(*) from open_listing) + 1
) as n (copy)
where l.gone_at is null;

-- name: copy_listings
-- Copies listings under new names.
insert into listing
select copied.*
from copied_listing as c
inner join listing as l on l.id = c.original
cross join lateral jsonb_populate_record(
    l, jsonb_build_object('id', c.id, 'name', l.name || ' ' || c.copy)
) as copied;

-- name: copy_open_listings
-- Copies what the public reads of them.
insert into open_listing
select copied.*
from copied_listing as c
inner join open_listing as l on l.id = c.original
cross join lateral jsonb_populate_record(
    l, jsonb_build_object('id', c.id, 'number', l.number + 1000000 * c.copy)
) as copied;

-- name: copy_listing_searches
-- Copies what searches look in, each somewhere else in a region of fifty kilometres.
insert into listing_search
select copied.*
from copied_listing as c
inner join listing_search as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(
    l,
    jsonb_build_object(
        'listing_id', c.id,
        'latitude', l.latitude + (random() - 0.5) * 0.5,
        'longitude', l.longitude + (random() - 0.5) * 0.8
    )
) as copied;

-- name: copy_listing_points
-- Copies where they take place.
insert into listing_point
select copied.*
from copied_listing as c
inner join listing_point as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', c.id)) as copied;

-- name: copy_listing_times
-- Copies when they take place.
insert into listing_time
select copied.*
from copied_listing as c
inner join listing_time as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', c.id)) as copied;

-- name: count_listing_searches
-- How many listings searches look in.
select count(*)
from listing_search;
