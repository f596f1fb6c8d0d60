-- Timers. What is due is measured by this server's clock and by no other.

-- name: look_again_at_timers
-- Let the timers of one kind in a network fire at once; their handlers find out when they are due.
-- $1 kind  $2 PCN code  $3 now
update timer
set due_at = $3, next_at = $3, attempts = 0
where kind = $1 and pcn_code = $2 and due_at > $3

-- name: set_timers
-- Set each timer, in place of the one of its kind about the same thing.
-- $1 ids  $2 kinds  $3 abouts  $4 PCN codes  $5 lanes  $6 due at  $7 not before, or null
insert into timer as known (id, kind, about, pcn_code, lane, due_at, next_at)
select id, kind, about, pcn_code, lane, due_at, greatest(due_at, not_before)
from unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
    $7::timestamptz[]
) as wanted (id, kind, about, pcn_code, lane, due_at, not_before)
on conflict (about, kind) do update
set
    pcn_code = excluded.pcn_code,
    lane = excluded.lane,
    due_at = excluded.due_at,
    next_at = excluded.next_at,
    attempts = 0

-- name: resume_first_contacts
-- Let first contacts of these episodes be late on their day again, where somebody waits.
-- $1 episode ids
insert into timer (id, kind, about, pcn_code, lane, due_at, next_at)
select uuidv7(), 'first-contact', episode_id, pcn_code, 'ordinary', due_at, due_at
from waiting
where episode_id = any ($1::uuid[]) and waits and not paused and not overdue
on conflict (about, kind) do nothing

-- name: clear_timers
-- Forget the timers of these kinds about these things.
-- $1 kinds  $2 abouts, side by side
delete from timer
using unnest($1::text[], $2::uuid[]) as unwanted (kind, about)
where timer.about = unwanted.about and timer.kind = unwanted.kind

-- name: list_due_timers
-- Give what is due in a lane, in the order in which it fell due.
-- $1 lane  $2 kinds that somebody handles  $3 rows at most
select id
from timer
where lane = $1 and next_at <= now() and kind = any ($2::text[])
order by next_at, id
limit $3

-- name: read_clock
-- Say what time it is by the clock that says what is due.
select clock_timestamp()

-- name: list_standing_timers
-- Give what waits in a lane, the next to fall due first.
-- $1 lane  $2 rows at most
select id, next_at
from timer
where lane = $1
order by next_at, id
limit $2

-- name: list_standing_timers_of
-- Give those of these timers that still wait.
-- $1 ids
select id, next_at
from timer
where id = any ($1::uuid[])

-- name: take_timer
-- Take a timer that is still due, if nobody else has it and none about the same thing comes
-- before it; whatever is locked from here on is waited for no longer than that. What was set by a
-- clock that has been set back since is due by what that one said.
-- $1 id  $2 kinds that somebody handles  $3 longest wait for a lock  $4 due by then, or null
delete from timer
where id = (
    select id
    from timer as wanted
    where
        id = $1
        and next_at <= greatest(now(), $4::timestamptz)
        and not exists (
            select
            from timer as earlier
            where
                earlier.about = wanted.about
                and earlier.kind = any ($2::text[])
                and (earlier.next_at, earlier.id) < (wanted.next_at, wanted.id)
        )
    for update skip locked
)
returning
    id, kind, about, pcn_code, due_at, attempts, set_config('lock_timeout', $3::text, true)

-- name: postpone_timer
-- Try a timer that failed again later, and say how often it failed.
-- $1 id  $2 seconds from now
update timer
set attempts = attempts + 1, next_at = greatest(due_at, now() + make_interval(secs => $2))
where id = $1
returning attempts

-- name: observe_timers
-- Count by kind what is due and what failed, and how long the oldest has been due.
-- $1 seconds that one that failed waits at most
select
    kind,
    count(*) as due,
    count(*) filter (where attempts > 0) as failing,
    extract(epoch from now() - min(due_at))::double precision as oldest_seconds
from timer
where
    lane = any (array['safety', 'ordinary'])
    and next_at <= now() + make_interval(secs => $1)
    and due_at <= now()
group by kind
