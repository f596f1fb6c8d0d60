-- Who knows whom: relations between workers, practices, networks and groups, as a network keeps them.
--
-- A party is a worker or a group by its id, a practice or a network by its code. Names are nowhere
-- here: they are looked up where they are shown, by whoever may see them.

create table relation (
    id uuid not null,
    kind text not null,
    -- The network whose knowledge it is.
    pcn_code text not null,
    region_code text not null,
    who_kind text not null,
    who_id text not null,
    whom_kind text not null,
    whom_id text not null,
    -- The day of a visit, or since when; null where nobody said.
    from_date date,
    -- The last day it holds; null where no end is known.
    until_date date,
    about text,
    entered_by text not null,
    -- The day this end was entered: one that was past by then warns nobody.
    until_set_on date,
    -- The end that was told to be near.
    told_until date,
    version bigint not null,
    event_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint relation_pk primary key (id),
    constraint relation_once unique nulls not distinct
    (pcn_code, kind, who_kind, who_id, whom_kind, whom_id, from_date),
    constraint relation_kind_known check (kind in ('knows', 'visited', 'trained-by', 'agreement')),
    constraint relation_party_known check (
        who_kind in ('worker', 'practice', 'pcn', 'organization')
        and whom_kind in ('worker', 'practice', 'pcn', 'organization')
    ),
    constraint relation_in_order check (until_date >= from_date)
);

create index relation_by_who on relation (who_kind, who_id, id);
create index relation_by_whom on relation (whom_kind, whom_id, id);
create index relation_ending on relation (until_date, id) where kind = 'agreement';

alter table relation enable row level security;
alter table relation force row level security;
create policy relation_of_caller on relation
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on relation to {api_role}, {worker_role};
