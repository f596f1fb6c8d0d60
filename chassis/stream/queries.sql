-- What the stream consumer asks of its service's database.

-- name: begin_positions
-- A stream seen for the first time begins before its first number.
-- $1 consumer  $2 topics  $3 streams  $4 epochs
insert into consumer_position (consumer, topic, stream, epoch)
select
    $1,
    new.topic,
    new.stream,
    new.epoch
from unnest($2::text[], $3::text[], $4::integer[]) as new (topic, stream, epoch)
order by new.topic, new.stream
on conflict on constraint consumer_position_pkey do nothing

-- name: load_positions
-- Where the consumer stands, and which subjects are held; one snapshot of both.
-- $1 consumer  $2 topics  $3 streams
select
    at.topic,
    at.stream,
    at.number,
    at.event_id,
    at.epoch,
    at.hold_version,
    at.stopped_reason,
    at.counted_from,
    coalesce(hold.subjects, '{}') as held
from unnest($2::text[], $3::text[]) as wanted (topic, stream)
inner join consumer_position as at
    on
        at.consumer = $1
        and wanted.topic = at.topic
        and wanted.stream = at.stream
left join lateral (
    select array_agg(distinct subject.name) as subjects
    from quarantine as q
    cross join unnest(q.subjects) as subject (name)
    where
        q.consumer = at.consumer
        and q.topic = at.topic
        and q.stream = at.stream
        and q.state = 'open'
        and q.kind <> 'unreadable'
) as hold on at.quarantined > 0

-- name: lock_positions
-- Lock the rows that are still as remembered, in an order that cannot deadlock.
-- $1 consumer  $2 topics  $3 streams  $4 numbers  $5 event ids  $6 epochs  $7 hold versions
select
    at.topic,
    at.stream
from unnest(
    $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::integer[], $7::bigint[]
) as expected (topic, stream, number, event_id, epoch, hold_version)
inner join consumer_position as at
    on
        at.consumer = $1
        and expected.topic = at.topic
        and expected.stream = at.stream
        and expected.number = at.number
        and expected.epoch = at.epoch
        and expected.hold_version = at.hold_version
        and at.event_id is not distinct from expected.event_id
        and at.stopped_reason is null
order by at.topic, at.stream
for no key update of at

-- name: advance_positions
-- Compare and set: all rows that are still as remembered change, and only those.
-- $1 consumer  $2 topics  $3 streams  $4 numbers  $5 event ids  $6 epochs  $7 hold versions
-- $8 new numbers  $9 new event ids  $10 last recorded times  $11 applied  $12 skipped
-- $13 quarantined  $14 duplicates  $15 refused  $16 holes  $17 healed  $18 version raised by
-- $19 stopped reasons
with
    change as (
        select
            *
        from unnest(
            $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::integer[], $7::bigint[],
            $8::bigint[], $9::uuid[], $10::timestamptz[], $11::bigint[], $12::bigint[],
            $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
            $18::bigint[], $19::text[]
        ) as c (
            topic, stream, was_number, was_event_id, was_epoch, was_hold_version,
            number, event_id, recorded_at, applied, skipped,
            quarantined, duplicates, refused, holes, healed,
            raised_by, stopped_reason
        )
    ),
    locked as (
        select
            at.topic,
            at.stream
        from change as c
        inner join consumer_position as at
            on
                at.consumer = $1
                and c.topic = at.topic
                and c.stream = at.stream
                and c.was_number = at.number
                and c.was_epoch = at.epoch
                and c.was_hold_version = at.hold_version
                and at.event_id is not distinct from c.was_event_id
                and at.stopped_reason is null
        order by at.topic, at.stream
        for no key update of at
    )
update consumer_position as at
set
    number = c.number,
    event_id = c.event_id,
    recorded_at = coalesce(c.recorded_at, at.recorded_at),
    applied = at.applied + c.applied,
    skipped = at.skipped + c.skipped,
    quarantined = at.quarantined + c.quarantined,
    duplicates = at.duplicates + c.duplicates,
    refused = at.refused + c.refused,
    holes = at.holes + c.holes,
    healed = at.healed + c.healed,
    hold_version = at.hold_version + c.raised_by,
    stopped_reason = c.stopped_reason,
    stopped_at = case when c.stopped_reason is null then null else now() end
from change as c
inner join locked using (topic, stream)
where
    at.consumer = $1
    and c.topic = at.topic
    and c.stream = at.stream

-- name: add_counts
-- Count what repeated or was refused; nothing is compared, since nothing moves. Rows in use wait.
-- $1 consumer  $2 topics  $3 streams  $4 duplicates  $5 refused  $6 holes
with
    counted as (
        select * from unnest(
            $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]
        ) as c (topic, stream, duplicates, refused, holes)
    ),
    free as (
        select
            at.topic,
            at.stream
        from counted as c
        inner join consumer_position as at
            on
                at.consumer = $1
                and c.topic = at.topic
                and c.stream = at.stream
        order by at.topic, at.stream
        for no key update of at skip locked
    )
update consumer_position as at
set
    duplicates = at.duplicates + c.duplicates,
    refused = at.refused + c.refused,
    holes = at.holes + c.holes
from counted as c
inner join free using (topic, stream)
where
    at.consumer = $1
    and c.topic = at.topic
    and c.stream = at.stream
returning at.topic, at.stream

-- name: note_heads
-- Remember how far each owner says its streams reach; rows in use wait for the next time.
-- $1 consumer  $2 topic  $3 streams  $4 heads
with
    seen as (
        select * from unnest($3::text[], $4::bigint[]) as s (stream, head)
    ),
    free as (
        select
            at.stream,
            s.head
        from seen as s
        inner join consumer_position as at
            on
                at.consumer = $1
                and at.topic = $2
                and s.stream = at.stream
                and at.head <> s.head
        order by at.stream
        for no key update of at skip locked
    )
update consumer_position as at
set
    head = free.head,
    head_seen_at = now()
from free
where
    at.consumer = $1
    and at.topic = $2
    and at.stream = free.stream

-- name: position_of
-- How far one stream has been taken; no row when it has not begun.
select number
from consumer_position
where
    consumer = $1
    and topic = $2
    and stream = $3

-- name: count_failures
-- How many events failed and wait, after a number of a stream.
-- $1 consumer  $2 topic  $3 stream  $4 after
select count(*)
from quarantine
where
    consumer = $1
    and topic = $2
    and stream = $3
    and number > $4
    and state = 'open'
    and kind = 'failed'

-- name: set_aside
-- Put events into quarantine, in the transaction that passes over them.
-- $1 consumer  $2 ids  $3 topics  $4 kinds  $5 streams  $6 numbers  $7 epochs  $8 event ids
-- $9 types  $10 subjects, comma between them  $11 recorded times  $12 headers  $13 values
-- $14 sizes  $15 told by the journal  $16 reasons  $17 details  $18 partitions  $19 offsets
insert into quarantine (
    id, consumer, topic, kind, stream, number, epoch, event_id, type, subjects, recorded_at,
    headers, value, value_size, from_journal, reason, detail, record_partition, record_offset
)
select
    q.id,
    $1,
    q.topic,
    q.kind,
    q.stream,
    q.number,
    q.epoch,
    q.event_id,
    q.type,
    string_to_array(q.subjects, ','),
    q.recorded_at,
    q.headers,
    q.value,
    q.value_size,
    q.from_journal,
    q.reason,
    q.detail,
    q.record_partition,
    q.record_offset
from unnest(
    $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::integer[], $8::uuid[],
    $9::text[], $10::text[], $11::timestamptz[], $12::jsonb[], $13::bytea[],
    $14::bigint[], $15::boolean[], $16::text[], $17::text[], $18::integer[], $19::bigint[]
) as q (
    id, topic, kind, stream, number, epoch, event_id,
    type, subjects, recorded_at, headers, value,
    value_size, from_journal, reason, detail, record_partition, record_offset
)
on conflict (consumer, topic, record_partition, record_offset) where kind = 'unreadable'
do nothing

-- name: close_healed
-- Unreadable records of streams that have since been completed from their owner's journal.
-- $1 consumer  $2 topic  $3 stream
update quarantine
set
    state = 'healed',
    closed_at = now()
where
    consumer = $1
    and topic = $2
    and stream = $3
    and kind = 'unreadable'
    and state = 'open'

-- name: open_wishes
-- What operators asked for and nobody has carried out; one that another member works on is its.
-- $1 consumer  $2 limit  $3 this one only, or null
select
    id,
    action,
    quarantine_id,
    topic,
    stream
from stream_wish
where
    consumer = $1
    and outcome is null
    and ($3::uuid is null or id = $3)
order by id
limit $2
for no key update skip locked

-- name: close_wish
-- Say what became of a wish.
update stream_wish
set
    outcome = $2,
    carried_out_at = now()
where id = $1

-- name: quarantine_entry
-- One entry, as far as wishes need it.
select
    consumer,
    topic,
    stream,
    kind,
    state
from quarantine
where id = $1

-- name: lock_position
-- One stream's row, whatever it says, locked while its quarantine is worked on.
select
    number,
    event_id,
    epoch,
    hold_version,
    stopped_reason,
    counted_from
from consumer_position
where
    consumer = $1
    and topic = $2
    and stream = $3
for no key update

-- name: open_subjects
-- Which subjects each open entry of a stream holds, in order.
select
    id,
    subjects
from quarantine
where
    consumer = $1
    and topic = $2
    and stream = $3
    and state = 'open'
    and kind <> 'unreadable'
order by number

-- name: open_entries
-- Entries to try again, in order.
select
    id,
    number,
    kind,
    headers,
    value,
    from_journal
from quarantine
where
    id = any($1::uuid[])
    and state = 'open'
order by number

-- name: close_entries
-- Entries that left quarantine.
-- $1 ids  $2 state
update quarantine
set
    state = $2,
    closed_at = now(),
    last_tried_at = now(),
    attempts = attempts + 1
where id = any($1::uuid[])

-- name: keep_entries
-- Entries that were tried, or wait, and stay.
-- $1 ids  $2 kinds  $3 reasons  $4 details  $5 tried
update quarantine as q
set
    kind = new.kind,
    reason = new.reason,
    detail = new.detail,
    attempts = q.attempts + new.tried::integer,
    last_tried_at = case when new.tried then now() else q.last_tried_at end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[])
    as new (id, kind, reason, detail, tried)
where new.id = q.id

-- name: believe_journal
-- Replace an entry's copy by the journal's.
-- $1 id  $2 headers  $3 value
update quarantine
set
    headers = $2::jsonb,
    value = $3::bytea,
    value_size = coalesce(octet_length($3::bytea), 0),
    from_journal = true
where id = $1

-- name: release_position
-- Count what left quarantine, or begin again; others must look again.
-- $1 consumer  $2 topic  $3 stream  $4 applied  $5 skipped  $6 discarded  $7 resumed
update consumer_position
set
    applied = applied + $4,
    skipped = skipped + $5,
    discarded = discarded + $6,
    quarantined = quarantined - $4 - $5 - $6,
    hold_version = hold_version + 1,
    stopped_reason = case when $7 then null else stopped_reason end,
    stopped_at = case when $7 then null else stopped_at end,
    counted_from = case when $7 then number else counted_from end
where
    consumer = $1
    and topic = $2
    and stream = $3

-- name: consumers_of_stream
-- Which consumers know this stream, and whether they have stopped it.
select
    consumer,
    stopped_reason is not null as is_stopped
from consumer_position
where
    topic = $1
    and stream = $2
order by consumer

-- name: discard_unreadable
-- An unreadable record was looked at; it never had a number, so nothing else changes.
update quarantine
set
    state = 'discarded',
    closed_at = now()
where
    id = $1
    and state = 'open'

-- name: flow
-- The conservation law per consumer, topic and stream, a page by their names.
-- $1 $2 $3 after this consumer, topic and stream  $4 of this consumer, or null  $5 limit
select
    at.consumer,
    at.topic,
    at.stream,
    at.epoch,
    greatest(at.head, at.number) as head,
    at.number,
    at.applied,
    at.skipped,
    at.quarantined,
    coalesce(q.held, 0) as held,
    at.discarded,
    greatest(at.head - at.number, 0) as waiting,
    at.duplicates,
    at.refused,
    at.holes,
    at.healed,
    coalesce(q.unreadable, 0) as unreadable,
    at.stopped_reason,
    at.stopped_at,
    at.recorded_at as last_recorded_at,
    at.head_seen_at
from consumer_position as at
left join (
    select
        consumer,
        topic,
        stream,
        count(*) filter (where kind = 'held') as held,
        count(*) filter (where kind = 'unreadable') as unreadable
    from quarantine
    where state = 'open'
    group by consumer, topic, stream
) as q using (consumer, topic, stream)
where
    (at.consumer, at.topic, at.stream) > ($1, $2, $3)
    and ($4::text is null or at.consumer = $4)
order by at.consumer, at.topic, at.stream
limit $5

-- name: list_quarantine
-- Open entries, oldest first, without their contents.
-- $1 after this id  $2 of this stream, or null  $3 limit
select
    id,
    consumer,
    topic,
    stream,
    number,
    record_partition,
    record_offset,
    kind,
    state,
    event_id,
    type,
    reason,
    detail,
    attempts,
    value_size,
    recorded_at,
    first_seen_at,
    last_tried_at
from quarantine
where
    state = 'open'
    and ($1::uuid is null or id > $1)
    and ($2::text is null or stream = $2)
order by id
limit $3

-- name: see_entry
-- One entry with its contents; the caller has been recorded.
select
    id,
    consumer,
    topic,
    stream,
    number,
    epoch,
    record_partition,
    record_offset,
    kind,
    state,
    event_id,
    type,
    subjects,
    reason,
    detail,
    attempts,
    value_size,
    from_journal,
    recorded_at,
    first_seen_at,
    last_tried_at,
    closed_at,
    emptied_at,
    headers,
    value
from quarantine
where id = $1

-- name: record_opening
-- Who looked into an entry, and why.
insert into quarantine_opening (id, quarantine_id, member_key, reason) values ($1, $2, $3, $4)

-- name: make_wish
-- Ask the consumer to do something; it answers in the same row.
insert into stream_wish (
    id, consumer, action, quarantine_id, topic, stream, member_key, reason
)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: see_wish
-- What became of a wish.
select
    id,
    action,
    quarantine_id,
    topic,
    stream,
    reason,
    wished_at,
    outcome,
    carried_out_at
from stream_wish
where id = $1

-- name: forget_closed_entries
-- Delete one batch of redriven entries and empty discarded and healed ones, those closed first
-- first; count them. Members of a group that do this at once share the rows.
-- $1 days kept  $2 rows at most
with
    old as (
        select id, state
        from quarantine
        where
            state <> 'open'
            and emptied_at is null
            and closed_at < now() - make_interval(days => $1)
        order by closed_at
        limit $2
        for update skip locked
    ),
    gone as (
        delete from quarantine
        using old
        where quarantine.id = old.id and old.state = 'redriven'
    ),
    emptied as (
        update quarantine
        set headers = '{}', value = null, emptied_at = now()
        from old
        where quarantine.id = old.id and old.state <> 'redriven'
    )
select count(*) from old

-- name: forget_closed_wishes
-- Delete one batch of wishes carried out long ago, but for those that gave an event up; count them.
-- $1 days kept  $2 rows at most
with
    old as (
        select id
        from stream_wish
        where
            outcome is not null
            and not (action = 'discard' and outcome = 'done')
            and carried_out_at < now() - make_interval(days => $1)
        order by carried_out_at
        limit $2
    ),
    gone as (
        delete from stream_wish
        using old
        where stream_wish.id = old.id
        returning 1
    )
select count(*) from gone

-- name: forget_openings
-- Delete one batch of what tells who looked into an entry long ago; count them.
-- $1 days kept  $2 rows at most
with
    old as (
        select id
        from quarantine_opening
        where opened_at < now() - make_interval(days => $1)
        order by opened_at
        limit $2
    ),
    gone as (
        delete from quarantine_opening
        using old
        where quarantine_opening.id = old.id
        returning 1
    )
select count(*) from gone
