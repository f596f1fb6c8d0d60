-- name: count_missing_episodes
-- How many of these episodes their stream has never opened.
-- $1 streams, $2 episode ids
select count(*)
from unnest($1::text[], $2::uuid[]) as spoken_of (stream, episode_id)
where not exists (
    select 1
    from episode_fact
    where episode_fact.episode_id = spoken_of.episode_id
        and episode_fact.stream = spoken_of.stream
);

-- name: change_referrals
-- Move referrals of earlier batches to where they stand now; a version passed changes nothing.
-- $1 streams, $2 referral ids, $3 statuses, $4 reasons, $5 versions
update referral_fact
set status = change.status,
    status_reason = change.reason,
    version = change.version
from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    as change (stream, referral_id, status, reason, version)
where referral_fact.referral_id = change.referral_id
    and referral_fact.stream = change.stream
    and referral_fact.version < change.version;

-- name: change_goals
-- Move goals of earlier batches to where they stand now; a version passed changes nothing.
-- $1 streams, $2 goal ids, $3 statuses, $4 numbers of updates, $5 versions
update goal_fact
set status = change.status,
    updates = goal_fact.updates + change.updates,
    version = change.version
from unnest($1::text[], $2::uuid[], $3::text[], $4::integer[], $5::bigint[])
    as change (stream, goal_id, status, updates, version)
where goal_fact.goal_id = change.goal_id
    and goal_fact.stream = change.stream
    and goal_fact.version < change.version;

-- name: change_cohort_members
-- Keep what people of cohorts who were offered support in earlier batches answered last.
-- $1 streams, $2 cohort ids, $3 person ids, $4 answers, $5 versions
update cohort_member_fact
set answer = change.answer,
    version = change.version
from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
    as change (stream, cohort_id, person_id, answer, version)
where cohort_member_fact.cohort_id = change.cohort_id
    and cohort_member_fact.person_id = change.person_id
    and cohort_member_fact.stream = change.stream
    and cohort_member_fact.version < change.version;

-- name: remove_contacts
-- Take out contacts of earlier batches that do not stand as they did.
-- $1 streams, $2 episode ids, $3 numbers in the episode
delete from contact_fact
using unnest($1::text[], $2::uuid[], $3::integer[]) as fallen (stream, episode_id, contact_number)
where contact_fact.episode_id = fallen.episode_id
    and contact_fact.contact_number = fallen.contact_number
    and contact_fact.stream = fallen.stream;

-- name: change_first_contacts
-- Mark contacts of earlier batches that became the first of their episodes.
-- $1 streams, $2 episode ids, $3 numbers in the episode
update contact_fact
set is_first = true
from unnest($1::text[], $2::uuid[], $3::integer[]) as first (stream, episode_id, contact_number)
where contact_fact.episode_id = first.episode_id
    and contact_fact.contact_number = first.contact_number
    and contact_fact.stream = first.stream;

-- name: raise_activity_counts
-- Add one batch's sums to what was done for the people of a practice.
-- $1 streams, $2 practices, $3 days it happened, $4 days it became known, $5 contacts,
-- $6 goals set, $7 goal updates, $8 goals met, $9 contacts missed, $10 contacts attempted
insert into activity_count as counted (
    stream, practice_code, happened_on, known_on, contacts, goals_set, goal_updates, goals_met,
    contacts_missed, contacts_attempted
)
select *
from unnest(
    $1::text[], $2::text[], $3::date[], $4::date[], $5::integer[], $6::integer[], $7::integer[],
    $8::integer[], $9::integer[], $10::integer[]
)
on conflict on constraint activity_count_pkey
do update set contacts = counted.contacts + excluded.contacts,
    goals_set = counted.goals_set + excluded.goals_set,
    goal_updates = counted.goal_updates + excluded.goal_updates,
    goals_met = counted.goals_met + excluded.goals_met,
    contacts_missed = counted.contacts_missed + excluded.contacts_missed,
    contacts_attempted = counted.contacts_attempted + excluded.contacts_attempted;

-- name: raise_referral_counts
-- Add one batch's sums to the referrals of a practice.
-- $1 streams, $2 practices, $3 routes, $4 needs, $5 age bands, $6 days it happened,
-- $7 days it became known, $8 amounts
insert into referral_count as counted (
    stream, practice_code, route, need, age_band, happened_on, known_on, amount
)
select *
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[],
    $8::integer[]
)
on conflict on constraint referral_count_pkey
do update set amount = counted.amount + excluded.amount;

-- name: raise_wait_counts
-- Add one batch's first contacts to those that waited as many working days.
-- $1 streams, $2 practices, $3 working days, $4 days it happened, $5 days it became known,
-- $6 amounts
insert into wait_count as counted (
    stream, practice_code, working_days, happened_on, known_on, amount
)
select *
from unnest($1::text[], $2::text[], $3::integer[], $4::date[], $5::date[], $6::integer[])
on conflict on constraint wait_count_pkey
do update set amount = counted.amount + excluded.amount;

-- name: raise_message_counts
-- Add one batch's sums to what became of messages.
-- $1 streams, $2 measures, $3 practices, $4 rules, $5 channels, $6 recipient kinds, $7 reasons,
-- $8 days it happened, $9 days it became known, $10 amounts
insert into message_count as counted (
    stream, measure, practice_code, rule, channel, recipient_kind, reason,
    happened_on, known_on, amount
)
select *
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::date[], $9::date[], $10::integer[]
)
on conflict on constraint message_count_pkey
do update set amount = counted.amount + excluded.amount;

-- name: place_region
-- A region is named, or named again.
-- $1 region code, $2 name, $3 number
insert into region_place as place (region_code, name, number)
values ($1, $2, $3)
on conflict on constraint region_place_pkey
do update set name = excluded.name, number = excluded.number
where place.number < excluded.number;

-- name: place_pcn
-- A PCN belongs to a region from a day on.
-- $1 PCN code, $2 region code, $3 name, $4 from date, $5 number
insert into pcn_place as place (pcn_code, region_code, name, from_date, number)
values ($1, $2, $3, $4, $5)
on conflict on constraint pcn_place_pkey
do update set region_code = excluded.region_code, name = excluded.name, number = excluded.number
where place.number < excluded.number;

-- name: place_practice
-- A practice belongs to a PCN from a day on.
-- $1 practice code, $2 PCN code, $3 name, $4 from date, $5 number
insert into practice_place as place (practice_code, pcn_code, name, from_date, number)
values ($1, $2, $3, $4, $5)
on conflict on constraint practice_place_pkey
do update set pcn_code = excluded.pcn_code, name = excluded.name, number = excluded.number
where place.number < excluded.number;

-- name: load_region
-- The name of a region.
-- $1 region code
select name
from region_place
where region_code = $1;

-- name: load_pcn
-- The name of a PCN as the register has it now.
-- $1 PCN code
select name
from pcn_place
where pcn_code = $1
order by from_date desc
limit 1;

-- name: list_pcns_of_region
-- The PCNs that belong to a region now, by name.
-- $1 region code
select pcn_code as code, name
from (
    select distinct on (pcn_code) pcn_code, region_code, name
    from pcn_place
    order by pcn_code, from_date desc
) as pcn_now
where region_code = $1
order by name, pcn_code;

-- name: list_practices_of_pcn
-- Every practice that ever belonged to a PCN, by its latest name there.
-- $1 PCN code
select distinct on (practice_code) practice_code as code, name
from practice_place
where pcn_code = $1
order by practice_code, from_date desc;

-- name: sum_referrals
-- Referrals of a period, by stream and practice, by route, by need and by age band.
-- $1 streams, $2 first day, $3 last day
select
    case
        when grouping(stream, practice_code) = 0 then 'practice'
        when grouping(route) = 0 then 'route'
        when grouping(need) = 0 then 'need'
        else 'age_band'
    end as dimension,
    coalesce(stream, '') as stream,
    coalesce(practice_code, route, need, age_band) as code,
    sum(amount)::bigint as amount
from (
    select
        stream, practice_code, route, nullif(need, '') as need, age_band, need = '' as is_whole,
        amount
    from referral_count
    where stream = any ($1::text[]) and happened_on between $2 and $3
) as counted
group by is_whole, grouping sets ((stream, practice_code), (route), (need), (age_band))
having is_whole = (grouping(need) = 1);

-- name: sum_activity
-- Contacts and goals of a period, by stream and practice.
-- $1 streams, $2 first day, $3 last day
select
    stream,
    practice_code as code,
    sum(contacts)::bigint as contacts,
    sum(contacts_missed)::bigint as contacts_missed,
    sum(contacts_attempted)::bigint as contacts_attempted,
    sum(goals_set)::bigint as goals_set,
    sum(goal_updates)::bigint as goal_updates,
    sum(goals_met)::bigint as goals_met
from activity_count
where stream = any ($1::text[]) and happened_on between $2 and $3
group by stream, practice_code;

-- name: merge_people
-- Let one record count as another person, or as its own again; what was told later stands.
-- $1 streams, $2 merged people, $3 who speaks for them or null, $4 numbers in the stream
insert into merged_person as known (stream, merged_person_id, person_id, number)
select stream, merged_person_id, person_id, number
from unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[])
    as told (stream, merged_person_id, person_id, number)
on conflict (stream, merged_person_id) do update
set person_id = excluded.person_id, number = excluded.number
where excluded.number > known.number;

-- name: count_people
-- Different people referred in a period, by stream; merged records are one person.
-- $1 streams, $2 first day, $3 last day
select stream, count(*) as amount
from (
    select distinct referral.stream, coalesce(merged.person_id, referral.person_id) as person_id
    from referral_fact as referral
    left join merged_person as merged
        on merged.stream = referral.stream and merged.merged_person_id = referral.person_id
    where referral.stream = any ($1::text[]) and referral.happened_on between $2 and $3
) as person
group by stream;

-- name: count_referrals_contacted
-- Referrals of a period whose episode has had a first contact, by stream and practice.
-- $1 streams, $2 first day, $3 last day
with contacted as materialized (
    -- Read once by its own index: looked up referral by referral it takes ten times as long.
    select stream, episode_id
    from contact_fact
    where stream = any ($1::text[]) and is_first
)
select stream, practice_code as code, count(*) as amount
from referral_fact
where stream = any ($1::text[])
    and happened_on between $2 and $3
    and (stream, episode_id) in (select contacted.stream, contacted.episode_id from contacted)
group by stream, practice_code;

-- name: count_open_episodes
-- Episodes with a referral still received or accepted, by stream.
-- $1 streams
select stream, count(*) as amount
from (
    select distinct stream, episode_id
    from referral_fact
    where stream = any ($1::text[]) and status in ('received', 'accepted')
) as episode
group by stream;

-- name: count_cohort_members
-- People of cohorts who were offered support in a period and what they answered so far, by stream
-- and practice. Of merged records, which are one person, the answer counts that says most.
-- $1 streams, $2 first day, $3 last day
select
    stream,
    code,
    count(*) as offered,
    count(*) filter (where 'accepted' = any (answers)) as accepted,
    count(*) filter (where 'declined' = any (answers) and not 'accepted' = any (answers))
        as declined,
    count(*) filter (
        where 'not-reached' = any (answers) and not answers && array['accepted', 'declined']
    ) as not_reached
from (
    select member.stream, min(member.practice_code) as code, array_agg(member.answer) as answers
    from cohort_member_fact as member
    left join merged_person as merged
        on merged.stream = member.stream and merged.merged_person_id = member.person_id
    where member.stream = any ($1::text[]) and member.happened_on between $2 and $3
    group by member.stream, member.cohort_id, coalesce(merged.person_id, member.person_id)
) as one
group by stream, code;

-- name: sum_waits
-- First contacts of a period by whole working days waited, by stream.
-- $1 streams, $2 first day, $3 last day
select stream, working_days, sum(amount)::bigint as amount
from wait_count
where stream = any ($1::text[]) and happened_on between $2 and $3
group by stream, working_days
order by working_days;

-- name: sum_messages_sent
-- Messages a mail server took over in a period, by stream and practice.
-- $1 streams, $2 first day, $3 last day
select stream, practice_code as code, sum(amount)::bigint as amount
from message_count
where stream = any ($1::text[])
    and happened_on between $2 and $3
    and measure = 'messages-sent'
group by stream, practice_code;

-- name: load_referral
-- The fact of one referral, with what was done for its episode, if the caller may see it.
-- $1 referral id
select
    referral_id, stream, episode_id, person_id, practice_code, referrer_code, route, needs, urgency,
    opened_episode, status, status_reason, occurred_at, recorded_at, version,
    (
        select count(*)
        from contact_fact
        where contact_fact.episode_id = referral_fact.episode_id
            and contact_fact.stream = referral_fact.stream
    ) as contacts,
    (
        select min(occurred_at)
        from contact_fact
        where contact_fact.episode_id = referral_fact.episode_id
            and contact_fact.stream = referral_fact.stream
    ) as first_contact_at,
    (
        select count(*)
        from goal_fact
        where goal_fact.episode_id = referral_fact.episode_id
            and goal_fact.stream = referral_fact.stream
    ) as goals,
    (
        select coalesce(sum(updates), 0)::bigint
        from goal_fact
        where goal_fact.episode_id = referral_fact.episode_id
            and goal_fact.stream = referral_fact.stream
    ) as goal_updates,
    (
        select count(*)
        from goal_fact
        where goal_fact.episode_id = referral_fact.episode_id
            and goal_fact.stream = referral_fact.stream
            and goal_fact.status = 'met'
    ) as goals_met
from referral_fact
where referral_id = $1;

-- name: load_positions
-- How far each of these streams has been applied, and what of it could not be.
-- $1 streams
select topic, stream, number, head, quarantined, recorded_at
from consumer_position
where consumer = 'reporting' and stream = any ($1::text[]);

-- name: name_organisations
-- The names of some organisations of the register.
-- $1 kinds, $2 codes
select kind, code, name
from access_organisation
where (kind, code) in (select * from unnest($1::text[], $2::text[]));
