-- What goes along with support that goes on in another network.

-- name: list_flags_to_bring
-- Give a person's flags, as records merged with theirs hold them too, with the flag that stands for
-- each in the network that takes; those that ended only where one stands for them there.
-- $1 person id  $2 network that takes
with
    speaking as (select coalesce(merged_into, id) as id from person where id = $1),
    spoken_for as (
        select id from speaking
        union all
        select person_merge.merged_person_id
        from speaking
        join person_merge
            on person_merge.kept_person_id = speaking.id and person_merge.undone_at is null
    )
select
    risk_flag.id, risk_flag.kind, risk_flag.note, risk_flag.raised_by, risk_flag.raised_at,
    risk_flag.review_by, risk_flag.reviewed_at, risk_flag.ended_at, risk_flag.end_reason,
    reviewed.note as review_note, counterpart.id as counterpart_id
from risk_flag
left join lateral (
    select there.id
    from risk_flag as there
    where
        there.pcn_code = $2
        and there.ended_at is null
        and (there.id = risk_flag.source_id or there.source_id = risk_flag.id)
    limit 1
) as counterpart on true
left join lateral (
    select risk_flag_step.note
    from risk_flag_step
    where risk_flag_step.risk_flag_id = risk_flag.id and risk_flag_step.step = 'reviewed'
    order by risk_flag_step.number desc
    limit 1
) as reviewed on true
where
    risk_flag.person_id in (select id from spoken_for)
    and (risk_flag.ended_at is null or counterpart.id is not null)
order by risk_flag.id

-- name: lock_flag_of_kind
-- Lock the flag of a kind that stands for a person, after the person.
-- $1 person id  $2 kind
select
    id, person_id, pcn_code, kind, raised_by, raised_at, review_by, reviewed_at, ended_at,
    end_reason, version
from risk_flag
where person_id = $1 and kind = $2 and ended_at is null
for update

-- name: note_of_flag
-- Give what was said of a flag.
-- $1 flag id
select note from risk_flag where id = $1

-- name: write_note_of_flag
-- Keep what was said of a flag in both networks.
-- $1 flag id  $2 note
update risk_flag set note = $2 where id = $1

-- name: list_goals_to_bring
-- Give the goals of an episode that go on, unless another episode continues them already.
-- $1 episode that ended  $2 episode that goes on  $3 rows at most
select id, need, description, measure, target_date, review_on
from goal
where
    episode_id = $1
    and status in ('set', 'progressing', 'changed')
    and not exists (
        select
        from goal as continued
        where continued.episode_id = $2 and continued.continues_id = goal.id
    )
order by id
limit $3

-- name: list_baselines_to_bring
-- Give the baselines that stand in an episode, by instruments for which none stands in another.
-- $1 episode that ended  $2 episode that goes on
select
    id, instrument, instrument_version, occasion, answered_by, answers, concerns, scores,
    complete, occurred_at
from measure
where
    episode_id = $1
    and occasion = 'baseline'
    and voided_at is null
    and not exists (
        select
        from measure as known
        where
            known.episode_id = $2
            and known.instrument = measure.instrument
            and known.occasion = 'baseline'
            and known.voided_at is null
    )
order by place

-- name: list_consents_to_bring
-- Give the consents of a person, as records merged with theirs hold them too: those for a practice,
-- which may stay theirs, and those that came from the network that takes.
-- $1 person id  $2 practice in the network that takes  $3 network that takes
with
    speaking as (select coalesce(merged_into, id) as id from person where id = $1),
    spoken_for as (
        select id from speaking
        union all
        select person_merge.merged_person_id
        from speaking
        join person_merge
            on person_merge.kept_person_id = speaking.id and person_merge.undone_at is null
    )
select
    consent.id, consent.person_id, consent.pcn_code, consent.recipient_kind,
    consent.recipient_id, consent.purpose, consent.scope, consent.expires_on, consent.given_at,
    consent.status, consent.change, consent.version, counterpart.id as counterpart_id
from consent
left join consent as counterpart
    on counterpart.id = consent.source_id and counterpart.pcn_code = $3
where
    consent.person_id in (select id from spoken_for)
    and (
        counterpart.id is not null
        or consent.recipient_kind = 'practice' and consent.recipient_id = $2
    )
order by consent.id
