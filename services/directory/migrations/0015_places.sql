-- Where postcodes and named places lie, as registrars load them: nothing else places a search.
--
-- Anybody may look a place up, and a registrar writes those of their own region alone. The row of
-- an outward code ("ZZ1") is the middle of the loaded postcodes that begin with it, kept beside
-- them so that a search reads one row and not thousands.

create table place (
    region_code text not null,
    kind text not null,
    -- How it is looked up: capitals without a space for codes, plain small letters for names.
    key text not null,
    -- As it is shown.
    text text not null,
    -- The outward code of a postcode; null for the other kinds.
    outward text,
    latitude double precision not null,
    longitude double precision not null,
    -- Null for an outward code whose postcodes lie in more than one.
    neighbourhood_code text,
    -- How many loaded postcodes it stands for.
    postcodes integer not null,
    constraint place_pk primary key (kind, key, region_code),
    constraint place_kind_known check (kind in ('postcode', 'outward-code', 'place-name')),
    constraint place_outward_of_postcodes check ((kind = 'postcode') = (outward is not null)),
    constraint place_on_earth check (latitude between -90 and 90 and longitude between -180 and 180)
);

create index place_by_outward on place (region_code, outward) where kind = 'postcode';

alter table place enable row level security;
alter table place force row level security;
create policy place_for_anybody on place for select using (true);
create policy place_entered_by_region on place for insert
    with check (region_code = any ((select visible_organisations())::text[]));
create policy place_changed_by_region on place for update
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert, update on place to {api_role};
grant select on place to {worker_role};
