-- What the information standard asks to know of a person, and the lookup of deprivation deciles.
-- What was released holds no rows yet, so checking them takes no time.
-- squawk-ignore-file constraint-missing-not-valid

alter table person
    add column preferred_name text,
    add column gender text,
    -- Null where nobody has asked.
    add column interpreter_needed boolean,
    add column access_needs text[] not null default '{}',
    add column preferred_channel text,
    add column contact_days text[] not null default '{}',
    add column contact_from time,
    add column contact_until time,
    add column leave_no_message boolean not null default false,
    add column neutral_sender boolean not null default false,
    add column address_lines text[] not null default '{}',
    add constraint person_contact_hours_are_two_or_none check (
        (contact_from is null and contact_until is null) or contact_from < contact_until
    );

-- The same for everyone and about nobody: which decile of deprivation a postcode lies in.
create table postcode_decile (
    postcode text not null,
    deprivation_decile smallint not null,
    edition text not null,
    constraint postcode_decile_pkey primary key (postcode),
    constraint postcode_decile_has_no_space check (postcode ~ '^[A-Z0-9]{5,8}$'),
    constraint postcode_decile_is_a_decile check (deprivation_decile between 1 and 10)
);

grant select, insert, update on postcode_decile to {api_role};
grant select on postcode_decile to {worker_role};

-- A small lookup of made-up postcodes, which are nobody's: ZZ is no postcode area.
insert into postcode_decile (postcode, deprivation_decile, edition)
select
    'ZZ' || outward || inward || first_letter || second_letter,
    1 + (outward + inward) % 10,
    'synthetic'
from
    generate_series(1, 3) as outward,
    generate_series(1, 9) as inward,
    string_to_table('ABDEFGH', null) as first_letter,
    string_to_table('ABDEFGH', null) as second_letter;
