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
