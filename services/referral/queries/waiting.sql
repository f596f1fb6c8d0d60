-- Waiting for a first contact, and the days a network works.

-- name: load_waiting_rules
-- Give what networks said of their waiting, with the days on which they do not work.
-- $1 PCN codes
select
    asked.pcn_code, rules.id, rules.first_contact_working_days, rules.calendar_number,
    rules.version, rules.recorded_at,
    array(select day from closure where closure.pcn_code = asked.pcn_code order by day) as closures
from unnest($1::text[]) as asked (pcn_code)
left join waiting_rules as rules using (pcn_code)

-- name: begin_waiting_rules
-- Make the row of a network that said nothing yet.
-- $1 PCN code  $2 id  $3 working days  $4 now
insert into waiting_rules (
    pcn_code, id, first_contact_working_days, calendar_number, version, recorded_at
)
values ($1, $2, $3, 0, 0, $4)
on conflict (pcn_code) do nothing

-- name: lock_waiting_rules
-- Lock what a network said.
-- $1 PCN code
select pcn_code
from waiting_rules
where pcn_code = $1
for update

-- name: find_waiting_rules
-- Give the network whose rules have this id.
-- $1 id
select pcn_code
from waiting_rules
where id = $1

-- name: write_waiting_rules
-- Store locked rules as they now stand.
-- $1 PCN code  $2 working days  $3 number of the calendar  $4 version  $5 now
update waiting_rules
set first_contact_working_days = $2, calendar_number = $3, version = $4, recorded_at = $5
where pcn_code = $1

-- name: set_closure
-- Store that a network does not work on a day.
-- $1 PCN code  $2 day  $3 reason  $4 now
insert into closure (pcn_code, day, reason, recorded_at)
values ($1, $2, $3, $4)
on conflict (pcn_code, day) do nothing

-- name: lift_closure
-- Forget that a network does not work on a day.
-- $1 PCN code  $2 day
delete from closure where pcn_code = $1 and day = $2

-- name: list_closures
-- Give a page of the days on which a network does not work, in order.
-- $1 PCN code  $2 day to go on after, or null  $3 rows at most
select day, reason, recorded_at
from closure
where pcn_code = $1 and ($2::date is null or day > $2)
order by day
limit $3
