-- Waiting for a first contact, and the days a network works.

-- name: load_waiting_rules
-- Give what networks said of their waiting, with the days on which they do not work.
-- $1 PCN codes
select
    asked.pcn_code, rules.id, rules.first_contact_working_days, rules.calendar_number,
    rules.version, rules.recorded_at,
    array(select day from closure where closure.pcn_code = asked.pcn_code order by day) as closures
from unnest($1::text[]) as asked (pcn_code)
left join waiting_rules as rules using (pcn_code)

-- name: begin_waiting_rules
-- Make the row of a network that said nothing yet.
-- $1 PCN code  $2 id  $3 working days  $4 now
insert into waiting_rules (
    pcn_code, id, first_contact_working_days, calendar_number, version, recorded_at
)
values ($1, $2, $3, 0, 0, $4)
on conflict (pcn_code) do nothing

-- name: lock_waiting_rules
-- Lock what a network said.
-- $1 PCN code
select pcn_code
from waiting_rules
where pcn_code = $1
for update

-- name: find_waiting_rules
-- Give the network whose rules have this id.
-- $1 id
select pcn_code
from waiting_rules
where id = $1

-- name: write_waiting_rules
-- Store locked rules as they now stand.
-- $1 PCN code  $2 working days  $3 number of the calendar  $4 version  $5 now
update waiting_rules
set first_contact_working_days = $2, calendar_number = $3, version = $4, recorded_at = $5
where pcn_code = $1

-- name: set_closure
-- Store that a network does not work on a day.
-- $1 PCN code  $2 day  $3 reason  $4 now
insert into closure (pcn_code, day, reason, recorded_at)
values ($1, $2, $3, $4)
on conflict (pcn_code, day) do nothing

-- name: lift_closure
-- Forget that a network does not work on a day.
-- $1 PCN code  $2 day
delete from closure where pcn_code = $1 and day = $2

-- name: list_closures
-- Give a page of the days on which a network does not work, in order.
-- $1 PCN code  $2 day to go on after, or null  $3 rows at most
select day, reason, recorded_at
from closure
where pcn_code = $1 and ($2::date is null or day > $2)
order by day
limit $3

-- name: lock_waiting_episodes
-- Lock episodes by their ids, in the order of the ids.
-- $1 ids
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id = any ($1::uuid[])
order by id
for update

-- name: load_waits
-- Read how episodes wait, after they were locked.
-- $1 episode ids
select
    episode_id, pcn_code, practice_code, referral_id, opened_at, urgency, needs,
    deprivation_decile, overdue, target_days, due_on, calendar_version, paused_days, waits,
    waiting_since
from waiting
where episode_id = any ($1::uuid[])

-- name: load_pauses
-- Read the pauses of episodes, oldest first.
-- $1 episode ids
select id, episode_id, reason, started_at, ended_at
from wait_pause
where episode_id = any ($1::uuid[])
order by episode_id, started_at, id

-- name: write_waits
-- Store waits as they now stand. A wait has a timer while its clock runs and it is not overdue.
-- $1 waits  $2 their episodes
with
    changed as (
        update waiting
        set
            overdue = now_so.overdue,
            overdue_points = now_so.overdue_points,
            deprivation_decile = now_so.deprivation_decile,
            equity_points = now_so.equity_points,
            urgency = now_so.urgency,
            urgency_points = now_so.urgency_points,
            needs = now_so.needs,
            need_points = now_so.need_points,
            waiting_since = now_so.waiting_since,
            weights_version = now_so.weights_version,
            as_if_since = now_so.as_if_since,
            due_on = now_so.due_on,
            due_at = now_so.due_at,
            calendar_version = now_so.calendar_version,
            paused = now_so.paused,
            paused_days = now_so.paused_days
        from json_populate_recordset(null::waiting, $1::json) as now_so
        where waiting.episode_id = now_so.episode_id and waiting.episode_id = any ($2::uuid[])
        returning
            waiting.episode_id, waiting.pcn_code, waiting.due_at,
            waiting.waits and not waiting.paused and not waiting.overdue as runs
    ),
    silenced as (
        delete from timer
        using changed
        where
            timer.about = changed.episode_id
            and timer.about = any ($2::uuid[])
            and timer.kind = 'first-contact'
            and not changed.runs
    )
insert into timer as known (id, kind, about, pcn_code, lane, due_at, next_at)
select uuidv7(), 'first-contact', episode_id, pcn_code, 'ordinary', due_at, due_at
from changed
where runs
on conflict (about, kind) do update
set due_at = excluded.due_at, next_at = excluded.next_at, attempts = 0
where known.due_at <> excluded.due_at

-- name: begin_pause
-- Store that the service's clock of a wait stands still.
-- $1 id  $2 PCN code  $3 practice code  $4 episode  $5 referral  $6 reason  $7 since  $8 now
insert into wait_pause (
    id, pcn_code, practice_code, episode_id, referral_id, reason, started_at, recorded_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: end_pause
-- Store that the service's clock goes on.
-- $1 id  $2 when
update wait_pause
set ended_at = $2
where id = $1

-- name: list_outdated_waits
-- Give episodes of a network that wait by another calendar or other weights than now hold.
-- $1 PCN code  $2 version of the calendar  $3 version of the weights  $4 rows at most
select episode_id
from waiting
where pcn_code = $1 and waits and (calendar_version <> $2 or weights_version <> $3)
order by as_if_since, episode_id
limit $4

-- name: list_outdated_networks
-- Give networks in which somebody waits by other bank holidays or weights than now hold.
-- $1 version of England's bank holidays  $2 version of the weights
select distinct pcn_code
from waiting
where
    waits
    and (split_part(calendar_version, '/', 1) <> $1 or weights_version <> $2)
order by pcn_code

-- name: list_waiting
-- Give a page of who waits in a network, in the order in which they come next.
-- $1 PCN code  $2 place and $3 episode to go on after, or null  $4 rows at most
select *
from waiting_in_line
where
    pcn_code = $1
    and (as_if_since, episode_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by as_if_since, episode_id
limit $4

-- name: list_waiting_for_role
-- As ``list_waiting``, of those for whom one role was chosen.
-- $1 PCN code  $2 place and $3 episode to go on after, or null  $4 rows at most  $5 role
select *
from waiting_in_line
where
    pcn_code = $1
    and role = $5
    and (as_if_since, episode_id) > (
        coalesce($2::timestamptz, '-infinity'),
        coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by as_if_since, episode_id
limit $4

-- name: since_when_waited
-- Give since when the person of an episode waits for a first contact: there, in a network that
-- handed them over, or on a record merged into theirs on which nobody had spoken with them.
-- $1 episode id
select min(began.since) as since
from (
    select episode.opened_at as since
    from episode
    where episode.id = $1
    union all
    select handover.waiting_since
    from handover
    where handover.opened_episode_id = $1
    union all
    select coalesce(waiting.waiting_since, waiting.opened_at)
    from episode
    join person on person.id = episode.person_id
    join person_merge
        on person_merge.kept_person_id = coalesce(person.merged_into, person.id)
        and person_merge.undone_at is null
        and person_merge.recorded_at >= (
            select min(referral.recorded_at) from referral where referral.episode_id = $1
        )
    join waiting on waiting.episode_id = person_merge.closed_episode_id
    where
        episode.id = $1
        and not exists (
            select
            from contact
            where
                contact.episode_id = waiting.episode_id
                and contact.outcome = 'made'
                and contact.voided_at is null
        )
) as began

-- name: what_presses_together
-- Give what the referrals of an episode ask for, and those of records merged into its person's.
-- $1 episode id
select referral.urgency, cardinality(referral.needs) as needs
from referral
where referral.episode_id = $1
union all
select referral.urgency, cardinality(referral.needs)
from episode
join person on person.id = episode.person_id
join person_merge
    on person_merge.kept_person_id = coalesce(person.merged_into, person.id)
    and person_merge.undone_at is null
    and person_merge.recorded_at >= (
        select min(own.recorded_at) from referral as own where own.episode_id = $1
    )
join referral on referral.episode_id = person_merge.closed_episode_id
where episode.id = $1

-- name: view_wait
-- Give how one episode waits or waited, and when there was a first contact or it ended.
-- $1 episode id
select
    waiting.episode_id, waiting.referral_id, episode.person_id, waiting.pcn_code,
    waiting.practice_code, episode.worker_id, waiting.opened_at, waiting.urgency,
    waiting.urgency_points, waiting.needs, waiting.need_points, waiting.deprivation_decile,
    waiting.equity_points, waiting.overdue, waiting.overdue_points, waiting.weights_version,
    waiting.as_if_since, waiting.target_days, waiting.due_on, waiting.calendar_version,
    waiting.role, coalesce(waiting.waiting_since, waiting.opened_at) as waiting_since,
    waiting.waits, episode.closed_at,
    (
        select min(contact.occurred_at)
        from contact
        where
            contact.episode_id = waiting.episode_id
            and contact.outcome = 'made'
            and contact.voided_at is null
    ) as first_contact_at
from waiting
join episode on episode.id = waiting.episode_id
where waiting.episode_id = $1
