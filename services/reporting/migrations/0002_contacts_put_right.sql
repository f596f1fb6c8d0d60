-- A contact can turn out otherwise than it was told: then another one may be the first, and what
-- was counted is taken back on the day that became known. Nothing that was released holds rows yet.
-- squawk-ignore-file require-concurrent-index-deletion

alter table contact_fact add column is_first boolean not null default false;

-- Row policies are forced on the owner too, who names no organisation.
alter table contact_fact no force row level security;
update contact_fact set is_first = true where contact_number = 1;
alter table contact_fact force row level security;

drop index contact_fact_first;
create index contact_fact_first on contact_fact (stream, episode_id) where is_first;

alter table activity_count
    add column contacts_missed integer not null default 0,
    add column contacts_attempted integer not null default 0;
