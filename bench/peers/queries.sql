-- name: remember_in_inbox
-- The naive consumer's duplicate check: one row per event.
-- $1 event id
insert into peer_inbox (event_id) values ($1)
on conflict do nothing
returning event_id;

-- name: insert_event
-- The naive consumer's effect, one event at a time.
-- $1 event id, $2 stream, $3 number, $4 type, $5 practice, $6 occurred, $7 recorded, $8 data
insert into peer_event (event_id, stream, number, type, practice_code, occurred_at, recorded_at, data)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: add_to_count
-- The naive consumer's figure, one event at a time.
-- $1 stream, $2 type
insert into peer_count (stream, type, amount) values ($1, $2, 1)
on conflict (stream, type) do update set amount = peer_count.amount + 1;

-- name: advance_offset
-- The copying consumer's position, once a batch.
-- $1 partition, $2 next offset
insert into peer_offset (partition, next_offset) values ($1, $2)
on conflict (partition) do update set next_offset = excluded.next_offset;
