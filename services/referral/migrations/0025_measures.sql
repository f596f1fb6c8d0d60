-- How people said they are, by published instruments: their answers and words, and the scores. What
-- was recorded otherwise than it was is put right; the version put aside is kept beside it.

create table measure (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    instrument text not null,
    instrument_version integer not null,
    occasion text not null,
    baseline_id uuid,
    answered_by text not null,
    answers jsonb not null,
    -- What troubles the person, in their words, each with the need it is about.
    concerns jsonb not null,
    scores jsonb not null,
    complete boolean not null,
    note text,
    worker_id uuid,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    -- The episode's version when it was recorded: the order in which measures became known.
    place bigint not null,
    version bigint not null,
    voided_at timestamptz,
    constraint measure_pkey primary key (id),
    constraint measure_referral_exists foreign key (referral_id) references referral (id),
    constraint measure_baseline_exists foreign key (baseline_id) references measure (id),
    constraint measure_place_is_used_once unique (episode_id, place),
    constraint measure_occasion_is_known check (occasion in ('baseline', 'follow-up', 'other')),
    constraint measure_answered_by_is_known
        check (answered_by in ('person', 'with-help', 'proxy')),
    constraint measure_follows_up_a_baseline
        check (baseline_id is null or occasion = 'follow-up'),
    constraint measure_version_is_positive check (version > 0)
) with (fillfactor = 85);

create unique index measure_baseline_stands_once on measure (episode_id, instrument)
where occasion = 'baseline' and voided_at is null;

create table measure_superseded (
    measure_id uuid not null,
    version bigint not null,
    pcn_code text not null,
    answered_by text not null,
    answers jsonb not null,
    scores jsonb not null,
    complete boolean not null,
    note text,
    occurred_at timestamptz not null,
    -- Why it does not stand, since when, and whether anything stands in its place.
    reason text not null,
    voided boolean not null,
    superseded_at timestamptz not null,
    superseded_by uuid,
    constraint measure_superseded_pkey primary key (measure_id, version),
    constraint measure_superseded_measure_exists
        foreign key (measure_id) references measure (id)
);

alter table measure enable row level security;
alter table measure force row level security;
alter table measure_superseded enable row level security;
alter table measure_superseded force row level security;

create policy measure_of_visible_organisations on measure
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy measure_superseded_of_visible_organisations on measure_superseded
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on measure to {api_role};
grant select, insert on measure_superseded to {api_role};
