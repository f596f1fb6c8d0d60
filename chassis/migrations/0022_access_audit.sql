-- Who opened or changed what is recorded of a person. Rows are added and never changed.

create table access_audit (
    entry_id uuid not null,
    occurred_at timestamptz not null default now(),
    member_key text not null,
    role text not null,
    pcn_code text not null,
    organisation_code text not null,
    action text not null,
    person_id uuid,
    subject text not null,
    reason text,
    outcome text not null,
    trace_id text,
    constraint access_audit_pkey primary key (entry_id),
    constraint access_audit_outcome_is_known check (outcome in ('done', 'refused')),
    constraint access_audit_reason_is_short check (length(reason) <= 500)
);

create index access_audit_by_person on access_audit (pcn_code, person_id, occurred_at);
create index access_audit_by_member on access_audit (pcn_code, member_key, occurred_at);

alter table access_audit enable row level security;
alter table access_audit force row level security;

create policy access_audit_of_visible_organisations on access_audit
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or organisation_code = any ((select visible_organisations())::text[])
    )
    with check (
        pcn_code = any ((select visible_organisations())::text[])
        or organisation_code = any ((select visible_organisations())::text[])
    );

grant select, insert on access_audit to {api_role};
grant select, insert on access_audit to {worker_role};
