-- Everything here belongs to one PCN (pcn_code). A practice sees what names it; row policies
-- are forced, so not even the owner of the tables reads past them.

create table person (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    nhs_number text,
    given_name text not null,
    family_name text not null,
    birth_date date not null,
    sex text not null,
    ethnicity_category text,
    deprivation_decile smallint,
    language text not null,
    postcode text,
    email text,
    phone text,
    messages_consented boolean not null,
    safe_channel text not null,
    -- A digest of name, birth date and postcode: who has no number is recognised by it.
    likeness text,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint person_pkey primary key (id),
    -- Unique within a PCN only: across PCNs it would tell one what another holds.
    constraint person_nhs_number_is_known_once unique (pcn_code, nhs_number),
    constraint person_nhs_number_has_ten_digits check (nhs_number ~ '^[0-9]{10}$'),
    constraint person_deprivation_decile_is_a_decile check (deprivation_decile between 1 and 10),
    constraint person_safe_channel_is_known
        check (safe_channel in ('email', 'sms', 'phone', 'letter', 'none', 'other')),
    constraint person_version_is_positive check (version > 0)
);

create index person_likeness on person (pcn_code, likeness, id);
create index person_likeness_without_number on person (pcn_code, likeness, id)
where nhs_number is null;
create index person_birth_date on person (pcn_code, birth_date);

create table episode (
    id uuid not null,
    pcn_code text not null,
    person_id uuid not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    worker_id uuid,
    open_referrals integer not null,
    contact_count integer not null default 0,
    version bigint not null,
    constraint episode_pkey primary key (id),
    constraint episode_person_exists foreign key (person_id) references person (id),
    constraint episode_is_open_while_a_referral_is
        check ((closed_at is null) = (open_referrals > 0)),
    constraint episode_counts_up check (contact_count >= 0 and open_referrals >= 0),
    constraint episode_version_is_positive check (version > 0)
) with (fillfactor = 70);

create unique index episode_open_once_for_a_person on episode (person_id) where closed_at is null;
create index episode_person on episode (person_id);

create table referral (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referrer_code text not null,
    episode_id uuid not null,
    person_id uuid not null,
    route text not null,
    urgency text not null,
    needs text[] not null,
    note text,
    practice_reference text,
    import_fingerprint text,
    messages_consented boolean not null,
    safe_channel text not null,
    opened_episode boolean not null,
    status text not null,
    status_reason text,
    version bigint not null,
    event_id uuid not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint referral_pkey primary key (id),
    constraint referral_episode_exists foreign key (episode_id) references episode (id),
    -- What makes an import repeatable for ever.
    constraint referral_practice_reference_is_used_once
        unique (pcn_code, referrer_code, practice_reference),
    constraint referral_import_fingerprint_is_used_once
        unique (pcn_code, referrer_code, import_fingerprint),
    constraint referral_status_is_known
        check (status in ('received', 'accepted', 'declined', 'returned', 'closed')),
    constraint referral_origin_is_known check (origin in ('live', 'import', 'seed')),
    constraint referral_version_is_positive check (version > 0)
) with (fillfactor = 80);

create index referral_episode on referral (episode_id);
create index referral_of_pcn on referral (pcn_code, id);
create index referral_of_practice on referral (practice_code, id);
create index referral_of_referrer on referral (referrer_code, id);

create table referral_status (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    previous_status text not null,
    status text not null,
    reason text,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint referral_status_pkey primary key (id),
    constraint referral_status_referral_exists
        foreign key (referral_id) references referral (id),
    constraint referral_status_is_reached_once unique (referral_id, status)
);

create table contact (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    worker_id uuid,
    role text not null,
    mode text not null,
    minutes integer,
    note text,
    number integer not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint contact_pkey primary key (id),
    constraint contact_referral_exists foreign key (referral_id) references referral (id),
    constraint contact_number_is_used_once unique (episode_id, number),
    constraint contact_number_is_positive check (number > 0),
    constraint contact_minutes_fit_a_day check (minutes between 0 and 1440)
);

create table goal (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    worker_id uuid,
    need text,
    description text,
    target_date date,
    status text not null,
    update_count integer not null default 0,
    version bigint not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint goal_pkey primary key (id),
    constraint goal_referral_exists foreign key (referral_id) references referral (id),
    constraint goal_status_is_known
        check (status in ('set', 'progressing', 'met', 'changed', 'dropped')),
    constraint goal_version_is_positive check (version > 0)
) with (fillfactor = 80);

create index goal_episode on goal (episode_id);

create table goal_update (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    goal_id uuid not null,
    episode_id uuid not null,
    previous_status text not null,
    status text not null,
    note text,
    number integer not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint goal_update_pkey primary key (id),
    constraint goal_update_goal_exists foreign key (goal_id) references goal (id),
    constraint goal_update_number_is_used_once unique (goal_id, number)
);

-- What became of the messages about a referral, told by notifications and by nobody else.
create table message (
    stream text not null,
    message_id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    rule text not null,
    channel text not null,
    recipient_kind text not null,
    outcome text not null,
    reason text,
    occurred_at timestamptz not null,
    number bigint not null,
    constraint message_pkey primary key (stream, message_id),
    constraint message_outcome_is_known check (outcome in ('sent', 'suppressed', 'failed'))
);

create index message_referral on message (referral_id);

alter table person enable row level security;
alter table person force row level security;
alter table episode enable row level security;
alter table episode force row level security;
alter table referral enable row level security;
alter table referral force row level security;
alter table referral_status enable row level security;
alter table referral_status force row level security;
alter table contact enable row level security;
alter table contact force row level security;
alter table goal enable row level security;
alter table goal force row level security;
alter table goal_update enable row level security;
alter table goal_update force row level security;
alter table message enable row level security;
alter table message force row level security;

-- The inner select makes Postgres read the setting once a statement and not once a row, and
-- equality is what its planner can estimate.
create policy person_of_visible_organisations on person
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
-- A practice reaches an episode through its referrals; the episode itself is the PCN's.
create policy episode_of_visible_organisations on episode
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy referral_of_visible_organisations on referral
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
        or referrer_code = any ((select visible_organisations())::text[])
    );
create policy referral_status_of_visible_organisations on referral_status
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy contact_of_visible_organisations on contact
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy goal_of_visible_organisations on goal
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy goal_update_of_visible_organisations on goal_update
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy message_of_visible_organisations on message
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on person, episode, referral, goal to {api_role};
grant select, insert on referral_status, contact, goal_update to {api_role};
grant select on message to {api_role};
grant select, insert, update on message to {worker_role};
-- A consumer looks up whose a referral is before it believes what is told of it.
grant select (id, pcn_code) on referral to {worker_role};
