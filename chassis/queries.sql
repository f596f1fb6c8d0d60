-- What the chassis' data modules ask of Postgres.

-- name: begin
-- Begin a transaction that sees no row of an organisation.
begin

-- name: begin_without_waiting
-- Begin a transaction that sees no row of an organisation, and whose commit does not wait for disk.
begin;
set local synchronous_commit = off

-- name: begin_seeing
-- Begin a transaction and say whose rows it may see: row policies read this setting, and it ends
-- with the transaction. {organisations} are codes, checked for their form, comma between them.
begin;
select set_config('app.organisations', '{organisations}', true)

-- name: know_arrays
-- Never run, only prepared: the driver asks Postgres about each type that it does not know, with a
-- query of 10 ms, statement by statement. So a new connection asks once, about all that we use.
select
    $1::boolean[], $2::smallint[], $3::integer[], $4::bigint[], $5::real[], $6::float8[],
    $7::uuid[], $8::bytea[], $9::date[], $10::time[], $11::timestamptz[], $12::json[], $13::jsonb[]

-- name: commit
-- Keep what the transaction did.
commit

-- name: roll_back
-- Undo what the transaction did.
rollback

-- name: set_savepoint
-- Mark a place in a transaction to come back to.
savepoint inner_part

-- name: return_to_savepoint
-- Undo what was done since the innermost mark, and forget the mark.
rollback to savepoint inner_part;
release savepoint inner_part

-- name: release_savepoint
-- Forget the innermost mark and keep what was done since.
release savepoint inner_part

-- name: is_writable
-- False on a stand-by or a server set to read-only.
select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'

-- name: append_events
-- Store events in the given order and wake the relay, unless it is busy and says so
-- (chassis/relay/listening.py). One round trip for any number.
-- $1 stream  $2 event_id  $3 type  $4 source  $5 data_schema  $6 subject
-- $7 related_subjects  $8 aggregate_version  $9 occurred_at  $10 recorded_at
-- $11 origin  $12 correlation_id  $13 causation_id  $14 data  $15 traceparent of all
with
    event as (
        select
            *
        from unnest(
            $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[],
            $13::text[], $14::json[]
        ) with ordinality as e (
            stream, event_id, type, source, data_schema, subject, related_subjects,
            aggregate_version, occurred_at, recorded_at, origin, correlation_id,
            causation_id, data, place
        )
    ),
    stored as (
        insert into outbox (
            stream, event_id, type, source, data_schema, subject, related_subjects,
            aggregate_version, occurred_at, recorded_at, origin, correlation_id,
            causation_id, traceparent, data
        )
        select
            stream, event_id, type, source, data_schema, subject, related_subjects,
            aggregate_version, occurred_at, recorded_at, origin, correlation_id,
            causation_id, $15::text, data
        from event
        order by place
    )
select
    case
        when pg_try_advisory_lock_shared(hashtextextended('waymark.relay.busy', 0)) then
            pg_advisory_unlock_shared(hashtextextended('waymark.relay.busy', 0))
            and pg_notify('waymark_outbox', '') is not null
        else false
    end as is_told

-- name: write_ledger
-- All that a change leaves beside itself: events as ``append_events`` stores them, audit rows as
-- ``add_audit_entries`` does, and the answer under its key, where a second one is a unique violation.
-- $1 to $15 as for append_events
-- $16 entry ids  $17 member key  $18 role  $19 organisation code  $20 action  $21 person ids
-- $22 subjects  $23 PCN codes  $24 reason  $25 outcome  $26 trace id
-- $27 whether there is an answer  $28 its id  $29 body hash  $30 status  $31 body  $32 headers
with
    event as (
        select
            *
        from unnest(
            $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[],
            $13::text[], $14::json[]
        ) with ordinality as e (
            stream, event_id, type, source, data_schema, subject, related_subjects,
            aggregate_version, occurred_at, recorded_at, origin, correlation_id,
            causation_id, data, place
        )
    ),
    stored as (
        insert into outbox (
            stream, event_id, type, source, data_schema, subject, related_subjects,
            aggregate_version, occurred_at, recorded_at, origin, correlation_id,
            causation_id, traceparent, data
        )
        select
            stream, event_id, type, source, data_schema, subject, related_subjects,
            aggregate_version, occurred_at, recorded_at, origin, correlation_id,
            causation_id, $15::text, data
        from event
        order by place
    ),
    audited as (
        insert into access_audit (
            entry_id, member_key, role, organisation_code, action, person_id, subject, pcn_code,
            reason, outcome, trace_id
        )
        select given.entry_id, $17, $18, $19, $20, given.person_id, given.subject, given.pcn_code,
            $24, $25, $26
        from unnest($16::uuid[], $21::uuid[], $22::text[], $23::text[])
            as given (entry_id, person_id, subject, pcn_code)
    ),
    answered as (
        insert into idempotency_key (id, body_hash, status, body, headers, kept)
        select $28, $29, $30, $31, $32, false
        where $27::boolean
    )
select
    case
        when cardinality($1::text[]) = 0 then false
        when pg_try_advisory_lock_shared(hashtextextended('waymark.relay.busy', 0)) then
            pg_advisory_unlock_shared(hashtextextended('waymark.relay.busy', 0))
            and pg_notify('waymark_outbox', '') is not null
        else false
    end as is_told

-- name: serve_journal
-- Lets the API role read journal and heads until the transaction ends.
select set_config('app.serves_journal', 'on', true)

-- name: bound_migration_waits
-- A migration that cannot get its lock gives up instead of queueing everyone behind it.
select
    set_config('lock_timeout', $1, false),
    set_config('statement_timeout', $2, false)

-- name: lock_migrations
-- One migrator at a time per database.
select pg_advisory_lock(hashtextextended('waymark.migrations', 0))

-- name: create_migration_table
-- The record of what was applied.
create table if not exists schema_migration (
    component text not null,
    number integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    constraint schema_migration_pkey primary key (component, number)
)

-- name: applied_migrations
-- What was applied to this database, of one component.
select
    number,
    name,
    checksum
from schema_migration
where component = $1
order by number

-- name: note_migration
-- Record a migration in the transaction that applied it.
insert into schema_migration (component, number, name, checksum) values ($1, $2, $3, $4)

-- name: lock_provisioning
-- One provisioner at a time per server.
select pg_advisory_lock(hashtextextended('waymark.provisioning', 0))

-- name: role_exists
-- Whether a role of that name is there.
select exists (select from pg_roles where rolname = $1)

-- name: database_exists
-- Whether a database of that name is there.
select exists (select from pg_database where datname = $1)

-- name: statement_create_role
-- The statement that makes a role which can sign in and nothing more.
select format('create role %I', $1::text)

-- name: statement_alter_role
-- The statement that gives a role its password and says whether row policies bind it.
-- $1 role  $2 password verifier  $3 bypasses row security
select format(
    'alter role %I with login nosuperuser nocreatedb nocreaterole %s password %L',
    $1::text, case when $3::boolean then 'bypassrls' else 'nobypassrls' end, $2::text
)

-- name: statement_create_database
-- The statement that makes a database owned by the role that migrates it.
-- $1 database  $2 owner  $3 template
select format('create database %I owner %I template %I', $1::text, $2::text, $3::text)

-- name: statements_close_database
-- The statements that let only these roles connect, and none but the owner make tables.
-- $1 database  $2 roles
select format('revoke all on database %I from public', $1::text)
union all
select format('grant connect on database %I to %I', $1::text, role) from unnest($2::text[]) as role

-- name: published_heads
-- How far each stream is published, and how far numbered, a page by name.
-- $1 streams after this one  $2 page
select
    stream,
    epoch,
    published,
    published_event_id,
    head
from stream_head
where
    stream > $1
    and head > 0
order by stream
limit $2

-- name: published_range
-- The published events of one stream, a page by number.
-- $1 stream  $2 numbers after this one  $3 page
select
    event_id, type, source, subject, occurred_at, recorded_at, data_schema, stream, epoch,
    number, aggregate_version, related_subjects, origin, correlation_id, causation_id,
    traceparent, data
from journal
where
    stream = $1
    and number > $2
    and number <= (select published from stream_head where stream = $1)
order by number
limit $3
