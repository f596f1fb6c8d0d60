-- Whose year is nearly full, so that it is told once each time it comes to that.

create table caseload_warning (
    -- What is told of: a worker may have a caseload in two networks.
    id uuid not null,
    pcn_code text not null,
    worker_id uuid not null,
    warned boolean not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint caseload_warning_pkey primary key (pcn_code, worker_id),
    constraint caseload_warning_id_is_of_one_caseload unique (id),
    constraint caseload_warning_version_counts_up check (version >= 0)
);

alter table caseload_warning enable row level security;
alter table caseload_warning force row level security;

create policy caseload_warning_of_visible_organisations on caseload_warning
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on caseload_warning to {api_role}, {worker_role};
