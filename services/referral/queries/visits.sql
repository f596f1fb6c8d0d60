-- Home visits. Who is overdue is measured by this server's clock, as timers are.

-- name: lock_episode_of_visit
-- Lock the episode a visit belongs to; a visit changes only under this lock. With it comes the
-- present by the clock that will say what is overdue.
-- $1 visit id
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version, now() as present
from episode
where id = (select episode_id from visit where id = $1)
for update

-- name: load_visit
-- Read a visit as it stands, after its episode was locked.
-- $1 visit id
select
    id, episode_id, referral_id, practice_code, worker_id, planned_for, expected_minutes, status,
    checked_in_at, due_back_at, checked_out_at, begin_by, late_told, version
from visit
where id = $1

-- name: load_planned_visits
-- Read the visits of an episode that nobody has begun, after it was locked.
-- $1 episode id
select
    id, episode_id, referral_id, practice_code, worker_id, planned_for, expected_minutes, status,
    checked_in_at, due_back_at, checked_out_at, begin_by, late_told, version
from visit
where episode_id = $1 and status = 'planned'
order by id

-- name: insert_visit
-- Store a visit that was planned.
-- $1 the visit
insert into visit (
    id, pcn_code, practice_code, referral_id, episode_id, worker_id, planned_for,
    expected_minutes, note, status, begin_by, version, origin, recorded_at
)
select
    id, pcn_code, practice_code, referral_id, episode_id, worker_id, planned_for,
    expected_minutes, note, status, begin_by, version, origin, recorded_at
from json_populate_recordset(null::visit, $1::json)

-- name: update_visit
-- Store a visit as it now stands.
-- $1 id  $2 status  $3 checked in at  $4 due back at  $5 checked out at  $6 version
update visit
set
    status = $2,
    checked_in_at = $3,
    due_back_at = $4,
    checked_out_at = $5,
    version = $6
where id = $1

-- name: note_late_told
-- Keep that it was told that nobody began a visit.
-- $1 visit id
update visit
set late_told = true
where id = $1

-- name: note_alarm_of_visit
-- Keep which alarm was raised for a visit.
-- $1 visit id  $2 alarm id
update visit
set alarm_id = $2
where id = $1

-- name: whose_visit
-- Give whose episode a visit belongs to.
-- $1 visit id
select visit.episode_id, visit.pcn_code, episode.person_id, episode.worker_id
from visit
join episode on episode.id = visit.episode_id
where visit.id = $1

-- name: view_visit
-- Give one visit, and what whoever travels there must know of how the person may be met.
-- $1 visit id
select
    visit.id, visit.pcn_code, visit.practice_code, visit.referral_id, visit.episode_id,
    episode.person_id, visit.worker_id, visit.planned_for, visit.expected_minutes, visit.note,
    visit.status, visit.checked_in_at, visit.due_back_at, visit.checked_out_at, visit.alarm_id,
    visit.version, coalesce(visit.due_back_at <= now(), false) as overdue
from visit
join episode on episode.id = visit.episode_id
where visit.id = $1

-- name: list_visits_of_episode
-- Give a page of the visits of one episode, in the order in which they were planned.
-- $1 episode id  $2 id to go on after, or null  $3 rows at most
select
    id, referral_id, worker_id, planned_for, expected_minutes, note, status, checked_in_at,
    due_back_at, checked_out_at, alarm_id, version, coalesce(due_back_at <= now(), false) as overdue
from visit
where episode_id = $1 and ($2::uuid is null or id > $2)
order by id
limit $3

-- name: list_overdue_visits
-- Give the visits of a network that should have been begun, or come out of, the longest overdue
-- first. Support that ended is nobody's to visit.
-- $1 PCN code  $2 overdue since and $3 id to go on after, or null  $4 rows at most
with
    inside as (
        select visit.id, visit.due_back_at as overdue_since, 'end' as overdue_to
        from visit
        where
            visit.pcn_code = $1
            and visit.status = 'under-way'
            and visit.due_back_at <= now()
            and ($2::timestamptz is null or (visit.due_back_at, visit.id) > ($2, $3::uuid))
        order by visit.due_back_at, visit.id
        limit $4
    ),
    outside as (
        select visit.id, visit.begin_by as overdue_since, 'begin' as overdue_to
        from visit
        join episode on episode.id = visit.episode_id and episode.closed_at is null
        where
            visit.pcn_code = $1
            and visit.status = 'planned'
            and visit.begin_by <= now()
            and ($2::timestamptz is null or (visit.begin_by, visit.id) > ($2, $3::uuid))
        order by visit.begin_by, visit.id
        limit $4
    ),
    overdue as (
        select id, overdue_since, overdue_to from inside
        union all
        select id, overdue_since, overdue_to from outside
    )
select
    visit.id, visit.pcn_code, visit.referral_id, visit.episode_id, episode.person_id,
    visit.worker_id, overdue.overdue_to, overdue.overdue_since, visit.planned_for,
    visit.checked_in_at, visit.due_back_at, visit.alarm_id, visit.version,
    floor(extract(epoch from now() - overdue.overdue_since) / 60)::integer as minutes_overdue
from overdue
join visit on visit.id = overdue.id
join episode on episode.id = visit.episode_id
order by overdue.overdue_since, overdue.id
limit $4
