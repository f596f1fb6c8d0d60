-- Needs that were not met: what was asked for, what is there, and what groups achieved.

-- name: pcns_of_region
-- Reads which of these codes are networks of a region.
-- $1 region_code  $2 pcn_codes
select code
from register_organisation
where kind = 'pcn' and region_code = $1 and code = any ($2::text[]);

-- name: region_networks
-- Reads the networks of a region.
-- $1 region_code
select code
from register_organisation
where kind = 'pcn' and region_code = $1
order by code;

-- name: persons_of_pcns
-- Reads how many people are on record in each network: its own latest figure, else its practices'.
-- $1 pcn_codes
with latest as (
    select distinct on (pcn_code, practice_code) pcn_code, practice_code, persons
    from population
    where pcn_code = any ($1::text[])
    order by pcn_code, practice_code, as_of desc
)

select pcn_code,
    coalesce(
        sum(persons) filter (where practice_code = ''), sum(persons) filter (where practice_code <> '')
    )::bigint as persons
from latest
group by pcn_code;

-- name: areas_asked_in
-- Reads what these small areas are called, and how many people live in each, where that is known.
-- $1 codes
select code, name, persons
from neighbourhood
where code = any ($1::text[]);

-- name: asked_in_vain_page
-- Lists what was asked for in vain since a month, by network, small area, what is known of the
-- place, need and reason. Each of the three kinds is read from where the page goes on, and no
-- further than the page is long.
-- $1 region_code  $2 pcn_codes  $3 whether to read what is known of the region alone
-- $4 first month  $5 reasons as kept  $6 reasons as shown, one for each  $7 after pcn_code
-- $8 after neighbourhood_code  $9 after place  $10 after need  $11 after reason  $12 rows
with said_as as (
    select given.kept, given.shown
    from unnest($5::text[], $6::text[]) as given (kept, shown)
),

by_area as (
    select n.pcn_code, n.code as neighbourhood_code, 'small-area' as place, u.need, u.reason, u.times
    from (
        select code, pcn_code
        from neighbourhood
        where region_code = $1 and pcn_code = any ($2::text[]) and (pcn_code, code) >= ($7, $8)
        order by pcn_code, code
    ) as n
    cross join lateral (
        select s.need_term as need, coalesce(a.shown, 'other') as reason,
            sum(s.searches)::bigint as times
        from unmet_search as s
        left join said_as as a on a.kept = s.reason
        where s.neighbourhood_code = n.code and s.month >= $4
        group by 1, 2
    ) as u
    where (n.pcn_code, n.code, 'small-area', u.need, u.reason) > ($7, $8, $9, $10, $11)
    order by n.pcn_code, n.code, u.need, u.reason
    limit $12
),

by_network as (
    select n.pcn_code, '' as neighbourhood_code, 'network' as place, u.need, u.reason, u.times
    from (
        select given.pcn_code
        from unnest($2) as given (pcn_code)
        where given.pcn_code >= $7
        order by given.pcn_code
    ) as n
    cross join lateral (
        select f.need, coalesce(a.shown, 'other') as reason, sum(f.failures)::bigint as times
        from failed_placement as f
        left join said_as as a on a.kept = f.reason
        where f.stream = n.pcn_code and f.month >= $4
        group by 1, 2
    ) as u
    where (n.pcn_code, '', 'network', u.need, u.reason) > ($7, $8, $9, $10, $11)
    order by n.pcn_code, u.need, u.reason
    limit $12
),

by_nobody_knows_where as (
    select n.pcn_code, '' as neighbourhood_code, 'not-said' as place, u.need, u.reason, u.times
    from (
        select given.pcn_code
        from (select '' where $3::boolean union all select unnest($2)) as given (pcn_code)
        where given.pcn_code >= $7
        order by given.pcn_code
    ) as n
    cross join lateral (
        select s.need_term as need, coalesce(a.shown, 'other') as reason,
            sum(s.searches)::bigint as times
        from search_without_place as s
        left join said_as as a on a.kept = s.reason
        where s.region_code = $1 and s.pcn_code = n.pcn_code and s.month >= $4
        group by 1, 2
    ) as u
    where (n.pcn_code, '', 'not-said', u.need, u.reason) > ($7, $8, $9, $10, $11)
    order by n.pcn_code, u.need, u.reason
    limit $12
)

select pcn_code, neighbourhood_code, place, need, reason, times
from (
    select * from by_area
    union all
    select * from by_network
    union all
    select * from by_nobody_knows_where
) as asked
order by pcn_code, neighbourhood_code, place, need, reason
limit $12;

-- name: asked_in_vain_in_all
-- Sums what was asked for in vain since a month, by need and reason as they are kept.
-- $1 region_code  $2 pcn_codes  $3 whether to count what is known of the region alone  $4 first month
select asked.need, asked.reason, sum(asked.times)::bigint as times
from (
    select u.need_term as need, u.reason, u.searches as times
    from neighbourhood as n
    inner join unmet_search as u on u.neighbourhood_code = n.code
    where n.region_code = $1 and n.pcn_code = any ($2::text[]) and u.month >= $4
    union all
    select need, reason, failures
    from failed_placement
    where stream = any ($2) and month >= $4
    union all
    select need_term, reason, searches
    from search_without_place
    where region_code = $1 and (pcn_code = any ($2) or ($3::boolean and pcn_code = '')) and month >= $4
) as asked
group by asked.need, asked.reason
order by asked.need, asked.reason;

-- name: sheet
-- Counts what a group's listings received and what came of it in a month, taken-back entries aside.
-- $1 organization_id  $2 from  $3 until
with told as (
    select e.*
    from onward_evidence as e
    where e.organization_id = $1 and e.occurred_at >= $2 and e.occurred_at < $3
        and not exists (
            select
            from onward_evidence as taken_back
            where taken_back.onward_referral_id = e.onward_referral_id
                and taken_back.kind = 'ended' and taken_back.reason = 'entered-in-error'
        )
),

first_words as (
    select distinct on (onward_referral_id) listing_id,
        extract(epoch from occurred_at - sent_at)::float8 / 86400 as days
    from told
    where kind in ('answered', 'started', 'attended') and told_by = 'provider' and sent_at is not null
    order by onward_referral_id, occurred_at, number
)

select l.id as service_id, l.name,
    count(distinct t.onward_referral_id) filter (where t.kind = 'sent') as received,
    count(distinct t.onward_referral_id) filter (where t.kind = 'answered' and t.word = 'accepted')
        as accepted,
    count(distinct t.onward_referral_id)
        filter (where t.kind = 'answered' and t.word in ('refused', 'full-until')) as not_taken,
    count(distinct t.onward_referral_id) filter (where t.kind = 'started') as started,
    count(distinct t.onward_referral_id) filter (where t.kind = 'attended') as attended,
    (select count(*) from first_words as f where f.listing_id = l.id) as answered,
    (
        select percentile_cont(0.5) within group (order by f.days)
        from first_words as f
        where f.listing_id = l.id
    ) as answer_days_median,
    (select count(*) from first_words as f where f.listing_id = l.id and f.days <= 7)
        as answered_within_a_week
from listing as l
left join told as t on t.listing_id = l.id
where l.organization_id = $1 and l.state <> 'draft'
group by l.id, l.name
order by l.id
limit 500;

-- name: raise_idea
-- Keeps an idea for closing a gap, unless the network has that one; then there is no row.
-- $1 id  $2 region_code  $3 pcn_code  $4 need_term  $5 neighbourhood_code or null  $6 title
-- $7 words or null  $8 member_key  $9 occurred_at  $10 recorded_at
insert into idea
    (id, region_code, pcn_code, need_term, neighbourhood_code, title, words, state, backers,
     member_key, version, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, 'raised', 0, $8, 1, $9, $10)
on conflict on constraint idea_once do nothing
returning version;

-- name: idea_called
-- Reads an idea by what it is about.
-- $1 region_code  $2 pcn_code  $3 need_term  $4 title
select id, region_code, pcn_code, need_term, neighbourhood_code, title, words, state, listing_id,
    backers, version, occurred_at, recorded_at
from idea
where region_code = $1 and pcn_code = $2 and need_term = $3 and title = $4;

-- name: idea_by_id
-- Reads one idea.
-- $1 id
select id, region_code, pcn_code, need_term, neighbourhood_code, title, words, state, listing_id,
    backers, version, occurred_at, recorded_at
from idea
where id = $1;

-- name: lock_idea
-- Reads and locks one idea.
-- $1 id
select id, region_code, pcn_code, need_term, neighbourhood_code, title, words, state, listing_id,
    backers, version, occurred_at, recorded_at
from idea
where id = $1
for update;

-- name: back_idea
-- Keeps that somebody backs an idea; nothing where they do already.
-- $1 idea_id  $2 region_code  $3 member_key  $4 now
insert into idea_backing (idea_id, region_code, member_key, recorded_at)
values ($1, $2, $3, $4)
on conflict do nothing
returning idea_id;

-- name: move_idea
-- Moves the locked idea on; its next version.
-- $1 id  $2 state  $3 listing_id or null  $4 backers  $5 occurred_at  $6 recorded_at
update idea
set state = $2,
    listing_id = $3,
    backers = $4,
    version = version + 1,
    occurred_at = $5,
    recorded_at = $6
where id = $1
returning version;

-- name: ideas_page
-- Lists ideas, the latest first.
-- $1 before id  $2 rows  $3 pcn_code, or null
select id, region_code, pcn_code, need_term, neighbourhood_code, title, words, state, listing_id,
    backers, version, occurred_at, recorded_at
from idea
where id < $1 and ($3::text is null or pcn_code = $3)
order by id desc
limit $2;

-- name: months_to_tell
-- Reads what was not met in months that are over, often enough to be told, and more often than it
-- was when it was last told.
-- $1 first month  $2 last month  $3 times at least  $4 rows
with counted as (
    select n.region_code, n.pcn_code, n.code as neighbourhood_code, u.need_term as need, u.reason,
        u.month, u.searches as times
    from unmet_search as u
    inner join neighbourhood as n on n.code = u.neighbourhood_code
    where u.month between $1 and $2 and u.need_term <> '' and u.searches >= $3
    union all
    select o.region_code, f.stream, '', f.need, f.reason, f.month, f.failures
    from failed_placement as f
    inner join register_organisation as o on o.kind = 'pcn' and o.code = f.stream
    where f.month between $1 and $2 and f.failures >= $3
)

select c.region_code, c.pcn_code, c.neighbourhood_code, c.need, c.reason, c.month, c.times,
    t.times as told_times, t.version as told_version, t.event_id as told_of
from counted as c
left join need_unmet_told as t
    on t.pcn_code = c.pcn_code and t.neighbourhood_code = c.neighbourhood_code
    and t.need = c.need and t.reason = c.reason and t.month = c.month
where t.times is null or t.times < c.times
order by c.month, c.pcn_code, c.neighbourhood_code, c.need, c.reason
limit $4;

-- name: keep_need_told
-- Keeps how often it was not met when this was told of a month; nothing where somebody else told
-- as much meanwhile.
-- $1 region_code  $2 pcn_code  $3 neighbourhood_code, or empty  $4 need  $5 reason  $6 month
-- $7 times  $8 id of the first event  $9 version
insert into need_unmet_told as t
    (region_code, pcn_code, neighbourhood_code, need, reason, month, times, event_id, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (pcn_code, neighbourhood_code, need, reason, month) do update
set times = excluded.times,
    version = excluded.version
where t.times < excluded.times
returning event_id;
