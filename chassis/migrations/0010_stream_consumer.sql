-- Where each consumer stands in each stream, what it set aside, and what operators asked of it.

create table consumer_position (
    consumer text not null,
    topic text not null,
    stream text not null,
    epoch integer not null,
    number bigint not null default 0,
    event_id uuid,
    recorded_at timestamptz,
    applied bigint not null default 0,
    skipped bigint not null default 0,
    quarantined bigint not null default 0,
    discarded bigint not null default 0,
    -- Counted beside the law: what came again, what was refused, holes found, events pulled.
    duplicates bigint not null default 0,
    refused bigint not null default 0,
    holes bigint not null default 0,
    healed bigint not null default 0,
    -- Raised by everything that is not plain progress, so that whoever remembers
    -- an older state fails the comparison and looks again.
    hold_version bigint not null default 0,
    stopped_reason text,
    stopped_at timestamptz,
    -- Failures up to this number no longer count towards stopping the stream again.
    counted_from bigint not null default 0,
    head bigint not null default 0,
    head_seen_at timestamptz,
    constraint consumer_position_pkey primary key (consumer, topic, stream),
    -- The conservation law itself: no transaction that breaks it can commit.
    constraint consumer_position_is_conserved check (
        number = applied + skipped + quarantined + discarded
    ),
    constraint consumer_position_counts_are_positive check (
        applied >= 0 and skipped >= 0 and quarantined >= 0 and discarded >= 0
    )
) with (
    -- Every batch rewrites some of these rows: room in the page keeps that cheap.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 500
);

create table quarantine (
    id uuid not null,
    consumer text not null,
    topic text not null,
    kind text not null,
    state text not null default 'open',
    stream text,
    number bigint,
    epoch integer,
    record_partition integer,
    record_offset bigint,
    event_id uuid,
    type text,
    subjects text [] not null default '{}',
    recorded_at timestamptz,
    headers jsonb not null,
    value bytea,
    value_size bigint not null,
    from_journal boolean not null,
    reason text not null,
    detail text not null,
    attempts integer not null default 1,
    first_seen_at timestamptz not null default now(),
    last_tried_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint quarantine_pkey primary key (id),
    constraint quarantine_kind_is_known check (kind in ('failed', 'held', 'unreadable')),
    constraint quarantine_state_is_known check (
        state in ('open', 'redriven', 'discarded', 'healed')
    ),
    constraint quarantine_is_about_something check (
        kind = 'unreadable' or (stream is not null and number is not null and epoch is not null)
    ),
    constraint quarantine_closed_has_a_time check ((state = 'open') = (closed_at is null))
);

create unique index quarantine_open_event on quarantine (consumer, topic, stream, number)
where state = 'open' and kind <> 'unreadable';
-- Closed or not: a record read again is the same unreadable record.
create unique index quarantine_unreadable_record
on quarantine (consumer, topic, record_partition, record_offset)
where kind = 'unreadable';
create index quarantine_open_by_id on quarantine (id) where state = 'open';

create table stream_wish (
    id uuid not null,
    consumer text not null,
    action text not null,
    quarantine_id uuid,
    topic text,
    stream text,
    member_key text not null,
    reason text not null,
    wished_at timestamptz not null default now(),
    outcome text,
    carried_out_at timestamptz,
    constraint stream_wish_pkey primary key (id),
    constraint stream_wish_action_is_known check (action in ('redrive', 'discard', 'resume')),
    constraint stream_wish_says_what check (
        case
            when action = 'resume' then topic is not null and stream is not null
            else quarantine_id is not null
        end
    ),
    constraint stream_wish_says_why check (reason <> '')
);

create index stream_wish_open on stream_wish (consumer, id) where outcome is null;

create table quarantine_opening (
    id uuid not null,
    quarantine_id uuid not null,
    member_key text not null,
    reason text not null,
    opened_at timestamptz not null default now(),
    constraint quarantine_opening_pkey primary key (id),
    constraint quarantine_opening_says_why check (reason <> '')
);

grant select on consumer_position, quarantine, stream_wish, quarantine_opening to {api_role};
-- A wish and an opening stay as they were made: they are the record of who asked for what.
grant insert (id, consumer, action, quarantine_id, topic, stream, member_key, reason)
on stream_wish to {api_role};
grant insert on quarantine_opening to {api_role};

grant select, insert, update on consumer_position, quarantine to {worker_role};
grant select, update (outcome, carried_out_at) on stream_wish to {worker_role};
