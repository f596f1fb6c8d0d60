-- How episodes ended and that they went on again, and the messages that went back about it.

create table closing (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    episode_id uuid not null,
    referral_id uuid not null,
    number integer not null,
    outcome text not null,
    what_next text not null,
    summary text,
    contacts_made integer not null,
    days_open integer not null,
    goals_set integer not null,
    goals_met integer not null,
    goals_dropped integer not null,
    loops_withdrawn integer not null,
    loops_kept integer not null,
    worker_id uuid,
    event_id uuid not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint closing_pkey primary key (id),
    constraint closing_episode_exists foreign key (episode_id) references episode (id),
    constraint closing_referral_exists foreign key (referral_id) references referral (id),
    constraint closing_number_is_used_once unique (episode_id, number),
    constraint closing_number_is_positive check (number > 0),
    constraint closing_outcome_is_known check (
        outcome in (
            'goals-met', 'partly-met', 'support-complete', 'not-engaged', 'unreachable',
            'declined', 'moved-away', 'died', 'not-suitable', 'other'
        )
    )
);

create table reopening (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    episode_id uuid not null,
    referral_id uuid not null,
    reason text not null,
    days_closed integer not null,
    worker_id uuid,
    event_id uuid not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint reopening_pkey primary key (id),
    constraint reopening_episode_exists foreign key (episode_id) references episode (id),
    constraint reopening_referral_exists foreign key (referral_id) references referral (id)
);

create index reopening_episode on reopening (episode_id, id);

-- The document is kept as it was written: its hash is over these bytes.
create table message_back (
    id uuid not null,
    pcn_code text not null,
    episode_id uuid not null,
    closing_id uuid not null,
    recipient_kind text not null,
    recipient_code text not null,
    format text not null,
    document text not null,
    content_hash text not null,
    recorded_at timestamptz not null,
    constraint message_back_pkey primary key (id),
    constraint message_back_closing_exists foreign key (closing_id) references closing (id),
    constraint message_back_goes_once_to_each unique (closing_id, recipient_code),
    constraint message_back_recipient_is_known check (recipient_kind in ('practice', 'referrer')),
    constraint message_back_hash_is_one check (content_hash ~ '^[0-9a-f]{64}$')
);

create index message_back_episode on message_back (episode_id, id);

alter table closing enable row level security;
alter table closing force row level security;
alter table reopening enable row level security;
alter table reopening force row level security;
alter table message_back enable row level security;
alter table message_back force row level security;

-- A summary is the service's own; what a practice or a referrer is told stands in its message.
create policy closing_of_visible_organisations on closing
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy reopening_of_visible_organisations on reopening
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy message_back_of_visible_organisations on message_back
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or recipient_code = any ((select visible_organisations())::text[])
    );

grant select, insert on closing, reopening, message_back to {api_role};
-- The sender reads what it hands over.
grant select on message_back to {worker_role};
