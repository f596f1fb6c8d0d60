-- Onward referrals: changed under the lock of their episode, as everything else of it.

-- name: share_listing
-- Until the transaction ends, nothing new is told of this listing.
-- $1 listing id
select pg_advisory_xact_lock_shared(7311, hashtext($1::uuid::text))

-- name: find_listing
-- Look a listing up, after it was shared.
-- $1 listing id
select organization_id, published from known_listing where listing_id = $1

-- name: claim_listings
-- Wait until nobody is being sent to these listings. Ascending, so that nobody waits in a circle.
-- $1 listing ids
select pg_advisory_xact_lock(7311, bucket)
from (
    select distinct hashtext(listing_id::text) as bucket
    from unnest($1::uuid[]) as told (listing_id)
    order by bucket
) as wanted

-- name: note_listings
-- Keep the latest of what the directory told of each listing. A withdrawn one keeps its needs.
-- $1 listings
insert into known_listing as known (
    listing_id, region_code, organization_id, needs, published, number, changed_at
)
select
    listing_id, region_code, organization_id, coalesce(needs, '{}'), published, number,
    changed_at
from json_populate_recordset(null::known_listing, $1::json)
on conflict (listing_id) do update
set
    organization_id = excluded.organization_id,
    needs = case when excluded.published then excluded.needs else known.needs end,
    published = excluded.published,
    number = excluded.number,
    changed_at = excluded.changed_at
where excluded.number > known.number and excluded.region_code = known.region_code

-- name: list_open_of_changed_listings
-- Find who is on the way to listings that cannot be found any more, or that can be found again.
-- $1 listing ids
select onward.id, onward.pcn_code, listing.changed_at
from known_listing as listing
join onward_referral as onward on onward.listing_id = listing.listing_id
where
    listing.listing_id = any ($1::uuid[])
    and onward.ending is null
    and onward.listing_gone = listing.published

-- name: is_listing_withdrawn
-- Say whether the directory withdrew a listing and has not published it again.
-- $1 listing id
select not published from known_listing where listing_id = $1

-- name: lock_episode_of_onward_referral
-- Lock the episode an onward referral belongs to.
-- $1 onward referral id
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id = (select episode_id from onward_referral where id = $1)
for update

-- name: load_onward_referral
-- Read an onward referral as it stands, after its episode was locked.
-- $1 onward referral id
select
    id, referral_id, episode_id, person_id, pcn_code, practice_code, listing_id, organization_id,
    need, shares_contact, stage, holder, held_since, nudges, silent, unreached, full_until,
    listing_gone, ending, ending_reason, ended_at, drafted_at, sent_at, first_word_at, worker_id,
    version, origin, recorded_at
from onward_referral
where id = $1

-- name: list_open_onward_referrals_of_episode
-- Give the ids of an episode's open onward referrals, after the episode was locked.
-- $1 episode id
select id from onward_referral where episode_id = $1 and ending is null order by id

-- name: write_onward_referral
-- Enter an onward referral with its first step.
-- $1 the onward referral  $2 the step
with
    entered as (
        insert into onward_referral (
            id, pcn_code, practice_code, referral_id, episode_id, person_id, listing_id,
            organization_id, need, shares_contact, shared_note, worker_id, stage, holder,
            held_since, nudges, silent, unreached, full_until, listing_gone, ending,
            ending_reason, ended_at, drafted_at, sent_at, first_word_at, version, origin,
            recorded_at
        )
        select
            id, pcn_code, practice_code, referral_id, episode_id, person_id, listing_id,
            organization_id, need, shares_contact, shared_note, worker_id, stage, holder,
            held_since, nudges, silent, unreached, full_until, listing_gone, ending,
            ending_reason, ended_at, drafted_at, sent_at, first_word_at, version, origin,
            recorded_at
        from json_populate_record(null::onward_referral, $1::json)
    )
insert into onward_step (
    id, pcn_code, practice_code, onward_referral_id, number, step, told_by, reason, full_until,
    passed_to, note, origin, event_id, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, onward_referral_id, number, step, told_by, reason, full_until,
    passed_to, note, origin, event_id, occurred_at, recorded_at
from json_populate_record(null::onward_step, $2::json)

-- name: write_onward_step
-- Move an onward referral on, with its history.
-- $1 id  $2 the onward referral  $3 the step
with
    moved as (
        update onward_referral
        set
            stage = now_is.stage,
            holder = now_is.holder,
            held_since = now_is.held_since,
            nudges = now_is.nudges,
            silent = now_is.silent,
            unreached = now_is.unreached,
            full_until = now_is.full_until,
            listing_gone = now_is.listing_gone,
            ending = now_is.ending,
            ending_reason = now_is.ending_reason,
            ended_at = now_is.ended_at,
            sent_at = now_is.sent_at,
            first_word_at = now_is.first_word_at,
            version = now_is.version
        from json_populate_record(null::onward_referral, $2::json) as now_is
        where onward_referral.id = $1
    )
insert into onward_step (
    id, pcn_code, practice_code, onward_referral_id, number, step, told_by, reason, full_until,
    passed_to, note, origin, event_id, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, onward_referral_id, number, step, told_by, reason, full_until,
    passed_to, note, origin, event_id, occurred_at, recorded_at
from json_populate_record(null::onward_step, $3::json)

-- name: list_facts_of_onward_referral
-- Give everything that became known of an onward referral, in that order.
-- $1 onward referral id
select step, occurred_at, told_by, reason, full_until, passed_to
from onward_step
where onward_referral_id = $1
order by number

-- name: claim_answer
-- Take an answer that came as an event, unless it was taken before.
-- $1 event id  $2 PCN code  $3 onward referral id  $4 outcome  $5 recorded at
insert into onward_answer (event_id, pcn_code, onward_referral_id, outcome, recorded_at)
values ($1, $2, $3, $4, $5)
on conflict (event_id) do nothing
returning event_id

-- name: find_onward_referral_of_pcn
-- Say whose an onward referral is.
-- $1 onward referral id
select pcn_code, episode_id, person_id, organization_id from onward_referral where id = $1

-- name: read_ladder
-- Give a network's own ladder, if it has set one.
-- $1 PCN code
select provider_days, person_days, worker_days, version from onward_ladder where pcn_code = $1

-- name: set_ladder
-- Set a network's ladder; nothing is set where the version seen is not the latest.
-- $1 PCN code  $2 provider  $3 person  $4 worker  $5 version seen, 0 for none
insert into onward_ladder as known (pcn_code, provider_days, person_days, worker_days, version)
values ($1, $2, $3, $4, $5 + 1)
on conflict (pcn_code) do update
set
    provider_days = excluded.provider_days,
    person_days = excluded.person_days,
    worker_days = excluded.worker_days,
    version = known.version + 1
where known.version = $5
returning version

-- name: write_placement_failure
-- Store that nothing could take the person.
-- $1 the placement failure
insert into placement_failure (
    id, pcn_code, practice_code, referral_id, episode_id, need, reason, listing_id, note,
    worker_id, origin, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, referral_id, episode_id, need, reason, listing_id, note,
    worker_id, origin, occurred_at, recorded_at
from json_populate_record(null::placement_failure, $1::json)

-- name: is_deceased
-- Say whether a person died, or the one into whose record theirs was merged.
-- $1 person id
select exists (
    select
    from person
    where
        deceased
        and id in (
            select $1::uuid
            union all
            select merged_into from person as merged where merged.id = $1::uuid
        )
)
