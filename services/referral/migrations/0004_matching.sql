-- Two records of one person become one and can become two again; a death stops every message.
-- What was released holds no rows yet, so checking them takes no time.
-- squawk-ignore-file constraint-missing-not-valid, adding-foreign-key-constraint, ban-drop-constraint

alter table person
    -- The record that speaks for this one as long as the merge stands.
    add column merged_into uuid,
    add column died_on date,
    add column deceased boolean not null default false,
    add constraint person_is_not_merged_into_itself check (merged_into <> id),
    add constraint person_merged_into_exists foreign key (merged_into) references person (id);

create table person_merge (
    id uuid not null,
    pcn_code text not null,
    kept_person_id uuid not null,
    merged_person_id uuid not null,
    reason text not null,
    -- The open episode of the merged record, where the kept one had one as well, and what stood
    -- on it: the statuses its referrals go back to when the merge is undone.
    closed_episode_id uuid,
    closed_referral_ids uuid[] not null,
    closed_statuses text[] not null,
    version integer not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    undone_at timestamptz,
    constraint person_merge_pkey primary key (id),
    constraint person_merge_kept_exists foreign key (kept_person_id) references person (id),
    constraint person_merge_merged_exists foreign key (merged_person_id) references person (id),
    constraint person_merge_is_of_two check (kept_person_id <> merged_person_id),
    constraint person_merge_statuses_are_of_referrals
        check (cardinality(closed_referral_ids) = cardinality(closed_statuses))
);

create unique index person_merge_stands_once on person_merge (merged_person_id)
where undone_at is null;
create index person_merge_kept on person_merge (kept_person_id, id);

alter table person_merge enable row level security;
alter table person_merge force row level security;

create policy person_merge_of_visible_organisations on person_merge
    using (
        pcn_code = any ((select visible_organisations())::text[])
    );

grant select, insert, update on person_merge to {api_role};
grant select on person_merge to {worker_role};

-- A referral closed as a duplicate is open again when the merge is undone, and may then go on to
-- where it has been before.
alter table referral_status drop constraint if exists referral_status_is_reached_once;
create index referral_status_of_referral on referral_status (referral_id, id);
