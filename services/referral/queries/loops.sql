-- The loop ledger and the lists beside it: who has the next move, since when, and who is silent.

-- name: count_open_loops
-- Count a network's open onward referrals by where they stand, who has the next move and for how
-- long they have been open since they were sent. The index holds all that is asked, and all that the row policy asks.
-- $1 PCN code  $2 when the bands of age begin, the oldest first
select
    stage,
    holder,
    width_bucket(coalesce(sent_at, drafted_at), $2::timestamptz[]) as band,
    count(*) as open,
    count(silent) as silent,
    count(*) filter (where listing_gone) as listing_gone,
    min(coalesce(sent_at, drafted_at)) as oldest_at,
    min(held_since) as held_longest_since
from onward_referral
where pcn_code = $1 and ending is null
group by stage, holder, band
order by stage, holder, band

-- name: count_ended_loops
-- Count what a network's onward referrals came to since a time. The index holds all of it.
-- $1 PCN code  $2 since
select ending, ending_reason as reason, count(*) as ended
from onward_referral
where pcn_code = $1 and ending is not null and ended_at >= $2
group by ending, ending_reason
order by ending, ending_reason nulls first

-- name: list_open_loops
-- Give a network's open onward referrals, the oldest first.
-- $1 PCN code  $2 and $3 the last one's time and id, or null  $4 holder or null
-- $5 stage or null  $6 rows at most
select
    id, referral_id, episode_id, person_id, pcn_code, practice_code, listing_id,
    organization_id, need, worker_id, stage, holder, held_since, nudges, silent, listing_gone,
    full_until, drafted_at, sent_at, version
from onward_referral
where
    pcn_code = $1
    and ending is null
    and ($2::timestamptz is null or (drafted_at, id) > ($2::timestamptz, $3::uuid))
    and ($4::text is null or holder = $4)
    and ($5::text is null or stage = $5)
order by drafted_at, id
limit $6

-- name: list_silent_loops
-- Give a network's onward referrals of which nobody has heard, the oldest first.
-- $1 PCN code  $2 and $3 the last one's time and id, or null  $4 whose silence, or null
-- $5 rows at most
select
    id, referral_id, episode_id, person_id, pcn_code, practice_code, listing_id,
    organization_id, need, worker_id, stage, holder, held_since, nudges, silent, listing_gone,
    full_until, drafted_at, sent_at, version
from onward_referral
where
    pcn_code = $1
    and ending is null
    and silent is not null
    and ($2::timestamptz is null or (sent_at, id) > ($2::timestamptz, $3::uuid))
    and ($4::text is null or silent = $4)
order by sent_at, id
limit $5

-- name: list_onward_referrals_of_episode
-- Give an episode's onward referrals, the oldest first.
-- $1 episode id  $2 id of the last one, or null  $3 rows at most
select
    id, referral_id, episode_id, person_id, pcn_code, practice_code, listing_id,
    organization_id, need, worker_id, shares_contact, stage, holder, held_since, nudges, silent,
    listing_gone, full_until, ending, ending_reason, ended_at, drafted_at, sent_at, version
from onward_referral
where episode_id = $1 and ($2::uuid is null or id > $2)
order by id
limit $3

-- name: view_onward_referral
-- Show an onward referral to its network, with who works with the person.
-- $1 onward referral id
select
    onward.id, onward.referral_id, onward.episode_id, onward.person_id, onward.pcn_code,
    onward.practice_code, onward.listing_id, onward.organization_id, onward.need,
    episode.worker_id, onward.shares_contact, onward.shared_note, onward.stage, onward.holder,
    onward.held_since, onward.nudges, onward.silent, onward.listing_gone, onward.full_until,
    onward.unreached, onward.ending, onward.ending_reason, onward.ended_at, onward.drafted_at,
    onward.sent_at, onward.version
from onward_referral as onward
join episode on episode.id = onward.episode_id
where onward.id = $1

-- name: list_steps_of_onward_referral
-- Give every step of an onward referral, in the order in which it became known.
-- $1 onward referral id  $2 rows at most
select
    number, step, told_by, reason, full_until, passed_to, note, origin, occurred_at, recorded_at
from onward_step
where onward_referral_id = $1
order by number
limit $2

-- name: list_onward_referrals_of_provider
-- Give what was sent to listings of these organisations, the latest first. Why the network ended
-- one is not theirs to know.
-- $1 organization ids  $2 id of the last one, or null  $3 only those open  $4 rows at most
select
    id, pcn_code, person_id, listing_id, organization_id, need, shares_contact, shared_note,
    case when ending is null then stage else 'ended' end as stage, holder, full_until, ending,
    case when ending = 'refused-by-provider' then ending_reason end as reason, sent_at, version
from onward_referral
where
    organization_id = any ($1::uuid[])
    and sent_at is not null
    and ($2::uuid is null or id < $2)
    and (not $3 or ending is null)
order by id desc
limit $4

-- name: list_names_shared
-- Give the names of people whom providers may know of.
-- $1 person ids
select id, given_name, family_name, phone from person where id = any ($1::uuid[])
