-- Support that goes on in another network: closed here, opened there once, and perhaps back.

-- A practice that belongs to another network now: whoever it looks after follows, in batches.
create table practice_move (
    id uuid not null,
    practice_code text not null,
    pcn_code text not null,
    to_pcn_code text not null,
    -- Everyone up to this one has been looked at.
    after_person_id uuid,
    moved integer not null default 0,
    status text not null,
    noted_at timestamptz not null,
    ended_at timestamptz,
    constraint practice_move_pkey primary key (id),
    constraint practice_move_goes_elsewhere check (pcn_code <> to_pcn_code),
    constraint practice_move_status_is_known check (status in ('moving', 'moved'))
);

create index practice_move_of_pcn on practice_move (pcn_code, id);

create table handover (
    id uuid not null,
    pcn_code text not null,
    practice_code text not null,
    to_pcn_code text not null,
    to_practice_code text not null,
    person_id uuid not null,
    episode_id uuid not null,
    reason text not null,
    needs text[] not null,
    urgency text not null,
    -- The handover that this one takes back, whose person it returns to.
    returns_id uuid,
    to_person_id uuid,
    move_id uuid,
    status text not null,
    problem text,
    opened_referral_id uuid,
    opened_episode_id uuid,
    opened_new_episode boolean,
    version integer not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    opened_at timestamptz,
    constraint handover_pkey primary key (id),
    constraint handover_is_returned_once unique (returns_id),
    constraint handover_episode_exists foreign key (episode_id) references episode (id),
    constraint handover_returns_exists foreign key (returns_id) references handover (id),
    constraint handover_move_exists foreign key (move_id) references practice_move (id),
    constraint handover_goes_elsewhere check (pcn_code <> to_pcn_code),
    constraint handover_status_is_known check (status in ('pending', 'opened', 'refused')),
    constraint handover_is_opened_with_its_referral
        check ((status = 'opened') = (opened_referral_id is not null)),
    constraint handover_is_refused_with_a_problem check ((status = 'refused') = (problem is not null))
);

-- What the other network refused may be handed over again.
create unique index handover_of_an_episode_once on handover (episode_id) where status <> 'refused';
create index handover_of_pcn on handover (pcn_code, id);
create index handover_to_pcn on handover (to_pcn_code, id);
create index handover_opened on handover (opened_referral_id);

create index person_of_practice on person (practice_code, id);

alter table practice_move enable row level security;
alter table practice_move force row level security;
alter table handover enable row level security;
alter table handover force row level security;

create policy practice_move_of_visible_organisations on practice_move
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or to_pcn_code = any ((select visible_organisations())::text[])
    );
create policy handover_of_visible_organisations on handover
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or to_pcn_code = any ((select visible_organisations())::text[])
    )
    -- Nobody hands over what is another network's.
    with check (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert on handover to {api_role};
grant select on practice_move to {api_role};
grant select, insert, update on handover, practice_move to {worker_role};
-- What is opened in the other network is opened under the worker role.
grant insert, update on referral to {worker_role};
grant insert on referral_status to {worker_role};
