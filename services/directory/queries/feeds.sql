-- Feeds of other directories, their runs, and rows that wait to be applied.

-- name: enter_feed
-- Registers a feed, unless the region has one of that name; then there is no row.
-- $1 id  $2 region_code  $3 name  $4 base_url or null  $5 every_hours or null
-- $6 corrections_url or null  $7 content_hash  $8 occurred_at  $9 recorded_at
insert into feed
    (id, region_code, name, base_url, every_hours, corrections_url, content_hash, version,
     occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)
on conflict (region_code, lower(name)) do nothing
returning version;

-- name: feed_by_name
-- Reads a region's feed of this name.
-- $1 region_code  $2 name
select id, region_code, name, base_url, every_hours, corrections_url, content_hash, version,
    read_until, occurred_at, recorded_at
from feed
where region_code = $1 and lower(name) = lower($2);

-- name: feed_by_id
-- Reads one feed.
-- $1 id
select id, region_code, name, base_url, every_hours, corrections_url, content_hash, version,
    read_until, occurred_at, recorded_at
from feed
where id = $1;

-- name: lock_feed
-- Reads and locks one feed.
-- $1 id
select id, region_code, name, base_url, every_hours, corrections_url, content_hash, version,
    read_until, occurred_at, recorded_at
from feed
where id = $1
for update;

-- name: feed_read_until
-- Notes up to when a feed was read whole, unless the rules it is read by were changed since it began.
-- $1 id  $2 time  $3 begun_at
update feed
set read_until = $2
where id = $1
    and not exists (
        select
        from feed_term_mapping as m
        where m.feed_id = feed.id and m.recorded_at >= $3
    );

-- name: feed_read_anew
-- Lets the next run of a feed read everything, be it asked for already.
-- $1 id
with waiting as (
    update feed_run
    set modified_after = null
    where feed_id = $1 and state = 'waiting'
)

update feed
set read_until = null
where id = $1;

-- name: ask_for_run
-- Asks for a run, unless one of the feed goes on; then there is no row.
-- $1 id  $2 feed_id  $3 region_code  $4 kind  $5 state  $6 modified_after or null  $7 time
insert into feed_run (id, feed_id, region_code, kind, state, modified_after, asked_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (feed_id) where kind = 'feed' and state in ('waiting', 'reading', 'applying') do nothing
returning id;

-- name: unfinished_runs
-- Reads the runs of a feed that have not ended, the first one first.
-- $1 feed_id
select id, kind, state
from feed_run
where feed_id = $1 and state in ('waiting', 'reading', 'applying')
order by asked_at, id;

-- name: ask_for_runs_due
-- Asks for a run of each feed whose hours have passed since its last run was asked for.
-- $1 time
insert into feed_run (id, feed_id, region_code, kind, state, modified_after, asked_at)
select gen_random_uuid(), f.id, f.region_code, 'feed', 'waiting', f.read_until, $1
from feed as f
where f.every_hours is not null and f.base_url is not null
    and not exists (
        select
        from feed_run as r
        where r.feed_id = f.id and r.asked_at > $1::timestamptz - make_interval(hours => f.every_hours)
    )
on conflict (feed_id) where kind = 'feed' and state in ('waiting', 'reading', 'applying') do nothing;

-- name: claim_run
-- Takes hold of the run that waits longest, since it was asked for or had its last turn, and that nobody
-- else holds. Runs of one feed follow one another in the order they were asked for.
-- $1 held_by  $2 time  $3 held_until
update feed_run
set held_by = $1,
    held_until = $3,
    begun_at = coalesce(begun_at, $2),
    state = case state when 'waiting' then 'reading' else state end
where id = (
    select r.id
    from feed_run as r
    where r.state in ('waiting', 'reading', 'applying')
        and (r.held_by is null or r.held_until < $2 or r.held_by = $1)
        and not exists (
            select
            from feed_run as e
            where e.feed_id = r.feed_id and (e.asked_at, e.id) < (r.asked_at, r.id)
                and e.state in ('waiting', 'reading', 'applying')
        )
    order by coalesce(r.held_until, r.asked_at), r.id
    limit 1
    for update skip locked
)
returning id, feed_id, region_code, kind, state, next_page, pages_told, items_told, pages, bytes,
    listings, added, changed, same, refused, withdrawn, modified_after, whole_lists, begun_at;

-- name: give_turn
-- Lets go of a run that is being read, if another feed's waits for its turn.
-- $1 id  $2 held_by  $3 time
update feed_run as r
set held_by = null,
    held_until = $3
where r.id = $1 and r.held_by = $2 and r.state = 'reading'
    and exists (
        select
        from feed_run as o
        where o.feed_id <> r.feed_id and o.state in ('waiting', 'reading', 'applying')
            and (o.held_by is null or o.held_until < $3)
    )
returning r.id;

-- name: hold_run
-- Locks a run that is still held by this worker, and holds it longer.
-- $1 id  $2 held_by  $3 held_until
update feed_run
set held_until = $3
where id = $1 and held_by = $2 and state in ('reading', 'applying')
returning id, feed_id, region_code, kind, state, next_page, pages_told, items_told, pages, bytes,
    listings, added, changed, same, refused, withdrawn, modified_after, whole_lists, begun_at;

-- name: run_went_on
-- Notes how far a held run has come.
-- $1 id  $2 state  $3 next_page  $4 pages_told  $5 items_told  $6 pages  $7 bytes  $8 listings
-- $9 added  $10 changed  $11 same  $12 refused  $13 withdrawn  $14 modified_after  $15 whole_lists
-- $16 ended_at or null  $17 reason or null  $18 detail or null
update feed_run
set state = $2,
    next_page = $3,
    pages_told = $4,
    items_told = $5,
    pages = $6,
    bytes = $7,
    listings = $8,
    added = $9,
    changed = $10,
    same = $11,
    refused = $12,
    withdrawn = $13,
    modified_after = $14,
    whole_lists = $15,
    ended_at = $16,
    reason = $17,
    detail = $18
where id = $1;

-- name: forget_rows
-- Forgets rows that need no more be applied; those that were refused stay to be looked at.
-- $1 run_id  $2 numbers up to
delete from feed_row
where run_id = $1 and number <= $2 and state <> 'refused';

-- name: forget_earlier_rows
-- Forgets what was refused in earlier runs of a feed.
-- $1 feed_id  $2 the run that stays
delete from feed_row
where run_id in (select id from feed_run where feed_id = $1 and id <> $2 and ended_at is not null);

-- name: rows_known
-- Reads which of these ids a run has met already.
-- $1 run_id  $2 foreign_ids
select foreign_id
from feed_row
where run_id = $1 and foreign_id = any ($2::text[]);

-- name: said_hashes
-- Reads what a feed's listings of these ids were known by.
-- $1 feed_id  $2 foreign_ids
select foreign_id, said_hash
from feed_listing
where feed_id = $1 and foreign_id = any ($2::text[]);

-- name: keep_rows
-- Keeps rows of a run until all of it was read.
-- $1 run_id  $2 region_code  $3 numbers  $4 foreign_ids  $5 states  $6 entries  $7 said_hashes
-- $8 organization_keys  $9 parent_keys  $10 reasons
insert into feed_row
    (run_id, region_code, number, foreign_id, state, entry, said_hash, organization_key, parent_key,
     reason)
select $1, $2, given.number, given.foreign_id, given.state, given.entry::jsonb, given.said_hash,
    given.organization_key, given.parent_key, given.reason
from unnest(
    $3::integer[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[], $10::text[]
) as given (
    number, foreign_id, state, entry, said_hash, organization_key, parent_key, reason
);

-- name: count_unlisted
-- Counts the listings that a feed told of before, and those of them that this whole run did not meet.
-- $1 run_id  $2 feed_id  $3 what stands for a listing that the feed lists no longer
select count(*) as known,
    count(*) filter (
        where not exists (
            select from feed_row as r where r.run_id = $1 and r.foreign_id = f.foreign_id
        )
    ) as unlisted
from feed_listing as f
where f.feed_id = $2 and f.said_hash <> $3;

-- name: keep_unlisted
-- Keeps a row for each listing that a feed told of before and that this whole run did not meet.
-- $1 run_id  $2 feed_id  $3 what stands for a listing that the feed lists no longer  $4 region_code
-- $5 number of the last row  $6 state  $7 day, as JSON  $8 reason, or null
insert into feed_row (run_id, region_code, number, foreign_id, state, entry, said_hash, reason)
select $1, $4, $5 + row_number() over (order by f.foreign_id), f.foreign_id, $6, $7::jsonb, $3, $8
from feed_listing as f
where f.feed_id = $2 and f.said_hash <> $3
    and not exists (
        select from feed_row as r where r.run_id = $1 and r.foreign_id = f.foreign_id
    );

-- name: organization_parents
-- Reads which organisation stands above which in a feed: by this run, and by those before it.
-- $1 run_id  $2 feed_id
select organization_key, parent_key
from feed_row
where run_id = $1 and organization_key is not null and parent_key is not null
union
select f.foreign_id, f.parent_key
from feed_organization as f
where f.feed_id = $2 and f.parent_key is not null
    and f.foreign_id not in (
        select r.organization_key
        from feed_row as r
        where r.run_id = $1 and r.organization_key is not null
    );

-- name: rows_to_apply
-- Reads the next rows of a run to apply, in the order they came.
-- $1 run_id  $2 rows
select number, foreign_id, state, entry::text as entry, said_hash, organization_key, parent_key
from feed_row
where run_id = $1 and state in ('staged', 'gone')
order by number
limit $2;

-- name: refuse_row
-- Notes that a row cannot be applied, and why.
-- $1 run_id  $2 number  $3 reason
update feed_row
set state = 'refused',
    reason = $3,
    entry = null
where run_id = $1 and number = $2;

-- name: feeds_page
-- Lists feeds by id.
-- $1 after id  $2 rows
select id, id as feed_id, region_code, name, base_url, every_hours, corrections_url, read_until,
    version, occurred_at, recorded_at
from feed
where id > $1
order by id
limit $2;

-- name: shown_feed
-- Shows one feed with its latest run.
-- $1 id
select
    f.id, f.id as feed_id, f.region_code, f.name, f.base_url, f.every_hours, f.corrections_url,
    f.read_until, f.corrections_sent_at, f.version, f.occurred_at, f.recorded_at,
    (
        select r.id
        from feed_run as r
        where r.feed_id = f.id
        order by r.asked_at desc, r.id
        limit 1
    ) as latest_run_id,
    (select count(*) from feed_listing as l where l.feed_id = f.id) as listings
from feed as f
where f.id = $1;

-- name: shown_run
-- Shows how far a run of a feed has come.
-- $1 feed_id  $2 id
select
    r.id, r.id as run_id, r.feed_id, r.kind, r.state, r.reason, r.detail, r.pages, r.pages_told,
    r.items_told, r.bytes, r.listings, r.added as new, r.changed, r.same, r.refused, r.withdrawn,
    (
        select count(*)
        from feed_row as w
        where w.run_id = r.id and w.state in ('staged', 'gone')
    ) as waiting,
    r.modified_after, r.asked_at, r.begun_at, r.ended_at
from feed_run as r
where r.feed_id = $1 and r.id = $2;

-- name: refused_rows_page
-- Lists what a run refused, in the order it came.
-- $1 feed_id  $2 run_id  $3 after number  $4 rows
select w.number, w.foreign_id, w.reason
from feed_row as w
inner join feed_run as r on r.id = w.run_id
where r.feed_id = $1 and w.run_id = $2 and w.state = 'refused' and w.number > $3
order by w.number
limit $4;

-- name: corrections_were_sent
-- Notes what was sent back to a feed, and when.
-- $1 id  $2 hash  $3 time
update feed
set corrections_hash = $2,
    corrections_sent_at = $3
where id = $1;

-- name: corrections_sent_before
-- Reads what was sent back to a feed last.
-- $1 id
select corrections_hash
from feed
where id = $1;

-- name: upload_was_read
-- Notes what the rows of an upload came to, so that they can be applied.
-- $1 id  $2 listings  $3 same  $4 refused  $5 time
update feed_run
set pages = 1,
    listings = $2,
    same = $3,
    refused = $4,
    begun_at = $5
where id = $1;
