-- The person's own copy: what was agreed with them, and who helps.

-- name: view_copy
-- Give the plan of a referral's episode with who helps and the visit that comes next.
-- $1 referral id
select
    referral.episode_id, episode.person_id, episode.pcn_code,
    coalesce(person.preferred_name, person.given_name) as name, plan.what_matters, plan.support,
    plan.review_on, plan.occurred_at as agreed_at, helper.role,
    described.description ->> 'local_title' as title, visit.planned_for as next_visit_at,
    waiting.due_on, pause.reason as paused_for
from referral
join episode on episode.id = referral.episode_id
join person on person.id = episode.person_id
left join lateral (
    select what_matters, support, review_on, occurred_at
    from plan_version
    where plan_version.episode_id = episode.id
    order by version desc
    limit 1
) as plan on true
left join lateral (
    -- Whom somebody chose last helps them; where nobody chose, whoever spoke with them last.
    select coalesce(
        (
            select role_choice.role
            from role_choice
            where role_choice.episode_id = episode.id
            order by role_choice.id desc
            limit 1
        ),
        (
            select contact.role
            from contact
            where
                contact.episode_id = episode.id
                and contact.number is not null
                and contact.voided_at is null
            order by contact.place desc
            limit 1
        )
    ) as role
) as helper on true
left join known_role as described
    on described.pcn_code = episode.pcn_code and described.role = helper.role
left join lateral (
    select planned_for
    from visit
    where
        visit.episode_id = episode.id
        and visit.status = 'planned'
        and visit.planned_for >= now()
    order by planned_for
    limit 1
) as visit on true
left join waiting on waiting.episode_id = episode.id and waiting.waits
left join wait_pause as pause
    on pause.episode_id = waiting.episode_id and pause.ended_at is null
where referral.id = $1
