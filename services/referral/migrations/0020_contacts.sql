-- A contact is made, missed or only attempted, and what was recorded of it can be put right: the
-- row says what stands, and each version that was put aside is kept beside it. The table is small
-- when this runs: nothing that was released holds contacts yet.
-- squawk-ignore-file adding-not-nullable-field, ban-drop-not-null
-- squawk-ignore-file constraint-missing-not-valid, disallowed-unique-constraint

alter table contact
    add column outcome text not null default 'made',
    add column missed_reason text,
    add column with_role text,
    add column understanding text,
    add column version bigint not null default 1,
    add column voided_at timestamptz,
    -- The episode's version when it was recorded: the order in which contacts became known.
    add column place bigint;

-- Row policies are forced on the owner too, who names no organisation.
alter table contact no force row level security;
update contact set place = number;
alter table contact force row level security;

alter table contact
    alter column place set not null,
    alter column number drop not null,
    add constraint contact_outcome_is_known check (outcome in ('attempted', 'missed', 'made')),
    add constraint contact_is_numbered_once_made check ((number is not null) = (outcome = 'made')),
    add constraint contact_missed_says_why
        check ((missed_reason is not null) = (outcome = 'missed')),
    add constraint contact_version_is_positive check (version > 0),
    add constraint contact_place_is_used_once unique (episode_id, place);

create table contact_superseded (
    contact_id uuid not null,
    version bigint not null,
    pcn_code text not null,
    practice_code text not null,
    outcome text not null,
    missed_reason text,
    mode text not null,
    minutes integer,
    role text not null,
    with_role text,
    understanding text,
    note text,
    number integer,
    occurred_at timestamptz not null,
    -- Why it does not stand, since when, and whether anything stands in its place.
    reason text not null,
    voided boolean not null,
    superseded_at timestamptz not null,
    superseded_by uuid,
    constraint contact_superseded_pkey primary key (contact_id, version),
    constraint contact_superseded_contact_exists
        foreign key (contact_id) references contact (id)
);

comment on column contact_superseded.superseded_by is 'The worker who put it right, if one did.';

alter table contact_superseded enable row level security;
alter table contact_superseded force row level security;

create policy contact_superseded_of_visible_organisations on contact_superseded
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant update on contact to {api_role};
grant select, insert on contact_superseded to {api_role};
