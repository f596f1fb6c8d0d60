-- What people are referred for, counted per PCN and month.

-- name: count_referred_needs
-- Adds one referral per row to the month it happened in, by the calendar the region lives by.
-- $1 streams  $2 occurred_at  $3 needs  $4 recorded_at
insert into referred_need (stream, month, need, referrals, last_recorded_at)
select
    r.stream,
    date_trunc('month', r.occurred_at at time zone 'Europe/London')::date as month,
    r.need,
    count(*),
    max(r.recorded_at)
from unnest($1::text[], $2::timestamptz[], $3::text[], $4::timestamptz[])
    as r (stream, occurred_at, need, recorded_at)
group by 1, 2, 3
order by 1, 2, 3
on conflict (stream, month, need) do update
set referrals = referred_need.referrals + excluded.referrals,
    last_recorded_at = greatest(referred_need.last_recorded_at, excluded.last_recorded_at);

-- name: referred_needs
-- Reads what was counted for one PCN from a month on.
-- $1 stream  $2 first month
select month, need, referrals, last_recorded_at
from referred_need
where stream = $1 and month >= $2
order by month desc, need;
