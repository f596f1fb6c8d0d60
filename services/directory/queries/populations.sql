-- How populations are made up.

-- name: parts_of_population
-- Reads how the people of one day are made up.
-- $1 pcn_code  $2 practice_code, or empty  $3 as_of
select dimension, band, persons
from population_part
where pcn_code = $1 and practice_code = $2 and as_of = $3
order by dimension, band;

-- name: forget_parts
-- Removes how the people of one day are made up.
-- $1 pcn_code  $2 practice_code, or empty  $3 as_of
delete from population_part
where pcn_code = $1 and practice_code = $2 and as_of = $3;

-- name: record_parts
-- Records how the people of one day are made up.
-- $1 pcn_code  $2 practice_code, or empty  $3 as_of  $4 region_code  $5 dimensions  $6 bands
-- $7 persons
insert into population_part
    (pcn_code, practice_code, as_of, region_code, dimension, band, persons)
select $1, $2, $3, $4, dimension, band, persons
from unnest($5::text[], $6::text[], $7::integer[]) as given (dimension, band, persons);

-- name: practices_beyond_their_pcn
-- Finds a PCN whose practices held more people on a day than it did itself.
-- $1 pcn_codes  $2 days
select whole.pcn_code, whole.as_of
from unnest($1::text[], $2::date[]) as asked (pcn_code, as_of)
inner join population as whole
    on whole.pcn_code = asked.pcn_code and whole.as_of = asked.as_of and whole.practice_code = ''
inner join population as part
    on part.pcn_code = whole.pcn_code and part.as_of = whole.as_of and part.practice_code <> ''
group by whole.pcn_code, whole.as_of, whole.persons
having sum(part.persons) > whole.persons
order by whole.pcn_code, whole.as_of
limit 1;

-- name: populations_of_pcn_page
-- Lists the populations of a PCN and its practices with how they are made up, the latest day first.
-- $1 pcn_code  $2 before as_of  $3 after practice_code on that day  $4 rows
select
    p.pcn_code,
    p.practice_code,
    p.as_of,
    p.persons,
    p.version,
    coalesce(
        (
            select jsonb_agg(jsonb_build_array(d.dimension, d.band, d.persons) order by d.dimension, d.band)
            from population_part as d
            where d.pcn_code = p.pcn_code and d.practice_code = p.practice_code and d.as_of = p.as_of
        ),
        '[]'
    )::text as parts
from population as p
where p.pcn_code = $1 and (p.as_of < $2::date or (p.as_of = $2::date and p.practice_code > $3))
order by p.as_of desc, p.practice_code
limit $4;
