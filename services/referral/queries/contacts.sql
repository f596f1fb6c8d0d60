-- Contacts as they stand, and the versions of them that were put aside.

-- name: lock_episodes_of_contacts
-- Lock the episodes these contacts belong to; a contact changes only under this lock.
-- $1 contact ids
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id in (select episode_id from contact where id = any ($1::uuid[]))
order by id
for update

-- name: load_contacts
-- Read contacts as they stand, after their episodes were locked.
-- $1 contact ids
select
    id, episode_id, referral_id, practice_code, worker_id, outcome, missed_reason, mode, minutes,
    role, with_role, understanding, note, number, version, voided_at, occurred_at, dangers
from contact
where id = any ($1::uuid[])

-- name: load_first_contacts
-- Read the first two contacts made of each episode that stand: one may be put aside.
-- $1 episode ids, locked
select first.id, first.episode_id, first.number, first.occurred_at, first.practice_code
from unnest($1::uuid[]) as wanted (episode_id)
cross join lateral (
    select id, episode_id, number, occurred_at, practice_code
    from contact
    where
        contact.episode_id = wanted.episode_id
        and number is not null
        and voided_at is null
    order by number
    limit 2
) as first

-- name: write_contacts
-- Store contacts and count them on their episodes, which the first worker to speak keeps.
-- $1 episodes  $2 contacts  $3 ids of the episodes
with
    counted as (
        update episode
        set
            worker_id = changed.worker_id,
            contact_count = changed.contact_count,
            version = changed.version
        from json_populate_recordset(null::episode, $1::json) as changed
        where episode.id = changed.id and episode.id = any ($3::uuid[])
    )
insert into contact (
    id, pcn_code, practice_code, referral_id, episode_id, worker_id, role, mode, minutes, note,
    number, outcome, missed_reason, with_role, understanding, version, place, origin, occurred_at,
    recorded_at, dangers
)
select
    id, pcn_code, practice_code, referral_id, episode_id, worker_id, role, mode, minutes, note,
    number, outcome, missed_reason, with_role, understanding, version, place, origin, occurred_at,
    recorded_at, dangers
from json_populate_recordset(null::contact, $2::json)

-- name: write_corrections
-- Keep the versions put aside, and let the contacts stand as they now do. Episodes are stored apart.
-- $1 contacts  $2 versions put aside  $3 ids of the contacts
with
    corrected as (
        update contact
        set
            outcome = changed.outcome,
            missed_reason = changed.missed_reason,
            mode = changed.mode,
            minutes = changed.minutes,
            role = changed.role,
            with_role = changed.with_role,
            understanding = changed.understanding,
            note = changed.note,
            number = changed.number,
            version = changed.version,
            voided_at = changed.voided_at,
            occurred_at = changed.occurred_at,
            dangers = changed.dangers
        from json_populate_recordset(null::contact, $1::json) as changed
        where contact.id = changed.id and contact.id = any ($3::uuid[])
    )
insert into contact_superseded (
    contact_id, version, pcn_code, practice_code, outcome, missed_reason, mode, minutes, role,
    with_role, understanding, note, number, occurred_at, reason, voided, superseded_at,
    superseded_by, dangers
)
select
    contact_id, version, pcn_code, practice_code, outcome, missed_reason, mode, minutes, role,
    with_role, understanding, note, number, occurred_at, reason, voided, superseded_at,
    superseded_by, dangers
from json_populate_recordset(null::contact_superseded, $2::json)

-- name: list_contacts_of_episode
-- Give a page of the contacts of one episode, in the order in which they became known.
-- $1 episode id  $2 place to go on after, or null  $3 rows at most
select
    id, referral_id, number, outcome, missed_reason, worker_id, role, mode, minutes, with_role,
    understanding, note, version, voided_at, origin, occurred_at, recorded_at, place
from contact
where episode_id = $1 and ($2::bigint is null or place > $2)
order by place
limit $3

-- name: whose_contact
-- Give whose episode a contact belongs to.
-- $1 contact id
select contact.episode_id, contact.pcn_code, episode.person_id, episode.worker_id
from contact
join episode on episode.id = contact.episode_id
where contact.id = $1

-- name: view_contact
-- Give one contact as it stands, as a version of itself.
-- $1 contact id
select
    version, outcome, missed_reason, mode, minutes, role, with_role, understanding, note, number,
    occurred_at, voided_at, coalesce(dangers, '{}') as dangers
from contact
where id = $1

-- name: list_versions_of_contact
-- Give the versions of one contact that were put aside, the first one first.
-- $1 contact id  $2 version to go on after, or null  $3 rows at most
select
    version, outcome, missed_reason, mode, minutes, role, with_role, understanding, note, number,
    occurred_at, reason, voided, superseded_at, superseded_by, coalesce(dangers, '{}') as dangers
from contact_superseded
where contact_id = $1 and ($2::bigint is null or version > $2)
order by version
limit $3
