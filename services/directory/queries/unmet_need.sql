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

-- name: asked_in_vain
-- Reads what was searched for in vain, by the small area that the search named.
-- $1 pcn_codes  $2 first month
select n.pcn_code, n.code as neighbourhood_code, u.need_term, u.reason, sum(u.searches)::bigint as times
from unmet_search as u
inner join neighbourhood as n on n.code = u.neighbourhood_code
where n.pcn_code = any ($1::text[]) and u.month >= $2
group by n.pcn_code, n.code, u.need_term, u.reason
order by n.pcn_code, n.code, u.need_term, u.reason;

-- name: placed_in_vain
-- Reads for which needs workers found no place, by network.
-- $1 pcn_codes  $2 first month
select stream as pcn_code, need, reason, sum(failures)::bigint as times
from failed_placement
where stream = any ($1::text[]) and month >= $2
group by stream, need, reason
order by stream, need, reason;

-- name: areas
-- Reads the small areas of these networks with where they lie and the postcode sectors they hold.
-- $1 region_code  $2 pcn_codes or null for all of the region
select n.code, n.name, n.pcn_code, n.persons, avg(p.latitude) as latitude, avg(p.longitude) as longitude,
    array_agg(distinct left(p.key, length(p.key) - 2)) as sectors
from neighbourhood as n
inner join place as p
    on p.region_code = n.region_code and p.kind = 'postcode' and p.neighbourhood_code = n.code
where n.region_code = $1 and ($2::text[] is null or n.pcn_code = any ($2))
group by n.code, n.name, n.pcn_code, n.persons
order by n.code;

-- name: reaches
-- Reads what every listing that the public finds says of whom it is for, as far as gaps depend on it.
-- $1 region_code  $2 after listing_id  $3 rows
select s.listing_id, s.need_terms, s.is_free, s.languages, s.access, s.remote, s.accepting,
    l.content -> 'service_areas' as service_areas,
    l.content -> 'cost_options' as cost_options,
    l.content ->> 'alert' as alert,
    array(
        select array[p.latitude, p.longitude]
        from listing_point as p
        where p.listing_id = s.listing_id and p.latitude is not null
        order by p.number
    ) as points,
    exists (
        select
        from listing_time as t
        where t.listing_id = s.listing_id and (t.day in ('SA', 'SU') or t.closes_at > time '17:00')
    ) as is_out_of_hours,
    coalesce(c.status in ('no-capacity', 'waitlist'), false) as is_full
from listing_search as s
inner join listing as l on l.id = s.listing_id
left join listing_capacity as c on c.listing_id = s.listing_id
where s.region_code = $1 and s.listing_id > $2
order by s.listing_id
limit $3;

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
-- $1 before id  $2 rows
select id, region_code, pcn_code, need_term, neighbourhood_code, title, words, state, listing_id,
    backers, version, occurred_at, recorded_at
from idea
where id < $1
order by id desc
limit $2;

-- name: months_to_tell
-- Reads what was not met in a month, often enough to be told and not told yet.
-- $1 month  $2 times at least  $3 rows
with counted as (
    select n.region_code, n.pcn_code, n.code as neighbourhood_code, u.need_term as need, u.reason,
        sum(u.searches)::bigint as times
    from unmet_search as u
    inner join neighbourhood as n on n.code = u.neighbourhood_code
    where u.month = $1 and u.need_term <> ''
    group by n.region_code, n.pcn_code, n.code, u.need_term, u.reason
    union all
    select o.region_code, f.stream, '', f.need, f.reason, f.failures
    from failed_placement as f
    inner join register_organisation as o on o.kind = 'pcn' and o.code = f.stream
    where f.month = $1
)

select c.region_code, c.pcn_code, c.neighbourhood_code, c.need, c.reason, c.times
from counted as c
where c.times >= $2
    and not exists (
        select
        from need_unmet_told as t
        where t.pcn_code = c.pcn_code and t.neighbourhood_code = c.neighbourhood_code
            and t.need = c.need and t.reason = c.reason and t.month = $1
    )
order by c.pcn_code, c.neighbourhood_code, c.need, c.reason
limit $3;

-- name: keep_need_told
-- Keeps that this was told of a month, unless it was.
-- $1 region_code  $2 pcn_code  $3 neighbourhood_code, or empty  $4 need  $5 reason  $6 month
-- $7 times  $8 event_id
insert into need_unmet_told
    (region_code, pcn_code, neighbourhood_code, need, reason, month, times, event_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning event_id;
