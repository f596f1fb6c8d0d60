-- Who works with whom, and how much that is.

-- name: load_allocations
-- Read how complex episodes are, after they were locked.
-- $1 episode ids
select episode_id, complexity, changes
from allocation
where episode_id = any ($1::uuid[])

-- name: write_allocations
-- Count a change of who has episodes, or of how complex they are.
-- $1 episode ids  $2 PCN codes  $3 complexities, side by side  $4 now
insert into allocation as known (episode_id, pcn_code, complexity, changes, recorded_at)
select episode_id, pcn_code, complexity, 1, $4
from unnest($1::uuid[], $2::text[], $3::text[]) as told (episode_id, pcn_code, complexity)
on conflict (episode_id) do update
set
    complexity = excluded.complexity,
    changes = known.changes + 1,
    recorded_at = excluded.recorded_at

-- name: count_caseloads
-- Count what each worker of a network has in hand and took on since a day, by complexity.
-- $1 PCN code  $2 since when a year is counted
select
    episode.worker_id, coalesce(allocation.complexity, 'medium') as complexity,
    count(*) filter (where episode.closed_at is null) as open,
    count(*) filter (where episode.opened_at >= $2) as year
from episode
left join allocation on allocation.episode_id = episode.id and allocation.pcn_code = $1
where
    episode.pcn_code = $1
    and episode.worker_id is not null
    and (episode.closed_at is null or episode.opened_at >= $2)
group by episode.worker_id, coalesce(allocation.complexity, 'medium')

-- name: count_caseloads_of
-- As ``count_caseloads``, of some workers.
-- $1 PCN code  $2 since when a year is counted  $3 workers
select
    episode.worker_id, coalesce(allocation.complexity, 'medium') as complexity,
    count(*) filter (where episode.closed_at is null) as open,
    count(*) filter (where episode.opened_at >= $2) as year
from episode
left join allocation on allocation.episode_id = episode.id and allocation.pcn_code = $1
where
    episode.pcn_code = $1
    and episode.worker_id = any ($3::uuid[])
    and (episode.closed_at is null or episode.opened_at >= $2)
group by episode.worker_id, coalesce(allocation.complexity, 'medium')

-- name: list_workers_of_network
-- Give the members who work with people in a network, each with the roles they hold there.
-- $1 PCN code  $2 roles
select member_key, array_agg(distinct role) as roles
from access_membership
where organisation_kind = 'pcn' and organisation_code = $1 and role = any ($2::text[])
group by member_key

-- name: list_roles_worked_in
-- Give the roles in which somebody spoke with people of a network.
-- $1 PCN code  $2 worker
select distinct contact.role
from episode
join contact on contact.episode_id = episode.id and contact.worker_id = episode.worker_id
where episode.pcn_code = $1 and episode.worker_id = $2

-- name: begin_caseload_warnings
-- Make the rows of workers whose caseload nobody looked at yet.
-- $1 PCN code  $2 workers and $3 ids, side by side  $4 now
insert into caseload_warning (id, pcn_code, worker_id, warned, version, recorded_at)
select id, $1, worker_id, false, 0, $4
from unnest($2::uuid[], $3::uuid[]) as looked_at (worker_id, id)
on conflict (pcn_code, worker_id) do nothing

-- name: lock_caseload_warnings
-- Lock whether workers were warned, in the order of their ids.
-- $1 PCN code  $2 workers
select id, worker_id, warned, version
from caseload_warning
where pcn_code = $1 and worker_id = any ($2::uuid[])
order by worker_id
for update

-- name: write_caseload_warnings
-- Store whether workers were warned.
-- $1 ids, $2 whether warned and $3 versions, side by side  $4 now
update caseload_warning
set warned = looked_at.warned, version = looked_at.version, recorded_at = $4
from unnest($1::uuid[], $2::boolean[], $3::bigint[]) as looked_at (id, warned, version)
where caseload_warning.id = looked_at.id

-- name: has_worked_in_network
-- Whether anything in a network was ever a worker's: an episode, or supervision and training.
-- $1 PCN code  $2 worker
select
    exists (select from episode where pcn_code = $1 and worker_id = $2)
    or exists (select from entitlement where pcn_code = $1 and worker_id = $2)

-- name: begin_reallocation
-- Store that a whole caseload goes to others.
insert into reallocation (
    id, pcn_code, from_worker_id, to_worker_ids, reason, requested_by, occurred_at, recorded_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: lock_reallocation
-- Lock a reallocation that goes on.
-- $1 id
select id, pcn_code, from_worker_id, to_worker_ids, reason, requested_by, occurred_at
from reallocation
where id = $1 and finished_at is null
for update

-- name: advance_reallocation
-- Count what was moved, and say if that was all.
-- $1 id  $2 how many more  $3 when it ended, or null
update reallocation
set moved = moved + $2, finished_at = $3
where id = $1

-- name: list_episodes_of_worker
-- Give open episodes of a worker.
-- $1 PCN code  $2 worker  $3 rows at most
select id
from episode
where pcn_code = $1 and worker_id = $2 and closed_at is null
order by id
limit $3

-- name: view_reallocation
-- Give how far a reallocation is.
-- $1 id
select
    job.id, job.pcn_code, job.from_worker_id, job.to_worker_ids, job.reason, job.moved,
    job.occurred_at, job.recorded_at, job.finished_at,
    (
        select count(*)
        from episode
        where
            episode.pcn_code = job.pcn_code
            and episode.worker_id = job.from_worker_id
            and episode.closed_at is null
    ) as waiting
from reallocation as job
where job.id = $1
