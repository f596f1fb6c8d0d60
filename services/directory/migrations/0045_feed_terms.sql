-- The terms that feeds sort their listings by, how many listings have each, and which needs
-- registrars say they speak of.

-- Every version stays, with who set it: what listings of the feed answer follows from it.
create table feed_term_mapping (
    feed_id uuid not null,
    version bigint not null,
    region_code text not null,
    -- Taxonomy, term and needs of each; a taxonomy that has no name is empty.
    items jsonb not null,
    member_key text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint feed_term_mapping_pk primary key (feed_id, version),
    constraint feed_term_mapping_of_feed foreign key (feed_id) references feed (id)
);

-- Counted anew at the end of each run, the most used terms first.
create table feed_term (
    feed_id uuid not null,
    number integer not null,
    region_code text not null,
    taxonomy text,
    term text,
    -- What the term describes: the service itself, or whom it is for.
    link_type text not null,
    name text not null,
    term_uri text,
    listings integer not null,
    constraint feed_term_pk primary key (feed_id, number),
    constraint feed_term_of_feed foreign key (feed_id) references feed (id)
);

alter table feed_term_mapping enable row level security;
alter table feed_term_mapping force row level security;
create policy feed_term_mapping_of_region on feed_term_mapping
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table feed_term enable row level security;
alter table feed_term force row level security;
create policy feed_term_of_region on feed_term
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert on feed_term_mapping to {api_role};
grant select on feed_term to {api_role};
grant select on feed_term_mapping to {worker_role};
grant select, insert, delete on feed_term to {worker_role};

-- Listings are read by more rules now: each feed is read whole once more. Who migrates is no
-- member of any region, and has to see every row.
alter table feed no force row level security;

update feed
set read_until = null;

alter table feed force row level security;
