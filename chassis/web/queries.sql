-- name: claim_idempotency_key
-- Take the key for this transaction without waiting, and read its answer if it has one.
-- $1 id
select
    pg_try_advisory_xact_lock(('x' || encode(substring($1::bytea from 1 for 8), 'hex'))::bit(64)::bigint) as claimed,
    known.body_hash,
    known.status,
    known.body,
    known.headers
from (select 1) as always
left join idempotency_key as known on known.id = $1;

-- name: recall_idempotency_keys
-- Read the answers of many keys at once.
-- $1 ids
select id, body_hash, status, body, headers
from idempotency_key
where id = any($1::bytea[]);

-- name: store_idempotency_keys
-- Store answers; a key that is already there is a unique violation.
-- $1 ids, $2 body hashes, $3 statuses, $4 bodies, $5 headers as JSON, $6 kept for good
insert into idempotency_key (id, body_hash, status, body, headers, kept)
select id, body_hash, status, body, headers, $6
from unnest($1::bytea[], $2::bytea[], $3::smallint[], $4::text[], $5::text[])
    as given (id, body_hash, status, body, headers);

-- name: forget_expired_idempotency_keys
-- Delete one batch of answers older than they are kept for, oldest first; count them.
-- $1 hours kept, $2 rows at most
with expired as (
    select id
    from idempotency_key
    where not kept and created_at < now() - make_interval(hours => $1)
    order by created_at
    limit $2
), gone as (
    delete from idempotency_key using expired where idempotency_key.id = expired.id returning 1
)
select count(*) from gone;
