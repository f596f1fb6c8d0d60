-- What waits for somebody's judgement: changes suggested, remarks sent, and the rule of a region.

-- name: own_changes_wait
-- Says whether a group's own changes wait for approval in this region.
-- $1 region_code
select coalesce((select own_changes_wait from listing_rule where region_code = $1), false);

-- name: lock_listing_rule
-- Reads and locks the rule of a region.
-- $1 region_code
select own_changes_wait, version, occurred_at, recorded_at
from listing_rule
where region_code = $1
for update;

-- name: set_listing_rule
-- Sets the rule of a region; its version.
-- $1 region_code  $2 own_changes_wait  $3 occurred_at  $4 recorded_at
insert into listing_rule (region_code, own_changes_wait, version, occurred_at, recorded_at)
values ($1, $2, 1, $3, $4)
on conflict (region_code) do update
set own_changes_wait = excluded.own_changes_wait,
    version = listing_rule.version + 1,
    occurred_at = excluded.occurred_at,
    recorded_at = excluded.recorded_at
returning version;

-- name: suggestions_waiting
-- Counts the suggestions that wait for one listing.
-- $1 listing_id
select count(*)
from listing_suggestion
where listing_id = $1 and state = 'waiting';

-- name: keep_suggestion
-- Keeps a suggestion until somebody decides it.
-- $1 id  $2 listing_id  $3 organization_id  $4 region_code  $5 base_version  $6 changes  $7 note
-- $8 member_key  $9 source  $10 occurred_at  $11 recorded_at
insert into listing_suggestion
    (id, listing_id, organization_id, region_code, base_version, changes, note, member_key, source,
     state, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, 'waiting', $10, $11);

-- name: lock_suggestion
-- Reads and locks one suggestion.
-- $1 id
select
    id, listing_id, organization_id, region_code, base_version, changes::text as changes, note,
    member_key, source, state, occurred_at, recorded_at
from listing_suggestion
where id = $1
for update;

-- name: decide_suggestion
-- Notes what became of a suggestion.
-- $1 id  $2 state  $3 decided_by  $4 why  $5 decided_at
update listing_suggestion
set state = $2,
    decided_by = $3,
    decided_why = $4,
    decided_at = $5
where id = $1;

-- name: remarks_waiting
-- Counts the remarks on one listing that nobody has judged.
-- $1 listing_id
select count(*)
from listing_remark
where listing_id = $1 and state = 'waiting';

-- name: keep_remark
-- Keeps what somebody remarked on a listing.
-- $1 id  $2 listing_id  $3 organization_id  $4 region_code  $5 kind  $6 words or null  $7 recorded_at
insert into listing_remark
    (id, listing_id, organization_id, region_code, kind, words, state, recorded_at)
values ($1, $2, $3, $4, $5, $6, 'waiting', $7);

-- name: lock_remark
-- Reads and locks one remark.
-- $1 id
select id, listing_id, organization_id, region_code, kind, words, state, recorded_at
from listing_remark
where id = $1
for update;

-- name: decide_remark
-- Notes what became of a remark.
-- $1 id  $2 state  $3 decided_by  $4 why  $5 decided_at
update listing_remark
set state = $2,
    decided_by = $3,
    decided_why = $4,
    decided_at = $5
where id = $1;
