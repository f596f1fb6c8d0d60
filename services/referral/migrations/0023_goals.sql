-- A goal says how one will know, when to look again, and by which steps; its history says what of it
-- changed.

alter table goal
    add column measure text,
    add column review_on date;

alter table goal_update
    add column changes text[],
    add column target_date date,
    add column review_on date;

create table goal_step (
    goal_id uuid not null,
    number integer not null,
    pcn_code text not null,
    practice_code text not null,
    episode_id uuid not null,
    what text not null,
    done_at timestamptz,
    version bigint not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint goal_step_pkey primary key (goal_id, number),
    constraint goal_step_goal_exists foreign key (goal_id) references goal (id),
    constraint goal_step_number_is_positive check (number > 0),
    constraint goal_step_version_is_positive check (version > 0)
) with (fillfactor = 80);

alter table goal_step enable row level security;
alter table goal_step force row level security;

create policy goal_step_of_visible_organisations on goal_step
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on goal_step to {api_role};
