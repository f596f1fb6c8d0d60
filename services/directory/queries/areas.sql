-- Small areas where people live: which network each belongs to, and the areas it lies in.

-- name: load_neighbourhoods
-- Enters or corrects small areas of a region with the names of what each lies in, which replace
-- those it had; counts the areas that were new or different.
-- $1 region_code  $2 codes  $3 pcn_codes  $4 names  $5 persons or null  $6 and $7 codes and keys of
-- names, one pair for each name of an area
with written as (
    insert into neighbourhood (region_code, code, pcn_code, name, persons)
    select $1, given.code, given.pcn_code, given.name, given.persons
    from unnest($2::text[], $3::text[], $4::text[], $5::integer[])
        as given (code, pcn_code, name, persons)
    order by given.code
    on conflict (code) do update
    set pcn_code = excluded.pcn_code,
        name = excluded.name,
        persons = excluded.persons
    where neighbourhood.region_code = excluded.region_code
        and (neighbourhood.pcn_code, neighbourhood.name, neighbourhood.persons)
        is distinct from (excluded.pcn_code, excluded.name, excluded.persons)
    returning code
),

taken_back as (
    delete from area_name as a
    where a.region_code = $1 and a.neighbourhood_code = any ($2)
        and not exists (
            select
            from unnest($6::text[], $7::text[]) as given (code, key)
            where given.code = a.neighbourhood_code and given.key = a.key
        )
    returning a.neighbourhood_code
),

named as (
    insert into area_name (region_code, neighbourhood_code, key)
    select $1, given.code, given.key
    from unnest($6, $7) as given (code, key)
    order by given.code, given.key
    on conflict do nothing
    returning neighbourhood_code
)

select count(distinct changed.code)
from (
    select code from written
    union all
    select neighbourhood_code from taken_back
    union all
    select neighbourhood_code from named
) as changed (code);

-- name: areas_holding
-- Reads the names of the areas that a place lies in, and the sectors of the postcodes around it.
-- $1 region_code  $2 neighbourhood_code, or null of an outward code that lies in several
-- $3 outward code, or null  $4 whether the sectors are wanted
with small_area as (
    select $2::text as code
    where $2 is not null
    union
    select neighbourhood_code
    from place
    where $2 is null and region_code = $1 and kind = 'postcode' and outward = $3
)

select
    array(
        select distinct n.key
        from small_area as s
        inner join area_name as n on n.region_code = $1 and n.neighbourhood_code = s.code
        order by n.key
    ) as names,
    array(
        select distinct left(p.key, -3) || ' ' || left(right(p.key, 3), 1) as sector
        from place as p
        where $4::boolean and p.region_code = $1 and p.kind = 'postcode'
            and p.neighbourhood_code = $2
        order by sector
    ) as sectors;
