-- The life of a listing: doubted and hidden beside published and withdrawn, every version of it
-- with who, when and why, changes that wait for approval, and what anybody remarks on it.
-- A directory of today is small: neither checking it nor an index over it takes long.
-- squawk-ignore-file constraint-missing-not-valid, ban-drop-constraint, require-concurrent-index-creation

alter table listing
    add column reason text,
    add column field_sources jsonb not null default '{}',
    drop constraint listing_state_known,
    add constraint listing_state_known
    check (state in ('draft', 'published', 'doubted', 'hidden', 'withdrawn'));

-- Members of a group keep what is their own organisation's; its id is the code they act under.
alter policy organization_of_region on organization
    using (
        region_code = any ((select visible_organisations())::text[])
        or id::text = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
        or id::text = any ((select visible_organisations())::text[])
    );

alter policy listing_of_region on listing
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

create table listing_version (
    listing_id uuid not null,
    version bigint not null,
    organization_id uuid not null,
    region_code text not null,
    -- What was done: entered, changed, or a step of its life.
    step text not null,
    state text not null,
    needs text[] not null,
    need_terms text[] not null,
    content jsonb not null,
    -- Null where it was entered before versions were kept, or where the platform did it itself.
    member_key text,
    source text not null,
    approved_by text,
    reason text,
    note text,
    event_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint listing_version_pk primary key (listing_id, version),
    constraint listing_version_of_listing foreign key (listing_id) references listing (id)
);

-- Who migrates is no member of any region, and has to see every row.
alter table listing no force row level security;

insert into listing_version
    (listing_id, version, organization_id, region_code, step, state, needs, need_terms, content,
     source, event_id, occurred_at, recorded_at)
select
    id, version, organization_id, region_code, 'entered', state, needs, need_terms, content,
    'region', event_id, occurred_at, recorded_at
from listing;

alter table listing force row level security;

-- Whether a group's own change waits until a publisher of the region approves it.
create table listing_rule (
    region_code text not null,
    own_changes_wait boolean not null,
    version bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint listing_rule_pk primary key (region_code)
);

create table listing_suggestion (
    id uuid not null,
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    base_version bigint not null,
    changes jsonb not null,
    note text,
    member_key text not null,
    source text not null,
    state text not null,
    decided_by text,
    decided_at timestamptz,
    decided_why text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint listing_suggestion_pk primary key (id),
    constraint listing_suggestion_of_listing foreign key (listing_id) references listing (id),
    constraint listing_suggestion_state_known check (state in ('waiting', 'accepted', 'rejected')),
    constraint listing_suggestion_decided check ((state = 'waiting') = (decided_at is null))
);

create index listing_suggestion_waiting on listing_suggestion (region_code, id) where state = 'waiting';
create index listing_suggestion_by_listing on listing_suggestion (listing_id, id);

-- What anybody told us of a listing. Shown to its owner and its region, and to nobody else.
create table listing_remark (
    id uuid not null,
    listing_id uuid not null,
    organization_id uuid not null,
    region_code text not null,
    kind text not null,
    words text,
    state text not null,
    decided_by text,
    decided_at timestamptz,
    decided_why text,
    recorded_at timestamptz not null,
    constraint listing_remark_pk primary key (id),
    constraint listing_remark_of_listing foreign key (listing_id) references listing (id),
    constraint listing_remark_state_known check (state in ('waiting', 'accepted', 'rejected')),
    constraint listing_remark_decided check ((state = 'waiting') = (decided_at is null))
);

create index listing_remark_by_listing on listing_remark (listing_id, id);

alter table listing_version enable row level security;
alter table listing_version force row level security;
create policy listing_version_of_caller on listing_version
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

alter table listing_suggestion enable row level security;
alter table listing_suggestion force row level security;
create policy listing_suggestion_of_caller on listing_suggestion
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

alter table listing_remark enable row level security;
alter table listing_remark force row level security;
create policy listing_remark_of_caller on listing_remark
    using (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    )
    with check (
        region_code = any ((select visible_organisations())::text[])
        or organization_id::text = any ((select visible_organisations())::text[])
    );

-- A group's member asks whether their own changes wait, so everybody may read this row.
alter table listing_rule enable row level security;
alter table listing_rule force row level security;
create policy listing_rule_read on listing_rule for select using (true);
create policy listing_rule_entered on listing_rule for insert
    with check (region_code = any ((select visible_organisations())::text[]));
create policy listing_rule_changed on listing_rule for update
    using (region_code = any ((select visible_organisations())::text[]));

grant select, insert on listing_version to {api_role};
grant select, insert, update on listing_rule, listing_suggestion, listing_remark to {api_role};
grant select on listing_version, listing_rule, listing_suggestion, listing_remark to {worker_role};
