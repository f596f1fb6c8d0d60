-- Unmet need in pages: what searches without a place asked in vain, and what each area lacks, kept.
--
-- What is lacking is reckoned over every listing of a region whenever one has changed, and not for
-- each reader. Everything but the counts can be reckoned again from the listings.
-- unmet_search has a row for each need, area, month and reason, so an index over it is made at once.
-- squawk-ignore-file require-concurrent-index-creation

-- Searches that found nothing and named no place, or one that lies in several small areas: by whose
-- network or region they were made. Where only the region is known the network is empty.
create table search_without_place (
    region_code text not null,
    pcn_code text not null,
    need_term text not null,
    reason text not null,
    month date not null,
    searches bigint not null,
    constraint search_without_place_pk primary key (region_code, pcn_code, need_term, reason, month),
    constraint search_without_place_month_starts check (extract(day from month) = 1),
    constraint search_without_place_counted check (searches > 0)
);

alter table search_without_place enable row level security;
alter table search_without_place force row level security;
create policy search_without_place_of_caller on search_without_place
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    )
    with check (region_code = any ((select visible_organisations())::text[]));

-- With the counts, so that an area is read from the index alone.
create index unmet_search_by_area
on unmet_search (neighbourhood_code, need_term, reason, month) include (searches);

-- What each small area lacks, and why.
create table need_lacking (
    region_code text not null,
    pcn_code text not null,
    neighbourhood_code text not null,
    need_term text not null,
    reason text not null,
    -- How many listings serve the area, each hindered in some way.
    listings integer not null,
    -- How far the nearest one is, whomever it is for; null where none says where it is.
    nearest_km real,
    constraint need_lacking_pk primary key (region_code, pcn_code, neighbourhood_code, need_term)
);

-- What nobody in a network has, whatever the need.
create table network_lacking (
    region_code text not null,
    pcn_code text not null,
    languages text[] not null,
    only_in_working_hours boolean not null,
    constraint network_lacking_pk primary key (region_code, pcn_code)
);

-- When the lack of a region was last reckoned, after which event of the region, by which rules.
create table lacking_reckoned (
    region_code text not null,
    head bigint not null,
    rules_version integer not null,
    reckoned_at timestamptz not null,
    constraint lacking_reckoned_pk primary key (region_code)
);

-- Regions whose places or areas changed, of which no event tells.
create table lacking_due (
    region_code text not null,
    marked_at timestamptz not null,
    constraint lacking_due_pk primary key (region_code)
);

alter table need_lacking enable row level security;
alter table need_lacking force row level security;
create policy need_lacking_of_caller on need_lacking
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    );

alter table network_lacking enable row level security;
alter table network_lacking force row level security;
create policy network_lacking_of_caller on network_lacking
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    );

alter table lacking_reckoned enable row level security;
alter table lacking_reckoned force row level security;
create policy lacking_reckoned_of_caller on lacking_reckoned
    using (region_code = any ((select visible_organisations())::text[]));

alter table lacking_due enable row level security;
alter table lacking_due force row level security;
create policy lacking_due_of_region on lacking_due
    using (region_code = any ((select visible_organisations())::text[]))
    with check (region_code = any ((select visible_organisations())::text[]));

grant select, insert, update on search_without_place to {api_role};
grant select on search_without_place to {worker_role};
grant select on need_lacking, network_lacking, lacking_reckoned to {api_role};
grant select, insert, update on lacking_due to {api_role};
grant select, insert, update, delete on need_lacking, network_lacking, lacking_due to {worker_role};
grant select, insert, update on lacking_reckoned to {worker_role};
