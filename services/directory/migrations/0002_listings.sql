-- Organisations that offer something, their listings, and the public copy of what is published.
--
-- A draft lives under row-level security. What is published is copied into
-- open_listing, which holds nothing but what anybody may read and therefore
-- stands outside row-level security: a text search could not use its index
-- under it, and a draft cannot be found in a table that never held it.

create table organization (
    id uuid not null,
    region_code text not null,
    name text not null,
    content jsonb not null,
    content_hash bytea not null,
    version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint organization_pk primary key (id)
);

create unique index organization_once_per_region on organization (region_code, lower(name));

create table listing (
    id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    name text not null,
    state text not null,
    needs text[] not null,
    content jsonb not null,
    content_hash bytea not null,
    version bigint not null,
    -- Null while nothing was announced of it: a draft is nobody else's business.
    event_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint listing_pk primary key (id),
    constraint listing_of_organization foreign key (organization_id) references organization (id),
    constraint listing_state_known check (state in ('draft', 'published', 'withdrawn'))
);

create unique index listing_once_per_organization on listing (organization_id, lower(name));
create index listing_by_region on listing (region_code, id);

create table open_listing (
    id uuid not null,
    region_code text not null,
    needs text[] not null,
    minimum_age numeric,
    maximum_age numeric,
    -- The whole service as Open Referral UK shows it, and the short form of its lists.
    document jsonb not null,
    summary jsonb not null,
    search tsvector not null,
    published_at timestamptz not null,
    constraint open_listing_pk primary key (id)
);

create index open_listing_search on open_listing using gin (search);
create index open_listing_needs on open_listing using gin (needs);

alter table organization enable row level security;
alter table organization force row level security;
create policy organization_of_region on organization
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table listing enable row level security;
alter table listing force row level security;
create policy listing_of_region on listing
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert, update on organization, listing to {api_role};
grant select on organization, listing to {worker_role};
grant select, insert, update, delete on open_listing to {api_role};
grant select on open_listing to {worker_role};
