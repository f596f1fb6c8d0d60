-- What is read: under the row policies of the caller's organisations, as every statement here.

-- name: view_person
-- Give one person, with the worker of their open episode; a merged record is shown as the one that
-- speaks for it, which has the number of a record it speaks for where it has none.
-- $1 person id
select
    person.id, person.pcn_code, person.practice_code,
    coalesce(
        person.nhs_number,
        (
            select merged.nhs_number
            from person_merge
            join person as merged on merged.id = person_merge.merged_person_id
            where
                person_merge.kept_person_id = person.id
                and person_merge.undone_at is null
                and merged.nhs_number is not null
            order by person_merge.id
            limit 1
        )
    ) as nhs_number,
    person.given_name, person.family_name, person.birth_date, person.sex,
    person.ethnicity_category, person.deprivation_decile, person.language, person.postcode,
    person.email, person.phone, person.messages_consented, person.safe_channel, person.version,
    person.recorded_at, person.preferred_name, person.gender, person.interpreter_needed,
    person.access_needs, person.preferred_channel, person.contact_days, person.contact_from,
    person.contact_until, person.leave_no_message, person.neutral_sender, person.address_lines,
    person.deceased, person.died_on,
    array(
        select person_merge.merged_person_id
        from person_merge
        where person_merge.kept_person_id = person.id and person_merge.undone_at is null
        order by person_merge.id
    ) as merged_person_ids,
    supported.id as episode_id, supported.worker_id
from person
left join lateral (
    select episode.id, episode.worker_id
    from episode
    where
        episode.closed_at is null
        and episode.person_id = any (array(
            select person.id
            union all
            select person_merge.merged_person_id
            from person_merge
            where person_merge.kept_person_id = person.id and person_merge.undone_at is null
        ))
    limit 1
) as supported on true
where person.id = (
    select coalesce(asked.merged_into, asked.id)
    from person as asked
    where asked.id = $1
)

-- name: view_card
-- Give what a message to a person needs, and nothing else; of a merged record, as the one that
-- speaks for it has it.
-- $1 person id
select
    person.id as person_id, person.pcn_code, person.given_name, person.family_name,
    person.preferred_name, person.email, person.phone, person.language,
    person.interpreter_needed, person.access_needs, person.messages_consented,
    person.safe_channel, person.preferred_channel, person.contact_days, person.contact_from,
    person.contact_until, person.leave_no_message, person.neutral_sender, person.deceased
from person
where person.id = (
    select coalesce(asked.merged_into, asked.id)
    from person as asked
    where asked.id = $1
)

-- name: view_referral
-- Give one referral as it stands. A practice sees no episode row, only what is counted here.
-- $1 referral id
select
    referral.id, referral.episode_id, referral.person_id, referral.pcn_code,
    referral.practice_code, referral.referrer_code, referral.route, referral.urgency,
    referral.needs, referral.note, referral.practice_reference as reference,
    referral.messages_consented, referral.safe_channel, referral.guardian_consented_at,
    referral.opened_episode, referral.status, referral.status_reason as reason, referral.origin, referral.version,
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
-- $5 role chosen, or null for all  $6 whether only those whose episode belongs to nobody
select
    id, episode_id, person_id, pcn_code, practice_code, referrer_code, route, urgency, needs,
    status, origin, version, occurred_at, recorded_at
from referral
where
    pcn_code = any ($1::text[])
    and ($2::uuid is null or id < $2)
    and ($3::text is null or status = $3)
    and (
        $5::text is null
        or $5 = (
            select role_choice.role
            from role_choice
            where role_choice.referral_id = referral.id
            order by role_choice.id desc
            limit 1
        )
    )
    and (
        not $6::boolean
        or (
            referral.status in ('received', 'accepted')
            and exists (
                select
                from episode
                where
                    episode.id = referral.episode_id
                    and episode.worker_id is null
                    and episode.closed_at is null
            )
        )
    )
order by id desc
limit $4

-- name: list_referrals_of_practices
-- Give a page of the referrals practices made or whose people they look after.
-- $1 practice codes  $2 id to go on after, or null  $3 status, or null for all  $4 rows at most
-- $5 role chosen, or null for all
select
    id, episode_id, person_id, pcn_code, practice_code, referrer_code, route, urgency, needs,
    status, origin, version, occurred_at, recorded_at
from referral
where
    (practice_code = any ($1::text[]) or referrer_code = any ($1::text[]))
    and ($2::uuid is null or id < $2)
    and ($3::text is null or status = $3)
    and (
        $5::text is null
        or $5 = (
            select role_choice.role
            from role_choice
            where role_choice.referral_id = referral.id
            order by role_choice.id desc
            limit 1
        )
    )
order by id desc
limit $4
