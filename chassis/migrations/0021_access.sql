-- The register as access needs it, projected from the directory's events (in the directory
-- itself: written with the register). Codes and keys only; a member is a keyed hash.

create table access_organisation (
    kind text not null,
    code text not null,
    region_code text,
    pcn_code text,
    name text not null,
    constraint access_organisation_pkey primary key (kind, code),
    constraint access_organisation_kind_is_known check (kind in ('region', 'pcn', 'practice'))
);

create table access_membership (
    membership_id uuid not null,
    member_key text not null,
    role text not null,
    organisation_kind text not null,
    organisation_code text not null,
    constraint access_membership_pkey primary key (membership_id)
);

create index access_membership_of_member on access_membership (member_key);

-- One row. Whoever changes the tables above raises the version in the same transaction, so
-- that a process can tell by one small read that what it remembers is out of date.
create table access_version (
    only_row boolean not null default true,
    version bigint not null,
    constraint access_version_pkey primary key (only_row),
    constraint access_version_is_one_row check (only_row)
);

insert into access_version (version) values (0);

grant select on access_organisation, access_membership, access_version to {api_role};
grant select, insert, update, delete on access_organisation, access_membership to {worker_role};
grant select, update on access_version to {worker_role};
