-- People at risk whom a practice names: each is offered support, and what they answered is kept.

create table cohort (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    name text not null,
    reason text not null,
    version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint cohort_pkey primary key (id),
    constraint cohort_version_is_positive check (version > 0)
);

create index cohort_of_pcn on cohort (pcn_code, id);
create index cohort_of_practice on cohort (practice_code, id);

create table cohort_member (
    cohort_id uuid not null,
    person_id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    mode text not null,
    answer text,
    referral_id uuid,
    calls integer not null default 0,
    offered_at timestamptz not null,
    answered_at timestamptz,
    constraint cohort_member_pkey primary key (cohort_id, person_id),
    constraint cohort_member_cohort_exists foreign key (cohort_id) references cohort (id),
    constraint cohort_member_person_exists foreign key (person_id) references person (id),
    constraint cohort_member_answer_is_known
        check (answer in ('accepted', 'declined', 'not-reached')),
    constraint cohort_member_accepts_a_referral
        check ((answer is not distinct from 'accepted') = (referral_id is not null))
);

alter table cohort enable row level security;
alter table cohort force row level security;
alter table cohort_member enable row level security;
alter table cohort_member force row level security;

create policy cohort_of_visible_organisations on cohort
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy cohort_member_of_visible_organisations on cohort_member
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on cohort, cohort_member to {api_role};
