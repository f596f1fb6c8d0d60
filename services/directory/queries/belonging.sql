-- Where practices belonged and belong, and PCNs that become part of others.

-- name: last_belonging
-- Reads where a practice belongs, or belonged last.
-- $1 practice_code
select pcn_code, from_date, until_date
from practice_belonging
where practice_code = $1
order by from_date desc
limit 1;

-- name: belongs_or_belonged
-- Tells whether a practice belongs to a PCN now, or did on a day.
-- $1 practice_code  $2 pcn_code  $3 day
select exists(
    select 1
    from practice_belonging
    where practice_code = $1 and pcn_code = $2
        and (until_date is null or (from_date <= $3 and until_date > $3))
);

-- name: belongings_page
-- Lists the PCNs of a practice, the first it belonged to first.
-- $1 practice_code  $2 after from_date  $3 rows
select
    b.practice_code || '-' || b.from_date as id,
    b.pcn_code,
    o.name as pcn_name,
    b.from_date,
    b.until_date
from practice_belonging as b
left join register_organisation as o on o.kind = 'pcn' and o.code = b.pcn_code
where b.practice_code = $1 and b.from_date > $2
order by b.from_date
limit $3;

-- name: practices_of_pcn_page
-- Lists the practices of a PCN, those that belong there and those that did.
-- $1 pcn_code  $2 after practice_code  $3 after from_date  $4 rows
select
    b.practice_code || '-' || b.from_date as id,
    b.practice_code,
    o.name as practice_name,
    b.from_date,
    b.until_date
from practice_belonging as b
left join register_organisation as o on o.kind = 'practice' and o.code = b.practice_code
where b.pcn_code = $1 and (b.practice_code, b.from_date) > ($2, $3::date)
order by b.practice_code, b.from_date
limit $4;

-- name: first_practice_that_joined_since
-- Finds a practice that joined a PCN on this day or later.
-- $1 pcn_code  $2 day
select practice_code
from practice_belonging
where pcn_code = $1 and until_date is null and from_date >= $2
order by practice_code
limit 1;

-- name: practices_to_move
-- Lists practices that belong to a PCN now, with their names.
-- $1 pcn_code  $2 rows
select o.code as practice_code, o.name
from practice_belonging as b
inner join register_organisation as o on o.kind = 'practice' and o.code = b.practice_code
where b.pcn_code = $1 and b.until_date is null
order by o.code
limit $2;

-- name: memberships_to_settle
-- Lists memberships now held in a PCN.
-- $1 pcn_code  $2 rows
select id, member_key, role
from membership
where organisation_kind = 'pcn' and organisation_code = $1 and ended_at is null
order by id
limit $2;

-- name: workers_to_carry
-- Lists workers of a PCN whom the other knows neither by id nor by address.
-- $1 pcn_code  $2 into_pcn_code  $3 rows
select w.id, w.name, w.email, w.phone, w.roles
from worker as w
where w.pcn_code = $1
    and not exists (
        select 1
        from worker as k
        where k.pcn_code = $2 and (k.id = w.id or k.email = w.email)
    )
order by w.id
limit $3;

-- name: begin_merge
-- Begins to merge a PCN, unless it was begun before; then there is no row.
-- $1 id  $2 pcn_code  $3 into_pcn_code  $4 region_code  $5 merged_on  $6 memberships  $7 merged_by
-- $8 occurred_at  $9 recorded_at
insert into pcn_merge
    (id, pcn_code, into_pcn_code, region_code, merged_on, memberships, merged_by, state,
     practices_moved, memberships_carried, memberships_ended, workers_carried, version,
     occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, 'going-on', 0, 0, 0, 0, 1, $8, $9)
on conflict (pcn_code) do nothing
returning version;

-- name: lock_merge
-- Locks the merging of a PCN, if it was ever begun.
-- $1 pcn_code
select id, pcn_code, into_pcn_code, region_code, merged_on, memberships, merged_by, state,
    practices_moved, memberships_carried, memberships_ended, workers_carried, version, event_id,
    occurred_at, recorded_at
from pcn_merge
where pcn_code = $1
for update;

-- name: merge_of_pcn
-- Reads the merging of a PCN, if it was ever begun.
-- $1 pcn_code
select id, pcn_code, into_pcn_code, region_code, merged_on, memberships, merged_by, state,
    practices_moved, memberships_carried, memberships_ended, workers_carried, version, event_id,
    occurred_at, recorded_at
from pcn_merge
where pcn_code = $1;

-- name: merges_going_on
-- Lists merges that are not done.
-- $1 rows
select pcn_code, region_code
from pcn_merge
where state = 'going-on'
order by id
limit $1;

-- name: go_on_with_merge
-- Notes what a step did.
-- $1 id  $2 state  $3 practices_moved  $4 memberships_carried  $5 memberships_ended
-- $6 workers_carried  $7 event_id, or null
update pcn_merge
set state = $2,
    practices_moved = $3,
    memberships_carried = $4,
    memberships_ended = $5,
    workers_carried = $6,
    event_id = $7,
    version = version + 1
where id = $1
returning version;
