-- What each feed said last of each organisation, and who said each fact of one.

alter table organization
    add column field_sources jsonb not null default '{}';

create table feed_organization (
    feed_id uuid not null,
    -- The feed's own id of the organisation; where it has none, its name there.
    foreign_id text not null,
    organization_id uuid not null,
    region_code text not null,
    -- Every fact by its name, but for the organisation above it.
    facts jsonb not null,
    -- The feed's id of the organisation above it, and which of ours that was last.
    parent_key text,
    parent_said uuid,
    -- An organisation that a feed tells of under two ids is as it says under the first.
    speaks boolean not null,
    -- The run that said it: what comes again in the same run is not heard.
    run_id uuid not null,
    said_on date not null,
    recorded_at timestamptz not null,
    constraint feed_organization_pk primary key (feed_id, foreign_id),
    constraint feed_organization_of_feed foreign key (feed_id) references feed (id),
    constraint feed_organization_of_organization foreign key (organization_id) references organization (id)
);

create index feed_organization_by_organization on feed_organization (organization_id);
create unique index feed_organization_speaks on feed_organization (feed_id, organization_id) where speaks;

alter table feed_organization enable row level security;
alter table feed_organization force row level security;
create policy feed_organization_of_region on feed_organization
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select on feed_organization to {api_role};
grant select, insert, update on feed_organization to {worker_role};
