-- Who could help and who does: what the rules proposed, what a human chose, and the one change of
-- mind, whose words the referrer reads.

create table triage (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    number integer not null,
    needs text[] not null,
    urgency text not null,
    complexity text not null,
    confidence text not null,
    rule_version integer not null,
    rules text[] not null,
    not_here text[] not null,
    proposed_role text not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint triage_pkey primary key (id),
    constraint triage_referral_exists foreign key (referral_id) references referral (id),
    constraint triage_number_is_used_once unique (referral_id, number),
    constraint triage_number_is_positive check (number > 0)
);

create table role_choice (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referrer_code text not null,
    referral_id uuid not null,
    episode_id uuid not null,
    -- Chosen first, then at most once sent to another role.
    step text not null,
    proposed_role text not null,
    previous_role text,
    role text not null,
    overridden boolean not null,
    reason text,
    note text,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint role_choice_pkey primary key (id),
    constraint role_choice_referral_exists foreign key (referral_id) references referral (id),
    constraint role_choice_step_is_known check (step in ('chosen', 're-routed')),
    constraint role_choice_step_is_taken_once unique (referral_id, step)
);

create index role_choice_episode on role_choice (episode_id, id);

-- Where somebody whose referral was returned is better helped.
alter table referral_status add column better_route text;

alter table triage enable row level security;
alter table triage force row level security;
alter table role_choice enable row level security;
alter table role_choice force row level security;

create policy triage_of_visible_organisations on triage
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy role_choice_of_visible_organisations on role_choice
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
        or referrer_code = any ((select visible_organisations())::text[])
    );

grant select, insert on triage, role_choice to {api_role};
