-- Organisations as feeds tell of them: what each said last, and what stands.

-- name: feed_organizations_known
-- Reads and locks the organisations a feed knows by these ids, with what it said of them last.
-- $1 feed_id  $2 foreign_ids
select f.foreign_id, f.facts::text as facts, f.speaks, f.run_id,
    o.id, o.region_code, o.name, o.content::text as content, o.content_hash,
    o.field_sources::text as field_sources, o.version, o.event_id, o.occurred_at, o.recorded_at
from feed_organization as f
inner join organization as o on o.id = f.organization_id
where f.feed_id = $1 and f.foreign_id = any ($2::text[])
order by o.id
for update of o;

-- name: organizations_spoken_of
-- Reads of which of these organisations a feed speaks already.
-- $1 feed_id  $2 organization_ids
select organization_id
from feed_organization
where feed_id = $1 and organization_id = any ($2::uuid[]) and speaks;

-- name: change_organizations
-- Changes locked organisations to their next versions.
-- $1 rows as JSON
update organization as o
set name = given.name,
    content = given.content,
    content_hash = decode(given.content_hash, 'hex'),
    field_sources = given.field_sources,
    version = given.version,
    event_id = given.event_id,
    occurred_at = given.occurred_at,
    recorded_at = given.recorded_at
from jsonb_to_recordset($1::jsonb) as given (
    id uuid, name text, content jsonb, content_hash text, field_sources jsonb, version bigint,
    event_id uuid, occurred_at timestamptz, recorded_at timestamptz
)
where o.id = given.id;

-- name: feed_said_of_organizations
-- Keeps what a feed says of organisations now.
-- $1 feed_id  $2 region_code  $3 run_id  $4 rows as JSON  $5 time
insert into feed_organization
    (feed_id, foreign_id, organization_id, region_code, facts, parent_key, speaks, run_id, said_on,
     recorded_at)
select $1, given.foreign_id, given.organization_id, $2, given.facts, given.parent_key, given.speaks,
    $3, given.said_on, $5
from jsonb_to_recordset($4::jsonb) as given (
    foreign_id text, organization_id uuid, facts jsonb, parent_key text, speaks boolean, said_on date
)
on conflict (feed_id, foreign_id) do update
set facts = excluded.facts,
    parent_key = excluded.parent_key,
    run_id = excluded.run_id,
    said_on = excluded.said_on,
    recorded_at = excluded.recorded_at;

-- name: parents_to_join
-- Reads organisations of a feed that it puts below another one than before, as far as it told of
-- that one too.
-- $1 feed_id  $2 rows
select c.foreign_id, c.organization_id, c.parent_said, p.organization_id as parent_id, c.said_on
from feed_organization as c
left join feed_organization as p on p.feed_id = c.feed_id and p.foreign_id = c.parent_key
where c.feed_id = $1 and c.speaks and c.parent_said is distinct from p.organization_id
order by c.foreign_id
limit $2;

-- name: parent_was_said
-- Notes below which organisation a feed put one.
-- $1 feed_id  $2 foreign_id  $3 parent_id or null
update feed_organization
set parent_said = $3
where feed_id = $1 and foreign_id = $2;

-- name: organizations_above
-- Reads which organisations stand above one, itself among them, the nearest first.
-- $1 organization_id  $2 so many at most
with recursive above as (
    select id, content ->> 'parent_organization_id' as parent_id, 1 as place
    from organization
    where id = $1
    union all
    select o.id, o.content ->> 'parent_organization_id', above.place + 1
    from above
    inner join organization as o on o.id = above.parent_id::uuid
    where above.place < $2
)

select id
from above
order by place;

-- name: words_of_feeds_on_organization
-- Reads what each feed says of an organisation.
-- $1 organization_id
select f.feed_id, feed.name, f.facts::text as facts, f.parent_said, f.said_on
from feed_organization as f
inner join feed on feed.id = f.feed_id
where f.organization_id = $1 and f.speaks
order by f.recorded_at, f.feed_id, f.foreign_id;
