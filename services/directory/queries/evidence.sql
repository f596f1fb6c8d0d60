-- What happened to listings, from what other services tell.

-- name: keep_onward_evidence
-- Keeps one row for each event about a listing; the same event again is the same row.
-- $1 streams  $2 numbers  $3 listing_ids  $4 organization_ids or null  $5 onward_referral_ids
-- $6 kinds  $7 words  $8 reasons or null  $9 told_by or null  $10 full_until or null
-- $11 sent_at or null  $12 occurred_at  $13 recorded_at
insert into onward_evidence
    (stream, number, listing_id, organization_id, onward_referral_id, kind, word, reason, told_by,
     full_until, sent_at, occurred_at, recorded_at)
select *
from unnest(
    $1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::date[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[]
)
on conflict (stream, number) do nothing;

-- name: keep_message_evidence
-- Keeps one row for each question that was sent or could not be; the same event again is the same row.
-- $1 streams  $2 numbers  $3 listing_ids  $4 check_ids  $5 kinds  $6 reasons or null
-- $7 occurred_at  $8 recorded_at
insert into message_evidence
    (stream, number, listing_id, check_id, kind, reason, occurred_at, recorded_at)
select *
from unnest(
    $1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[]
)
on conflict (stream, number) do nothing;

-- name: count_failed_placements
-- Adds one failed placement per row to the month it happened in, by the calendar people live by.
-- $1 streams  $2 occurred_at  $3 needs  $4 reasons  $5 recorded_at
insert into failed_placement (stream, month, need, reason, failures, last_recorded_at)
select
    r.stream,
    date_trunc('month', r.occurred_at at time zone 'Europe/London')::date as month,
    r.need,
    r.reason,
    count(*),
    max(r.recorded_at)
from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[])
    as r (stream, occurred_at, need, reason, recorded_at)
group by 1, 2, 3, 4
order by 1, 2, 3, 4
on conflict (stream, month, need, reason) do update
set failures = failed_placement.failures + excluded.failures,
    last_recorded_at = greatest(failed_placement.last_recorded_at, excluded.last_recorded_at);

-- name: want_weighed
-- Notes listings that are to be weighed anew soon.
-- $1 listing_ids
insert into listing_to_weigh (listing_id)
select given.listing_id
from unnest($1::uuid[]) as given (listing_id)
order by given.listing_id
on conflict do nothing;
