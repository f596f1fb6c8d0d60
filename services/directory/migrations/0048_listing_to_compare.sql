-- Listings that somebody entered or changed, until they were compared with those that are there.

create table listing_to_compare (
    -- One row for each change: nobody waits here for anybody, and none is missed.
    id bigint generated always as identity,
    listing_id uuid not null,
    constraint listing_to_compare_pk primary key (id)
);

grant insert on listing_to_compare to {api_role};
grant select, insert, delete on listing_to_compare to {worker_role};
