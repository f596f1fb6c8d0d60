-- Listings that may be one and the same: found by name, place and organisation, merged by a
-- registrar, and parted again as they were.
-- A directory of today is small: neither a column nor its index takes long.
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default, adding-required-field

alter table listing
    -- Its name by letters and digits alone.
    add column name_key text generated always as (regexp_replace(lower(name), '[^a-z0-9]+', '', 'g')) stored;

create index listing_by_name_key on listing (region_code, name_key);

create table duplicate (
    id uuid not null,
    region_code text not null,
    -- The smaller id first, so that a pair is one row.
    first_id uuid not null,
    second_id uuid not null,
    score integer not null,
    reasons text[] not null,
    state text not null,
    kept_id uuid,
    -- What stood before the merge, to the last fact; null while nothing was merged.
    before jsonb,
    member_key text,
    version bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint duplicate_pk primary key (id),
    constraint duplicate_first foreign key (first_id) references listing (id),
    constraint duplicate_second foreign key (second_id) references listing (id),
    constraint duplicate_in_order check (first_id < second_id),
    constraint duplicate_state_known check (state in ('proposed', 'merged', 'apart')),
    constraint duplicate_merged check ((state = 'merged') = (before is not null))
);

create unique index duplicate_once on duplicate (first_id, second_id);
create index duplicate_by_second on duplicate (second_id);
create index duplicate_by_state on duplicate (region_code, state, id);

alter table duplicate enable row level security;
alter table duplicate force row level security;
create policy duplicate_of_region on duplicate
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, update on duplicate to {api_role};
grant select, insert, update on duplicate to {worker_role};
