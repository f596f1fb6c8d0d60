-- Who granted a membership in which role and what came in its place, PCNs that become part of
-- others, and how a population is made up.

alter table membership
    add column granted_by_role text,
    -- The membership it came in place of.
    add column replaces_id uuid,
    add column ended_by text;

-- A PCN that becomes part of another, a bounded step at a time. What is left to do is read from the
-- register itself, so a step that was cut off is simply done again.
create table pcn_merge (
    id uuid not null,
    pcn_code text not null,
    into_pcn_code text not null,
    region_code text not null,
    merged_on date not null,
    -- What becomes of memberships in the PCN that is merged.
    memberships text not null,
    merged_by text not null,
    state text not null,
    practices_moved integer not null,
    memberships_carried integer not null,
    memberships_ended integer not null,
    workers_carried integer not null,
    version bigint not null,
    -- Null until all is done and told.
    event_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint pcn_merge_pk primary key (id),
    -- A PCN is merged once.
    constraint pcn_merge_once unique (pcn_code),
    constraint pcn_merge_memberships_known check (memberships in ('carried', 'ended')),
    constraint pcn_merge_state_known check (state in ('going-on', 'done')),
    constraint pcn_merge_into_another check (pcn_code <> into_pcn_code),
    constraint pcn_merge_told_when_done check ((state = 'done') = (event_id is not null))
);

create index pcn_merge_going_on on pcn_merge (id) where state = 'going-on';

-- How a population is made up: counts by band, each kind of band adding up to the whole.
create table population_part (
    pcn_code text not null,
    -- Empty where the figure is of the whole PCN.
    practice_code text not null,
    as_of date not null,
    region_code text not null,
    dimension text not null,
    band text not null,
    persons integer not null,
    constraint population_part_pk primary key (pcn_code, practice_code, as_of, dimension, band),
    constraint population_part_of_population foreign key (pcn_code, practice_code, as_of)
    references population (pcn_code, practice_code, as_of),
    constraint population_part_dimension_known
    check (dimension in ('age-band', 'sex', 'ethnicity-category', 'deprivation-decile')),
    constraint population_part_persons_not_negative check (persons >= 0)
);

alter table pcn_merge enable row level security;
alter table pcn_merge force row level security;
create policy pcn_merge_of_caller on pcn_merge
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table population_part enable row level security;
alter table population_part force row level security;
create policy population_part_of_caller on population_part
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert, update on pcn_merge to {api_role}, {worker_role};
grant select, insert, delete on population_part to {api_role}, {worker_role};
