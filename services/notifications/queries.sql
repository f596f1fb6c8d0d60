-- Messages that are meant: kept, claimed, settled, shown.

-- name: keep_intents
-- Keeps intents; one that is known stays as it is, whatever became of it.
-- $1 ids  $2 rules  $3 recipient_kinds  $4 event_ids  $5 correlation_ids  $6 traceparents
-- $7 recorded_ats  $8 send_untils, and what each is about: either $9 pcn_codes  $10 practice_codes
-- $11 referrer_codes  $12 referral_ids  $13 episode_ids  $14 person_ids, or $15 region_codes
-- $16 check_ids  $17 listing_ids
insert into intent (
    id, rule, recipient_kind, channel, event_id, correlation_id, traceparent, recorded_at,
    send_until, next_attempt_at, pcn_code, practice_code, referrer_code, referral_id, episode_id,
    person_id, region_code, check_id, listing_id
)
select
    i.id, i.rule, i.recipient_kind, 'email', i.event_id, i.correlation_id, i.traceparent,
    i.recorded_at, i.send_until, i.recorded_at, i.pcn_code, i.practice_code, i.referrer_code,
    i.referral_id, i.episode_id, i.person_id, i.region_code, i.check_id, i.listing_id
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::uuid[], $14::uuid[],
    $15::text[], $16::uuid[], $17::uuid[]
) as i (
    id, rule, recipient_kind, event_id, correlation_id, traceparent, recorded_at, send_until,
    pcn_code, practice_code, referrer_code, referral_id, episode_id, person_id, region_code,
    check_id, listing_id
)
order by i.id
on conflict (id) do nothing;

-- name: claim_intents
-- Claims intents that are due, no more of one stream than its share, and leases them.
-- $1 now  $2 lease until  $3 share of one stream  $4 rows
with claimable as (
    select due.id
    from (
        select distinct coalesce(pcn_code, region_code) as code
        from intent
        where state in ('pending', 'sending')
    ) as stream
    cross join lateral (
        select i.id, i.next_attempt_at
        from intent as i
        where coalesce(i.pcn_code, i.region_code) = stream.code
            and i.state in ('pending', 'sending')
            and i.next_attempt_at <= $1
        order by i.next_attempt_at
        limit $3
        for update skip locked
    ) as due
    order by due.next_attempt_at
    limit $4
)

update intent as i
set state = 'sending',
    attempts = i.attempts + 1,
    next_attempt_at = $2
from claimable as c
where i.id = c.id
returning i.id, i.rule, i.recipient_kind, i.event_id, i.correlation_id, i.traceparent,
    i.recorded_at, i.send_until, i.attempts, i.pcn_code, i.practice_code, i.referrer_code,
    i.referral_id, i.episode_id, i.person_id, i.region_code, i.check_id, i.listing_id;

-- name: settle_intent
-- Ends an intent, if the try that asks is still the one that holds it.
-- $1 id  $2 attempts  $3 state  $4 reason or null  $5 settled_at
update intent
set state = $3,
    reason = $4,
    settled_at = $5,
    version = version + 1
where id = $1 and state = 'sending' and attempts = $2
returning version;

-- name: suppress_of_people
-- Ends what waits to be sent about people who died; what is being sent is its sender's to end.
-- $1 pcn_code  $2 person_ids  $3 when it became known
update intent
set state = 'suppressed',
    reason = 'died',
    settled_at = $3,
    version = version + 1
where pcn_code = $1
    and person_id = any ($2::uuid[])
    and state = 'pending'
    and recorded_at <= $3
returning id, rule, recipient_kind, event_id, correlation_id, traceparent, recorded_at, send_until,
    attempts, pcn_code, practice_code, referrer_code, referral_id, episode_id, person_id,
    region_code, check_id, listing_id, version;

-- name: lock_of_people
-- Locks what is still to be sent about these people, so that none is claimed or put back meanwhile.
-- $1 pcn_code  $2 person_ids
select id
from intent
where pcn_code = $1 and person_id = any ($2::uuid[]) and state in ('pending', 'sending')
order by id
for update;

-- name: end_time_of_people
-- Lets what is being sent about people who died have no time left for another try.
-- $1 pcn_code  $2 person_ids  $3 when it became known
update intent
set send_until = $3
where pcn_code = $1
    and person_id = any ($2::uuid[])
    and state = 'sending'
    and recorded_at <= $3
    and send_until > $3;

-- name: put_back_intent
-- Lets an intent wait for another try, if the try that asks is still the one that holds it and
-- nobody has ended its time meanwhile.
-- $1 id  $2 attempts  $3 next_attempt_at  $4 send_until as the try knows it
update intent
set state = 'pending',
    next_attempt_at = $3
where id = $1 and state = 'sending' and attempts = $2 and send_until = $4
returning id;

-- name: waiting_intents
-- Counts what waits to be sent and tells since when the oldest does.
select count(*) as waiting, min(recorded_at) as oldest
from intent
where state in ('pending', 'sending');

-- name: messages_page
-- Lists messages, the latest first.
-- $1 before recorded_at or null  $2 before id  $3 state or null  $4 rows
select
    id, id as message_id, rule, recipient_kind, channel, state, reason, pcn_code, practice_code,
    referral_id, episode_id, region_code, check_id, listing_id, recorded_at, send_until, attempts,
    settled_at
from intent
where ($1::timestamptz is null or (recorded_at, id) < ($1, $2::uuid))
    and ($3::text is null or state = $3)
order by recorded_at desc, id desc
limit $4;

-- name: message_counts
-- Counts messages by PCN or region, rule, state and reason.
select pcn_code, region_code, rule, state, reason, count(*) as messages
from intent
group by pcn_code, region_code, rule, state, reason
order by pcn_code nulls last, region_code, rule, state, reason;
