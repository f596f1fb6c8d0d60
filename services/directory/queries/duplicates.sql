-- Listings that may be one and the same.

-- name: want_compared
-- Notes listings that are to be compared with those that are there.
-- $1 listing_ids
insert into listing_to_compare (listing_id)
select unnest($1::uuid[]);

-- name: listings_to_compare
-- Reads changes of listings that have rested and wait to be compared, and whether the listing can
-- still be found.
-- $1 changed until  $2 rows
select c.id, c.listing_id, l.state in ('published', 'doubted', 'draft') as is_there
from listing_to_compare as c
inner join listing as l on l.id = c.listing_id
where c.wanted_at <= $1
order by c.id
limit $2;

-- name: were_compared
-- Forgets changes of listings that were compared.
-- $1 ids
delete from listing_to_compare
where id = any ($1::bigint[]);

-- name: pairs_alike
-- Finds what may be the same as these listings: of the same name, or near and of a like name. How
-- many are looked at for each is bounded, so that no place and no name can hold up a run.
-- $1 listing_ids  $2 degrees around  $3 how like names have to be  $4 looked at for each  $5 pairs for each
with pairs as materialized (
    select n.id as new_id, alike.id as old_id
    from unnest($1::uuid[]) as given (id)
    cross join lateral (
        select l.id, l.region_code, l.name, l.name_key
        from listing as l
        where l.id = given.id
        limit 1
    ) as n
    cross join lateral (
        (
            select l.id
            from listing as l
            where l.region_code = n.region_code and l.name_key = n.name_key and l.name_key <> ''
                and l.id <> n.id and l.state in ('published', 'doubted', 'draft')
            limit $4
        )
        union
        (
            -- The limits inside keep the planner to one order: points by index, then names by id.
            select known.id
            from (
                select close.listing_id
                from listing_point as p
                cross join lateral (
                    select q.listing_id
                    from listing_point as q
                    where q.latitude between p.latitude - $2::float8 and p.latitude + $2::float8
                        and q.longitude between p.longitude - 2 * $2::float8 and p.longitude + 2 * $2::float8
                    limit $4
                ) as close
                where p.listing_id = n.id
                limit $4
            ) as near
            cross join lateral (
                select l.id, l.name
                from listing as l
                where l.id = near.listing_id and l.id <> n.id and l.region_code = n.region_code
                    and l.state in ('published', 'doubted', 'draft')
                limit 1
            ) as known
            where similarity(known.name, n.name) >= $3::float8
            limit $5
        )
    ) as alike
)

select
    n.id as new_id, o.id as old_id, n.region_code,
    case when n.name_key = o.name_key then 1 else similarity(n.name, o.name) end as name_likeness,
    case
        when n.organization_id = o.organization_id then 1
        else similarity(no.name, oo.name)
    end as organization_likeness,
    (
        select min(2 * 6371000 * asin(least(1, sqrt(
            power(sin(radians(q.latitude - p.latitude) / 2), 2)
            + cos(radians(p.latitude)) * cos(radians(q.latitude))
            * power(sin(radians(q.longitude - p.longitude) / 2), 2)
        ))))
        from listing_point as p, listing_point as q
        where p.listing_id = n.id and q.listing_id = o.id
    ) as metres
from pairs
inner join listing as n on n.id = pairs.new_id
inner join organization as no on no.id = n.organization_id
inner join listing as o on o.id = pairs.old_id
inner join organization as oo on oo.id = o.organization_id;

-- name: propose_duplicates
-- Proposes pairs that were not proposed before.
-- $1 ids  $2 region_codes  $3 first_ids  $4 second_ids  $5 scores  $6 reasons as JSON lists  $7 time
insert into duplicate
    (id, region_code, first_id, second_id, score, reasons, state, version, occurred_at, recorded_at)
select given.id, given.region_code, given.first_id, given.second_id, given.score,
    array(select jsonb_array_elements_text(given.reasons::jsonb)), 'proposed', 1, $7, $7
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[])
    as given (id, region_code, first_id, second_id, score, reasons)
on conflict (first_id, second_id) do nothing;

-- name: lock_duplicate
-- Reads and locks one pair.
-- $1 id
select id, region_code, first_id, second_id, score, reasons, state, kept_id, before::text as before,
    version, occurred_at, recorded_at
from duplicate
where id = $1
for update;

-- name: decide_duplicate
-- Notes what was decided on a locked pair; its next version.
-- $1 id  $2 state  $3 kept_id or null  $4 before or null  $5 member_key  $6 occurred_at  $7 recorded_at
update duplicate
set state = $2,
    kept_id = $3,
    before = $4::jsonb,
    member_key = $5,
    version = version + 1,
    occurred_at = $6,
    recorded_at = $7
where id = $1
returning version;

-- name: point_feeds_at
-- Lets feeds that tell of one listing tell of another; which rows were moved.
-- $1 from listing_id  $2 to listing_id
update feed_listing
set listing_id = $2
where listing_id = $1
returning feed_id, foreign_id;

-- name: point_feeds_back
-- Lets rows of feeds tell again of the listing they told of.
-- $1 listing_id  $2 feed_ids  $3 foreign_ids
update feed_listing as f
set listing_id = $1
from unnest($2::uuid[], $3::text[]) as given (feed_id, foreign_id)
where f.feed_id = given.feed_id and f.foreign_id = given.foreign_id;

-- name: duplicates_page
-- Lists pairs of a state by id, with the names of both and of their organisations.
-- $1 state  $2 after id  $3 rows
select
    d.id, d.id as duplicate_id, d.region_code, d.score, d.reasons, d.state, d.kept_id, d.version,
    d.first_id, a.name as first_name, ao.name as first_organization, a.state as first_state,
    d.second_id, b.name as second_name, bo.name as second_organization, b.state as second_state,
    d.occurred_at, d.recorded_at
from duplicate as d
inner join listing as a on a.id = d.first_id
inner join organization as ao on ao.id = a.organization_id
inner join listing as b on b.id = d.second_id
inner join organization as bo on bo.id = b.organization_id
where d.state = $1 and d.id > $2
order by d.id
limit $3;
