-- Messages that are meant. No name and no address is in any of these columns:
-- who is written to is asked for when the message is sent.

create table intent (
    id uuid not null,
    rule text not null,
    recipient_kind text not null,
    channel text not null,
    state text not null default 'pending',
    reason text,
    pcn_code text not null,
    practice_code text not null,
    referrer_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    person_id uuid not null,
    event_id uuid not null,
    correlation_id text,
    traceparent text,
    recorded_at timestamptz not null,
    send_until timestamptz not null,
    -- While pending: not before this. While sending: the lease ends here.
    next_attempt_at timestamptz not null,
    attempts integer not null default 0,
    version bigint not null default 0,
    settled_at timestamptz,
    constraint intent_pk primary key (id),
    constraint intent_once_per_rule_and_event unique (rule, event_id),
    constraint intent_recipient_kind_known check (recipient_kind in ('referrer', 'person')),
    constraint intent_channel_known check (channel in ('email')),
    constraint intent_state_known check (state in ('pending', 'sending', 'sent', 'suppressed', 'failed')),
    constraint intent_ends_with_a_time check ((state in ('pending', 'sending')) = (settled_at is null)),
    constraint intent_reason_where_not_sent check ((state in ('suppressed', 'failed')) = (reason is not null))
);

create index intent_due on intent (pcn_code, next_attempt_at) where state in ('pending', 'sending');
create index intent_by_pcn on intent (pcn_code, recorded_at desc, id desc);
create index intent_counts on intent (pcn_code, rule, state);

alter table intent enable row level security;
alter table intent force row level security;
create policy intent_of_pcn on intent
    using (pcn_code = any ((select visible_organisations())::text[]));

grant select on intent to {api_role};
grant select, insert, update on intent to {worker_role};
