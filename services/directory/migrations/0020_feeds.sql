-- Feeds of other directories: what each said last, runs that read them, and rows that wait to be
-- applied until a run was read to its end.
--
-- A run is staged first: nothing of it is in the directory before all of it was read and judged.
-- A directory of today is small: neither a column nor its index takes long.
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default

create table feed (
    id uuid not null,
    region_code text not null,
    name text not null,
    -- Null where listings come by upload alone.
    base_url text,
    -- Null: run when somebody asks for it.
    every_hours integer,
    -- Where what was corrected here is sent to; null: it is shown.
    corrections_url text,
    content_hash bytea not null,
    version bigint not null,
    -- When the last run that was applied whole began: what the feed changed since is asked for.
    read_until timestamptz,
    -- What was sent back last, and when.
    corrections_hash bytea,
    corrections_sent_at timestamptz,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint feed_pk primary key (id),
    constraint feed_every_hours_positive check (every_hours > 0)
);

create unique index feed_once_per_region on feed (region_code, lower(name));

create table feed_run (
    id uuid not null,
    feed_id uuid not null,
    region_code text not null,
    kind text not null,
    state text not null,
    -- Why it was stopped, by a name of ours and in words.
    reason text,
    detail text,
    -- The page to be read next; a page that is not this one changes nothing.
    next_page integer not null default 1,
    pages_told integer,
    items_told integer,
    pages integer not null default 0,
    bytes bigint not null default 0,
    listings integer not null default 0,
    added integer not null default 0,
    changed integer not null default 0,
    same integer not null default 0,
    refused integer not null default 0,
    withdrawn integer not null default 0,
    -- What is asked for alone; null: everything.
    modified_after timestamptz,
    -- Whether the feed can be asked for whole listings in its list; null: not tried yet.
    whole_lists boolean,
    held_by uuid,
    held_until timestamptz,
    asked_at timestamptz not null,
    begun_at timestamptz,
    ended_at timestamptz,
    constraint feed_run_pk primary key (id),
    constraint feed_run_of_feed foreign key (feed_id) references feed (id),
    constraint feed_run_kind_known check (kind in ('feed', 'upload')),
    constraint feed_run_state_known
    check (state in ('waiting', 'reading', 'applying', 'done', 'stopped')),
    constraint feed_run_ended check ((state in ('done', 'stopped')) = (ended_at is not null))
);

create unique index feed_run_one_at_a_time on feed_run (feed_id)
where kind = 'feed' and state in ('waiting', 'reading', 'applying');
create index feed_run_unfinished on feed_run (feed_id, asked_at)
where state in ('waiting', 'reading', 'applying');
create index feed_run_by_feed on feed_run (feed_id, id);

create table feed_row (
    run_id uuid not null,
    number integer not null,
    region_code text not null,
    -- The feed's own id; null where the row has none that can be kept.
    foreign_id text,
    state text not null,
    -- Organisation, facts and needs, as our forms gave them back.
    entry jsonb,
    said_hash bytea,
    -- The feed's ids of the organisation and of the one above it.
    organization_key text,
    parent_key text,
    reason text,
    constraint feed_row_pk primary key (run_id, number),
    constraint feed_row_of_run foreign key (run_id) references feed_run (id),
    constraint feed_row_state_known check (state in ('staged', 'gone', 'same', 'refused'))
);

create unique index feed_row_once on feed_row (run_id, foreign_id) where foreign_id is not null;
create index feed_row_to_apply on feed_row (run_id, number) where state in ('staged', 'gone');

-- What a feed said last of each listing it knows: a foreign listing is the feed and its id there.
create table feed_listing (
    feed_id uuid not null,
    foreign_id text not null,
    listing_id uuid not null,
    region_code text not null,
    said_hash bytea not null,
    -- Every fact by its name, the needs among them.
    facts jsonb not null,
    said_on date not null,
    recorded_at timestamptz not null,
    constraint feed_listing_pk primary key (feed_id, foreign_id),
    constraint feed_listing_of_feed foreign key (feed_id) references feed (id),
    constraint feed_listing_of_listing foreign key (listing_id) references listing (id)
);

create index feed_listing_by_listing on feed_listing (listing_id);

alter table feed enable row level security;
alter table feed force row level security;
create policy feed_of_region on feed
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table feed_run enable row level security;
alter table feed_run force row level security;
create policy feed_run_of_region on feed_run
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table feed_row enable row level security;
alter table feed_row force row level security;
create policy feed_row_of_region on feed_row
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table feed_listing enable row level security;
alter table feed_listing force row level security;
create policy feed_listing_of_region on feed_listing
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert, update on feed, feed_listing to {api_role};
grant select, insert, update on feed_run to {api_role};
grant select, insert on feed_row to {api_role};
grant select, insert, update, delete on feed, feed_run, feed_row, feed_listing to {worker_role};
-- The worker applies what was read: it enters and changes listings as the doors do.
grant insert, update on organization, listing to {worker_role};
grant insert on listing_version to {worker_role};
grant insert, update on listing_order to {worker_role};
grant insert, update, delete on open_listing, open_location, open_organization to {worker_role};
