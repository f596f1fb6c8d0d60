-- Measures as they stand, and the versions of them that were put aside.

-- name: lock_episode_of_measure
-- Lock the episode a measure belongs to; a measure changes only under this lock.
-- $1 measure id
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id = (select episode_id from measure where id = $1)
for update

-- name: load_measures_of_episode
-- Read what could be followed up in an episode, after it was locked, the latest first.
-- $1 episode id
select
    id, instrument, instrument_version, occasion, occurred_at,
    jsonb_array_length(concerns) as concerns, voided_at is not null as voided, baseline_id
from measure
where episode_id = $1
order by place desc

-- name: load_measure
-- Read one measure as it stands, after its episode was locked.
-- $1 measure id
select
    id, practice_code, referral_id, episode_id, instrument, instrument_version, occasion,
    baseline_id, answered_by, answers, concerns, scores, complete, note, occurred_at, version,
    voided_at
from measure
where id = $1

-- name: insert_measure
-- Enter a measure.
-- $1 the measure
insert into measure (
    id, pcn_code, practice_code, referral_id, episode_id, instrument, instrument_version,
    occasion, baseline_id, answered_by, answers, concerns, scores, complete, note, worker_id,
    origin, occurred_at, recorded_at, place, version, continues_id
)
select
    id, pcn_code, practice_code, referral_id, episode_id, instrument, instrument_version,
    occasion, baseline_id, answered_by, answers, concerns, scores, complete, note, worker_id,
    origin, occurred_at, recorded_at, place, version, continues_id
from json_populate_recordset(null::measure, $1::json)

-- name: supersede_measure
-- Let a measure stand as it now does, and keep the version put aside.
-- $1 the measure  $2 the version put aside
with
    corrected as (
        update measure
        set
            answered_by = changed.answered_by,
            answers = changed.answers,
            scores = changed.scores,
            complete = changed.complete,
            note = changed.note,
            occurred_at = changed.occurred_at,
            baseline_id = changed.baseline_id,
            version = changed.version,
            voided_at = changed.voided_at
        from json_populate_recordset(null::measure, $1::json) as changed
        where measure.id = changed.id
    )
insert into measure_superseded (
    measure_id, version, pcn_code, answered_by, answers, scores, complete, note, occurred_at,
    baseline_id, reason, voided, superseded_at, superseded_by
)
select
    measure_id, version, pcn_code, answered_by, answers, scores, complete, note, occurred_at,
    baseline_id, reason, voided, superseded_at, superseded_by
from json_populate_recordset(null::measure_superseded, $2::json)

-- name: list_measures_of_episode
-- Give a page of an episode's measures as they became known, each with the scores of its baseline.
-- $1 episode id  $2 place to go on after, or null  $3 rows at most
select
    measure.id, measure.referral_id, measure.episode_id, measure.instrument,
    measure.instrument_version, measure.occasion, measure.baseline_id, measure.answered_by,
    measure.answers, measure.concerns, measure.scores, measure.complete, measure.note,
    measure.worker_id, measure.origin, measure.occurred_at, measure.recorded_at, measure.version,
    measure.voided_at, measure.place, baseline.scores as baseline_scores,
    baseline.concerns as baseline_concerns
from measure
left join measure as baseline
    on baseline.id = measure.baseline_id and baseline.voided_at is null
where measure.episode_id = $1 and ($2::bigint is null or measure.place > $2)
order by measure.place
limit $3

-- name: whose_measure
-- Give whose episode a measure belongs to.
-- $1 measure id
select measure.episode_id, measure.pcn_code, episode.person_id, episode.worker_id
from measure
join episode on episode.id = measure.episode_id
where measure.id = $1

-- name: view_measure
-- Give one measure as it stands, with the scores of its baseline.
-- $1 measure id
select
    measure.id, measure.referral_id, measure.episode_id, measure.instrument,
    measure.instrument_version, measure.occasion, measure.baseline_id, measure.answered_by,
    measure.answers, measure.concerns, measure.scores, measure.complete, measure.note,
    measure.worker_id, measure.origin, measure.occurred_at, measure.recorded_at, measure.version,
    measure.voided_at, baseline.scores as baseline_scores, baseline.concerns as baseline_concerns
from measure
left join measure as baseline
    on baseline.id = measure.baseline_id and baseline.voided_at is null
where measure.id = $1

-- name: list_versions_of_measure
-- Give the versions of one measure that were put aside, the first one first.
-- $1 measure id  $2 rows at most
select
    version, answered_by, answers, scores, complete, note, occurred_at, baseline_id, reason,
    voided, superseded_at, superseded_by
from measure_superseded
where measure_id = $1
order by version
limit $2
