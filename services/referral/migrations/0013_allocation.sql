-- How much of a caseload an episode is, and the reallocation of a whole caseload. Whose an episode
-- is stands in its own row.

create table allocation (
    episode_id uuid not null,
    pcn_code text not null,
    complexity text not null,
    changes bigint not null,
    recorded_at timestamptz not null,
    constraint allocation_pkey primary key (episode_id),
    constraint allocation_episode_exists foreign key (episode_id) references episode (id),
    constraint allocation_complexity_is_known check (complexity in ('low', 'medium', 'high')),
    constraint allocation_changes_count_up check (changes > 0)
);

-- Caseloads are counted from these two indexes alone.
create index allocation_of_network on allocation (pcn_code, episode_id) include (complexity);
create index episode_of_worker on episode (pcn_code, worker_id) include (id, opened_at, closed_at)
where worker_id is not null;
create index episode_open_of_worker on episode (pcn_code, worker_id, id)
where worker_id is not null and closed_at is null;

create table reallocation (
    id uuid not null,
    pcn_code text not null,
    from_worker_id uuid not null,
    to_worker_ids uuid[] not null,
    reason text not null,
    requested_by text not null,
    moved integer not null default 0,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    finished_at timestamptz,
    constraint reallocation_pkey primary key (id),
    constraint reallocation_reason_is_known check (reason in ('left', 'ill', 'other')),
    constraint reallocation_goes_to_somebody check (cardinality(to_worker_ids) > 0)
);

create unique index reallocation_is_one_at_a_time on reallocation (pcn_code, from_worker_id)
where finished_at is null;

alter table allocation enable row level security;
alter table allocation force row level security;
alter table reallocation enable row level security;
alter table reallocation force row level security;

create policy allocation_of_visible_organisations on allocation
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy reallocation_of_visible_organisations on reallocation
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on allocation to {api_role}, {worker_role};
grant select, insert on reallocation to {api_role};
grant select, update on reallocation to {worker_role};
