-- Who may be whom: candidates for a likeness, and merges.

-- name: find_candidates
-- Give whoever was born on one of these days, as they are described; a record merged into another
-- is found by its own description and shown as the one that speaks for it.
-- $1 PCN codes  $2 birth dates  $3 the birth date asked for, which comes first  $4 rows at most
select
    known.id as described_id, known.nhs_number as described_number,
    known.given_name as described_given_name, known.family_name as described_family_name,
    known.preferred_name as described_preferred_name,
    known.birth_date as described_birth_date, known.postcode as described_postcode,
    case when known.merged_into is null then known.id else speaking.id end as id,
    case when known.merged_into is null then known.pcn_code else speaking.pcn_code end as pcn_code,
    case when known.merged_into is null then known.practice_code else speaking.practice_code end as practice_code,
    case when known.merged_into is null then known.nhs_number else speaking.nhs_number end as nhs_number,
    case when known.merged_into is null then known.given_name else speaking.given_name end as given_name,
    case when known.merged_into is null then known.family_name else speaking.family_name end as family_name,
    case when known.merged_into is null then known.birth_date else speaking.birth_date end as birth_date,
    case when known.merged_into is null then known.postcode else speaking.postcode end as postcode,
    case when known.merged_into is null then known.version else speaking.version end as version
from person as known
left join person as speaking on speaking.id = known.merged_into
where
    known.pcn_code = any ($1::text[])
    and (known.merged_into is null or speaking.id is not null)
    and known.birth_date = any ($2::date[])
order by known.birth_date = $3 desc, known.id
limit $4

-- name: find_numbered
-- Give who has this NHS number, or speaks for a record that has it.
-- $1 PCN codes  $2 NHS number  $3 rows at most
select
    known.id as described_id, known.nhs_number as described_number,
    known.given_name as described_given_name, known.family_name as described_family_name,
    known.preferred_name as described_preferred_name,
    known.birth_date as described_birth_date, known.postcode as described_postcode,
    case when known.merged_into is null then known.id else speaking.id end as id,
    case when known.merged_into is null then known.pcn_code else speaking.pcn_code end as pcn_code,
    case when known.merged_into is null then known.practice_code else speaking.practice_code end as practice_code,
    case when known.merged_into is null then known.nhs_number else speaking.nhs_number end as nhs_number,
    case when known.merged_into is null then known.given_name else speaking.given_name end as given_name,
    case when known.merged_into is null then known.family_name else speaking.family_name end as family_name,
    case when known.merged_into is null then known.birth_date else speaking.birth_date end as birth_date,
    case when known.merged_into is null then known.postcode else speaking.postcode end as postcode,
    case when known.merged_into is null then known.version else speaking.version end as version
from person as known
left join person as speaking on speaking.id = known.merged_into
where
    known.pcn_code = any ($1::text[])
    and (known.merged_into is null or speaking.id is not null)
    and known.nhs_number = $2
order by known.id
limit $3

-- name: describe_person
-- Give by what a person may be found again.
-- $1 person id
select
    known.id, known.pcn_code, known.nhs_number, known.given_name, known.family_name,
    known.preferred_name, known.birth_date, known.postcode
from person as known
where known.id = (
    select coalesce(asked.merged_into, asked.id)
    from person as asked
    where asked.id = $1
)

-- name: speaks_for_others
-- Tell whether records are merged into this one.
-- $1 person id
select exists (
    select
    from person_merge
    where kept_person_id = $1 and undone_at is null
)

-- name: merged_into
-- Give the records that this one speaks for.
-- $1 person id
select merged_person_id
from person_merge
where kept_person_id = $1 and undone_at is null
order by id

-- name: number_spoken_for
-- Give the number a person is named by, which may be one of a record merged into theirs.
-- $1 person id
select nhs_number
from speaking_person
where record_id = $1

-- name: numbered_beside
-- Give the record of a person's network that holds a number.
-- $1 person id  $2 NHS number
select numbered.id
from person
join person as numbered on numbered.pcn_code = person.pcn_code and numbered.nhs_number = $2
where person.id = $1

-- name: latest_merge
-- Give the latest merge into this record that stands.
-- $1 person id
select id
from person_merge
where kept_person_id = $1 and undone_at is null
order by id desc
limit 1

-- name: write_merge
-- Let one record speak for another.
-- $1 id  $2 PCN code  $3 kept person  $4 merged person  $5 reason  $6 closed episode
-- $7 closed referrals and $8 where they stood, side by side  $9 event id  $10 occurred at
-- $11 recorded at
with
    spoken_for as (
        update person
        set merged_into = $3
        where id = $4
    )
insert into person_merge (
    id, pcn_code, kept_person_id, merged_person_id, reason, closed_episode_id,
    closed_referral_ids, closed_statuses, version, event_id, occurred_at, recorded_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11)

-- name: undo_merge
-- Let both records speak for themselves.
-- $1 id  $2 merged person  $3 undone at  $4 version
with
    itself_again as (
        update person
        set merged_into = null
        where id = $2
    )
update person_merge
set undone_at = $3, version = $4
where id = $1

-- name: load_merge
-- Give one merge, by its id.
-- $1 id
select
    id, pcn_code, kept_person_id, merged_person_id, reason, closed_episode_id,
    closed_referral_ids, closed_statuses, version, event_id, occurred_at, recorded_at, undone_at
from person_merge
where id = $1

-- name: list_merges
-- Give a page of what was merged into a record, or it into another, latest first.
-- $1 person id  $2 id to go on after, or null  $3 rows at most
select
    id, pcn_code, kept_person_id as person_id, merged_person_id, reason, closed_episode_id,
    version, event_id, occurred_at, recorded_at, undone_at
from person_merge
where
    (kept_person_id = $1 or merged_person_id = $1) and ($2::uuid is null or id < $2)
order by id desc
limit $3

-- name: lock_episodes
-- Lock episodes by id.
-- $1 episode ids
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id = any ($1::uuid[])
order by id
for update

-- name: load_open_referrals
-- Read the open referrals of an episode that is locked.
-- $1 episode id
select id, episode_id, practice_code, referrer_code, status, version
from referral
where episode_id = $1 and status in ('received', 'accepted')
order by id

-- name: write_death
-- Record or take back that a person died.
-- $1 person id  $2 deceased  $3 day of death, or null  $4 version
update person
set deceased = $2, died_on = $3, version = $4
where id = $1

-- name: list_episodes_to_settle
-- Give the episodes of a person, and of the records merged into theirs, from which others were
-- asked to do something, or in which a visit is planned.
-- $1 person id
with
    records as (
        select $1::uuid as id
        union all
        select merged_person_id
        from person_merge
        where kept_person_id = $1 and undone_at is null
    )
select episode.id
from episode
join records on records.id = episode.person_id
where
    exists (
        select
        from onward_referral
        where onward_referral.episode_id = episode.id and onward_referral.ending is null
    )
    or exists (
        select
        from visit
        where visit.episode_id = episode.id and visit.status = 'planned'
    )
order by episode.id

-- name: clear_timers_of_person
-- Forget what falls due about a person, the records merged into theirs, and their episodes, with
-- all that belongs to those; what guards the safety of others stays, and consents end on their day.
-- $1 person id
with
    records as (
        select $1::uuid as id
        union all
        select merged_person_id
        from person_merge
        where kept_person_id = $1 and undone_at is null
    ),
    supported as (
        select episode.id
        from episode
        join records on records.id = episode.person_id
    )
delete from timer
where
    (timer.lane = 'ordinary' or timer.kind = 'visit-begin')
    and timer.about in (
        select id from records
        union all
        select id from supported
        union all
        select referral.id
        from referral
        join supported on supported.id = referral.episode_id
        union all
        select goal.id
        from goal
        join supported on supported.id = goal.episode_id
        union all
        select onward_referral.id
        from onward_referral
        join supported on supported.id = onward_referral.episode_id
        union all
        select visit.id
        from visit
        join supported on supported.id = visit.episode_id
        union all
        select risk_flag.id
        from risk_flag
        join records on records.id = risk_flag.person_id
    )
