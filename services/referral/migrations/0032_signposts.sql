-- Signposting, apart from referrals: no row here names a person, and an address for the echo is
-- kept in a table of its own until it was used or has been kept for its time.

create table signpost (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    need text not null,
    listing_id uuid,
    role text not null,
    echo_agreed boolean not null,
    asked_at timestamptz,
    echo text,
    echoed_at timestamptz,
    version bigint not null,
    origin text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint signpost_pkey primary key (id),
    constraint signpost_echo_is_known check (echo in ('got-there', 'did-not', 'other')),
    constraint signpost_echo_was_agreed
        check (echo_agreed or (asked_at is null and echo is null)),
    constraint signpost_version_is_positive check (version > 0)
);

create index signpost_of_pcn on signpost (pcn_code, id);
create index signpost_of_practice on signpost (practice_code, id);

create table signpost_address (
    signpost_id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    channel text not null,
    address text not null,
    forget_at timestamptz not null,
    constraint signpost_address_pkey primary key (signpost_id),
    constraint signpost_address_signpost_exists
        foreign key (signpost_id) references signpost (id),
    constraint signpost_address_channel_is_known check (channel in ('sms', 'email'))
);

alter table signpost enable row level security;
alter table signpost force row level security;
alter table signpost_address enable row level security;
alter table signpost_address force row level security;

create policy signpost_of_visible_organisations on signpost
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );
create policy signpost_address_of_visible_organisations on signpost_address
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or practice_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on signpost to {api_role};
grant select, update on signpost to {worker_role};
grant select, insert, delete on signpost_address to {api_role};
grant select, delete on signpost_address to {worker_role};
