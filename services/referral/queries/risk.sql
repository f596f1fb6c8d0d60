-- Risk flags: changed under the lock of the person, read before anybody travels.

-- name: list_active_risk_flags
-- Give what has to be known of a person before somebody goes to see them, the oldest first;
-- what was said on a record merged with theirs too.
-- $1 person id
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
    id, person_id, pcn_code, kind, note, raised_by, raised_at, review_by, reviewed_at, version,
    brought_from
from risk_flag
where person_id in (select id from spoken_for) and ended_at is null
order by id

-- name: find_risk_flag
-- Find whose a flag is.
-- $1 flag id
select person_id, pcn_code from risk_flag where id = $1

-- name: lock_risk_flag
-- Lock one flag, after its person.
-- $1 flag id
select
    id, person_id, pcn_code, kind, raised_by, raised_at, review_by, reviewed_at, ended_at,
    end_reason, version
from risk_flag
where id = $1
for update

-- name: has_risk_flag
-- Say whether a person has a flag of a kind, after the person was locked.
-- $1 person id  $2 kind
select exists (
    select from risk_flag where person_id = $1 and kind = $2 and ended_at is null
)

-- name: insert_risk_flag
-- Enter a flag.
-- $1 the flag
insert into risk_flag (
    id, pcn_code, person_id, kind, note, raised_by, raised_at, review_by, origin, recorded_at,
    version, brought_from, handover_id, source_id
)
select
    id, pcn_code, person_id, kind, note, raised_by, raised_at, review_by, origin, recorded_at,
    version, brought_from, handover_id, source_id
from json_populate_recordset(null::risk_flag, $1::json)

-- name: write_risk_flag
-- Store a flag as it now stands.
-- $1 flag id  $2 review by  $3 reviewed at  $4 ended at  $5 why it ended  $6 version
update risk_flag
set review_by = $2, reviewed_at = $3, ended_at = $4, end_reason = $5, version = $6
where id = $1

-- name: add_risk_flag_step
-- Keep one step of a flag.
-- $1 the step
insert into risk_flag_step (
    id, pcn_code, risk_flag_id, number, step, review_by, end_reason, note, worker_id, origin,
    event_id, occurred_at, recorded_at
)
select
    id, pcn_code, risk_flag_id, number, step, review_by, end_reason, note, worker_id, origin,
    event_id, occurred_at, recorded_at
from json_populate_recordset(null::risk_flag_step, $1::json)

-- name: list_risk_flags_of_person
-- Give a page of a person's flags, those that ended too, the oldest first; those of a record
-- merged with theirs too.
-- $1 person id  $2 id to go on after, or null  $3 rows at most
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
    id, person_id, pcn_code, kind, note, raised_by, raised_at, review_by, reviewed_at, ended_at,
    end_reason, version, brought_from
from risk_flag
where person_id in (select id from spoken_for) and ($2::uuid is null or id > $2)
order by id
limit $3

-- name: view_risk_flag
-- Give one flag.
-- $1 flag id
select
    id, person_id, pcn_code, kind, note, raised_by, raised_at, review_by, reviewed_at, ended_at,
    end_reason, version, brought_from
from risk_flag
where id = $1

-- name: list_steps_of_risk_flag
-- Give what was said of a flag, in order.
-- $1 flag id  $2 rows at most
select
    number, step, review_by, end_reason, note, worker_id, origin, occurred_at, recorded_at
from risk_flag_step
where risk_flag_id = $1
order by number
limit $2

-- name: list_risk_flags_to_review
-- Give a page of a network's flags whose review is due by a day, the longest overdue first.
-- $1 PCN code  $2 last day of the reviews wanted
-- $3 and $4 review day and id to go on after, or nulls  $5 rows at most
select
    id, person_id, pcn_code, kind, note, raised_by, raised_at, review_by, reviewed_at, ended_at,
    end_reason, version, brought_from
from risk_flag
where
    pcn_code = $1
    and ended_at is null
    and review_by <= $2
    and ($3::date is null or (review_by, id) > ($3::date, $4::uuid))
order by review_by, id
limit $5
