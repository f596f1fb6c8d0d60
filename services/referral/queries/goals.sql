-- Goals, the steps towards them, and how they came to stand.

-- name: lock_episodes_of_goals
-- Lock the episodes these goals belong to; a goal changes only under this lock.
-- $1 goal ids
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id in (select episode_id from goal where id = any ($1::uuid[]))
order by id
for update

-- name: load_goals
-- Read goals as they stand, after their episodes were locked.
-- $1 goal ids
select id, episode_id, referral_id, practice_code, status, update_count, version
from goal
where id = any ($1::uuid[])

-- name: load_goal_references
-- Find which references the goals of these referrals have, after their episodes were locked.
-- $1 referral ids  $2 references, side by side
select goal.referral_id, goal.reference
from unnest($1::uuid[], $2::text[]) as wanted (referral_id, reference)
join goal using (referral_id, reference)

-- name: write_goals
-- Store goals; the episode takes the versions of what was told.
-- $1 episodes  $2 goals  $3 ids of the episodes
with
    counted as (
        update episode
        set version = changed.version
        from json_populate_recordset(null::episode, $1::json) as changed
        where episode.id = changed.id and episode.id = any ($3::uuid[])
    )
insert into goal (
    id, pcn_code, practice_code, referral_id, episode_id, worker_id, need, description, measure,
    target_date, review_on, reference, status, update_count, version, origin, occurred_at,
    recorded_at, continues_id
)
select
    id, pcn_code, practice_code, referral_id, episode_id, worker_id, need, description, measure,
    target_date, review_on, reference, status, update_count, version, origin, occurred_at,
    recorded_at, continues_id
from json_populate_recordset(null::goal, $2::json)

-- name: write_goal_updates
-- Move goals on, with their history.
-- $1 episodes  $2 goals  $3 updates  $4 ids of the episodes  $5 ids of the goals
with
    counted as (
        update episode
        set version = changed.version
        from json_populate_recordset(null::episode, $1::json) as changed
        where episode.id = changed.id and episode.id = any ($4::uuid[])
    ),
    moved as (
        update goal
        set
            status = changed.status,
            need = changed.need,
            description = changed.description,
            measure = changed.measure,
            target_date = changed.target_date,
            review_on = changed.review_on,
            update_count = changed.update_count,
            version = changed.version
        from json_populate_recordset(null::goal, $2::json) as changed
        where goal.id = changed.id and goal.id = any ($5::uuid[])
    )
insert into goal_update (
    id, pcn_code, practice_code, goal_id, episode_id, previous_status, status, changes,
    target_date, review_on, put_aside, reason, note, number, origin, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, goal_id, episode_id, previous_status, status, changes,
    target_date, review_on, put_aside, reason, note, number, origin, occurred_at, recorded_at
from json_populate_recordset(null::goal_update, $3::json)

-- name: whose_goal
-- Give whose episode a goal belongs to.
-- $1 goal id
select goal.episode_id, goal.pcn_code, episode.person_id, episode.worker_id
from goal
join episode on episode.id = goal.episode_id
where goal.id = $1

-- name: list_goals_of_episode
-- Give a page of the goals of one episode, oldest first.
-- $1 episode id  $2 id to go on after, or null  $3 rows at most
select
    id, referral_id, reference, need, description, measure, target_date, review_on, status,
    update_count, version, occurred_at
from goal
where episode_id = $1 and ($2::uuid is null or id > $2)
order by id
limit $3

-- name: list_updates_of_goal
-- Give a page of what was told of one goal, in order.
-- $1 goal id  $2 number to go on after, or null  $3 rows at most
select
    id, number, previous_status, status, changes, target_date, review_on, put_aside, reason, note,
    origin, occurred_at, recorded_at
from goal_update
where goal_id = $1 and ($2::integer is null or number > $2)
order by number
limit $3

-- name: load_terms_of_goals
-- Read what is agreed of goals, after their episodes were locked.
-- $1 goal ids
select id, need, description, measure, target_date, review_on
from goal
where id = any ($1::uuid[])

-- name: load_steps_of_goals
-- Read the steps towards goals, in their order.
-- $1 goal ids
select goal_id, number, what, done_at, version
from goal_step
where goal_id = any ($1::uuid[])
order by goal_id, number

-- name: list_earlier_steps_of_goals
-- Read what steps said before they were changed, the latest first.
-- $1 goal ids  $2 of each step at most
select goal_id, number, version, what, superseded_at
from (
    select
        goal_id, number, version, what, superseded_at,
        row_number() over (partition by goal_id, number order by version desc) as place
    from goal_step_superseded
    where goal_id = any ($1::uuid[])
) as earlier
where place <= $2
order by goal_id, number, version desc

-- name: supersede_step
-- Keep what a step said before it was changed.
-- $1 goal id  $2 number  $3 version  $4 PCN code  $5 practice code  $6 what it said  $7 when known
insert into goal_step_superseded (
    goal_id, number, version, pcn_code, practice_code, what, superseded_at
)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: write_steps
-- Store steps as they now stand.
-- $1 steps
insert into goal_step as known (
    goal_id, number, pcn_code, practice_code, episode_id, what, done_at, version, origin,
    occurred_at, recorded_at
)
select
    goal_id, number, pcn_code, practice_code, episode_id, what, done_at, version, origin,
    occurred_at, recorded_at
from json_populate_recordset(null::goal_step, $1::json)
on conflict (goal_id, number) do update
set
    what = excluded.what,
    done_at = excluded.done_at,
    version = excluded.version

-- name: list_goals_that_go_on
-- Give the goals of an episode that were neither met nor dropped, oldest first.
-- $1 episode id  $2 rows at most
select id, description, measure, target_date, status
from goal
where episode_id = $1 and status in ('set', 'progressing', 'changed')
order by id
limit $2
