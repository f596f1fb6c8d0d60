-- name: published_total
-- How many events the relay has published so far.
select coalesce(sum(published), 0)::bigint
from stream_head;

-- name: applied_total
-- How many events a consumer has taken, whatever became of them.
-- $1 consumer
select coalesce(sum(number), 0)::bigint
from consumer_position
where consumer = $1;

-- name: committed_at
-- When reporting committed each of these referrals, by the server's own record of it.
-- $1 referral ids
select referral_id, pg_xact_commit_timestamp(xmin) as committed_at
from referral_fact
where referral_id = any($1);

-- name: tables_of_a_consumer
-- Every table of a service that only consumes, as a list for truncate; migrations stay.
select string_agg(format('%I', tablename), ', ')
from pg_tables
where schemaname = 'public' and tablename not like '%migration%';

-- name: published_by_stream
-- How far each stream of an owner is published.
select stream, published
from stream_head;

-- name: taken_by_stream
-- How far a consumer has taken each stream.
-- $1 consumer
select topic, stream, number
from consumer_position
where consumer = $1;

-- name: every_referral
-- The ids of all referrals that were made.
select id
from referral;

-- name: every_reported_referral
-- The ids of all referrals as the report has them.
select referral_id
from referral_fact;

-- name: fill_people
-- People of one network.
-- $1 how many
insert into person (
    id, pcn_code, practice_code, given_name, family_name, birth_date, sex, language,
    messages_consented, safe_channel, version, recorded_at
)
select
    uuidv7(), 'U99001', 'Y99001', 'Bench', 'Many', date '1930-01-01' + n % 20000, 'female', 'en',
    false, 'none', 1, now()
from generate_series(1, $1::integer) as n;

-- name: fill_episodes
-- An open episode of each; every second one has a worker, one of forty.
insert into episode (
    id, pcn_code, person_id, opened_at, worker_id, open_referrals, contact_count, version
)
select
    uuidv7(), pcn_code, id, now() - random() * interval '300 days',
    case
        when random() < 0.5 then
            ('01980000-0000-7000-8000-0000000000' || lpad((random() * 39)::integer::text, 2, '0'))::uuid
    end,
    1, 0, 1
from person
where family_name = 'Many';

-- name: fill_referrals
-- The referral that opened each episode.
insert into referral (
    id, pcn_code, practice_code, referrer_code, episode_id, person_id, route, urgency, needs,
    messages_consented, safe_channel, opened_episode, status, version, event_id, origin,
    occurred_at, recorded_at
)
select
    uuidv7(), episode.pcn_code, 'Y99001', 'Y99001', episode.id, person.id, 'general-practice',
    'routine', array['isolation'], false, 'none', true, 'received', 1, uuidv7(), 'seed',
    episode.opened_at, episode.opened_at
from episode
inner join person on person.id = episode.person_id
where person.family_name = 'Many';

-- name: fill_waits
-- Whoever has no worker yet waits.
insert into waiting (
    episode_id, pcn_code, practice_code, referral_id, opened_at, urgency, urgency_points, needs,
    need_points, equity_points, overdue, overdue_points, weights_version, as_if_since,
    target_days, due_on, due_at, calendar_version, paused, paused_days, waits
)
select
    episode.id, episode.pcn_code, referral.practice_code, referral.id, episode.opened_at,
    'routine', 0, 1, 0, 3, false, 0, 'waiting-1', episode.opened_at - random() * interval '40 days',
    10, current_date + 30, now() + interval '30 days', 'england-1/0', false, 0, true
from episode
inner join person on person.id = episode.person_id
inner join referral on referral.episode_id = episode.id
where person.family_name = 'Many' and episode.worker_id is null;

-- name: fill_onward_referrals
-- One onward referral of each episode: two of five have ended, a third of the rest is silent.
insert into onward_referral (
    id, pcn_code, practice_code, referral_id, episode_id, person_id, listing_id,
    organization_id, need, shares_contact, worker_id, stage, holder, held_since, nudges, silent,
    unreached, listing_gone, ending, ended_at, drafted_at, sent_at, version, origin, recorded_at
)
select
    gen_random_uuid(), pcn_code, practice_code, id, episode_id, person_id, gen_random_uuid(),
    gen_random_uuid(), 'isolation', false, null, 'sent',
    case when n % 5 < 2 then null when n % 3 = 0 then 'worker' else 'provider' end,
    now() - make_interval(hours => n % 2000), 0,
    case when n % 5 >= 2 and n % 3 = 0 then 'provider' end, false, false,
    case when n % 5 < 2 then 'attended' end,
    case when n % 5 < 2 then now() - make_interval(hours => n % 9000) end,
    now() - make_interval(hours => n % 3000), now() - make_interval(hours => n % 3000), 1, 'seed',
    now()
from (select referral.*, (row_number() over ())::integer as n from referral where origin = 'seed') as made
where made.practice_code = 'Y99001' and made.route = 'general-practice';

-- name: fill_timers
-- A first contact is due of each who waits, in some days.
insert into timer (id, kind, about, pcn_code, lane, due_at, next_at, attempts)
select uuidv7(), 'first-contact', episode_id, pcn_code, 'ordinary', due_at, due_at, 0
from waiting
on conflict do nothing;

-- name: make_timers_due
-- Let some of the timers fall due now.
-- $1 how many
with
    chosen as (
        select timer.id
        from timer
        inner join waiting on waiting.episode_id = timer.about
        where timer.kind = 'first-contact' and timer.due_at > now() + interval '1 day'
        limit $1
    )
update timer
set due_at = now(), next_at = now()
from chosen
where timer.id = chosen.id
returning timer.id;

-- name: timers_left
-- How many of these timers have not fired.
-- $1 timer ids
select count(*)
from timer
where id = any($1::uuid[]);

-- name: plan_copies
-- Notes which copies of every published listing are made, so that there are this many listings.
-- $1 listings wanted
select l.id as original, n.copy, gen_random_uuid() as id
from open_listing as l
cross join lateral generate_series(
    1, ($1::bigint - (select count(*) from open_listing)) / (select count(*) from open_listing) + 1
) as n (copy)
where l.gone_at is null;

-- name: copy_listings
-- Copies listings under new names.
insert into listing (
    id, organization_id, region_code, name, state, needs, content, content_hash, version, event_id,
    occurred_at, recorded_at, need_terms, reason, field_sources
)
select
    copied.id, copied.organization_id, copied.region_code, copied.name, copied.state, copied.needs,
    copied.content, copied.content_hash, copied.version, copied.event_id, copied.occurred_at,
    copied.recorded_at, copied.need_terms, copied.reason, copied.field_sources
from copied_listing as c
inner join listing as l on l.id = c.original
cross join lateral jsonb_populate_record(
    l, jsonb_build_object('id', c.id, 'name', l.name || ' ' || c.copy)
) as copied;

-- name: copy_open_listings
-- Copies what the public reads of them.
insert into open_listing
select copied.*
from copied_listing as c
inner join open_listing as l on l.id = c.original
cross join lateral jsonb_populate_record(
    l, jsonb_build_object('id', c.id, 'number', l.number + 1000000 * c.copy)
) as copied;

-- name: copy_listing_searches
-- Copies what searches look in, each somewhere else in a region of fifty kilometres.
insert into listing_search
select copied.*
from copied_listing as c
inner join listing_search as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(
    l,
    jsonb_build_object(
        'listing_id', c.id,
        'latitude', l.latitude + (random() - 0.5) * 0.5,
        'longitude', l.longitude + (random() - 0.5) * 0.8
    )
) as copied;

-- name: copy_listing_points
-- Copies where they take place.
insert into listing_point
select copied.*
from copied_listing as c
inner join listing_point as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', c.id)) as copied;

-- name: copy_listing_times
-- Copies when they take place.
insert into listing_time
select copied.*
from copied_listing as c
inner join listing_time as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', c.id)) as copied;

-- name: copy_listing_versions
-- Copies who kept them when: a copy that nobody ever kept would be asked about at once.
insert into listing_version
select copied.*
from copied_listing as c
inner join listing_version as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', c.id)) as copied;

-- name: copy_listing_freshness
-- Copies how fresh they are, and so when they are weighed again.
insert into listing_freshness
select copied.*
from copied_listing as c
inner join listing_freshness as l on l.listing_id = c.original
cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', c.id)) as copied;

-- name: count_listing_searches
-- How many listings searches look in.
select count(*)
from listing_search;

-- name: directory_is_at_rest
-- Whether nothing is left of what entering listings leaves to be done: weighed, compared, reckoned, told.
select not exists (select from listing_to_weigh)
    and not exists (select from listing_to_compare)
    and not exists (select from outbox)
    and not exists (select from lacking_due)
    and not exists (
        select
        from register_organisation as o
        inner join stream_head as h on h.stream = o.code
        left join lacking_reckoned as r on r.region_code = o.code
        where o.kind = 'region' and r.head is distinct from h.head
    );
