-- What searches look in, derived from each listing.

-- name: index_listing
-- Puts what a search can ask of a listing in its row; what is known of its freshness stays.
-- $1 listing_id  $2 region_code  $3 index_version  $4 name  $5 description  $6 other words
-- $7 needs and filters as lexemes  $8 need_terms  $9 minimum_age  $10 maximum_age  $11 is_free  $12 languages
-- $13 access  $14 in_person  $15 remote  $16 days  $17 in_many_places  $18 accepting
-- $19 latitude  $20 longitude, where it says so itself and has one point  $21 has_last_days
-- $22 keys of the areas it is for  $23 how it calls them
insert into listing_search (
    listing_id, region_code, index_version, document, need_terms, minimum_age, maximum_age, is_free,
    languages, access, in_person, remote, days, latitude, longitude, in_many_places, accepting,
    has_last_days, area_keys, area_names
)
values (
    $1, $2, $3,
    setweight(to_tsvector('plain_english', $4), 'A')
    || setweight(to_tsvector('plain_english', $5), 'B')
    || setweight(to_tsvector('plain_english', $6), 'C')
    || array_to_tsvector($7::text[]),
    $8, $9, $10, $11, $12, $13, $14, $15, $16, $19, $20, $17, $18, $21,
    $22, $23
)
on conflict (listing_id) do update
set region_code = excluded.region_code,
    index_version = excluded.index_version,
    document = excluded.document,
    need_terms = excluded.need_terms,
    minimum_age = excluded.minimum_age,
    maximum_age = excluded.maximum_age,
    is_free = excluded.is_free,
    languages = excluded.languages,
    access = excluded.access,
    in_person = excluded.in_person,
    remote = excluded.remote,
    days = excluded.days,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    in_many_places = excluded.in_many_places,
    accepting = excluded.accepting,
    has_last_days = excluded.has_last_days,
    area_keys = excluded.area_keys,
    area_names = excluded.area_names;

-- name: unindex_listing
-- Takes a listing out of what searches look in.
-- $1 listing_id
delete from listing_search
where listing_id = $1;

-- name: forget_points
-- Takes away where listings take place, before they are put there anew.
-- $1 listing_ids
delete from listing_point
where listing_id = any ($1::uuid[]);

-- name: forget_times
-- Takes away when listings take place, before they are put there anew.
-- $1 listing_ids
delete from listing_time
where listing_id = any ($1::uuid[]);

-- name: index_points
-- Puts where a listing takes place; a postcode lies where the region's table says, if it does.
-- $1 listing_id  $2 region_code  $3 numbers  $4 latitudes  $5 longitudes  $6 postcodes
insert into listing_point (listing_id, number, latitude, longitude, is_one_of_many, postcode)
select $1, given.number, coalesce(given.latitude, p.latitude), coalesce(given.longitude, p.longitude),
    cardinality($3) > 1, given.postcode
from unnest($3::integer[], $4::float8[], $5::float8[], $6::text[])
    as given (number, latitude, longitude, postcode)
left join place as p on p.kind = 'postcode' and p.key = given.postcode and p.region_code = $2;

-- name: index_times
-- Puts when a listing takes place.
-- $1 listing_id  $2 days  $3 opens_at  $4 closes_at  $5 valid_from  $6 valid_to
insert into listing_time (listing_id, number, day, opens_at, closes_at, valid_from, valid_to)
select $1, given.number, given.day, given.opens_at, given.closes_at, given.valid_from, given.valid_to
from unnest($2::text[], $3::time[], $4::time[], $5::date[], $6::date[])
    with ordinality as given (day, opens_at, closes_at, valid_from, valid_to, number);

-- name: settle_point
-- Puts the one point of each of these listings beside its words.
-- $1 listing_ids
update listing_search as s
set latitude = p.latitude,
    longitude = p.longitude
from listing_point as p
where s.listing_id = any ($1::uuid[]) and not s.in_many_places and p.listing_id = s.listing_id
    and (s.latitude, s.longitude) is distinct from (p.latitude, p.longitude);

-- name: place_points
-- Puts listings of a region that name one of these postcodes where they lie; which have moved.
-- $1 region_code  $2 postcodes
with named as materialized (
    select listing_id, number, postcode
    from listing_point
    where postcode = any ($2::text[])
)

update listing_point as lp
set latitude = p.latitude,
    longitude = p.longitude
from named as n
inner join listing_search as s on s.listing_id = n.listing_id and s.region_code = $1
inner join place as p on p.kind = 'postcode' and p.key = n.postcode and p.region_code = $1
where lp.listing_id = n.listing_id and lp.number = n.number
    and (lp.latitude, lp.longitude) is distinct from (p.latitude, p.longitude)
returning lp.listing_id;

-- name: note_words
-- Notes words that stand in a listing, with what they are cut down to.
-- $1 words
insert into search_word (word, lexeme)
select given.word, cut.lexeme
from unnest($1::text[]) as given (word)
cross join lateral (select (ts_lexize('english_stem', given.word))[1] as lexeme) as cut
where not exists (select from search_word as w where w.word = given.word)
    and cut.lexeme is not null
order by given.word
on conflict do nothing;

-- name: listings_to_index
-- Reads published listings that were derived by older rules or not at all, and locks them.
-- $1 index_version  $2 rows
select l.id, l.region_code, l.needs, l.need_terms, l.content::text as content,
    o.name as organization_name
from listing as l
inner join organization as o on o.id = l.organization_id
left join listing_search as s on s.listing_id = l.id
where l.state in ('published', 'doubted') and (s.index_version is null or s.index_version < $1)
order by l.id
limit $2
for update of l skip locked;
