-- What a goal and its steps said before they were changed; a goal that ended by mistake goes on, and
-- says why.

alter table goal_update
    -- All that was agreed of the goal before this update changed some of it.
    add column put_aside jsonb,
    add column reason text;

create table goal_step_superseded (
    goal_id uuid not null,
    number integer not null,
    version bigint not null,
    pcn_code text not null,
    practice_code text not null,
    what text not null,
    superseded_at timestamptz not null,
    constraint goal_step_superseded_pkey primary key (goal_id, number, version),
    constraint goal_step_superseded_step_exists
        foreign key (goal_id, number) references goal_step (goal_id, number)
);

alter table goal_step_superseded enable row level security;
alter table goal_step_superseded force row level security;

create policy goal_step_superseded_of_visible_organisations on goal_step_superseded
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select, insert on goal_step_superseded to {api_role};
