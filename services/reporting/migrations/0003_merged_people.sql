-- Two records of one person count as one person for as long as the merge stands.

create table merged_person (
    stream text not null,
    merged_person_id uuid not null,
    -- The record that speaks for it; null once the two are two people's again.
    person_id uuid,
    number bigint not null,
    constraint merged_person_pkey primary key (stream, merged_person_id)
);

alter table merged_person enable row level security;
alter table merged_person force row level security;
create policy merged_person_is_ours on merged_person for select to {api_role}
    using (stream = any ((select visible_organisations())::text[]));

grant select on merged_person to {api_role};
grant select, insert, update, delete on merged_person to {worker_role};
