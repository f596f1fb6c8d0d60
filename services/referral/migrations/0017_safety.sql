-- Alarms about somebody's safety, who is told of them in turn, and what a network does for people
-- under 18.

create table safeguarding (
    pcn_code text not null,
    escalate_after_minutes integer not null,
    age_rule text not null,
    better_route text,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint safeguarding_pkey primary key (pcn_code),
    constraint safeguarding_minutes_fit_a_day check (escalate_after_minutes between 1 and 1440),
    constraint safeguarding_age_rule_is_known
        check (age_rule in ('accept', 'guardian-consent', 'not-accepted')),
    constraint safeguarding_version_counts_up check (version >= 0)
);

create table safeguarding_lead (
    pcn_code text not null,
    place integer not null,
    membership_id uuid not null,
    constraint safeguarding_lead_pkey primary key (pcn_code, place),
    constraint safeguarding_lead_is_named_once unique (pcn_code, membership_id)
);

create table alarm (
    id uuid not null,
    pcn_code text not null,
    kind text not null,
    dangers text[] not null,
    practice_code text,
    referral_id uuid,
    episode_id uuid,
    person_id uuid,
    raised_at timestamptz not null,
    recorded_at timestamptz not null,
    status text not null,
    level integer not null,
    -- The membership that is to act; null: everybody who may act.
    holder uuid,
    escalates_at timestamptz,
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    closed_at timestamptz,
    outcome text,
    note text,
    origin text not null,
    version bigint not null,
    constraint alarm_pkey primary key (id),
    constraint alarm_status_is_known check (status in ('raised', 'acknowledged', 'closed')),
    -- What nobody has answered goes on by itself; what somebody answered does not.
    constraint alarm_escalates_while_unanswered
        check ((status = 'raised') = (escalates_at is not null)),
    constraint alarm_is_answered_before_it_is_closed
        check ((status = 'raised') = (acknowledged_at is null)),
    constraint alarm_level_counts_up check (level >= 0),
    constraint alarm_version_is_positive check (version > 0)
) with (fillfactor = 80);

create index alarm_of_pcn on alarm (pcn_code, id);
create index alarm_open_of_pcn on alarm (pcn_code, id) where status <> 'closed';
create index alarm_open_of_episode on alarm (episode_id) where status <> 'closed';

alter table safeguarding enable row level security;
alter table safeguarding force row level security;
alter table safeguarding_lead enable row level security;
alter table safeguarding_lead force row level security;
alter table alarm enable row level security;
alter table alarm force row level security;

create policy safeguarding_of_visible_organisations on safeguarding
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy safeguarding_lead_of_visible_organisations on safeguarding_lead
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy alarm_of_visible_organisations on alarm
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on safeguarding, alarm to {api_role};
grant select, insert, delete on safeguarding_lead to {api_role};
-- An alarm is raised and escalates where time is the door.
grant select, insert, update on alarm to {worker_role};
grant select on safeguarding, safeguarding_lead to {worker_role};
