-- Support that goes on in another network.

-- name: write_handover
-- Note a handover that is to be opened.
-- $1 the row
insert into handover (
    id, pcn_code, practice_code, to_pcn_code, to_practice_code, person_id, episode_id, reason,
    needs, urgency, returns_id, to_person_id, move_id, with_record, waiting_since, status, version,
    event_id, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, to_pcn_code, to_practice_code, person_id, episode_id, reason,
    needs, urgency, returns_id, to_person_id, move_id, with_record, waiting_since, status, version,
    event_id, occurred_at, recorded_at
from json_populate_record(null::handover, $1::json)

-- name: lock_handover
-- Give a handover, for the one that opens it.
-- $1 id
select
    id, pcn_code, practice_code, to_pcn_code, to_practice_code, person_id, episode_id, reason,
    needs, urgency, returns_id, to_person_id, move_id, with_record, status, problem, opened_referral_id,
    opened_episode_id, opened_new_episode, version, waiting_since, occurred_at
from handover
where id = $1
for update

-- name: find_handover_of_referral
-- Give the handover that opened a referral, and whether it was returned.
-- $1 referral id
select
    id, pcn_code, practice_code, to_pcn_code, to_practice_code, person_id, episode_id, reason,
    needs, urgency, returns_id, to_person_id, move_id, with_record, status, problem, opened_referral_id,
    opened_episode_id, opened_new_episode, version, waiting_since,
    exists (
        select
        from handover as back
        where back.returns_id = handover.id
    ) as returned
from handover
where opened_referral_id = $1

-- name: goes_on_elsewhere
-- Whether the support of an episode goes on, or is about to, in another network.
-- $1 episode id
select exists (
    select
    from handover
    where episode_id = $1 and status <> 'refused'
)

-- name: decide_handover
-- Say what became of a handover.
-- $1 id  $2 status  $3 problem  $4 referral  $5 episode  $6 new episode  $7 version  $8 at
update handover
set
    status = $2,
    problem = $3,
    opened_referral_id = $4,
    opened_episode_id = $5,
    opened_new_episode = $6,
    version = $7,
    opened_at = $8
where id = $1

-- name: what_open_referrals_ask
-- Give what the open referrals of an episode ask for, the earliest first.
-- $1 episode id
select needs, urgency
from referral
where episode_id = $1 and status in ('received', 'accepted')
order by id

-- name: guardian_word
-- Give who first said, and when, that a parent or guardian agreed to an episode's support.
-- $1 episode id
select guardian_consented_at, guardian_consented_by
from referral
where episode_id = $1 and guardian_consented_at is not null
order by guardian_consented_at, id
limit 1

-- name: clear_timers_of_episode
-- Forget what falls due about an episode that ended and its referrals; what guards the safety of
-- others stays.
-- $1 episode id
delete from timer
where
    timer.lane = 'ordinary'
    and timer.about in (
        select $1::uuid
        union all
        select referral.id
        from referral
        where referral.episode_id = $1
    )

-- name: list_handovers
-- Give a page of what networks gave and took, the latest first.
-- $1 PCN codes  $2 id to go on after, or null  $3 status, or null for all  $4 rows at most
select
    id, pcn_code, practice_code, to_pcn_code, to_practice_code, episode_id, reason, returns_id,
    with_record, status, problem, opened_referral_id, opened_episode_id, opened_new_episode, version,
    event_id, occurred_at, recorded_at, opened_at
from handover
where
    (pcn_code = any ($1::text[]) or to_pcn_code = any ($1::text[]))
    and ($2::uuid is null or id < $2)
    and ($3::text is null or status = $3)
order by id desc
limit $4

-- name: note_practice_move
-- Note that a practice belongs to another network now.
-- $1 id  $2 practice  $3 from  $4 to
insert into practice_move (id, practice_code, pcn_code, to_pcn_code, status, noted_at)
values ($1, $2, $3, $4, 'moving', now())

-- name: lock_practice_move
-- Give a move of a practice, for the one that goes on with it.
-- $1 id
select id, practice_code, pcn_code, to_pcn_code, after_person_id, moved, status, noted_at
from practice_move
where id = $1
for update

-- name: next_people_of_practice
-- Give the next people of a practice in the network it left, whoever speaks for themselves.
-- $1 practice  $2 network left  $3 id to go on after, or null  $4 rows at most
select id
from person
where
    practice_code = $1
    and pcn_code = $2
    and merged_into is null
    and ($3::uuid is null or id > $3)
order by id
limit $4

-- name: go_on_with_practice_move
-- Remember how far a move has come.
-- $1 id  $2 after person  $3 moved  $4 status
update practice_move
set
    after_person_id = $2,
    moved = $3,
    status = $4,
    ended_at = case when $4 = 'moved' then now() end
where id = $1

-- name: known_pcns_of_practices
-- Give the networks these practices belonged to so far.
-- $1 practice codes
select code, pcn_code
from access_organisation
where kind = 'practice' and code = any ($1::text[])

-- name: list_practice_moves
-- Give a page of the practices that came or left, the latest first.
-- $1 PCN codes  $2 id to go on after, or null  $3 rows at most
select
    id, practice_code, pcn_code, to_pcn_code, moved, status, noted_at, ended_at
from practice_move
where
    (pcn_code = any ($1::text[]) or to_pcn_code = any ($1::text[]))
    and ($2::uuid is null or id < $2)
order by id desc
limit $3
