-- What whoever visits or calls a person has to know for everybody's safety: who said so, and by
-- when somebody looks at it again.

create table risk_flag (
    id uuid not null,
    pcn_code text not null,
    person_id uuid not null,
    kind text not null,
    note text,
    raised_by uuid,
    raised_at timestamptz not null,
    review_by date not null,
    reviewed_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    origin text not null,
    recorded_at timestamptz not null,
    version bigint not null,
    constraint risk_flag_pkey primary key (id),
    constraint risk_flag_person_exists foreign key (person_id) references person (id),
    constraint risk_flag_ends_with_a_reason check ((ended_at is null) = (end_reason is null)),
    constraint risk_flag_version_is_positive check (version > 0)
) with (fillfactor = 80);

create index risk_flag_of_person on risk_flag (person_id, id);
create unique index risk_flag_stands_once on risk_flag (person_id, kind) where ended_at is null;
create index risk_flag_to_review on risk_flag (pcn_code, review_by, id) where ended_at is null;

create table risk_flag_step (
    id uuid not null,
    pcn_code text not null,
    risk_flag_id uuid not null,
    number bigint not null,
    step text not null,
    review_by date,
    end_reason text,
    note text,
    worker_id uuid,
    origin text not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint risk_flag_step_pkey primary key (id),
    constraint risk_flag_step_risk_flag_exists
        foreign key (risk_flag_id) references risk_flag (id),
    constraint risk_flag_step_number_is_used_once unique (risk_flag_id, number),
    constraint risk_flag_step_is_known check (step in ('raised', 'reviewed', 'ended'))
);

alter table risk_flag enable row level security;
alter table risk_flag force row level security;
alter table risk_flag_step enable row level security;
alter table risk_flag_step force row level security;

create policy risk_flag_of_visible_organisations on risk_flag
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy risk_flag_step_of_visible_organisations on risk_flag_step
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on risk_flag to {api_role};
grant select, insert on risk_flag_step to {api_role};
grant select, update on risk_flag to {worker_role};
