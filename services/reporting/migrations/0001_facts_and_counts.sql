-- What reporting keeps: facts, counts and waits, each table written from one topic and keyed by
-- stream, and the map of places. No name, address, number or word of a person is in any of them.

create table referral_fact (
    referral_id uuid not null,
    stream text not null,
    episode_id uuid not null,
    person_id uuid not null,
    practice_code text not null,
    referrer_code text not null,
    route text not null,
    needs text[] not null,
    urgency text not null,
    opened_episode boolean not null,
    age_band text not null,
    sex text not null,
    ethnicity_category text,
    deprivation_decile smallint,
    language text not null,
    status text not null,
    status_reason text,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    happened_on date not null,
    number bigint not null,
    version bigint not null,
    constraint referral_fact_pkey primary key (referral_id, stream)
) with (fillfactor = 80);

create index referral_fact_by_day on referral_fact (stream, happened_on);
create index referral_fact_by_episode on referral_fact (episode_id, stream);

comment on column referral_fact.number is 'The number, in its stream, of the event that made it.';
comment on column referral_fact.version is 'The version of the episode at its last change.';

create table episode_fact (
    episode_id uuid not null,
    stream text not null,
    person_id uuid not null,
    practice_code text not null,
    opened_at timestamptz not null,
    number bigint not null,
    version bigint not null,
    constraint episode_fact_pkey primary key (episode_id, stream)
);

create table contact_fact (
    episode_id uuid not null,
    stream text not null,
    contact_number integer not null,
    contact_id uuid not null,
    referral_id uuid not null,
    practice_code text not null,
    mode text not null,
    minutes smallint,
    role text not null,
    worker_id uuid,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    happened_on date not null,
    number bigint not null,
    version bigint not null,
    constraint contact_fact_pkey primary key (episode_id, contact_number, stream)
);

create index contact_fact_first on contact_fact (stream, episode_id) where contact_number = 1;

create table goal_fact (
    goal_id uuid not null,
    stream text not null,
    episode_id uuid not null,
    referral_id uuid not null,
    practice_code text not null,
    need text,
    target_date date,
    worker_id uuid,
    status text not null,
    updates integer not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    happened_on date not null,
    number bigint not null,
    version bigint not null,
    constraint goal_fact_pkey primary key (goal_id, stream)
) with (fillfactor = 80);

create index goal_fact_by_episode on goal_fact (episode_id, stream);

-- Deltas. What was known by a day is the sum over known_on up to it; what is known now is the
-- sum over all. The measures that have the practice as their only dimension share a row.
create table activity_count (
    stream text not null,
    practice_code text not null,
    happened_on date not null,
    known_on date not null,
    contacts integer not null,
    goals_set integer not null,
    goal_updates integer not null,
    goals_met integer not null,
    constraint activity_count_pkey primary key (stream, happened_on, practice_code, known_on)
);

-- A referral counts once with its route and age band and no need, and once for each need alone.
create table referral_count (
    stream text not null,
    practice_code text not null,
    route text not null,
    need text not null,
    age_band text not null,
    happened_on date not null,
    known_on date not null,
    amount integer not null,
    constraint referral_count_pkey primary key (
        stream, happened_on, practice_code, need, route, age_band, known_on
    )
);

-- First contacts by whole working days waited: medians and percentiles stay exact and add up.
create table wait_count (
    stream text not null,
    practice_code text not null,
    working_days integer not null,
    happened_on date not null,
    known_on date not null,
    amount integer not null,
    constraint wait_count_pkey primary key (
        stream, happened_on, working_days, practice_code, known_on
    )
);

create table message_count (
    stream text not null,
    measure text not null,
    practice_code text not null,
    rule text not null,
    channel text not null,
    recipient_kind text not null,
    reason text not null,
    happened_on date not null,
    known_on date not null,
    amount integer not null,
    constraint message_count_pkey primary key (
        stream, measure, happened_on, practice_code, rule, channel, recipient_kind, reason, known_on
    )
);

-- The map, with dates: which PCN a practice belonged to on a day, which region a PCN.
create table region_place (
    region_code text not null,
    name text not null,
    number bigint not null,
    constraint region_place_pkey primary key (region_code)
);

create table pcn_place (
    pcn_code text not null,
    from_date date not null,
    region_code text not null,
    name text not null,
    number bigint not null,
    constraint pcn_place_pkey primary key (pcn_code, from_date)
);

create index pcn_place_by_region on pcn_place (region_code);

create table practice_place (
    practice_code text not null,
    from_date date not null,
    pcn_code text not null,
    name text not null,
    number bigint not null,
    constraint practice_place_pkey primary key (practice_code, from_date)
);

create index practice_place_by_pcn on practice_place (pcn_code);

-- Second wall of tenancy: the API role sees the rows of the organisations its transaction named.
-- A referral is its PCN's, its referrer's and its practice's; what belongs to an episode is seen
-- by whoever sees a referral of that episode.
alter table referral_fact enable row level security;
alter table referral_fact force row level security;
create policy referral_fact_is_ours on referral_fact for select to {api_role}
    using (
        stream = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
        or referrer_code = any ((select visible_organisations())::text[])
    );

alter table episode_fact enable row level security;
alter table episode_fact force row level security;
create policy episode_fact_is_ours on episode_fact for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

alter table contact_fact enable row level security;
alter table contact_fact force row level security;
create policy contact_fact_is_ours on contact_fact for select to {api_role}
    using (
        stream = any ((select visible_organisations())::text[])
        or exists (
            select 1
            from referral_fact
            where referral_fact.episode_id = contact_fact.episode_id
                and referral_fact.stream = contact_fact.stream
        )
    );

alter table goal_fact enable row level security;
alter table goal_fact force row level security;
create policy goal_fact_is_ours on goal_fact for select to {api_role}
    using (
        stream = any ((select visible_organisations())::text[])
        or exists (
            select 1
            from referral_fact
            where referral_fact.episode_id = goal_fact.episode_id
                and referral_fact.stream = goal_fact.stream
        )
    );

alter table referral_count enable row level security;
alter table referral_count force row level security;
create policy referral_count_is_ours on referral_count for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

alter table activity_count enable row level security;
alter table activity_count force row level security;
create policy activity_count_is_ours on activity_count for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

alter table wait_count enable row level security;
alter table wait_count force row level security;
create policy wait_count_is_ours on wait_count for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

alter table message_count enable row level security;
alter table message_count force row level security;
create policy message_count_is_ours on message_count for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

grant select on
    referral_fact, episode_fact, contact_fact, goal_fact,
    activity_count, referral_count, wait_count, message_count,
    region_place, pcn_place, practice_place
to {api_role};
grant select, insert, update, delete on
    referral_fact, episode_fact, contact_fact, goal_fact,
    activity_count, referral_count, wait_count, message_count,
    region_place, pcn_place, practice_place
to {worker_role};
