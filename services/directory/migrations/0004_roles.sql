-- What the roles of each network are, as the network says itself.

create table role_catalogue (
    pcn_code text not null,
    region_code text not null,
    version bigint not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint role_catalogue_pk primary key (pcn_code),
    constraint role_catalogue_version_positive check (version > 0)
);

create table described_role (
    pcn_code text not null,
    role text not null,
    region_code text not null,
    -- In the order in which the network lists them.
    place integer not null,
    content jsonb not null,
    constraint described_role_pk primary key (pcn_code, role)
);

alter table role_catalogue enable row level security;
alter table role_catalogue force row level security;
create policy role_catalogue_of_caller on role_catalogue
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

alter table described_role enable row level security;
alter table described_role force row level security;
create policy described_role_of_caller on described_role
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on role_catalogue to {api_role};
grant select, insert, delete on described_role to {api_role};
