-- What the public reads, in an order that never changes: listings, the places they are given at,
-- and the organisations behind them.
--
-- Each row has a number, given once under the lock of listing_order, so that numbers rise in the
-- order of commits. What leaves stays for a while, emptied and told as defunct (gone_at), so that
-- whoever reads page after page neither meets a row twice nor misses one.
-- A directory of today is small: neither filling it nor an index over it takes long.
-- squawk-ignore-file adding-not-nullable-field, require-concurrent-index-creation

create table listing_order (
    kind text not null,
    last_number bigint not null,
    listed bigint not null,
    -- The day on which what left long ago was last forgotten.
    forgot_on date not null,
    constraint listing_order_pk primary key (kind),
    constraint listing_order_kind_known check (kind in ('listing', 'location', 'organization'))
);

alter table open_listing
    add column number bigint,
    add column organization_id uuid,
    add column days text[] not null default '{}',
    add column modified_at timestamptz,
    add column gone_at timestamptz;

update open_listing as o
set number = counted.number,
    organization_id = (o.document ->> 'organization_id')::uuid,
    days = array(
        select distinct right(day, 2)
        from jsonb_array_elements(o.document -> 'schedules') as schedule,
            string_to_table(schedule ->> 'byday', ',') as day
    ),
    modified_at = o.published_at
from (select id, row_number() over (order by id) as number from open_listing) as counted
where counted.id = o.id;

alter table open_listing
    alter column number set not null,
    alter column organization_id set not null,
    alter column modified_at set not null;

-- The id beside the number lets a deep page be found in the index alone.
create unique index open_listing_in_order on open_listing (number) include (id);
create index open_listing_by_organization on open_listing (organization_id, number);
create index open_listing_by_change on open_listing (modified_at);
create index open_listing_days on open_listing using gin (days);
create index open_listing_gone on open_listing (gone_at) where gone_at is not null;

create table open_location (
    -- Of the listing at this place; the place itself has its own in the document.
    id uuid not null,
    listing_id uuid not null,
    number bigint not null,
    document jsonb not null,
    latitude double precision,
    longitude double precision,
    postcode text,
    gone_at timestamptz,
    constraint open_location_pk primary key (id)
);

create unique index open_location_in_order on open_location (number) include (id);
create index open_location_by_listing on open_location (listing_id);
create index open_location_by_point on open_location (latitude, longitude) where gone_at is null;
create index open_location_gone on open_location (gone_at) where gone_at is not null;

insert into open_location (id, listing_id, number, document, latitude, longitude, postcode)
select
    (place ->> 'id')::uuid,
    o.id,
    row_number() over (order by o.number, place ->> 'id'),
    place -> 'location',
    (place -> 'location' ->> 'latitude')::double precision,
    (place -> 'location' ->> 'longitude')::double precision,
    upper(replace(place -> 'location' -> 'addresses' -> 0 ->> 'postal_code', ' ', ''))
from open_listing as o, jsonb_array_elements(o.document -> 'service_at_locations') as place;

create table open_organization (
    id uuid not null,
    region_code text not null,
    number bigint not null,
    document jsonb not null,
    search tsvector not null,
    modified_at timestamptz not null,
    constraint open_organization_pk primary key (id)
);

create unique index open_organization_in_order on open_organization (number) include (id);
create index open_organization_search on open_organization using gin (search);

-- Who migrates is no member of any region, and has to see every row.
alter table organization no force row level security;

insert into open_organization (id, region_code, number, document, search, modified_at)
select
    o.id,
    o.region_code,
    row_number() over (order by o.id),
    o.content || jsonb_build_object('id', o.id),
    to_tsvector('english', o.name),
    o.recorded_at
from organization as o
where exists (select from open_listing as l where l.organization_id = o.id);

alter table organization force row level security;

insert into listing_order (kind, last_number, listed, forgot_on)
select 'listing', coalesce(max(number), 0), count(*), current_date from open_listing
union all
select 'location', coalesce(max(number), 0), count(*), current_date from open_location
union all
select 'organization', coalesce(max(number), 0), count(*), current_date from open_organization;

grant select, insert, update on listing_order to {api_role};
grant select, insert, update, delete on open_location, open_organization to {api_role};
grant select on listing_order, open_location, open_organization to {worker_role};
