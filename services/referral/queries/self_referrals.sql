-- What people asked for themselves, until somebody has checked who they are.

-- name: write_self_referral
-- Keep what came in at the open door.
-- $1 id  $2 receipt  $3 PCN  $4 practice  $5 referral or null  $6 person or null
-- $7 entered a person  $8 problem or null  $9 messages consented  $10 safe channel  $11 recorded at
-- $12 to $15 where no referral came of it, else null: needs, words, dangers, the person as described
insert into self_referral (
    id, receipt, pcn_code, practice_code, referral_id, person_id, entered_person, problem,
    messages_consented, safe_channel, version, recorded_at, needs, words, dangers, described
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14, $15)

-- name: was_held_back
-- Whether the same request was held back before and nobody has checked it.
-- $1 PCN  $2 practice  $3 since  $4 needs  $5 words or null  $6 dangers  $7 the person as described
select exists (
    select
    from self_referral
    where
        pcn_code = $1
        and practice_code = $2
        and checked_at is null
        and problem is not null
        and recorded_at >= $3
        and needs = $4::text[]
        and words is not distinct from $5
        and dangers = $6::text[]
        and described = $7::jsonb
)

-- name: lock_self_referral
-- Give one that is to be checked, or was.
-- $1 id
select
    id, pcn_code, practice_code, referral_id, person_id, problem, messages_consented,
    safe_channel, checked_at, version
from self_referral
where id = $1
for update

-- name: check_self_referral
-- Note that somebody checked who it is.
-- $1 id  $2 checked at  $3 by whom
update self_referral
set checked_at = $2, checked_by = $3, version = version + 1
where id = $1

-- name: list_self_referrals
-- Give a page of what is to be checked, the longest waiting first.
-- $1 PCN codes  $2 id to go on after, or null  $3 rows at most
select
    id, pcn_code, practice_code, referral_id, person_id, entered_person, problem,
    messages_consented, safe_channel, version, recorded_at, needs, words, dangers, described
from self_referral
where
    pcn_code = any ($1::text[])
    and checked_at is null
    and ($2::uuid is null or id > $2)
order by id
limit $3
