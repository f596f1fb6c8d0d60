-- Cohorts: people at risk who are offered support, and what they answered.

-- name: write_cohort
-- Name a cohort.
-- $1 id  $2 PCN  $3 practice  $4 name  $5 reason  $6 version  $7 event  $8 occurred  $9 recorded
insert into cohort (
    id, pcn_code, practice_code, name, reason, version, event_id, occurred_at, recorded_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: lock_cohort
-- Lock a cohort; its members change only under this lock.
-- $1 id
select id, pcn_code, practice_code, reason, version
from cohort
where id = $1
for update

-- name: raise_cohort_version
-- Store the version of the last fact told of a cohort.
-- $1 id  $2 version
update cohort
set version = $2
where id = $1

-- name: load_cohort_members
-- Read which of these people are in a cohort, under any record of theirs, and what they answered.
-- $1 cohort  $2 person ids
select
    member.cohort_id, member.person_id, member.answer, member.calls,
    coalesce(known.merged_into, known.id) as speaking_id
from cohort_member as member
join person as known on known.id = member.person_id
where
    member.cohort_id = $1
    and coalesce(known.merged_into, known.id) in (
        select coalesce(asked.merged_into, asked.id)
        from person as asked
        where asked.id = any ($2::uuid[])
    )
order by member.person_id

-- name: write_cohort_members
-- Put people in a cohort.
-- $1 rows
insert into cohort_member (
    cohort_id, person_id, pcn_code, practice_code, mode, offered_at
)
select cohort_id, person_id, pcn_code, practice_code, mode, offered_at
from json_populate_recordset(null::cohort_member, $1::json)

-- name: write_answer
-- Keep what a person answered.
-- $1 cohort  $2 person  $3 answer  $4 referral  $5 calls  $6 answered at
update cohort_member
set answer = $3, referral_id = $4, calls = $5, answered_at = $6
where cohort_id = $1 and person_id = $2

-- name: view_cohort
-- Give a cohort and how far its offer came. Who is in it under two records is one person, who
-- answered what either did that says most.
-- $1 id
select
    cohort.id, cohort.pcn_code, cohort.practice_code, cohort.name, cohort.reason,
    cohort.version, cohort.event_id, cohort.occurred_at, cohort.recorded_at, counted.size,
    counted.accepted, counted.declined, counted.not_reached
from cohort
cross join lateral (
    select
        count(*) as size,
        count(*) filter (where 'accepted' = any (one.answers)) as accepted,
        count(*) filter (
            where 'declined' = any (one.answers) and not 'accepted' = any (one.answers)
        ) as declined,
        count(*) filter (
            where 'not-reached' = any (one.answers)
                and not one.answers && array['accepted', 'declined']
        ) as not_reached
    from (
        select array_agg(coalesce(member.answer, 'waiting')) as answers
        from cohort_member as member
        left join person as known on known.id = member.person_id
        where member.cohort_id = cohort.id
        group by coalesce(known.merged_into, member.person_id)
    ) as one
) as counted
where cohort.id = $1

-- name: list_cohorts
-- Give a page of a network's cohorts, the latest first.
-- $1 PCN code  $2 id to go on after, or null  $3 rows at most
select
    id, pcn_code, practice_code, name, reason, version, event_id, occurred_at, recorded_at
from cohort
where pcn_code = $1 and ($2::uuid is null or id < $2)
order by id desc
limit $3

-- name: list_cohort_members
-- Give a page of a cohort's people, those to be asked or with one answer.
-- $1 cohort  $2 person to go on after, or null  $3 answer, 'waiting', or null  $4 rows at most
select
    person_id, practice_code, pcn_code, mode, answer, referral_id, calls, offered_at, answered_at
from cohort_member
where
    cohort_id = $1
    and ($2::uuid is null or person_id > $2)
    and ($3::text is null or coalesce(answer, 'waiting') = $3)
order by person_id
limit $4
