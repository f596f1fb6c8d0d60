-- Who could help and who does.

-- name: load_helping
-- Give what is known for a triage of a referral, and how far choosing has come; its episode is
-- locked.
-- $1 referral id
select
    referral.needs, referral.urgency,
    (select count(*) from triage where triage.referral_id = referral.id) as triage_count,
    (
        select triage.proposed_role
        from triage
        where triage.referral_id = referral.id
        order by triage.number desc
        limit 1
    ) as proposed,
    chosen.role as chosen, re_routed.role as re_routed
from referral
left join role_choice as chosen on chosen.referral_id = referral.id and chosen.step = 'chosen'
left join role_choice as re_routed
    on re_routed.referral_id = referral.id and re_routed.step = 're-routed'
where referral.id = $1

-- name: insert_triage
-- Keep what the rules proposed.
-- $1 row
insert into triage (
    id, pcn_code, practice_code, referral_id, episode_id, number, needs, urgency, complexity,
    confidence, rule_version, rules, not_here, proposed_role, origin, occurred_at, recorded_at,
    rule_words
)
select
    id, pcn_code, practice_code, referral_id, episode_id, number, needs, urgency, complexity,
    confidence, rule_version, rules, not_here, proposed_role, origin, occurred_at, recorded_at,
    rule_words
from json_populate_recordset(null::triage, $1::json)

-- name: insert_role_choice
-- Keep who was chosen to help.
-- $1 row
insert into role_choice (
    id, pcn_code, practice_code, referrer_code, referral_id, episode_id, step, proposed_role,
    previous_role, role, overridden, reason, note, origin, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, referrer_code, referral_id, episode_id, step, proposed_role,
    previous_role, role, overridden, reason, note, origin, occurred_at, recorded_at
from json_populate_recordset(null::role_choice, $1::json)

-- name: list_chosen_roles
-- Give the role chosen last for each of these episodes.
-- $1 episode ids
select distinct on (episode_id) episode_id, role
from role_choice
where episode_id = any ($1::uuid[])
order by episode_id, id desc

-- name: list_roles_also_chosen
-- Give the roles that other open referrals of an episode are for.
-- $1 episode  $2 the referral that is not meant
select distinct on (referral.id) role_choice.role
from referral
join role_choice on role_choice.referral_id = referral.id
where
    referral.episode_id = $1
    and referral.id <> $2
    and referral.status in ('received', 'accepted')
order by referral.id, role_choice.id desc

-- name: is_for_role
-- Whether a role is the one chosen last for a referral.
-- $1 referral  $2 role
select coalesce(
    (
        select role_choice.role = $2
        from role_choice
        where role_choice.referral_id = $1
        order by role_choice.id desc
        limit 1
    ),
    false
)

-- name: is_for_role_alone
-- Whether a role is the one chosen last for every open referral of an episode.
-- $1 episode  $2 role
select not exists (
    select
    from referral
    where
        referral.episode_id = $1
        and referral.status in ('received', 'accepted')
        and $2 is distinct from (
            select role_choice.role
            from role_choice
            where role_choice.referral_id = referral.id
            order by role_choice.id desc
            limit 1
        )
)

-- name: list_triages
-- Give what the rules proposed for a referral, the latest first.
-- $1 referral id  $2 rows at most
select
    id, number, needs, urgency, complexity, confidence, rule_version, rules, rule_words, not_here,
    proposed_role, occurred_at, recorded_at
from triage
where referral_id = $1
order by number desc
limit $2

-- name: list_role_choices
-- Give who was chosen to help with a referral, in order.
-- $1 referral id
select step, proposed_role, previous_role, role, overridden, reason, note, occurred_at, recorded_at
from role_choice
where referral_id = $1
order by step

-- name: find_better_route
-- Give where a referral that was returned is better placed.
-- $1 referral id
select better_route
from referral_status
where referral_id = $1 and better_route is not null
order by recorded_at desc
limit 1

-- name: whose_triage
-- Give whose referral it is, to whoever may see it.
-- $1 referral id
select referral.id, referral.pcn_code, referral.person_id, episode.worker_id
from referral
left join episode on episode.id = referral.episode_id
where referral.id = $1
