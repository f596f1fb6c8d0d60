-- Which small area belongs to which network, and what becomes of a gap that somebody found.

create table neighbourhood (
    region_code text not null,
    code text not null,
    pcn_code text not null,
    name text not null,
    persons integer,
    constraint neighbourhood_pk primary key (code),
    constraint neighbourhood_persons_not_negative check (persons >= 0)
);

create index neighbourhood_by_pcn on neighbourhood (pcn_code, code);

alter table neighbourhood enable row level security;
alter table neighbourhood force row level security;
create policy neighbourhood_of_caller on neighbourhood
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (region_code = any ((select visible_organisations())::text[]));

-- A gap that somebody would close. It belongs to a region: neighbours see it too.
create table idea (
    id uuid not null,
    region_code text not null,
    pcn_code text not null,
    need_term text not null,
    neighbourhood_code text,
    title text not null,
    words text,
    state text not null,
    listing_id uuid,
    backers bigint not null,
    member_key text not null,
    version bigint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint idea_pk primary key (id),
    constraint idea_of_listing foreign key (listing_id) references listing (id),
    constraint idea_state_known check (state in ('raised', 'backed', 'started', 'listed')),
    constraint idea_listed_has_listing check ((state = 'listed') = (listing_id is not null)),
    constraint idea_once unique (region_code, pcn_code, need_term, title)
);

create table idea_backing (
    idea_id uuid not null,
    region_code text not null,
    member_key text not null,
    recorded_at timestamptz not null,
    constraint idea_backing_pk primary key (idea_id, member_key),
    constraint idea_backing_of_idea foreign key (idea_id) references idea (id)
);

alter table idea enable row level security;
alter table idea force row level security;
create policy idea_of_region on idea
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

alter table idea_backing enable row level security;
alter table idea_backing force row level security;
create policy idea_backing_of_region on idea_backing
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert, update on neighbourhood, idea to {api_role};
grant select, insert on idea_backing to {api_role};
grant select on neighbourhood, idea, idea_backing to {worker_role};
