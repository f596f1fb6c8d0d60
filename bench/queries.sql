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
