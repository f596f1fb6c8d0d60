-- Home visits. Where to go is the address on the person's record and is not copied here.

create table visit (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    worker_id uuid not null,
    planned_for timestamptz not null,
    expected_minutes integer not null,
    note text,
    status text not null,
    checked_in_at timestamptz,
    due_back_at timestamptz,
    checked_out_at timestamptz,
    -- The alarm that was raised when the worker was last overdue.
    alarm_id uuid,
    version bigint not null,
    origin text not null,
    recorded_at timestamptz not null,
    constraint visit_pkey primary key (id),
    constraint visit_referral_exists foreign key (referral_id) references referral (id),
    constraint visit_status_is_known
        check (status in ('planned', 'under-way', 'ended', 'cancelled')),
    -- Whoever is under way is expected back, and nobody else is.
    constraint visit_is_due_back_while_under_way
        check ((due_back_at is not null) = (status = 'under-way')),
    constraint visit_minutes_fit_a_day check (expected_minutes between 1 and 1440),
    constraint visit_version_is_positive check (version > 0)
) with (fillfactor = 80);

create index visit_of_episode on visit (episode_id, id);
create index visit_under_way on visit (pcn_code, due_back_at, id) where status = 'under-way';

alter table visit enable row level security;
alter table visit force row level security;

create policy visit_of_visible_organisations on visit
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on visit to {api_role};
grant select, update (alarm_id) on visit to {worker_role};
