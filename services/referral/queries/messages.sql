-- What notifications tells of messages, keyed by its stream, so that one can be applied again.

-- name: note_messages
-- Keep the latest of what is known of each message. A stream is a PCN.
-- $1 streams  $2 message ids  $3 practice codes  $4 referral ids  $5 rules  $6 channels
-- $7 recipient kinds  $8 outcomes  $9 reasons  $10 occurred at  $11 numbers in the stream
insert into message as known (
    stream, message_id, pcn_code, practice_code, referral_id, rule, channel, recipient_kind,
    outcome, reason, occurred_at, number
)
select
    stream, message_id, stream, practice_code, referral_id, rule, channel, recipient_kind,
    outcome, reason, occurred_at, number
from unnest(
    $1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[], $11::bigint[]
) as told (
    stream, message_id, practice_code, referral_id, rule, channel, recipient_kind, outcome,
    reason, occurred_at, number
)
on conflict (stream, message_id) do update
set
    outcome = excluded.outcome,
    reason = excluded.reason,
    channel = excluded.channel,
    occurred_at = excluded.occurred_at,
    number = excluded.number
where excluded.number > known.number

-- name: count_foreign_notes
-- Count notes about a referral that belongs to another PCN than the stream they came on.
-- $1 streams  $2 referral ids, side by side
select count(*)
from unnest($1::text[], $2::uuid[]) as told (stream, referral_id)
join referral on referral.id = told.referral_id
where referral.pcn_code <> told.stream
