-- What was told of unmet need: each need, area and reason once for each month, when that is over.

create table need_unmet_told (
    region_code text not null,
    pcn_code text not null,
    -- Empty where it is known of the network alone.
    neighbourhood_code text not null,
    need text not null,
    reason text not null,
    month date not null,
    times bigint not null,
    event_id uuid not null,
    constraint need_unmet_told_pk primary key (pcn_code, neighbourhood_code, need, reason, month),
    constraint need_unmet_told_month_starts check (extract(day from month) = 1)
);

alter table need_unmet_told enable row level security;
alter table need_unmet_told force row level security;
create policy need_unmet_told_of_caller on need_unmet_told
    using (
        region_code = any ((select visible_organisations())::text[])
        or pcn_code = any ((select visible_organisations())::text[])
    );

grant select on need_unmet_told to {api_role};
grant select, insert on need_unmet_told to {worker_role};
grant select on unmet_search, failed_placement, neighbourhood to {worker_role};
