-- What falls due by itself. A row is moved, or deleted when it fired or is no longer wanted; it is
-- changed under the lock of what it is about, as everything else of that is.

create table timer (
    id uuid not null,
    kind text not null,
    about uuid not null,
    pcn_code text not null,
    lane text not null,
    due_at timestamptz not null,
    -- When to fire it next: when it is due, later once it failed or if it was asked to wait.
    next_at timestamptz not null,
    attempts integer not null default 0,
    constraint timer_pkey primary key (id),
    constraint timer_is_one_of_its_kind unique (about, kind),
    constraint timer_lane_is_known check (lane in ('safety', 'ordinary')),
    constraint timer_never_fires_early check (next_at >= due_at),
    constraint timer_attempts_count_up check (attempts >= 0)
);

create index timer_next on timer (lane, next_at, id);

alter table timer enable row level security;
alter table timer force row level security;

create policy timer_of_visible_organisations on timer
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update, delete on timer to {api_role}, {worker_role};
-- What fires decides under the lock of the episode or the person, and tells it.
grant select, insert, update on person, episode to {worker_role};
grant select on referral, referral_status, contact, goal, goal_update to {worker_role};
