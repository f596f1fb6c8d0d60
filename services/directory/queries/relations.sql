-- Who knows whom, as networks keep it.

-- name: enter_relation
-- Enters a relation, unless the network has it; then there is no row.
-- $1 id  $2 kind  $3 pcn_code  $4 region_code  $5 who_kind  $6 who_id  $7 whom_kind  $8 whom_id
-- $9 from_date  $10 until_date  $11 about  $12 entered_by  $13 until_set_on  $14 occurred_at
-- $15 recorded_at
insert into relation
    (id, kind, pcn_code, region_code, who_kind, who_id, whom_kind, whom_id, from_date, until_date,
     about, entered_by, until_set_on, version, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15)
on conflict on constraint relation_once do nothing
returning version;

-- name: relation_like
-- Reads the relation that a network has already.
-- $1 pcn_code  $2 kind  $3 who_kind  $4 who_id  $5 whom_kind  $6 whom_id  $7 from_date, or null
select id, kind, pcn_code, region_code, who_kind, who_id, whom_kind, whom_id, from_date, until_date,
    about, version, event_id, occurred_at, recorded_at
from relation
where pcn_code = $1 and kind = $2 and who_kind = $3 and who_id = $4 and whom_kind = $5
    and whom_id = $6 and from_date is not distinct from $7::date;

-- name: lock_relation
-- Locks one relation.
-- $1 id
select id, kind, pcn_code, region_code, who_kind, who_id, whom_kind, whom_id, from_date, until_date,
    about, version, event_id, occurred_at, recorded_at
from relation
where id = $1
for update;

-- name: change_relation
-- Changes when the locked relation ends and what it is about.
-- $1 id  $2 until_date  $3 about  $4 day on which the end was entered  $5 occurred_at
-- $6 recorded_at
update relation
set until_set_on = case when until_date is distinct from $2::date then $4 else until_set_on end,
    until_date = $2,
    about = $3,
    version = version + 1,
    occurred_at = $5,
    recorded_at = $6
where id = $1
returning version;

-- name: shown_relation
-- Reads one relation, with the names of workers where they are asked for and may be seen.
-- $1 id  $2 networks and regions whose workers the caller may look up
select
    r.id,
    r.kind,
    r.pcn_code,
    r.who_kind,
    r.who_id,
    case when r.pcn_code = any ($2::text[]) or r.region_code = any ($2::text[]) then w.name end as who_name,
    r.whom_kind,
    r.whom_id,
    case when r.pcn_code = any ($2::text[]) or r.region_code = any ($2::text[]) then m.name end as whom_name,
    r.from_date,
    r.until_date,
    r.about,
    r.version
from relation as r
left join worker as w
    on r.who_kind = 'worker' and w.pcn_code = r.pcn_code and w.id::text = r.who_id
left join worker as m
    on r.whom_kind = 'worker' and m.pcn_code = r.pcn_code and m.id::text = r.whom_id
where r.id = $1;

-- name: relations_of_party_page
-- Lists the relations of a group or a practice, with the names of workers where they are asked for
-- and may be seen.
-- $1 kind of party  $2 id or code  $3 after id  $4 rows
-- $5 networks and regions whose workers the caller may look up
select
    r.id,
    r.kind,
    r.pcn_code,
    r.who_kind,
    r.who_id,
    case when r.pcn_code = any ($5::text[]) or r.region_code = any ($5::text[]) then w.name end as who_name,
    r.whom_kind,
    r.whom_id,
    case when r.pcn_code = any ($5::text[]) or r.region_code = any ($5::text[]) then m.name end as whom_name,
    r.from_date,
    r.until_date,
    r.about,
    r.version
from relation as r
left join worker as w
    on r.who_kind = 'worker' and w.pcn_code = r.pcn_code and w.id::text = r.who_id
left join worker as m
    on r.whom_kind = 'worker' and m.pcn_code = r.pcn_code and m.id::text = r.whom_id
where ((r.who_kind = $1 and r.who_id = $2) or (r.whom_kind = $1 and r.whom_id = $2)) and r.id > $3
order by r.id
limit $4;

-- name: who_to_ask
-- Names the workers who stand nearest to a group now: who knows it, then who was there last, then
-- who trained or was trained. One who is no worker of the network any more is not asked.
-- $1 organization_id  $2 today  $3 rows
-- $4 networks and regions whose workers the caller may look up
select n.worker_id, n.pcn_code, n.worker_name, n.because, n.since
from (
    select distinct on (w.id, w.pcn_code)
        w.id as worker_id,
        w.pcn_code,
        case when w.pcn_code = any ($4::text[]) or w.region_code = any ($4::text[]) then w.name end as worker_name,
        r.kind as because,
        r.from_date as since,
        array_position(array['knows', 'visited', 'trained-by'], r.kind) as nearness
    from relation as r
    inner join worker as w
        on w.pcn_code = r.pcn_code
        and (
            (r.who_kind = 'worker' and w.id::text = r.who_id)
            or (r.whom_kind = 'worker' and w.id::text = r.whom_id)
        )
    where (
        (r.who_kind = 'organization' and r.who_id = $1)
        or (r.whom_kind = 'organization' and r.whom_id = $1)
    )
    and (r.until_date is null or r.until_date >= $2)
    order by w.id, w.pcn_code, nearness, r.from_date desc nulls last
) as n
order by n.nearness, n.since desc nulls last, n.worker_id, n.pcn_code
limit $3;

-- name: agreements_ending_page
-- Lists the agreements that end from today until a day, the next to end first.
-- $1 today  $2 last day  $3 after until_date  $4 after id  $5 rows
select
    id,
    pcn_code,
    who_kind,
    who_id,
    whom_kind,
    whom_id,
    from_date,
    until_date,
    until_date - $1::date as days_left,
    about,
    version
from relation
where kind = 'agreement' and until_date between $1 and $2 and (until_date, id) > ($3::date, $4::uuid)
order by until_date, id
limit $5;

-- name: lock_agreements_to_tell
-- Locks agreements whose end is near and was not told, past those that somebody else is telling.
-- $1 last day  $2 rows
select id, pcn_code, region_code, who_kind, who_id, whom_kind, whom_id, until_date
from relation
where kind = 'agreement' and until_date <= $1 and until_date >= until_set_on
    and told_until is distinct from until_date
order by until_date, id
limit $2
for update skip locked;

-- name: note_ending_told
-- Notes that the end of the locked agreement was told.
-- $1 id  $2 event_id
update relation
set told_until = until_date,
    event_id = $2,
    version = version + 1
where id = $1
returning version;

-- name: carry_relations
-- Lets a network have the relations of one that became part of it, those it has already aside.
-- $1 pcn_code  $2 into_pcn_code  $3 rows
update relation as r
set pcn_code = $2,
    who_id = case when r.who_kind = 'pcn' then $2 else r.who_id end,
    version = r.version + 1
where r.id in (
    select c.id
    from relation as c
    where c.pcn_code = $1
        and not exists (
            select 1
            from relation as k
            where k.pcn_code = $2 and k.kind = c.kind and k.who_kind = c.who_kind
                and k.who_id = case when c.who_kind = 'pcn' then $2 else c.who_id end
                and k.whom_kind = c.whom_kind and k.whom_id = c.whom_id
                and k.from_date is not distinct from c.from_date
        )
    order by c.id
    limit $3
)
returning r.id;
