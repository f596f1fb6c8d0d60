-- Searching: reading words, finding listings, counting what was not found.

-- name: lexemes_of
-- Cuts words down as the index does and says which of them stand in any listing.
-- $1 words
select given.word, cut.lexeme,
    exists (select from search_word as w where w.lexeme = cut.lexeme) as is_known
from unnest($1::text[]) with ordinality as given (word, number)
cross join lateral (select (ts_lexize('english_stem', given.word))[1] as lexeme) as cut
where cut.lexeme is not null
order by given.number;

-- name: set_word_similarity
-- Says, until the transaction ends, how much alike two words must be to be neighbours.
-- $1 similarity, as text
select set_config('pg_trgm.similarity_threshold', $1, true);

-- name: words_like
-- Reads the words that share most of their letters with this one, the likest first.
-- $1 word  $2 words of the synonyms  $3 rows
select word
from (
    select word from search_word where word % $1
    union
    select given.word from unnest($2::text[]) as given (word) where given.word % $1
) as alike
order by similarity(word, $1) desc, word
limit $3;

-- name: search_listings
-- Reads one page of the listings that meet a search, the best first, with the parts of their score.
-- $1 what has to stand in it, or null  $2 needs meant  $3 needs near  $4 words: one of each
-- concept, at most five  $5 how much each of them counts
-- $6 latitude, or null  $7 longitude  $8 within metres  $9 south  $10 north  $11 west  $12 east
-- $13 whether what is remote is near enough  $14 day, or null  $15 begins, or null  $16 ends
-- $17 today  $18 age, or null  $19 free  $20 language, or null  $21 access  $22 in person
-- $23 remote  $24 accepting  $25 weights of fit, distance, freshness, capacity
-- $26 metres at which the part for distance is a half  $27 nearness of what is remote
-- $28 after score, or null  $29 after listing_id  $30 rows
-- $31 keys of the areas that the place lies in  $32 whether what is for other areas is left out
-- $33 whether what is for one of these areas is near enough
-- $34 how many are looked at, in the order of their standing, which has to be the order; null: all
-- $35 whether codes of the place are known  $36 the region whose names of its areas are, or null
with met as materialized (
    select
        s.listing_id, s.remote, s.freshness, s.capacity,
        s.area_keys && $31::text[] as is_served,
        case
            when $6::float8 is null then null
            when s.in_many_places then (
                select min(metres_between(p.latitude, p.longitude, $6, $7))
                from listing_point as p
                where p.listing_id = s.listing_id and p.latitude is not null
            )
            -- From nowhere it is no distance: metres_between would call it half the earth's way round.
            when s.latitude is null then null
            else metres_between(s.latitude, s.longitude, $6, $7)
        end as distance_metres,
        case
            when cardinality($5::float8[]) = 0 then 1
            else (
                coalesce(($5::float8[])[1], 0)
                * concept_fit(s.document, ($2::tsquery[])[1], ($3::tsquery[])[1], ($4::tsquery[])[1])
                + coalesce(($5::float8[])[2], 0)
                * concept_fit(s.document, ($2::tsquery[])[2], ($3::tsquery[])[2], ($4::tsquery[])[2])
                + coalesce(($5::float8[])[3], 0)
                * concept_fit(s.document, ($2::tsquery[])[3], ($3::tsquery[])[3], ($4::tsquery[])[3])
                + coalesce(($5::float8[])[4], 0)
                * concept_fit(s.document, ($2::tsquery[])[4], ($3::tsquery[])[4], ($4::tsquery[])[4])
                + coalesce(($5::float8[])[5], 0)
                * concept_fit(s.document, ($2::tsquery[])[5], ($3::tsquery[])[5], ($4::tsquery[])[5])
            ) / (select sum(given.weight) from unnest($5) as given (weight))
        end as fit
    from (
        select listing_id, document, minimum_age, maximum_age, is_free, languages, access, in_person,
            remote, days, has_last_days, latitude, longitude, in_many_places, accepting, freshness,
            capacity, area_keys
        from listing_search
        where $34::integer is null
        union all
        (
            select listing_id, document, minimum_age, maximum_age, is_free, languages, access, in_person,
                remote, days, has_last_days, latitude, longitude, in_many_places, accepting, freshness,
                capacity, area_keys
            from listing_search
            where $34 is not null
                and (
                    $28::bigint is null
                    or (-standing_score(freshness, capacity), listing_id) > (-$28, $29::uuid)
                )
            order by -standing_score(freshness, capacity), listing_id
            limit $34
        )
    ) as s
    where ($1::tsquery is null or s.document @@ $1)
        and (
            not $32::boolean
            or cardinality(s.area_keys) = 0
            or s.area_keys && $31
            -- One that cannot be told: a code where no code of the place is known, a name nobody loaded.
            or exists (
                select
                from unnest(s.area_keys) as said (key)
                where case
                    when strpos(said.key, ':') = 0 then not $35::boolean
                    else not exists (
                        select
                        from area_name as a
                        where a.region_code = $36::text and starts_with(said.key, $36 || ':')
                            and a.key = substr(said.key, length($36) + 2)
                    )
                end
            )
        )
        and (
            $6 is null
            or (s.latitude between $9 and $10 and s.longitude between $11 and $12)
            or (
                s.in_many_places
                and (
                    $1 is not null
                    or s.listing_id = any (array(
                        select p.listing_id
                        from listing_point as p
                        where p.is_one_of_many
                            and p.latitude between $9 and $10 and p.longitude between $11 and $12
                    ))
                )
            )
            or (s.remote and $13::boolean)
            or (s.area_keys && $31 and $33::boolean)
        )
        and ($14::text is null or s.days @> array[$14])
        and (
            ($15::time is null and ($14 is null or not s.has_last_days))
            -- A limit keeps this to the listings that have met everything cheaper.
            or coalesce((
                select true
                from listing_time as t
                where t.listing_id = s.listing_id
                    and ($14 is null or t.day = $14)
                    and (
                        $15 is null
                        or (
                            t.opens_at < $16::time
                            and case
                                when t.closes_at is null then t.opens_at >= $15
                                when t.closes_at < t.opens_at then true
                                else t.closes_at > $15
                            end
                        )
                    )
                    and coalesce(t.valid_to >= $17::date, true)
                limit 1
            ), false)
        )
        and (
            $18::numeric is null
            or (coalesce(s.minimum_age, 0) <= $18 and coalesce(s.maximum_age, $18) >= $18)
        )
        and (s.is_free or not $19::boolean)
        and ($20::text is null or s.languages @> array[$20])
        and (cardinality($21::text[]) = 0 or s.access @> $21)
        and (s.in_person or not $22::boolean)
        and (s.remote or not $23::boolean)
        and (s.accepting or not $24::boolean)
),

parted as (
    select
        m.*,
        case
            when $6 is null then null
            else greatest(
                coalesce(1 / (1 + m.distance_metres / $26::float8), 0),
                case
                    when m.remote or (m.is_served and m.distance_metres is null) then $27::float8
                    else 0
                end
            )
        end as distance
    from met as m
    where $6 is null
        or m.distance_metres <= $8::float8
        or (m.remote and $13)
        or (m.is_served and $33)
),

scored as (
    select
        p.*,
        case
            when $6 is null and cardinality($5) = 0 then standing_score(p.freshness, p.capacity)
            else (
                1e6 * (
                    ($25::float8[])[1] * p.fit + ($25::float8[])[2] * coalesce(p.distance, 0)
                    + ($25::float8[])[3] * p.freshness + ($25::float8[])[4] * p.capacity
                )
            )::bigint
        end as score
    from parted as p
),

page as materialized (
    select *
    from scored
    where $28 is null or (score, $29) < ($28, listing_id)
    order by score desc, listing_id
    limit $30
)

select
    page.listing_id, page.score, page.fit, page.distance, page.freshness, page.capacity,
    page.distance_metres, s.need_terms, s.days, s.is_free, s.in_person, s.remote,
    o.needs,
    o.summary::text as summary,
    (o.document -> 'capacities' -> 0)::text as room,
    (
        select named.name
        from unnest(s.area_keys, s.area_names) with ordinality as named (key, name, number)
        where named.key = any ($31)
        order by named.number
        limit 1
    ) as serves,
    array(
        select coalesce(s.document @@ asked.words, false)
        from unnest($4::tsquery[]) with ordinality as asked (words, number)
        where asked.number <= cardinality($5)
        order by asked.number
    ) as words_found
from page
inner join listing_search as s on s.listing_id = page.listing_id
inner join open_listing as o on o.id = page.listing_id
order by page.score desc, page.listing_id;

-- name: count_unmet_search
-- Counts a search that found nothing, once for each need it spoke of.
-- $1 month  $2 need terms  $3 neighbourhood_code, or empty  $4 reason
insert into unmet_search (month, need_term, neighbourhood_code, reason, searches)
select $1, given.term, $3, $4, 1
from unnest($2::text[]) as given (term)
order by given.term
on conflict (month, need_term, neighbourhood_code, reason) do update
set searches = unmet_search.searches + 1;

-- name: count_search_without_place
-- Counts a search that found nothing and named no small area, once for each need it spoke of.
-- $1 month  $2 need terms  $3 region_code  $4 pcn_code, or empty  $5 reason
insert into search_without_place (region_code, pcn_code, need_term, reason, month, searches)
select $3, $4, given.term, $5, $1, 1
from unnest($2::text[]) as given (term)
order by given.term
on conflict (region_code, pcn_code, need_term, reason, month) do update
set searches = search_without_place.searches + 1;
