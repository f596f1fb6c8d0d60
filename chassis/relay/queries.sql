-- What the relay asks of Postgres. Every one of these must stay an index scan however
-- long the outbox or the journal is (tests/chassis/test_relay_plans.py).

-- name: lock_numbering
-- Taken in a statement of its own, so that the numbering sees what the last one did.
select pg_advisory_xact_lock(hashtextextended('waymark.relay.numbering', 0))

-- name: outbox_is_waiting
-- The cheapest question there is about the outbox.
select exists (select from outbox)

-- name: number_events
-- Move events from outbox to journal and give them the next numbers of their streams.
-- Streams are walked from index entry to index entry and give at most a window each, so
-- a flood in one cannot keep the others waiting. Gaplessness rests on stream_head's row
-- locks: the head advances in the statement that uses the numbers.
-- $1 walk the streams after this one  $2 window per stream  $3 events in all
with recursive
    waiting as (
        (
            select stream
            from outbox
            where stream > $1
            order by stream
            limit 1
        )
        union all
        select following.stream
        from waiting
        cross join lateral (
            select o.stream
            from outbox as o
            where o.stream > waiting.stream
            order by o.stream
            limit 1
        ) as following
    ),
    picked as (
        select oldest.row_id
        from waiting
        cross join lateral (
            select o.ctid as row_id
            from outbox as o
            where o.stream = waiting.stream
            order by o.position
            limit $2
        ) as oldest
        limit $3
    ),
    taken as (
        delete from outbox
        where ctid = any (array(select row_id from picked))
        returning *
    ),
    ranked as (
        select
            *,
            row_number() over (partition by stream order by position) as place,
            count(*) over (partition by stream) as places
        from taken
    ),
    advanced as (
        insert into stream_head as h (stream, head, head_event_id)
        select
            stream,
            places,
            event_id
        from ranked
        where place = places
        order by stream
        on conflict (stream) do update
            set
                head = h.head + excluded.head,
                head_event_id = excluded.head_event_id
        returning h.stream, h.epoch, h.head
    ),
    journaled as (
        insert into journal (
            stream, number, epoch, event_id, type, source, data_schema, subject,
            related_subjects, aggregate_version, occurred_at, recorded_at, origin,
            correlation_id, causation_id, traceparent, data
        )
        select
            r.stream, a.head - r.places + r.place, a.epoch, r.event_id, r.type, r.source,
            r.data_schema, r.subject, r.related_subjects, r.aggregate_version,
            r.occurred_at, r.recorded_at, r.origin, r.correlation_id, r.causation_id,
            r.traceparent, r.data
        from ranked as r
        inner join advanced as a on a.stream = r.stream
        order by r.stream, r.place
    )
select
    stream,
    places
from ranked
where place = places
order by stream

-- name: unpublished_events
-- The next events to publish, at most a window of each stream, in the streams' order.
-- What each stream may give is settled from the heads alone, so no more is read than told.
-- $1 streams after this one  $2 streams  $3 window per stream  $4 events in all, about
-- $5 streams that must wait
select
    j.event_id, j.type, j.source, j.subject, j.occurred_at, j.recorded_at, j.data_schema,
    j.stream, j.epoch, j.number, j.aggregate_version, j.related_subjects, j.origin,
    j.correlation_id, j.causation_id, j.traceparent, j.data
from (
    select
        stream,
        published,
        published + portion as until,
        sum(portion) over (order by stream) - portion as before
    from (
        select
            stream,
            published,
            least(head - published, $3) as portion
        from stream_head
        where
            published < head
            and stream > $1
            and stream <> all ($5::text[])
        order by stream
        limit $2
    ) as waiting
) as speaking
cross join lateral (
    select *
    from journal
    where
        stream = speaking.stream
        and number > speaking.published
        and number <= speaking.until
    order by number
    -- Changes no answer, but keeps the planner from joining the whole journal instead.
    limit $3
) as j
where speaking.before < $4
order by j.stream, j.number

-- name: advance_published
-- Note what the broker has acknowledged; a relay that is behind takes nothing back.
-- $1 streams  $2 numbers  $3 event ids
update stream_head as h
set
    published = acknowledged.number,
    published_event_id = acknowledged.event_id
from unnest($1::text[], $2::bigint[], $3::uuid[]) as acknowledged (stream, number, event_id)
where
    h.stream = acknowledged.stream
    and h.published < acknowledged.number

-- name: advance_without_waiting
-- Losing the note of what was published only publishes it again: no need to wait for disk.
select set_config('synchronous_commit', 'off', true)

-- name: take_leadership
-- Held by the session: it ends when the connection does.
select pg_try_advisory_lock(hashtextextended('waymark.relay.leader', 0))

-- name: still_there
-- Whether the connection that holds the leadership still answers.
select 1

-- name: raise_busy_flag
-- Writers who see it need not notify: the relay is asking often enough.
select pg_try_advisory_lock(hashtextextended('waymark.relay.busy', 0))

-- name: lower_busy_flag
-- Writers notify again.
select pg_advisory_unlock(hashtextextended('waymark.relay.busy', 0))

-- name: outbox_depth
-- How many events wait for their number, counted no further than a bound.
-- $1 bound
select count(*) from (select from outbox limit $1) as bounded

-- name: unpublished_depth
-- How many numbered events wait to be published.
select coalesce(sum(head - published), 0)::bigint from stream_head where published < head

-- name: contradicted_records
-- Which records at the topic's end this database cannot have published: they are beyond
-- their stream's head or of a later epoch.
-- $1 streams  $2 numbers  $3 epochs
select
    record.stream,
    record.number,
    coalesce(h.head, 0) as head
from unnest($1::text[], $2::bigint[], $3::bigint[]) as record (stream, number, epoch)
left join stream_head as h on h.stream = record.stream
where
    record.number > coalesce(h.head, 0)
    or record.epoch > h.epoch
order by record.stream, record.number
