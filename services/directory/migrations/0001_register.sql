-- The register: regions, PCNs, practices, populations, workers, memberships.
--
-- Each row that is announced carries its version and what was last announced
-- of it, so that the same entry posted again has the same answer.
--
-- Row-level security goes by region: a registrar's transaction names the
-- regions of the registrar, everybody else's names PCNs or practices, and a
-- row is seen by either.

create table register_organisation (
    kind text not null,
    code text not null,
    region_code text not null,
    name text not null,
    version bigint not null,
    -- The version that last told its name; populations raise the version alone.
    announced_version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint register_organisation_pk primary key (kind, code),
    constraint register_organisation_kind_known check (kind in ('region', 'pcn', 'practice')),
    constraint register_organisation_region_is_itself check (kind <> 'region' or code = region_code)
);

create index register_organisation_by_region on register_organisation (region_code, kind, code);

create table practice_belonging (
    practice_code text not null,
    pcn_code text not null,
    region_code text not null,
    from_date date not null,
    until_date date,
    constraint practice_belonging_pk primary key (practice_code, from_date),
    constraint practice_belonging_in_order check (until_date > from_date)
);

create unique index practice_belonging_present on practice_belonging (practice_code) where until_date is null;

-- Where a practice wants to be written to. Read by services alone.
create table practice_contact (
    practice_code text not null,
    region_code text not null,
    email text not null,
    constraint practice_contact_pk primary key (practice_code)
);

create table population (
    pcn_code text not null,
    -- Empty where the figure is of the whole PCN.
    practice_code text not null,
    as_of date not null,
    region_code text not null,
    persons integer not null,
    version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint population_pk primary key (pcn_code, practice_code, as_of),
    constraint population_persons_not_negative check (persons >= 0)
);

-- The names and contacts of workers are here and nowhere else.
create table worker (
    id uuid not null,
    pcn_code text not null,
    region_code text not null,
    name text not null,
    email text not null,
    phone text,
    roles text[] not null,
    version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    -- Whoever works for two PCNs is one worker with a row in each.
    constraint worker_pk primary key (pcn_code, id),
    constraint worker_once_per_pcn unique (pcn_code, email)
);

create table membership (
    id uuid not null,
    member_key text not null,
    role text not null,
    organisation_kind text not null,
    organisation_code text not null,
    region_code text not null,
    granted_by text not null,
    version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    ended_at timestamptz,
    constraint membership_pk primary key (id)
);

create unique index membership_held on membership (member_key, role, organisation_kind, organisation_code)
    where ended_at is null;
create index membership_by_region on membership (region_code, id);

alter table register_organisation enable row level security;
alter table register_organisation force row level security;
create policy register_organisation_of_caller on register_organisation
    using (
        region_code = any ((select visible_organisations())::text[])
        or code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

alter table practice_belonging enable row level security;
alter table practice_belonging force row level security;
create policy practice_belonging_of_caller on practice_belonging
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

alter table practice_contact enable row level security;
alter table practice_contact force row level security;
create policy practice_contact_of_caller on practice_contact
    using (
        region_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

alter table population enable row level security;
alter table population force row level security;
create policy population_of_caller on population
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

alter table worker enable row level security;
alter table worker force row level security;
create policy worker_of_caller on worker
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

alter table membership enable row level security;
alter table membership force row level security;
create policy membership_of_caller on membership
    using (
        region_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on register_organisation, practice_belonging, practice_contact,
    population, worker, membership to {api_role};
grant select, insert, update on register_organisation, practice_belonging, practice_contact,
    population, worker, membership to {worker_role};

-- What other services fold from the topic, the directory writes beside its register.
grant insert, update, delete on access_organisation, access_membership to {api_role};
grant update on access_version to {api_role};
