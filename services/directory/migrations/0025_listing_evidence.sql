-- What happened to listings, as the referral service and notifications tell it.
--
-- Each table is written from one topic and keyed by stream and number, or counted by stream, so
-- that one stream can be dropped and applied again by itself. Nobody is named: no person, no
-- worker, no episode.

create table onward_evidence (
    stream text not null,
    number bigint not null,
    listing_id uuid not null,
    -- Null where somebody looked at the listing and sent nobody there.
    organization_id uuid,
    onward_referral_id uuid,
    -- The event's name without its prefixes: sent, answered, started, attended, ended, nudge-due,
    -- listing-gone, placement-failed.
    kind text not null,
    -- What it says beyond that: the answer, the ending, what stood in the way.
    word text not null,
    reason text,
    told_by text,
    full_until date,
    sent_at timestamptz,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint onward_evidence_pk primary key (stream, number),
    constraint onward_evidence_kind_known check (
        kind in (
            'sent', 'answered', 'started', 'attended', 'ended', 'nudge-due', 'listing-gone',
            'placement-failed'
        )
    )
);

create index onward_evidence_by_listing on onward_evidence (listing_id, occurred_at);
create index onward_evidence_by_organization on onward_evidence (organization_id, occurred_at);
create index onward_evidence_by_referral on onward_evidence (onward_referral_id);

create table message_evidence (
    stream text not null,
    number bigint not null,
    listing_id uuid not null,
    kind text not null,
    reason text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint message_evidence_pk primary key (stream, number),
    constraint message_evidence_kind_known check (kind in ('message-sent', 'message-failed'))
);

create index message_evidence_by_listing on message_evidence (listing_id, occurred_at);

create table failed_placement (
    stream text not null,
    month date not null,
    need text not null,
    reason text not null,
    failures bigint not null,
    last_recorded_at timestamptz not null,
    constraint failed_placement_pk primary key (stream, month, need, reason),
    constraint failed_placement_month_starts check (extract(day from month) = 1),
    constraint failed_placement_counted check (failures > 0)
);

-- Listings of which something new was told: weighed soon, and struck off when that is done.
create table listing_to_weigh (
    listing_id uuid not null,
    constraint listing_to_weigh_pk primary key (listing_id)
);

-- Whoever may see a listing as it was entered may see what happened to it.
alter table onward_evidence enable row level security;
alter table onward_evidence force row level security;
create policy onward_evidence_of_listing on onward_evidence
    using (exists (select from listing as l where l.id = listing_id));

alter table message_evidence enable row level security;
alter table message_evidence force row level security;
create policy message_evidence_of_listing on message_evidence
    using (exists (select from listing as l where l.id = listing_id));

alter table failed_placement enable row level security;
alter table failed_placement force row level security;
create policy failed_placement_of_pcn on failed_placement
    using (stream = any ((select visible_organisations())::text[]));

grant select on onward_evidence, message_evidence, failed_placement to {api_role};
grant select, insert, update, delete on onward_evidence, message_evidence, failed_placement
to {worker_role};
grant insert on listing_to_weigh to {api_role};
grant select, insert, delete on listing_to_weigh to {worker_role};
