-- Alarms, who is told of them, and what is done for people under 18.

-- name: load_ladder
-- Give who is alarmed in a network, in order, which of them are members no more, and how long each
-- has.
-- $1 PCN code
select
    max(safeguarding.escalate_after_minutes) as minutes,
    coalesce(
        array_agg(lead.membership_id order by lead.place)
        filter (where lead.membership_id is not null),
        '{}'
    ) as leads,
    coalesce(
        array_agg(lead.membership_id order by lead.place)
        filter (where lead.membership_id is not null and held.membership_id is null),
        '{}'
    ) as left_leads
from (select $1::text as pcn_code) as asked
left join safeguarding using (pcn_code)
left join safeguarding_lead as lead using (pcn_code)
left join access_membership as held on held.membership_id = lead.membership_id

-- name: insert_alarm
-- Raise an alarm.
insert into alarm (
    id, pcn_code, kind, dangers, practice_code, referral_id, episode_id, person_id, raised_at,
    recorded_at, status, level, holder, escalates_at, origin, version, contact_id, visit_id
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: alarms_of_contact
-- Give the alarms that were raised for a contact and are not closed.
-- $1 contact id
select id
from alarm
where contact_id = $1 and status <> 'closed'
order by id

-- name: lock_alarm
-- Lock one alarm and read it as it stands.
-- $1 alarm id
select
    id, pcn_code, kind, dangers, practice_code, referral_id, episode_id, person_id, raised_at,
    status, level, holder, escalates_at, acknowledged_by, acknowledged_at, closed_at, version
from alarm
where id = $1
for update

-- name: write_alarm
-- Store a locked alarm as it now stands.
-- $1 alarm id
update alarm
set
    status = $2,
    level = $3,
    holder = $4,
    escalates_at = $5,
    acknowledged_by = $6,
    acknowledged_at = $7,
    closed_at = $8,
    outcome = coalesce($9, outcome),
    note = coalesce($10, note),
    version = $11
where id = $1

-- name: find_alarmed_referral
-- Give whose a referral is, to whoever may see it.
-- $1 referral id
select id, pcn_code, practice_code, referrer_code, episode_id, person_id
from referral
where id = $1

-- name: list_alarms
-- Give a page of the networks' alarms that are not closed, oldest first.
-- $1 PCN codes  $2 id to go on after, or null  $3 rows at most
select
    id, pcn_code, kind, dangers, practice_code, referral_id, episode_id, person_id, raised_at,
    recorded_at, status, level, holder, escalates_at, acknowledged_by, acknowledged_at, closed_at,
    outcome, note, version, visit_id,
    not exists (
        select
        from access_membership
        where access_membership.membership_id = alarm.holder
    ) as holder_left,
    -- Who went, and how the visit stands by now.
    (select visit.worker_id from visit where visit.id = alarm.visit_id) as worker_id,
    (select visit.status from visit where visit.id = alarm.visit_id) as visit_status,
    (select visit.checked_out_at from visit where visit.id = alarm.visit_id) as checked_out_at,
    -- What the contact that named them does not name any more.
    array(
        select danger
        from contact
        cross join unnest(alarm.dangers) as danger
        where
            contact.id = alarm.contact_id
            and (contact.voided_at is not null or danger <> all (coalesce(contact.dangers, '{}')))
    ) as taken_back
from alarm
where
    pcn_code = any ($1::text[])
    and status <> 'closed'
    and id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
order by id
limit $3

-- name: list_all_alarms
-- Give a page of the networks' alarms, closed ones too, oldest first.
-- $1 PCN codes  $2 id to go on after, or null  $3 rows at most
select
    id, pcn_code, kind, dangers, practice_code, referral_id, episode_id, person_id, raised_at,
    recorded_at, status, level, holder, escalates_at, acknowledged_by, acknowledged_at, closed_at,
    outcome, note, version, visit_id,
    not exists (
        select
        from access_membership
        where access_membership.membership_id = alarm.holder
    ) as holder_left,
    -- Who went, and how the visit stands by now.
    (select visit.worker_id from visit where visit.id = alarm.visit_id) as worker_id,
    (select visit.status from visit where visit.id = alarm.visit_id) as visit_status,
    (select visit.checked_out_at from visit where visit.id = alarm.visit_id) as checked_out_at,
    -- What the contact that named them does not name any more.
    array(
        select danger
        from contact
        cross join unnest(alarm.dangers) as danger
        where
            contact.id = alarm.contact_id
            and (contact.voided_at is not null or danger <> all (coalesce(contact.dangers, '{}')))
    ) as taken_back
from alarm
where
    pcn_code = any ($1::text[])
    and id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
order by id
limit $3

-- name: list_ladders_with
-- Give the networks in which one of these memberships is alarmed.
-- $1 membership ids
select distinct pcn_code
from safeguarding_lead
where membership_id = any ($1::uuid[])

-- name: hold_safeguarding
-- Lock what a network said of its safeguarding, entering what holds where nobody said anything.
-- $1 PCN code  $2 minutes  $3 age rule  $4 known at
insert into safeguarding (pcn_code, escalate_after_minutes, age_rule, version, recorded_at)
values ($1, $2, $3, 0, $4)
on conflict (pcn_code) do update set pcn_code = excluded.pcn_code
returning escalate_after_minutes, age_rule, better_route, version

-- name: view_safeguarding
-- Give what a network said of its safeguarding.
-- $1 PCN code
select pcn_code, escalate_after_minutes, age_rule, better_route, version, recorded_at
from safeguarding
where pcn_code = $1

-- name: write_safeguarding
-- Store what a network now says of its safeguarding.
-- $1 PCN code  $2 minutes  $3 age rule  $4 better route  $5 version  $6 known at
update safeguarding
set
    escalate_after_minutes = $2,
    age_rule = $3,
    better_route = $4,
    version = $5,
    recorded_at = $6
where pcn_code = $1

-- name: clear_leads
-- Forget who is alarmed in a network.
-- $1 PCN code
delete from safeguarding_lead
where pcn_code = $1

-- name: write_leads
-- Name who is alarmed in a network, in order.
-- $1 PCN code  $2 membership ids
insert into safeguarding_lead (pcn_code, place, membership_id)
select $1, place, membership_id
from unnest($2::uuid[]) with ordinality as named (membership_id, place)

-- name: list_possible_leads
-- Find which of these memberships could be alarmed in a network.
-- $1 PCN code  $2 membership ids  $3 roles
select membership_id
from access_membership
where
    organisation_kind = 'pcn'
    and organisation_code = $1
    and membership_id = any ($2::uuid[])
    and role = any ($3::text[])

-- name: load_age_rules
-- Give what networks do for people under 18.
-- $1 PCN codes
select pcn_code, age_rule, better_route
from safeguarding
where pcn_code = any ($1::text[])
