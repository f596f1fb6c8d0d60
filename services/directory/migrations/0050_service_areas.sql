-- Whom listings are for: what their service areas say, beside the names of areas that people live in.
--
-- Adding columns with a constant default rewrites nothing; listings are derived again by the schedule.
-- The new table is empty. Postcodes are loaded once and seldom: their index is made in seconds.
-- squawk-ignore-file require-concurrent-index-creation

-- Which areas a small area lies in, by their names in plain small letters: its own, and those that
-- a registrar said of it (ward, district, county). Names are public, and searches ask without signing in.
create table area_name (
    region_code text not null,
    neighbourhood_code text not null,
    key text not null,
    constraint area_name_pk primary key (region_code, neighbourhood_code, key)
);

create index area_name_by_key on area_name (region_code, key);

alter table area_name enable row level security;
alter table area_name force row level security;
create policy area_name_for_anybody on area_name for select using (true);
create policy area_name_entered_by_region on area_name for insert
    with check (region_code = any ((select visible_organisations())::text[]));
create policy area_name_taken_back_by_region on area_name for delete
    using (region_code = any ((select visible_organisations())::text[]));

grant select, insert, delete on area_name to {api_role};
grant select on area_name to {worker_role};

create index place_by_neighbourhood on place (region_code, neighbourhood_code)
where kind = 'postcode';

alter table listing_search
    -- What stands for the areas it is for: codes, or the region's code and a name ("QZZ:ashbeck").
    add column area_keys text[] not null default '{}',
    -- How the listing calls each of them.
    add column area_names text[] not null default '{}';

-- The way between two points, where both are known: the least of one and nothing is one, so that
-- what has no place seemed to lie at the other end of the earth.
create or replace function metres_between(
    latitude double precision,
    longitude double precision,
    other_latitude double precision,
    other_longitude double precision
) returns double precision
language sql immutable parallel safe
as $$
    select case
        when latitude is not null and other_latitude is not null
            then 2 * 6371008.8 * asin(sqrt(least(1.0,
                power(sin(radians(other_latitude - latitude) / 2), 2)
                + cos(radians(latitude)) * cos(radians(other_latitude))
                * power(sin(radians(other_longitude - longitude) / 2), 2)
            )))
    end
$$;
