-- How fresh each listing is and what room it has, the questions put to owners, and the words of
-- those who know.
--
-- Scores can be reckoned again from what happened at any time. What was told of them (capacity) is
-- kept, so that what is told next is compared with it.

create table listing_freshness (
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    score double precision not null,
    rules_version integer not null,
    weighed_at timestamptz not null,
    constraint listing_freshness_pk primary key (listing_id),
    constraint listing_freshness_from_0_to_100 check (score between 0 and 100)
);

create index listing_freshness_by_day on listing_freshness (weighed_at);

-- One question to the owner of a listing; at most one is open at a time.
create table listing_check (
    id uuid not null,
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    reason text not null,
    -- Whom the link was given to, where it was: what the group is reached by, not a person's own.
    sent_to text,
    answer text,
    asked_at timestamptz not null,
    answer_until timestamptz not null,
    -- When it was answered, or when nobody had.
    closed_at timestamptz,
    event_id uuid not null,
    constraint listing_check_pk primary key (id),
    constraint listing_check_answer_known check (answer in ('runs', 'changed', 'no-longer')),
    constraint listing_check_answered_is_closed check (answer is null or closed_at is not null)
);

create unique index listing_check_open on listing_check (listing_id) where closed_at is null;
create index listing_check_by_listing on listing_check (listing_id, closed_at);

-- What a link to a question is known by: the hash of its token and nothing that opens anything.
-- Whoever taps it has not signed in, so this table stands outside row-level security.
create table listing_check_link (
    token_hash bytea not null,
    check_id uuid not null,
    region_code text not null,
    issued_at timestamptz not null,
    constraint listing_check_link_pk primary key (token_hash),
    constraint listing_check_link_of_check foreign key (check_id) references listing_check (id)
);

create index listing_check_link_by_check on listing_check_link (check_id);

-- A worker or a publisher says that something of a listing is wrong.
create table listing_mark (
    id uuid not null,
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    kind text not null,
    note text,
    member_key text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint listing_mark_pk primary key (id),
    constraint listing_mark_kind_known check (kind in ('wrong-details', 'no-longer-runs'))
);

create index listing_mark_by_listing on listing_mark (listing_id, occurred_at);
-- The same member saying the same of the same day says it once.
create unique index listing_mark_once_a_day on listing_mark
(listing_id, member_key, kind, (timezone('UTC', occurred_at)::date));

-- What the group, or a worker on its behalf, says of its room.
create table capacity_word (
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    status text not null,
    told_by text not null,
    until_date date,
    member_key text not null,
    version bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint capacity_word_pk primary key (listing_id),
    constraint capacity_word_status_known
    check (status in ('has-capacity', 'no-capacity', 'waitlist', 'assessment-needed')),
    constraint capacity_word_told_by_known check (told_by in ('group', 'worker'))
);

-- What is known of the room of a listing, as it was last told.
create table listing_capacity (
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    -- Null where nothing is known any more.
    status text,
    source text not null,
    confidence double precision not null,
    room double precision not null,
    as_of timestamptz,
    rules_version integer not null,
    version bigint not null,
    event_id uuid not null,
    recorded_at timestamptz not null,
    constraint listing_capacity_pk primary key (listing_id)
);

alter table listing_freshness enable row level security;
alter table listing_freshness force row level security;
create policy listing_freshness_of_caller on listing_freshness
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

alter table listing_check enable row level security;
alter table listing_check force row level security;
create policy listing_check_of_caller on listing_check
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

alter table listing_mark enable row level security;
alter table listing_mark force row level security;
create policy listing_mark_of_caller on listing_mark
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

alter table capacity_word enable row level security;
alter table capacity_word force row level security;
create policy capacity_word_of_caller on capacity_word
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

alter table listing_capacity enable row level security;
alter table listing_capacity force row level security;
create policy listing_capacity_of_caller on listing_capacity
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

grant select, insert, update on listing_freshness, listing_check, capacity_word, listing_capacity
to {api_role};
grant select, insert on listing_check_link, listing_mark to {api_role};
grant select, insert, update on listing_freshness, listing_check, listing_capacity to {worker_role};
grant select on listing_check_link, listing_mark, capacity_word to {worker_role};
grant select, delete on listing_to_weigh to {api_role};

-- Evidence doubts, hides and brings back by itself, and what the public reads follows.
grant update on listing to {worker_role};
grant insert on listing_version to {worker_role};
grant insert, update on listing_order to {worker_role};
grant insert, update, delete on open_listing, open_location, open_organization to {worker_role};
