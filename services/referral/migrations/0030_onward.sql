-- Onward referrals: at every moment somebody has the ball or there is one ending, here by a
-- constraint. What the directory tells of listings is a table of its own, fed by its topic alone.

create table known_listing (
    listing_id uuid not null,
    region_code text not null,
    organization_id uuid not null,
    needs text[] not null,
    published boolean not null,
    number bigint not null,
    changed_at timestamptz not null,
    constraint known_listing_pkey primary key (listing_id)
);

create table onward_ladder (
    pcn_code text not null,
    provider_days integer[] not null,
    person_days integer[] not null,
    worker_days integer[] not null,
    version bigint not null,
    constraint onward_ladder_pkey primary key (pcn_code),
    constraint onward_ladder_version_is_positive check (version > 0)
);

create table onward_referral (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    person_id uuid not null,
    listing_id uuid not null,
    organization_id uuid not null,
    need text not null,
    shares_contact boolean not null,
    shared_note text,
    worker_id uuid,
    stage text not null,
    holder text,
    held_since timestamptz not null,
    nudges integer not null,
    silent text,
    unreached boolean not null,
    full_until date,
    listing_gone boolean not null,
    ending text,
    ending_reason text,
    ended_at timestamptz,
    drafted_at timestamptz not null,
    sent_at timestamptz,
    first_word_at timestamptz,
    version bigint not null,
    origin text not null,
    recorded_at timestamptz not null,
    constraint onward_referral_pkey primary key (id),
    constraint onward_referral_referral_exists
        foreign key (referral_id) references referral (id),
    constraint onward_referral_episode_exists
        foreign key (episode_id) references episode (id),
    constraint onward_referral_is_held_or_has_ended
        check ((holder is null) = (ending is not null)),
    constraint onward_referral_ends_at_a_time check ((ending is null) = (ended_at is null)),
    constraint onward_referral_stage_is_known
        check (stage in ('draft', 'sent', 'accepted', 'waiting', 'started')),
    constraint onward_referral_holder_is_known check (holder in ('worker', 'provider', 'person')),
    constraint onward_referral_silent_is_known check (silent in ('provider', 'person')),
    constraint onward_referral_ending_is_known check (
        ending in (
            'attended', 'refused-by-provider', 'declined-by-person', 'unreachable', 'withdrawn'
        )
    ),
    constraint onward_referral_is_sent_or_a_draft
        check (sent_at is not null or (stage = 'draft' and holder is distinct from 'provider')),
    constraint onward_referral_version_is_positive check (version > 0)
) with (fillfactor = 80);

create index onward_referral_episode on onward_referral (episode_id, id);
create index onward_referral_organization on onward_referral (organization_id, id);
create index onward_referral_open_of_listing on onward_referral (listing_id) where ending is null;
create index onward_referral_open on onward_referral (pcn_code, drafted_at, id)
where ending is null;
create index onward_referral_silent on onward_referral (pcn_code, sent_at, id)
where ending is null and silent is not null;
-- The ledger is counted from these alone: they hold what the row policy asks as well.
create index onward_referral_ledger on onward_referral (pcn_code, stage, holder, drafted_at)
include (held_since, silent, listing_gone, practice_code, organization_id, sent_at)
where ending is null;
create index onward_referral_ended on onward_referral (pcn_code, ended_at)
include (ending, ending_reason, practice_code, organization_id, sent_at)
where ending is not null;

create table onward_step (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    onward_referral_id uuid not null,
    number integer not null,
    step text not null,
    told_by text,
    reason text,
    full_until date,
    passed_to text,
    note text,
    origin text not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint onward_step_pkey primary key (id),
    constraint onward_step_onward_referral_exists
        foreign key (onward_referral_id) references onward_referral (id),
    constraint onward_step_number_is_used_once unique (onward_referral_id, number),
    constraint onward_step_told_by_is_known check (told_by in ('worker', 'provider', 'person'))
);

-- An answer that came as another service's event is taken once, however often it is told.
create table onward_answer (
    event_id uuid not null,
    pcn_code text not null,
    onward_referral_id uuid not null,
    outcome text not null,
    recorded_at timestamptz not null,
    constraint onward_answer_pkey primary key (event_id)
);

create table placement_failure (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    need text not null,
    reason text not null,
    listing_id uuid,
    note text,
    worker_id uuid,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint placement_failure_pkey primary key (id),
    constraint placement_failure_referral_exists
        foreign key (referral_id) references referral (id)
);

create index placement_failure_episode on placement_failure (episode_id, id);

alter table onward_ladder enable row level security;
alter table onward_ladder force row level security;
alter table onward_referral enable row level security;
alter table onward_referral force row level security;
alter table onward_step enable row level security;
alter table onward_step force row level security;
alter table onward_answer enable row level security;
alter table onward_answer force row level security;
alter table placement_failure enable row level security;
alter table placement_failure force row level security;

create policy onward_ladder_of_visible_organisations on onward_ladder
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
-- Who has a listing sees what was sent to it, and none of its steps: notes are the network's.
create policy onward_referral_of_visible_organisations on onward_referral
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
        or (
            organization_id::text = any ((select visible_organisations())::text[])
            and sent_at is not null
        )
    );
create policy onward_step_of_visible_organisations on onward_step
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy onward_answer_of_visible_organisations on onward_answer
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy placement_failure_of_visible_organisations on placement_failure
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select on known_listing to {api_role};
grant select, insert, update on known_listing to {worker_role};
grant select, insert, update on onward_ladder, onward_referral to {api_role};
grant select on onward_ladder to {worker_role};
grant select, update on onward_referral to {worker_role};
grant select, insert on onward_step to {api_role}, {worker_role};
grant select, insert on onward_answer to {worker_role};
grant select, insert on placement_failure to {api_role};
