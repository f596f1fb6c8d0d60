-- Facts told of a person alone: under the lock of their record, with its next version.

-- name: lock_person_record
-- Lock one person's record, without anything that identifies them.
-- $1 person id
select id, pcn_code, practice_code, version, merged_into is not null as is_merged
from person
where id = $1
for update

-- name: who_speaks_for
-- Give the record that speaks for a merged one, where it may be seen.
-- $1 person id
select kept.id
from person
join person as kept on kept.id = person.merged_into
where person.id = $1

-- name: write_person_record
-- Store the version of the last fact told of a person, and whether they may be sent messages.
-- $1 person id  $2 version  $3 whether messages are agreed to, or null to leave it
update person
set version = $2, messages_consented = coalesce($3::boolean, messages_consented)
where id = $1

-- name: whose_person
-- Give whose record this is, with the worker of the open episode.
-- $1 person id
select person.pcn_code, person.id as person_id, episode.worker_id
from person
left join episode on episode.person_id = person.id and episode.closed_at is null
where person.id = $1
