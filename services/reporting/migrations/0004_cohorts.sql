-- People at risk who were offered support, and what they answered so far: one row for each of a cohort.

create table cohort_member_fact (
    stream text not null,
    cohort_id uuid not null,
    person_id uuid not null,
    practice_code text not null,
    happened_on date not null,
    number bigint not null,
    answer text not null,
    version bigint not null,
    constraint cohort_member_fact_pkey primary key (stream, cohort_id, person_id)
);

create index cohort_member_fact_happened on cohort_member_fact (stream, happened_on);

alter table cohort_member_fact enable row level security;
alter table cohort_member_fact force row level security;
create policy cohort_member_fact_is_ours on cohort_member_fact for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

grant select on cohort_member_fact to {api_role};
grant select, insert, update, delete on cohort_member_fact to {worker_role};
