-- What workers had of what they are entitled to: supervision and training. Nothing here is about
-- the people they help.

create table entitlement (
    id uuid not null,
    pcn_code text not null,
    worker_id uuid not null,
    kind text not null,
    what text not null,
    last_on date,
    next_by date,
    version bigint not null,
    constraint entitlement_pkey primary key (id),
    constraint entitlement_is_one_of_its_kind unique (pcn_code, worker_id, kind, what),
    constraint entitlement_kind_is_known check (kind in ('supervision', 'training')),
    constraint entitlement_version_counts_up check (version >= 0)
) with (fillfactor = 85);

create table entitlement_record (
    id uuid not null,
    pcn_code text not null,
    worker_id uuid not null,
    entitlement_id uuid not null,
    kind text not null,
    what text not null,
    minutes integer,
    note text,
    -- The worker who entered it; null where a manager did.
    recorded_by uuid,
    origin text not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint entitlement_record_pkey primary key (id),
    constraint entitlement_record_entitlement_exists
        foreign key (entitlement_id) references entitlement (id),
    constraint entitlement_record_minutes_fit_a_week check (minutes between 1 and 10080)
);

create index entitlement_record_of_worker on entitlement_record (worker_id, id);

alter table entitlement enable row level security;
alter table entitlement force row level security;
alter table entitlement_record enable row level security;
alter table entitlement_record force row level security;

create policy entitlement_of_visible_organisations on entitlement
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy entitlement_record_of_visible_organisations on entitlement_record
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on entitlement to {api_role};
grant select, insert on entitlement_record to {api_role};
-- What is due is told where time is the door.
grant select, update on entitlement to {worker_role};
