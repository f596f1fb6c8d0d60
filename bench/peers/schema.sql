-- What both peers write: one row per event, as flat as a report could want it.
create table if not exists peer_event (
    event_id uuid not null,
    stream text not null,
    number bigint not null,
    type text not null,
    practice_code text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    data text not null
);
create table if not exists peer_inbox (
    event_id uuid not null constraint peer_inbox_pkey primary key
);
create table if not exists peer_count (
    stream text not null,
    type text not null,
    amount bigint not null,
    constraint peer_count_pkey primary key (stream, type)
);
create table if not exists peer_offset (
    partition integer not null constraint peer_offset_pkey primary key,
    next_offset bigint not null
);
