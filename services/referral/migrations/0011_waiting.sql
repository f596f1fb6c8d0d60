-- Who waits for a first contact, by when it is due, and on which days a network works.

-- What a network said of its waiting: locked, and versioned as one with its closures.
create table waiting_rules (
    pcn_code text not null,
    -- What timers about the network's calendar are about.
    id uuid not null,
    first_contact_working_days integer not null,
    calendar_number integer not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint waiting_rules_pkey primary key (pcn_code),
    constraint waiting_rules_id_is_of_one_network unique (id),
    constraint waiting_rules_days_are_few check (first_contact_working_days between 1 and 60),
    constraint waiting_rules_count_up check (calendar_number >= 0 and version >= 0)
);

create table closure (
    pcn_code text not null,
    day date not null,
    reason text not null,
    recorded_at timestamptz not null,
    constraint closure_pkey primary key (pcn_code, day)
);

-- One row an episode, from the referral that opened it; it is changed under the episode's lock.
create table waiting (
    episode_id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    opened_at timestamptz not null,
    urgency text not null,
    urgency_points integer not null,
    needs integer not null,
    need_points integer not null,
    deprivation_decile smallint,
    equity_points integer not null,
    overdue boolean not null default false,
    overdue_points integer not null default 0,
    weights_version text not null,
    -- The place in the list: since when it would have waited for it without any points.
    as_if_since timestamptz not null,
    target_days integer not null,
    due_on date not null,
    due_at timestamptz not null,
    calendar_version text not null,
    paused boolean not null default false,
    paused_days integer not null default 0,
    waits boolean not null default true,
    constraint waiting_pkey primary key (episode_id),
    constraint waiting_episode_exists foreign key (episode_id) references episode (id),
    constraint waiting_urgency_is_known check (urgency in ('routine', 'soon', 'urgent')),
    constraint waiting_days_count_up check (target_days > 0 and paused_days >= 0)
) with (fillfactor = 80);

create index waiting_list on waiting (pcn_code, as_if_since, episode_id) where waits;

create table wait_pause (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    episode_id uuid not null,
    referral_id uuid not null,
    reason text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    recorded_at timestamptz not null,
    constraint wait_pause_pkey primary key (id),
    constraint wait_pause_is_of_a_wait foreign key (episode_id) references waiting (episode_id),
    constraint wait_pause_ends_after_it_began check (ended_at >= started_at)
);

create unique index wait_pause_is_one_at_a_time on wait_pause (episode_id) where ended_at is null;
create index wait_pause_episode on wait_pause (episode_id, started_at);

alter table waiting_rules enable row level security;
alter table waiting_rules force row level security;
alter table closure enable row level security;
alter table closure force row level security;
alter table waiting enable row level security;
alter table waiting force row level security;
alter table wait_pause enable row level security;
alter table wait_pause force row level security;

create policy waiting_rules_of_visible_organisations on waiting_rules
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy closure_of_visible_organisations on closure
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy waiting_of_visible_organisations on waiting
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy wait_pause_of_visible_organisations on wait_pause
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on waiting_rules, waiting, wait_pause to {api_role}, {worker_role};
grant select, insert, delete on closure to {api_role};
grant select on closure to {worker_role};
