-- Who comes next, said once: whoever waits, but for those an alarm is about and those who died.

create view waiting_in_line with (security_invoker = true) as
select
    waiting.episode_id, waiting.referral_id, episode.person_id, waiting.pcn_code,
    waiting.practice_code, episode.worker_id, waiting.opened_at, waiting.urgency,
    waiting.urgency_points, waiting.needs, waiting.need_points, waiting.deprivation_decile,
    waiting.equity_points, waiting.overdue, waiting.overdue_points, waiting.weights_version,
    waiting.as_if_since, waiting.target_days, waiting.due_on, waiting.calendar_version,
    waiting.role, coalesce(waiting.waiting_since, waiting.opened_at) as waiting_since,
    waiting.paused_days, pause.reason as pause_reason, pause.started_at as paused_since
from waiting
join episode on episode.id = waiting.episode_id
left join wait_pause as pause
    on pause.episode_id = waiting.episode_id and pause.ended_at is null
where
    waiting.waits
    -- Whom an alarm is about waits in no ordinary list: those who answer alarms have them.
    and not exists (
        select
        from alarm
        where
            alarm.episode_id = waiting.episode_id
            and alarm.status <> 'closed'
            -- What was only imported chases nobody, so it takes nobody out of the list.
            and (alarm.status <> 'raised' or alarm.escalates_at is not null)
    )
    -- Nobody waits who died, under whichever record that is known.
    -- Asked of each row, since a join would read everybody on record before the first of them.
    and not (
        select known.deceased or coalesce(speaks.deceased, false)
        from person as known
        left join person as speaks on speaks.id = known.merged_into
        where known.id = episode.person_id
    );

grant select on waiting_in_line to {api_role}, {worker_role};
