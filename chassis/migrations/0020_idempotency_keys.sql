-- Answers to creating requests, stored in the transaction of what they created.
-- The id is a hash of caller, route and key: a key may hold anything its sender liked.

create table idempotency_key (
    id bytea not null,
    body_hash bytea not null,
    status smallint not null,
    body text not null,
    headers text not null,
    kept boolean not null,
    created_at timestamptz not null default now(),
    constraint idempotency_key_pkey primary key (id),
    constraint idempotency_key_id_is_a_hash check (octet_length(id) = 32),
    constraint idempotency_key_body_hash_is_a_hash check (octet_length(body_hash) = 32)
);

create index idempotency_key_expiring on idempotency_key (created_at) where not kept;

grant select, insert on idempotency_key to {api_role};
grant select, delete on idempotency_key to {worker_role};
