-- What the public reads, in an order that never changes.

-- name: hold_order
-- Lets nobody else give numbers until the transaction ends; the day long gone rows were last
-- forgotten on.
-- $1 today
insert into listing_order (kind, last_number, listed, forgot_on)
values ('listing', 0, 0, $1), ('location', 0, 0, $1), ('organization', 0, 0, $1)
on conflict (kind) do update set last_number = listing_order.last_number
returning forgot_on;

-- name: forget_gone
-- Forgets what left before a time, with the organisations that have nothing left; counts what stays.
-- $1 gone before  $2 today
with gone as (
    delete from open_listing
    where gone_at < $1
    returning id
),

gone_places as (
    delete from open_location
    where gone_at < $1 or listing_id in (select id from gone)
    returning id
),

gone_organizations as (
    delete from open_organization as o
    where not exists (
        select
        from open_listing as l
        where l.organization_id = o.id and (l.gone_at is null or l.gone_at >= $1)
    )
    returning id
)

update listing_order as o
set forgot_on = $2,
    listed = o.listed - case o.kind
        when 'listing' then (select count(*) from gone)
        when 'location' then (select count(*) from gone_places)
        else (select count(*) from gone_organizations)
    end;

-- name: show_listings
-- Puts listings where the public finds them, each with the next number, or renews them under their
-- own.
-- $1 listings as JSON, in the order of their numbers
with given as materialized (
    select *
    from rows from (
        jsonb_to_recordset($1::jsonb) as (
            id uuid, region_code text, organization_id uuid, needs text[], need_terms text[],
            minimum_age numeric, maximum_age numeric, days text[], document jsonb, summary jsonb,
            shown_at timestamptz
        )
    ) with ordinality as listing (
        id, region_code, organization_id, needs, need_terms, minimum_age, maximum_age, days,
        document, summary, shown_at, place
    )
),

fresh as (
    select g.id, row_number() over (order by g.place) as step
    from given as g
    where not exists (select from open_listing as o where o.id = g.id)
),

numbered as (
    update listing_order
    set last_number = last_number + (select count(*) from fresh),
        listed = listed + (select count(*) from fresh)
    where kind = 'listing' and exists (select from fresh)
    returning last_number - (select count(*) from fresh) as last_before
)

insert into open_listing
    (id, region_code, organization_id, needs, need_terms, minimum_age, maximum_age, days, document,
     summary, published_at, modified_at, number)
select
    g.id, g.region_code, g.organization_id, g.needs, g.need_terms, g.minimum_age, g.maximum_age,
    g.days, g.document, g.summary, g.shown_at, g.shown_at, coalesce((select last_before from numbered) + f.step, 0)
from given as g
left join fresh as f on f.id = g.id
order by g.place
on conflict (id) do update
set needs = excluded.needs,
    need_terms = excluded.need_terms,
    minimum_age = excluded.minimum_age,
    maximum_age = excluded.maximum_age,
    days = excluded.days,
    document = excluded.document,
    summary = excluded.summary,
    modified_at = excluded.modified_at,
    gone_at = null;

-- name: take_listing_away
-- Empties what the public had of a listing; that it was there stays for a while.
-- $1 id  $2 document and summary  $3 time
with places as (
    update open_location
    set document = jsonb_build_object(
            'id', document -> 'id', 'location_type', document -> 'location_type'
        ),
        latitude = null,
        longitude = null,
        postcode = null,
        gone_at = $3
    where listing_id = $1 and gone_at is null
)

update open_listing
set needs = '{}',
    need_terms = '{}',
    minimum_age = null,
    maximum_age = null,
    days = '{}',
    document = $2::jsonb,
    summary = $2::jsonb,
    modified_at = $3,
    gone_at = $3
where id = $1;

-- name: show_locations
-- Shows listings at their places, each with the next number, or under its own.
-- $1 places as JSON, in the order of their numbers
with given as materialized (
    select *
    from rows from (
        jsonb_to_recordset($1::jsonb) as (
            id uuid, listing_id uuid, document jsonb, latitude float8, longitude float8, postcode text
        )
    ) with ordinality as location (id, listing_id, document, latitude, longitude, postcode, place)
),

fresh as (
    select g.id, row_number() over (order by g.place) as step
    from given as g
    where not exists (select from open_location as o where o.id = g.id)
),

numbered as (
    update listing_order
    set last_number = last_number + (select count(*) from fresh),
        listed = listed + (select count(*) from fresh)
    where kind = 'location' and exists (select from fresh)
    returning last_number - (select count(*) from fresh) as last_before
)

insert into open_location (id, listing_id, document, latitude, longitude, postcode, number)
select
    g.id, g.listing_id, g.document, g.latitude, g.longitude, g.postcode,
    coalesce((select last_before from numbered) + f.step, 0)
from given as g
left join fresh as f on f.id = g.id
order by g.place
on conflict (id) do update
set document = excluded.document,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    postcode = excluded.postcode,
    gone_at = null;

-- name: leave_locations
-- Notes that listings are at no other places than these any more.
-- $1 listing_ids  $2 ids they are at  $3 time
update open_location
set document = jsonb_build_object(
        'id', document -> 'id', 'location_type', document -> 'location_type'
    ),
    latitude = null,
    longitude = null,
    postcode = null,
    gone_at = $3
where listing_id = any ($1::uuid[]) and id <> all ($2::uuid[]) and gone_at is null;

-- name: show_organizations
-- Shows organisations that have something to show, each with the next number, or under its own.
-- $1 organisations as JSON, in the order of their numbers
with given as materialized (
    select *
    from rows from (
        jsonb_to_recordset($1::jsonb) as (
            id uuid, region_code text, document jsonb, words text, shown_at timestamptz
        )
    ) with ordinality as organization (id, region_code, document, words, shown_at, place)
),

fresh as (
    select g.id, row_number() over (order by g.place) as step
    from given as g
    where not exists (select from open_organization as o where o.id = g.id)
),

numbered as (
    update listing_order
    set last_number = last_number + (select count(*) from fresh),
        listed = listed + (select count(*) from fresh)
    where kind = 'organization' and exists (select from fresh)
    returning last_number - (select count(*) from fresh) as last_before
)

insert into open_organization (id, region_code, document, search, modified_at, number)
select
    g.id, g.region_code, g.document, to_tsvector('english', g.words), g.shown_at,
    coalesce((select last_before from numbered) + f.step, 0)
from given as g
left join fresh as f on f.id = g.id
order by g.place
on conflict (id) do update
set document = excluded.document,
    search = excluded.search,
    modified_at = excluded.modified_at
where open_organization.document <> excluded.document;

-- name: open_listing
-- Reads one listing as the public sees it, or as what is left of it.
-- $1 id
select document::text as document
from open_listing
where id = $1;

-- name: open_listing_region
-- Reads the region and the organisation of a listing that the public finds.
-- $1 id
select region_code, organization_id
from open_listing
where id = $1 and gone_at is null;

-- name: page_of_listings
-- Reads one page of all listings in their order; how many there are is kept, not counted.
-- $1 rows  $2 rows before  $3 whole documents
with page as (
    select id, number
    from open_listing
    order by number
    limit $1 offset $2
)

select
    coalesce((select listed from listing_order where kind = 'listing'), 0) as total_items,
    array(
        select case when $3 then o.document else o.summary end::text
        from page as p
        inner join open_listing as o on o.id = p.id
        order by p.number
    ) as contents;

-- name: search_open_listings
-- Counts what matches and reads one page of it, in the order of the whole list.
-- $1 text query or null  $2 need or null  $3 minimum_age or null  $4 maximum_age or null
-- $5 day or null  $6 start_time or null  $7 end_time or null  $8 organization_id or null
-- $9 modified_after or null  $10 also what is gone  $11 rows  $12 rows before  $13 whole documents
-- $14 term_id and $15 taxonomy_id of other taxonomies or null
with found as materialized (
    select id, number
    from open_listing
    where (
            $1::text is null
            -- An array, and no subquery: within an "or" only that lets the key of the table be used.
            or id = any (array(
                select listing_id
                from listing_search
                where document @@ $1::tsquery
            ))
        )
        and ($2::text is null or needs @> array[$2] or need_terms @> array[$2])
        and (
            coalesce($14::uuid, $15::uuid) is null
            or id = any (array(
                select b.listing_id
                from open_term as t
                inner join open_listing_term as b on b.wording = t.wording
                where ($14 is null or t.id = $14) and ($15 is null or t.taxonomy_id = $15)
            ))
        )
        and ($3::numeric is null or minimum_age >= $3)
        and ($4::numeric is null or maximum_age <= $4)
        and ($5::text is null or days @> array[$5])
        and ($8::uuid is null or organization_id = $8)
        and ($9::timestamptz is null or modified_at > $9)
        and ($10::boolean or gone_at is null)
        and (
            coalesce($6::time, $7::time) is null
            or id in (
                select listing_id
                from listing_time
                where ($5 is null or day = $5)
                    and ($6 is null or opens_at >= $6)
                    and ($7 is null or closes_at <= $7)
            )
        )
),

page as (
    select id, number
    from found
    order by number
    limit $11 offset $12
)

select
    (select count(*) from found) as total_items,
    array(
        select case when $13 then o.document else o.summary end::text
        from page as p
        inner join open_listing as o on o.id = p.id
        order by p.number
    ) as contents;

-- name: page_of_locations
-- Reads one page of all places that listings are given at, in their order.
-- $1 rows  $2 rows before  $3 whole documents
with page as (
    select id, number
    from open_location
    order by number
    limit $1 offset $2
)

select
    coalesce((select listed from listing_order where kind = 'location'), 0) as total_items,
    array(
        select jsonb_build_object(
            'id', l.id,
            'document', l.document,
            'gone', l.gone_at is not null,
            'service', case when $3 then o.document else o.summary end
        )::text
        from page as p
        inner join open_location as l on l.id = p.id
        inner join open_listing as o on o.id = l.listing_id
        order by p.number
    ) as contents;

-- name: search_open_locations
-- Counts the places of the listings that match, near a point where one is asked for, and reads one
-- page of them. A box around the point comes first; what is in it is measured over the earth.
-- A place that says no point of its own lies where its postcode does, if that was loaded.
-- What says for which areas it is, and can be told, is found by those alone, or by both.
-- $1 to $15 as for listings  $16 latitude or null  $17 longitude or null  $18 metres or null
-- $19 keys of the areas the point lies in  $20 whether codes of it are known  $21 the region whose
-- names of its areas are, or null  $22 whether what is for its area has to be near as well
with said as materialized (
    select s.listing_id, s.area_keys && $19::text[] as is_served
    from listing_search as s
    where $16::double precision is not null and cardinality(s.area_keys) > 0
        and (
            s.area_keys && $19
            or not exists (
                select
                from unnest(s.area_keys) as said (key)
                where case
                    when strpos(said.key, ':') = 0 then not $20::boolean
                    else not exists (
                        select
                        from area_name as a
                        where a.region_code = $21::text and starts_with(said.key, $21 || ':')
                            and a.key = substr(said.key, length($21) + 2)
                    )
                end
            )
        )
),

found as materialized (
    select l.id, l.number
    from open_location as l
    inner join open_listing as o on o.id = l.listing_id
    left join said on said.listing_id = o.id
    left join place as p
        on $16 is not null
        and l.latitude is null
        and p.kind = 'postcode'
        and p.key = l.postcode
        and p.region_code = o.region_code
    where (
            $1::text is null
            or o.id = any (array(
                select listing_id
                from listing_search
                where document @@ $1::tsquery
            ))
        )
        and ($2::text is null or o.needs @> array[$2] or o.need_terms @> array[$2])
        and (
            coalesce($14::uuid, $15::uuid) is null
            or o.id = any (array(
                select b.listing_id
                from open_term as t
                inner join open_listing_term as b on b.wording = t.wording
                where ($14 is null or t.id = $14) and ($15 is null or t.taxonomy_id = $15)
            ))
        )
        and ($3::numeric is null or o.minimum_age >= $3)
        and ($4::numeric is null or o.maximum_age <= $4)
        and ($5::text is null or o.days @> array[$5])
        and ($8::uuid is null or o.organization_id = $8)
        and ($9::timestamptz is null or o.modified_at > $9)
        and ($10::boolean or l.gone_at is null)
        and (
            coalesce($6::time, $7::time) is null
            or o.id in (
                select listing_id
                from listing_time
                where ($5 is null or day = $5)
                    and ($6 is null or opens_at >= $6)
                    and ($7 is null or closes_at <= $7)
            )
        )
        and coalesce(said.is_served, true)
        and (
            $16 is null
            or (said.is_served and not $22::boolean)
            or (
                coalesce(l.latitude, p.latitude) between
                $16 - $18::double precision / 111195
                and $16 + $18 / 111195
                and coalesce(l.longitude, p.longitude) between $17::double precision
                - $18 / (111195 * greatest(0.01, cos(radians($16))))
                and $17 + $18 / (111195 * greatest(0.01, cos(radians($16))))
                and 2 * 6371000 * asin(least(1, sqrt(
                    power(sin(radians(coalesce(l.latitude, p.latitude) - $16) / 2), 2)
                    + cos(radians($16)) * cos(radians(coalesce(l.latitude, p.latitude)))
                    * power(sin(radians(coalesce(l.longitude, p.longitude) - $17) / 2), 2)
                ))) <= $18
            )
        )
),

page as (
    select id, number
    from found
    order by number
    limit $11 offset $12
)

select
    (select count(*) from found) as total_items,
    array(
        select jsonb_build_object(
            'id', l.id,
            'document', l.document,
            'gone', l.gone_at is not null,
            'service', case when $13 then o.document else o.summary end
        )::text
        from page as p
        inner join open_location as l on l.id = p.id
        inner join open_listing as o on o.id = l.listing_id
        order by p.number
    ) as contents;

-- name: open_location
-- Reads a listing at one of its places.
-- $1 id
select jsonb_build_object(
    'id', l.id,
    'document', l.document,
    'gone', l.gone_at is not null,
    'service', o.document
)::text
from open_location as l
inner join open_listing as o on o.id = l.listing_id
where l.id = $1;

-- name: page_of_organizations
-- Reads one page of all organisations in their order, or of those whose name holds the words.
-- $1 words or null  $2 rows  $3 rows before  $4 with their listings  $5 listings of each at most
with page as (
    select id, number
    from open_organization
    where $1::text is null or search @@ websearch_to_tsquery('english', $1)
    order by number
    limit $2 offset $3
)

select
    case
        when $1 is null
            then coalesce((select listed from listing_order where kind = 'organization'), 0)
        else (
            select count(*)
            from open_organization
            where search @@ websearch_to_tsquery('english', $1)
        )
    end as total_items,
    array(
        select (
            o.document
            || case
                when $4 then jsonb_build_object('services', coalesce((
                    select jsonb_agg(own.document - 'organization' order by own.number)
                    from (
                        select document, number
                        from open_listing
                        where organization_id = o.id and gone_at is null
                        order by number
                        limit $5
                    ) as own
                ), '[]'))
                else '{}'
            end
        )::text
        from page as p
        inner join open_organization as o on o.id = p.id
        order by p.number
    ) as contents;

-- name: open_organization
-- Reads one organisation with its listings.
-- $1 id  $2 listings at most
select (
    o.document || jsonb_build_object('services', coalesce((
        select jsonb_agg(own.document - 'organization' order by own.number)
        from (
            select document, number
            from open_listing
            where organization_id = o.id and gone_at is null
            order by number
            limit $2
        ) as own
    ), '[]'))
)::text
from open_organization as o
where o.id = $1;
