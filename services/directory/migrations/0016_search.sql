-- What searches look in: one row for each listing that the public finds, derived from its content.
--
-- Everything here can be made again from the listings, and holds only what anybody may read: no
-- contact details. It stands outside row-level security as open_listing does, for the same reason.
-- These tables are new and empty: no index over them takes long.
-- squawk-ignore-file require-concurrent-index-creation

create extension if not exists unaccent;
create extension if not exists pg_trgm;

-- English, with the marks over letters taken off before the endings are.
create text search configuration plain_english (copy = english);
alter text search configuration plain_english
    alter mapping for hword, hword_part, word with unaccent, english_stem;

create table listing_search (
    listing_id uuid not null,
    region_code text not null,
    -- The rules it was derived by; a lower number is derived again.
    index_version integer not null,
    -- Words by where they stand (A name, B description, C the rest), beside them the needs:
    -- '#term' for each that the listing names, '##need' for each broad one.
    document tsvector not null,
    need_terms text[] not null,
    minimum_age numeric,
    maximum_age numeric,
    is_free boolean not null,
    languages text[] not null,
    access text[] not null,
    in_person boolean not null,
    remote boolean not null,
    days text[] not null,
    -- Whether any of its times has a last day, so that its days have to be looked up (listing_time).
    has_last_days boolean not null,
    -- The point it takes place at; null where there is none, or more than one (listing_point).
    latitude double precision,
    longitude double precision,
    in_many_places boolean not null,
    accepting boolean not null,
    -- From 0 to 1, and in the middle until something is known.
    freshness real not null default 0.5,
    capacity real not null default 0.5,
    constraint listing_search_pk primary key (listing_id),
    constraint listing_search_of_listing foreign key (listing_id) references listing (id),
    constraint listing_search_scores_from_0_to_1
    check (freshness between 0 and 1 and capacity between 0 and 1)
);

create index listing_search_document on listing_search using gin (document) with (fastupdate = off);
create index listing_search_by_point on listing_search (latitude, longitude);

create table listing_point (
    listing_id uuid not null,
    number integer not null,
    -- Null while a postcode is not loaded.
    latitude double precision,
    longitude double precision,
    -- Whether the listing takes place at others too: its row among the words has no point then.
    is_one_of_many boolean not null,
    -- The key of the postcode that says where it is; null where the listing says so itself.
    postcode text,
    constraint listing_point_pk primary key (listing_id, number),
    constraint listing_point_of_search foreign key (listing_id)
    references listing_search (listing_id) on delete cascade,
    constraint listing_point_whole check ((latitude is null) = (longitude is null))
);

create index listing_point_by_point on listing_point (latitude, longitude) where is_one_of_many;
create index listing_point_by_postcode on listing_point (postcode) where postcode is not null;

create table listing_time (
    listing_id uuid not null,
    number integer not null,
    -- MO to SU; null where only the hours are known.
    day text,
    opens_at time,
    closes_at time,
    valid_from date,
    valid_to date,
    constraint listing_time_pk primary key (listing_id, number),
    constraint listing_time_of_search foreign key (listing_id)
    references listing_search (listing_id) on delete cascade,
    constraint listing_time_day_known check (day in ('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'))
);

-- Every word that stands in a listing, so that a misspelt one finds its neighbour.
create table search_word (
    word text not null,
    lexeme text not null,
    constraint search_word_pk primary key (word)
);

create index search_word_by_lexeme on search_word (lexeme);
create index search_word_by_trigrams on search_word using gin (word gin_trgm_ops);

-- How often a search found nothing: need, neighbourhood, month and reason, and nothing of the
-- words or of whoever searched.
create table unmet_search (
    month date not null,
    -- Empty where no need was understood.
    need_term text not null,
    -- Empty where no place was named, or one that lies in several.
    neighbourhood_code text not null,
    reason text not null,
    searches bigint not null,
    constraint unmet_search_pk primary key (month, need_term, neighbourhood_code, reason),
    constraint unmet_search_month_starts check (extract(day from month) = 1),
    constraint unmet_search_counted check (searches > 0)
);

-- The way over the ground between two points, as the crow flies, on a sphere.
create function metres_between(
    latitude double precision,
    longitude double precision,
    other_latitude double precision,
    other_longitude double precision
) returns double precision
language sql immutable parallel safe
as $$
    select 2 * 6371008.8 * asin(sqrt(least(1.0,
        power(sin(radians(other_latitude - latitude) / 2), 2)
        + cos(radians(latitude)) * cos(radians(other_latitude))
        * power(sin(radians(other_longitude - longitude) / 2), 2)
    )))
$$;

-- How well a listing fits one of the things asked for, from 0 to 1: six tenths by its needs (a
-- need that was meant, or one near to it), the rest by words (A 1, B 0.6, C 0.3). One thing that
-- names no need fits by words alone. 1.645 is what ts_rank makes of a single word.
create function concept_fit(
    document tsvector, meant tsquery, near tsquery, words tsquery
) returns double precision
language sql immutable parallel safe
as $$
    select case
        when meant is null and words is null then 0
        when meant is null
            then least(1, 1.645 * ts_rank('{0.1, 0.3, 0.6, 1.0}'::real[], document, words))
        else
            case when document @@ meant then 0.6 when document @@ near then 0.36 else 0 end
            + 0.4 * coalesce(
                least(1, 1.645 * ts_rank('{0.1, 0.3, 0.6, 1.0}'::real[], document, words)), 0
            )
    end
$$;

grant select, insert, update, delete on listing_search, listing_point, listing_time to {api_role};
grant select, insert, update, delete on listing_search, listing_point, listing_time to {worker_role};
grant select, insert on search_word to {api_role};
grant select, insert on search_word to {worker_role};
grant select, insert, update on unmet_search to {api_role};
grant select on unmet_search to {worker_role};
-- A row can be locked by whoever may change a column of it: nothing is withdrawn while it is indexed.
grant update (version) on listing to {worker_role};
