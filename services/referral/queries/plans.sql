-- Plans by version, and what is to be looked at again and when.

-- name: load_plan
-- Read the plan of an episode as it stands, after the episode was locked.
-- $1 episode id
select episode_id, version, what_matters, support, review_on
from plan_version
where episode_id = $1
order by version desc
limit 1

-- name: insert_plan_version
-- Keep a version of a plan that was agreed.
-- $1 the version
insert into plan_version (
    episode_id, version, pcn_code, practice_code, referral_id, worker_id, what_matters, support,
    review_on, origin, event_id, occurred_at, recorded_at, continues_episode_id
)
select
    episode_id, version, pcn_code, practice_code, referral_id, worker_id, what_matters, support,
    review_on, origin, event_id, occurred_at, recorded_at, continues_episode_id
from json_populate_recordset(null::plan_version, $1::json)

-- name: list_plan_versions
-- Give a page of the versions of an episode's plan, the latest first.
-- $1 episode id  $2 version to go on after, or null  $3 rows at most
select
    version, referral_id, worker_id, what_matters, support, review_on, origin, occurred_at,
    recorded_at
from plan_version
where episode_id = $1 and ($2::bigint is null or version < $2)
order by version desc
limit $3

-- name: set_reviews
-- Keep when each of these is to be looked at again, in place of the day it had.
-- $1 reviews
insert into review as known (
    about, pcn_code, kind, episode_id, referral_id, practice_code, review_on
)
select about, pcn_code, kind, episode_id, referral_id, practice_code, review_on
from json_populate_recordset(null::review, $1::json)
on conflict (about) do update
set
    review_on = excluded.review_on,
    referral_id = excluded.referral_id,
    practice_code = excluded.practice_code

-- name: load_reviews_of_episodes
-- Read what of locked episodes is to be looked at again.
-- $1 episode ids
select about, kind, episode_id, referral_id, practice_code, review_on, told_on
from review
where episode_id = any ($1::uuid[])
order by about

-- name: note_review_told
-- Keep for which day it was told that something is to be looked at again.
-- $1 the plan, by its episode's id, or the goal  $2 day
update review
set told_on = $2
where about = $1

-- name: clear_reviews
-- Forget that these are to be looked at again.
-- $1 plans, by their episodes' ids, and goals
delete from review
where about = any ($1::uuid[])

-- name: find_review
-- Find what is to be looked at again, unless the person died.
-- $1 the plan, by its episode's id, or the goal
select
    review.about, review.kind, review.episode_id, review.referral_id, review.practice_code,
    review.review_on, review.told_on
from review
join episode on episode.id = review.episode_id
join person on person.id = episode.person_id and not person.deceased
left join person as kept on kept.id = person.merged_into
where review.about = $1 and kept.deceased is not true

-- name: lock_episode
-- Lock one episode.
-- $1 episode id
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id = $1
for update

-- name: list_reviews_due
-- Give what of a network is to be looked at again by a day, while the support goes on and the
-- person lives.
-- $1 PCN code  $2 last day  $3 worker, or null for all  $4 day and $5 thing to go on after, or null
-- $6 rows at most
select
    review.kind, review.about, review.episode_id, review.referral_id, episode.person_id,
    review.review_on, episode.worker_id
from review
join episode on episode.id = review.episode_id and episode.closed_at is null
join person on person.id = episode.person_id and not person.deceased
left join person as kept on kept.id = person.merged_into
where
    kept.deceased is not true
    and review.pcn_code = $1
    and review.review_on <= $2
    and ($3::uuid is null or episode.worker_id = $3)
    and ($4::date is null or (review.review_on, review.about) > ($4, $5::uuid))
order by review.review_on, review.about
limit $6
