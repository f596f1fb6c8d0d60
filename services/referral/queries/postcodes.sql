-- The lookup of deprivation deciles by postcode.

-- name: find_deciles
-- Give the deciles of those of these postcodes that are known.
-- $1 postcodes, compact
select postcode, deprivation_decile
from postcode_decile
where postcode = any ($1::text[])

-- name: load_deciles
-- Put postcodes in the lookup; what stands there already with the same decile is left alone.
-- $1 edition  $2 postcodes, compact, each once  $3 deciles, side by side
insert into postcode_decile as known (postcode, deprivation_decile, edition)
select loaded.postcode, loaded.deprivation_decile, $1
from unnest($2::text[], $3::smallint[]) as loaded (postcode, deprivation_decile)
order by loaded.postcode
on conflict (postcode) do update
set deprivation_decile = excluded.deprivation_decile, edition = excluded.edition
where
    (known.deprivation_decile, known.edition)
    is distinct from (excluded.deprivation_decile, excluded.edition)
