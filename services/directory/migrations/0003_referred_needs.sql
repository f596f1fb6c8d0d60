-- What people of each PCN are referred for, counted from the referral service's events.
--
-- Keyed by stream, so that one stream can be dropped and counted again by itself.

create table referred_need (
    stream text not null,
    month date not null,
    need text not null,
    referrals bigint not null,
    last_recorded_at timestamptz not null,
    constraint referred_need_pk primary key (stream, month, need),
    constraint referred_need_month_starts check (extract(day from month) = 1),
    constraint referred_need_counted check (referrals > 0)
);

alter table referred_need enable row level security;
alter table referred_need force row level security;
create policy referred_need_of_pcn on referred_need
    using (stream = any ((select visible_organisations())::text[]));

grant select on referred_need to {api_role};
grant select, insert, update, delete on referred_need to {worker_role};
