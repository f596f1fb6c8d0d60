-- How often a network wants its workers to have supervision and training, where it says otherwise
-- than its catalogue of roles.

create table supervision_rules (
    pcn_code text not null,
    version bigint not null,
    recorded_at timestamptz not null,
    constraint supervision_rules_pkey primary key (pcn_code),
    constraint supervision_rules_version_counts_up check (version >= 0)
);

create table supervision_interval (
    pcn_code text not null,
    role text not null,
    kind text not null,
    what text not null,
    every_weeks integer not null,
    constraint supervision_interval_pkey primary key (pcn_code, role, kind, what),
    constraint supervision_interval_of_rules
        foreign key (pcn_code) references supervision_rules (pcn_code),
    constraint supervision_interval_kind_is_known check (kind in ('supervision', 'training')),
    constraint supervision_interval_is_some_weeks check (every_weeks between 1 and 260)
);

alter table supervision_rules enable row level security;
alter table supervision_rules force row level security;
alter table supervision_interval enable row level security;
alter table supervision_interval force row level security;

create policy supervision_rules_of_visible_organisations on supervision_rules
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );
create policy supervision_interval_of_visible_organisations on supervision_interval
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on supervision_rules to {api_role};
grant select, insert, delete on supervision_interval to {api_role};
grant select on supervision_rules, supervision_interval to {worker_role};
