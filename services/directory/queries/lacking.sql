-- What is lacking where: reckoned from the listings of a region, and read in pages.

-- name: mark_lacking_due
-- Says that the lack of a region is to be reckoned again, though no event tells why.
-- $1 region_codes
insert into lacking_due (region_code, marked_at)
select given.region_code, clock_timestamp()
from unnest($1::text[]) as given (region_code)
order by given.region_code
on conflict (region_code) do update
set marked_at = excluded.marked_at;

-- name: region_to_reckon
-- Reads one region in which something changed since its lack was reckoned, and how far it is now.
-- $1 rules_version  $2 time since which none is reckoned again
select o.code as region_code, coalesce(h.head, 0) as head, d.marked_at
from register_organisation as o
left join stream_head as h on h.stream = o.code
left join lacking_reckoned as r on r.region_code = o.code
left join lacking_due as d on d.region_code = o.code
where o.kind = 'region'
    and (
        d.marked_at is not null
        or r.head is distinct from coalesce(h.head, 0)
        or r.rules_version is distinct from $1::integer
    )
    and coalesce(r.reckoned_at <= $2::timestamptz, true)
order by r.reckoned_at nulls first, o.code
limit 1;

-- name: areas
-- Reads the small areas of a region that postcodes were loaded for: where they lie, the sectors of
-- their postcodes, and the names of what they lie in.
-- $1 region_code
select n.code, n.name, n.pcn_code, n.persons, p.latitude, p.longitude, p.sectors,
    array(
        select a.key
        from area_name as a
        where a.region_code = n.region_code and a.neighbourhood_code = n.code
        order by a.key
    ) as names
from neighbourhood as n
inner join (
    select neighbourhood_code, avg(latitude) as latitude, avg(longitude) as longitude,
        array_agg(distinct left(key, -3) || ' ' || left(right(key, 3), 1)) as sectors
    from place
    where region_code = $1 and kind = 'postcode'
    group by neighbourhood_code
) as p on p.neighbourhood_code = n.code
where n.region_code = $1
order by n.code;

-- name: settlements
-- Reads where every small area lies that places of a region were loaded for, and its network, if known.
-- $1 region_code
select avg(p.latitude) as latitude, avg(p.longitude) as longitude, n.pcn_code
from place as p
left join neighbourhood as n on n.code = p.neighbourhood_code
where p.region_code = $1 and p.kind <> 'outward-code' and p.neighbourhood_code is not null
group by p.neighbourhood_code, n.pcn_code;

-- name: reaches
-- Reads what every listing that the public finds says of whom it is for, as far as gaps depend on it.
-- $1 region_code  $2 after listing_id  $3 rows
with piece as materialized (
    select listing_id, need_terms, is_free, languages, access, remote, accepting, area_keys
    from listing_search
    where region_code = $1 and listing_id > $2
    order by listing_id
    limit $3
)

select s.*,
    l.content -> 'cost_options' as cost_options,
    l.content ->> 'alert' as alert,
    array(
        select array[p.latitude, p.longitude]
        from listing_point as p
        where p.listing_id = s.listing_id and p.latitude is not null
        order by p.number
    ) as points,
    -- A limit keeps this to the times of the listing: without it those of all are read.
    coalesce((
        select true
        from listing_time as t
        where t.listing_id = s.listing_id and (t.day in ('SA', 'SU') or t.closes_at > time '17:00')
        limit 1
    ), false) as is_out_of_hours,
    coalesce(c.status in ('no-capacity', 'waitlist'), false) as is_full
from piece as s
inner join listing as l on l.id = s.listing_id
left join listing_capacity as c on c.listing_id = l.id
order by s.listing_id;

-- name: put_lacking
-- Keeps what the small areas of a region lack now, and nothing else of it.
-- $1 region_code  $2 pcn_codes  $3 neighbourhood_codes  $4 need_terms  $5 reasons  $6 listings
-- $7 nearest_km, each or null
with found as materialized (
    select given.*
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::real[])
        as given (pcn_code, neighbourhood_code, need_term, reason, listings, nearest_km)
),

gone as (
    delete from need_lacking as l
    where l.region_code = $1
        and not exists (
            select
            from found as f
            where f.pcn_code = l.pcn_code and f.neighbourhood_code = l.neighbourhood_code
                and f.need_term = l.need_term
        )
)

insert into need_lacking
    (region_code, pcn_code, neighbourhood_code, need_term, reason, listings, nearest_km)
select $1, pcn_code, neighbourhood_code, need_term, reason, listings, nearest_km
from found
on conflict (region_code, pcn_code, neighbourhood_code, need_term) do update
set reason = excluded.reason,
    listings = excluded.listings,
    nearest_km = excluded.nearest_km
where (need_lacking.reason, need_lacking.listings, need_lacking.nearest_km)
    is distinct from (excluded.reason, excluded.listings, excluded.nearest_km);

-- name: put_network_lacking
-- Keeps what nobody in a network has now.
-- $1 region_code  $2 pcn_code  $3 languages  $4 only_in_working_hours
insert into network_lacking (region_code, pcn_code, languages, only_in_working_hours)
values ($1, $2, $3, $4)
on conflict (region_code, pcn_code) do update
set languages = excluded.languages,
    only_in_working_hours = excluded.only_in_working_hours;

-- name: forget_network_lacking
-- Forgets networks that the region has no longer.
-- $1 region_code  $2 pcn_codes it has
delete from network_lacking
where region_code = $1 and pcn_code <> all ($2::text[]);

-- name: note_reckoned
-- Notes that the lack of a region was reckoned, unless something was marked meanwhile.
-- $1 region_code  $2 head  $3 rules_version  $4 now  $5 mark that it was reckoned after, or null
with done as (
    delete from lacking_due
    where region_code = $1 and marked_at = $5::timestamptz
)

insert into lacking_reckoned (region_code, head, rules_version, reckoned_at)
values ($1, $2, $3, $4)
on conflict (region_code) do update
set head = excluded.head,
    rules_version = excluded.rules_version,
    reckoned_at = excluded.reckoned_at;

-- name: reckoned_at
-- Reads when the lack of a region was last reckoned.
-- $1 region_code
select reckoned_at
from lacking_reckoned
where region_code = $1;

-- name: lacking_page
-- Lists what small areas lack, by network, area and need.
-- $1 region_code  $2 pcn_code or null for every network  $3 after pcn_code  $4 after neighbourhood_code
-- $5 after need_term  $6 rows
select l.pcn_code, l.neighbourhood_code, n.name as neighbourhood, n.persons, l.need_term, l.reason,
    l.listings, l.nearest_km
from need_lacking as l
left join neighbourhood as n on n.code = l.neighbourhood_code
where l.region_code = $1 and ($2::text is null or l.pcn_code = $2)
    and (l.pcn_code, l.neighbourhood_code, l.need_term) > ($3, $4, $5)
order by l.pcn_code, l.neighbourhood_code, l.need_term
limit $6;

-- name: networks_lacking_page
-- Lists what nobody has, by network.
-- $1 region_code  $2 pcn_code or null for every network  $3 after pcn_code  $4 rows
select pcn_code, languages as languages_nobody_speaks, only_in_working_hours
from network_lacking
where region_code = $1 and ($2::text is null or pcn_code = $2) and pcn_code > $3
order by pcn_code
limit $4;
