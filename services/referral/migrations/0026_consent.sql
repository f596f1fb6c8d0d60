-- What people agreed to share, with whom and for what; who has something of it, and who still has
-- to confirm that it was taken back.

create table consent (
    id uuid not null,
    pcn_code text not null,
    person_id uuid not null,
    recipient_kind text not null,
    recipient_id text not null,
    purpose text not null,
    scope text[] not null,
    expires_on date,
    given_at timestamptz not null,
    status text not null,
    change text,
    version bigint not null,
    constraint consent_pkey primary key (id),
    constraint consent_person_exists foreign key (person_id) references person (id),
    -- Given again, it is the same one, so that what was shared under it stays in one list.
    constraint consent_is_one_of_its_kind
        unique (person_id, recipient_kind, recipient_id, purpose),
    constraint consent_recipient_kind_is_known
        check (recipient_kind in ('organization', 'practice', 'pcn', 'person')),
    constraint consent_status_is_known check (status in ('given', 'revoked', 'expired')),
    constraint consent_change_is_known check (change in ('narrowed', 'revoked', 'expired')),
    constraint consent_is_to_something check (cardinality(scope) > 0),
    constraint consent_version_is_positive check (version > 0)
) with (fillfactor = 80);

create table consent_holder (
    consent_id uuid not null,
    holder_kind text not null,
    holder_id text not null,
    pcn_code text not null,
    has text[] not null,
    since timestamptz not null,
    latest_at timestamptz not null,
    -- The version of the consent this holder has to acknowledge, and the one they did.
    owes bigint,
    acknowledged bigint,
    acknowledged_at timestamptz,
    constraint consent_holder_pkey primary key (consent_id, holder_kind, holder_id),
    constraint consent_holder_consent_exists foreign key (consent_id) references consent (id),
    constraint consent_holder_acknowledged_at_a_time
        check ((acknowledged is null) = (acknowledged_at is null))
);

-- How a consent came to stand: each step as it became known.
create table consent_step (
    id uuid not null,
    pcn_code text not null,
    consent_id uuid not null,
    number bigint not null,
    step text not null,
    scope text[] not null,
    expires_on date,
    said_how text,
    holder_kind text,
    holder_id text,
    worker_id uuid,
    note text,
    origin text not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint consent_step_pkey primary key (id),
    constraint consent_step_consent_exists foreign key (consent_id) references consent (id),
    constraint consent_step_number_is_used_once unique (consent_id, number),
    constraint consent_step_is_known
        check (step in ('given', 'narrowed', 'revoked', 'expired', 'acknowledged'))
);

alter table consent enable row level security;
alter table consent force row level security;
alter table consent_holder enable row level security;
alter table consent_holder force row level security;
alter table consent_step enable row level security;
alter table consent_step force row level security;

-- Who something may be shared with sees that it may, and what is asked of them; not who else has
-- something, nor how it came about.
create policy consent_of_visible_organisations on consent
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or recipient_id = any ((select visible_organisations())::text[])
    );
create policy consent_holder_of_visible_organisations on consent_holder
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or holder_id = any ((select visible_organisations())::text[])
    );
create policy consent_step_of_visible_organisations on consent_step
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on consent, consent_holder to {api_role};
grant select, insert on consent_step to {api_role};
-- A consent ends where time is the door.
grant select, update on consent, consent_holder to {worker_role};
grant select, insert on consent_step to {worker_role};
