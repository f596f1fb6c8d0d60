-- Postcodes and named places: loading them, and looking one up.

-- name: load_places
-- Enters these places of a region or corrects them, and counts those that were new or different.
-- $1 region_code  $2 kinds  $3 keys  $4 texts  $5 outward codes  $6 latitudes  $7 longitudes
-- $8 neighbourhood_codes
with loaded as (
    insert into place
        (region_code, kind, key, text, outward, latitude, longitude, neighbourhood_code, postcodes)
    select $1, given.kind, given.key, given.text, given.outward, given.latitude, given.longitude,
        given.neighbourhood_code, 1
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::text[])
        as given (kind, key, text, outward, latitude, longitude, neighbourhood_code)
    on conflict (kind, key, region_code) do update
    set text = excluded.text,
        latitude = excluded.latitude,
        longitude = excluded.longitude,
        neighbourhood_code = excluded.neighbourhood_code
    where (place.text, place.latitude, place.longitude, place.neighbourhood_code)
        is distinct from (excluded.text, excluded.latitude, excluded.longitude, excluded.neighbourhood_code)
    returning key
)

select count(*) from loaded;

-- name: settle_outward_codes
-- Puts each of these outward codes in the middle of its loaded postcodes of the region.
-- $1 region_code  $2 outward codes
insert into place
    (region_code, kind, key, text, outward, latitude, longitude, neighbourhood_code, postcodes)
select $1, 'outward-code', outward, outward, null, avg(latitude), avg(longitude),
    case when count(distinct neighbourhood_code) = 1 then min(neighbourhood_code) end, count(*)
from place
where region_code = $1 and kind = 'postcode' and outward = any ($2::text[])
group by outward
on conflict (kind, key, region_code) do update
set latitude = excluded.latitude,
    longitude = excluded.longitude,
    neighbourhood_code = excluded.neighbourhood_code,
    postcodes = excluded.postcodes;

-- name: places_called
-- Reads what every region loaded under one key.
-- $1 kind  $2 key
select region_code, kind, text, latitude, longitude, neighbourhood_code, postcodes
from place
where kind = $1 and key = $2
order by region_code;
