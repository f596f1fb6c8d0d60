-- An event waits in outbox until the relay numbers it into journal, where it stays.
-- stream_head holds, per stream, the last number given and the last one published.

create function visible_organisations() returns text[]
language sql
stable
parallel safe
return string_to_array(nullif(current_setting('app.organisations', true), ''), ',');

comment on function visible_organisations() is
    'The organisation codes this transaction may see; null, and so no row, when none was set.';

create table outbox (
    position bigint generated always as identity,
    stream text not null,
    event_id uuid not null,
    type text not null,
    source text not null,
    data_schema text not null,
    subject text not null,
    related_subjects text not null,
    aggregate_version bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    origin text not null,
    correlation_id text,
    causation_id text,
    traceparent text,
    data json not null,
    constraint outbox_pkey primary key (stream, position),
    constraint outbox_stream_is_a_name check (stream ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    constraint outbox_origin_is_known check (origin in ('live', 'import', 'seed'))
) with (
    -- A queue: almost every row soon dies, so it is swept by count and not by share.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 1000000000
);

create table journal (
    stream text not null,
    number bigint not null,
    epoch integer not null,
    event_id uuid not null,
    type text not null,
    source text not null,
    data_schema text not null,
    subject text not null,
    related_subjects text not null,
    aggregate_version bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    origin text not null,
    correlation_id text,
    causation_id text,
    traceparent text,
    data json not null,
    constraint journal_pkey primary key (stream, number),
    constraint journal_number_is_positive check (number > 0)
) partition by hash (stream);

create table journal_0 partition of journal for values with (modulus 8, remainder 0);
create table journal_1 partition of journal for values with (modulus 8, remainder 1);
create table journal_2 partition of journal for values with (modulus 8, remainder 2);
create table journal_3 partition of journal for values with (modulus 8, remainder 3);
create table journal_4 partition of journal for values with (modulus 8, remainder 4);
create table journal_5 partition of journal for values with (modulus 8, remainder 5);
create table journal_6 partition of journal for values with (modulus 8, remainder 6);
create table journal_7 partition of journal for values with (modulus 8, remainder 7);

create table stream_head (
    stream text not null,
    epoch integer not null default 1,
    head bigint not null default 0,
    head_event_id uuid,
    published bigint not null default 0,
    published_event_id uuid,
    constraint stream_head_pkey primary key (stream),
    constraint stream_head_published_is_numbered check (published between 0 and head),
    constraint stream_head_epoch_is_positive check (epoch > 0)
) with (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 500
);

-- What the publisher asks for: streams that have something to say.
create index stream_head_unpublished on stream_head (stream) where published < head;

-- A handler may add events and nothing else: it cannot read, change or number them.
grant insert on outbox to {api_role};
-- The journal holds every stream, so the API role sees it only in a transaction that
-- says it serves the journal itself: what forgets to say so reads nothing.
grant select on journal, stream_head to {api_role};
alter table journal enable row level security;
alter table stream_head enable row level security;
create policy journal_is_served on journal for select to {api_role}
    using (current_setting('app.serves_journal', true) = 'on');
create policy stream_head_is_served on stream_head for select to {api_role}
    using (current_setting('app.serves_journal', true) = 'on');

grant select, insert, delete on outbox to {worker_role};
grant select, insert on journal to {worker_role};
grant select, insert, update on stream_head to {worker_role};
