-- An episode waits while it is open and no contact made of it stands. Several doors make, correct
-- and void contacts and end and reopen episodes; so that none can forget the wait and its timer,
-- they follow from the rows themselves.

create function keep_waiting(its_episode uuid) returns void
language plpgsql
as $$
declare
    should_wait boolean;
    changed waiting%rowtype;
begin
    should_wait :=
        exists (select from episode where id = its_episode and closed_at is null)
        and not exists (
            select
            from contact
            where episode_id = its_episode and outcome = 'made' and voided_at is null
        );
    update waiting
    set waits = should_wait
    where episode_id = its_episode and waits <> should_wait
    returning * into changed;
    if not found then
        return;
    end if;
    if not should_wait then
        delete from timer where about = its_episode and kind = 'first-contact';
    elsif not changed.paused and not changed.overdue then
        insert into timer (id, kind, about, pcn_code, lane, due_at, next_at)
        values (
            uuidv7(), 'first-contact', its_episode, changed.pcn_code, 'ordinary', changed.due_at,
            changed.due_at
        )
        on conflict (about, kind) do nothing;
    end if;
end
$$;

create function contact_keeps_waiting() returns trigger
language plpgsql
as $$
begin
    perform keep_waiting(new.episode_id);
    return null;
end
$$;

create function episode_keeps_waiting() returns trigger
language plpgsql
as $$
begin
    perform keep_waiting(new.id);
    return null;
end
$$;

create trigger contact_keeps_waiting after insert or update on contact
for each row execute function contact_keeps_waiting();

create trigger episode_keeps_waiting after update on episode
for each row when ((old.closed_at is null) <> (new.closed_at is null))
execute function episode_keeps_waiting();
