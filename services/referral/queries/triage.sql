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
