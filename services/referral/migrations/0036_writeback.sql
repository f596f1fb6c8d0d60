-- What practices' records are to hold, from being asked for to being known to be there.

create table writeback_item (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    kind text not null,
    code text,
    message_id uuid,
    withdraws uuid,
    referral_id uuid not null,
    episode_id uuid not null,
    person_id uuid not null,
    -- What asked for a code: the contact, or the referral that was declined.
    cause_id uuid,
    worker_id uuid,
    state text not null,
    attempts integer not null default 0,
    -- When it goes over next, or again; null where nothing more is to be done.
    due_at timestamptz,
    leased_until timestamptz,
    failure text,
    version bigint not null,
    origin text not null,
    occurred_at timestamptz not null,
    requested_at timestamptz not null,
    sent_at timestamptz,
    handed_at timestamptz,
    acknowledged_at timestamptz,
    reconciled_at timestamptz,
    ended_at timestamptz,
    constraint writeback_item_pkey primary key (id),
    constraint writeback_item_episode_exists foreign key (episode_id) references episode (id),
    constraint writeback_item_kind_is_known check (kind in ('code', 'message', 'withdrawal')),
    constraint writeback_item_state_is_known check (
        state in ('requested', 'sent', 'acknowledged', 'reconciled', 'failed', 'withdrawn')
    ),
    constraint writeback_item_is_of_one_kind check (
        (code is not null) = (kind = 'code')
        and (message_id is not null) = (kind = 'message')
        and (withdraws is not null) = (kind = 'withdrawal')
    ),
    constraint writeback_item_says_why_it_failed
        check ((failure is not null) = (state = 'failed')),
    constraint writeback_item_message_is_asked_for_once unique (message_id),
    constraint writeback_item_is_taken_back_once unique (withdraws),
    constraint writeback_item_version_is_positive check (version > 0)
) with (fillfactor = 80);

-- Told again, the same facts ask for nothing twice.
create unique index writeback_item_code_is_asked_for_once on writeback_item (episode_id, code)
where kind = 'code' and state <> 'withdrawn';
create index writeback_item_episode on writeback_item (episode_id, id);
create index writeback_item_due on writeback_item (due_at, id) where due_at is not null;
create index writeback_item_of_practice on writeback_item (
    pcn_code, practice_code, state, requested_at
);
create index writeback_item_of_pcn on writeback_item (pcn_code, state, id);
create index writeback_item_handed_over on writeback_item (practice_code, handed_at)
where sent_at is not null;

-- How a practice's receiver counts, beside how we do; one row once anything went over.
create table writeback_practice (
    pcn_code text not null,
    practice_code text not null,
    ours bigint not null default 0,
    theirs bigint,
    gap_count bigint not null default 0,
    gap_since timestamptz,
    checked_at timestamptz,
    next_check_at timestamptz not null,
    constraint writeback_practice_pkey primary key (practice_code),
    constraint writeback_practice_gap_has_an_age check ((gap_count <> 0) = (gap_since is not null))
);

create index writeback_practice_next on writeback_practice (next_check_at);

alter table writeback_item enable row level security;
alter table writeback_item force row level security;
alter table writeback_practice enable row level security;
alter table writeback_practice force row level security;

create policy writeback_item_of_visible_organisations on writeback_item
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy writeback_practice_of_visible_organisations on writeback_practice
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on writeback_item to {api_role};
grant select, insert on writeback_practice to {api_role};
grant select, insert, update on writeback_item to {worker_role};
grant select, insert, update on writeback_practice to {worker_role};
