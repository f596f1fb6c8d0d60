-- What matters to the person, in their own words, and how they are helped with it. Each version that
-- was agreed is a row; the latest is the plan.

create table plan_version (
    episode_id uuid not null,
    version bigint not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    worker_id uuid,
    what_matters text not null,
    support text,
    review_on date,
    origin text not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint plan_version_pkey primary key (episode_id, version),
    constraint plan_version_referral_exists foreign key (referral_id) references referral (id),
    constraint plan_version_is_positive check (version > 0)
);

alter table plan_version enable row level security;
alter table plan_version force row level security;

create policy plan_version_of_visible_organisations on plan_version
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert on plan_version to {api_role};
grant select on plan_version to {worker_role};

-- When what is to be looked at again, of everything that still goes on: a plan or a goal has one.
create table review (
    about uuid not null,
    pcn_code text not null,
    kind text not null,
    episode_id uuid not null,
    referral_id uuid not null,
    practice_code text not null,
    review_on date not null,
    constraint review_pkey primary key (about),
    constraint review_kind_is_known check (kind in ('plan', 'goal'))
);

create index review_of_pcn on review (pcn_code, review_on, about);
create index review_of_episode on review (episode_id);

alter table review enable row level security;
alter table review force row level security;

create policy review_of_visible_organisations on review
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update, delete on review to {api_role};
grant select on review to {worker_role};
