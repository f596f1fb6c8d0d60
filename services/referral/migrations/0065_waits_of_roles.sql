-- Which role a wait is for, and since when the person waits where that is longer than the service
-- here knows of: they came from another network, or from a record that was merged into theirs.

alter table waiting
    -- The role chosen last to help with the episode; null until somebody chooses.
    add column role text,
    -- Null where the person waits since the episode opened.
    add column waiting_since timestamptz;

create index waiting_list_of_role on waiting (pcn_code, role, as_if_since, episode_id) where waits;

alter table handover add column waiting_since timestamptz;

-- Whoever owns a table is held by its policies only where they are forced.
alter table waiting no force row level security;
alter table role_choice no force row level security;

update waiting
set role = chosen.role
from (
    select distinct on (episode_id) episode_id, role
    from role_choice
    order by episode_id, id desc
) as chosen
where chosen.episode_id = waiting.episode_id;

alter table waiting force row level security;
alter table role_choice force row level security;

create function choice_places_wait() returns trigger
language plpgsql
as $$
begin
    update waiting set role = new.role where episode_id = new.episode_id;
    return null;
end
$$;

create trigger choice_places_wait after insert on role_choice
for each row execute function choice_places_wait();

-- Whole caseloads are moved by the role schedules.
grant select on role_choice to {worker_role};
