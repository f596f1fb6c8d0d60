-- What goes along with support that goes on in another network: risk flags always; plan, goals and
-- baselines where the person agreed; what they allowed a practice that stays theirs.

-- The person agreed that their plan, goals and baselines go along.
alter table handover add column with_record boolean not null default false;

-- Where a flag was raised first, and the row it is there.
alter table risk_flag
    add column brought_from text,
    add column handover_id uuid,
    add column source_id uuid;

alter table goal add column continues_id uuid;
alter table plan_version add column continues_episode_id uuid;
alter table measure add column continues_id uuid;
alter table consent add column source_id uuid;

create index risk_flag_of_source on risk_flag (source_id) where source_id is not null;
create index consent_of_source on consent (source_id) where source_id is not null;
create unique index goal_continued_once on goal (episode_id, continues_id)
where continues_id is not null;
create unique index measure_continued_once on measure (episode_id, continues_id)
where continues_id is not null;

-- What goes along is written where time is the door.
grant insert on risk_flag to {worker_role};
grant select, insert on risk_flag_step to {worker_role};
grant insert, update on goal to {worker_role};
grant select, insert, update on goal_step to {worker_role};
grant insert on plan_version to {worker_role};
grant insert, update, delete on review to {worker_role};
grant select, insert on measure to {worker_role};
grant insert on consent, consent_holder to {worker_role};
