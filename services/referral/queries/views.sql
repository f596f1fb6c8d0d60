-- What is read: under the row policies of the caller's organisations, as every statement here.

-- name: view_person
-- Give one person, with the worker of their open episode.
-- $1 person id
select
    person.id, person.pcn_code, person.practice_code, person.nhs_number, person.given_name,
    person.family_name, person.birth_date, person.sex, person.ethnicity_category,
    person.deprivation_decile, person.language, person.postcode, person.email, person.phone,
    person.messages_consented, person.safe_channel, person.version, person.recorded_at,
    person.preferred_name, person.gender, person.interpreter_needed,
    person.access_needs, person.preferred_channel, person.contact_days,
    person.contact_from, person.contact_until, person.leave_no_message,
    person.neutral_sender, person.address_lines,
    episode.id as episode_id, episode.worker_id
from person
left join episode on episode.person_id = person.id and episode.closed_at is null
where person.id = $1

-- name: search_people_by_number
-- Find who has this NHS number in the networks or practices the caller may see.
-- $1 NHS number  $2 PCN codes  $3 rows at most
select
    id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, postcode,
    version
from person
where nhs_number = $1 and pcn_code = any ($2::text[])
order by id
limit $3

-- name: search_people_by_name
-- Find who was born on this day under this family name, whatever its capitals.
-- $1 birth date  $2 family name  $3 PCN codes  $4 rows at most
select
    id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, postcode,
    version
from person
where pcn_code = any ($3::text[]) and birth_date = $1 and lower(family_name) = lower($2)
order by id
limit $4

-- name: view_card
-- Give what a message to a person needs, and nothing else.
-- $1 person id
select
    id as person_id, pcn_code, given_name, family_name, preferred_name, email, phone, language,
    interpreter_needed, access_needs, messages_consented, safe_channel, preferred_channel,
    contact_days, contact_from, contact_until, leave_no_message, neutral_sender
from person
where id = $1

-- name: view_referral
-- Give one referral as it stands. A practice sees no episode row, only what is counted here.
-- $1 referral id
select
    referral.id, referral.episode_id, referral.person_id, referral.pcn_code,
    referral.practice_code, referral.referrer_code, referral.route, referral.urgency,
    referral.needs, referral.note, referral.practice_reference as reference,
    referral.messages_consented, referral.safe_channel, referral.opened_episode,
    referral.status, referral.status_reason as reason, referral.origin, referral.version,
    referral.event_id, referral.occurred_at, referral.recorded_at, episode.worker_id,
    (
        select count(*)
        from contact
        where
            contact.episode_id = referral.episode_id
            and contact.outcome = 'made'
            and contact.voided_at is null
    ) as contact_count,
    (
        select min(contact.occurred_at)
        from contact
        where
            contact.episode_id = referral.episode_id
            and contact.outcome = 'made'
            and contact.voided_at is null
    ) as first_contact_at
from referral
left join episode on episode.id = referral.episode_id
where referral.id = $1

-- name: whose_referral
-- Give whose episode a referral belongs to.
-- $1 referral id
select referral.episode_id, referral.pcn_code, referral.person_id, episode.worker_id
from referral
join episode on episode.id = referral.episode_id
where referral.id = $1

-- name: whose_goal
-- Give whose episode a goal belongs to.
-- $1 goal id
select goal.episode_id, goal.pcn_code, episode.person_id, episode.worker_id
from goal
join episode on episode.id = goal.episode_id
where goal.id = $1

-- name: list_goals_of_episode
-- Give a page of the goals of one episode, oldest first.
-- $1 episode id  $2 id to go on after, or null  $3 rows at most
select
    id, referral_id, reference, need, description, target_date, status, update_count, version,
    occurred_at
from goal
where episode_id = $1 and ($2::uuid is null or id > $2)
order by id
limit $3

-- name: list_updates_of_goal
-- Give a page of what was told of one goal, in order.
-- $1 goal id  $2 number to go on after, or null  $3 rows at most
select id, number, previous_status, status, note, origin, occurred_at, recorded_at
from goal_update
where goal_id = $1 and ($2::integer is null or number > $2)
order by number
limit $3

-- name: list_messages_of_referral
-- Give what became of the messages about one referral.
-- $1 referral id  $2 rows at most
select rule, channel, recipient_kind, outcome, reason, occurred_at
from message
where referral_id = $1
order by number
limit $2

-- name: list_referrals_of_pcns
-- Give a page of the networks' referrals, the latest entered first.
-- $1 PCN codes  $2 id to go on after, or null  $3 status, or null for all  $4 rows at most
select
    id, episode_id, person_id, pcn_code, practice_code, referrer_code, route, urgency, needs,
    status, origin, version, occurred_at, recorded_at
from referral
where
    pcn_code = any ($1::text[])
    and ($2::uuid is null or id < $2)
    and ($3::text is null or status = $3)
order by id desc
limit $4

-- name: list_referrals_of_practices
-- Give a page of the referrals practices made or whose people they look after.
-- $1 practice codes  $2 id to go on after, or null  $3 status, or null for all  $4 rows at most
select
    id, episode_id, person_id, pcn_code, practice_code, referrer_code, route, urgency, needs,
    status, origin, version, occurred_at, recorded_at
from referral
where
    (practice_code = any ($1::text[]) or referrer_code = any ($1::text[]))
    and ($2::uuid is null or id < $2)
    and ($3::text is null or status = $3)
order by id desc
limit $4
