-- What people asked for themselves at the open door, until somebody has checked who they are.

create table self_referral (
    id uuid not null,
    -- What the person was given. Random, so that it says neither when nor how many.
    receipt uuid not null,
    pcn_code text not null,
    practice_code text not null,
    referral_id uuid,
    person_id uuid,
    -- Whether a new record was entered, or one on record was meant.
    entered_person boolean not null,
    problem text,
    -- What the person wishes. It changes no record before somebody has checked who they are.
    messages_consented boolean not null,
    safe_channel text not null,
    checked_at timestamptz,
    checked_by text,
    version integer not null,
    recorded_at timestamptz not null,
    constraint self_referral_pkey primary key (id),
    constraint self_referral_receipt_is_given_once unique (receipt),
    constraint self_referral_makes_a_referral_or_says_why
        check ((referral_id is null) = (problem is not null)),
    constraint self_referral_safe_channel_is_known
        check (safe_channel in ('email', 'sms', 'phone', 'letter', 'none', 'other'))
);

create index self_referral_to_check on self_referral (pcn_code, id) where checked_at is null;

alter table self_referral enable row level security;
alter table self_referral force row level security;

create policy self_referral_of_visible_organisations on self_referral
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on self_referral to {api_role};
