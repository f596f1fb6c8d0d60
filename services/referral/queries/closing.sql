-- Closings and reopenings of episodes, and what a message back is made of.

-- name: load_referrals_of_episode
-- Read every referral of a locked episode, in the order in which they came.
-- $1 episode id
select id, episode_id, practice_code, referrer_code, status, version
from referral
where episode_id = $1
order by id

-- name: count_for_closing
-- Count what a closing tells of: contacts made that stand, goals, and closings before it.
-- $1 episode id
select
    contacts.made as contacts_made, contacts.first_at, contacts.last_at, goals.set_ as goals_set,
    goals.met as goals_met, goals.dropped as goals_dropped,
    (select count(*) from closing where episode_id = $1) as closings
from
    (
        select count(*) as made, min(occurred_at) as first_at, max(occurred_at) as last_at
        from contact
        where episode_id = $1 and outcome = 'made' and voided_at is null
    ) as contacts,
    (
        select
            count(*) as set_,
            count(*) filter (where status = 'met') as met,
            count(*) filter (where status = 'dropped') as dropped
        from goal
        where episode_id = $1
    ) as goals

-- name: write_closing
-- Keep how an episode ended.
-- $1 closings
insert into closing
select * from json_populate_recordset(null::closing, $1::json)

-- name: write_reopening
-- Keep that an episode goes on.
-- $1 reopenings
insert into reopening
select * from json_populate_recordset(null::reopening, $1::json)

-- name: lock_person_of_referral
-- Lock the person a referral is about, as whoever opens an episode does.
-- $1 referral id
select person.id
from person
where person.id = (select person_id from referral where id = $1)
for update

-- name: has_newer_open_episode
-- Say whether a person, who is locked, has an open episode, under their record or one merged into it.
-- $1 person id
select exists (
    select
    from episode
    where
        closed_at is null
        and person_id = any (array(
            select $1::uuid
            union all
            select merged_person_id
            from person_merge
            where kept_person_id = $1 and undone_at is null
        ))
)

-- name: comes_back_unmerged
-- Say whether a merge of this record stands that closed support of it as a duplicate.
-- $1 person id
select exists (
    select
    from person_merge
    where merged_person_id = $1 and undone_at is null and closed_episode_id is not null
)

-- name: read_person_for_message
-- Give what a message back says of the person, as whoever speaks for them is described, and of their
-- practice.
-- $1 person id
select
    person.given_name, person.family_name, person.preferred_name, person.birth_date,
    person.address_lines, person.postcode, person.nhs_number, person.gender,
    person.ethnicity_category, person.phone, person.email, person.preferred_channel,
    person.language, person.interpreter_needed, person.access_needs, person.practice_code,
    practice.name as practice_name, pcn.name as pcn_name
from speaking_person as person
left join access_organisation as practice
    on practice.kind = 'practice' and practice.code = person.practice_code
left join access_organisation as pcn on pcn.kind = 'pcn' and pcn.code = person.pcn_code
where person.record_id = $1

-- name: list_referrals_for_message
-- Give the referrals of an episode with who made them, and those that a standing merge into this
-- person closed as duplicates of it.
-- $1 episode id
with
    closed_as_duplicate as (
        select unnest(person_merge.closed_referral_ids) as id
        from episode
        join speaking_person as known on known.record_id = episode.person_id
        join person_merge
            on
                person_merge.kept_person_id = known.person_id
                and person_merge.undone_at is null
                and person_merge.closed_episode_id is not null
        -- Ids grow by the time they are made: a merge from before this support was about another.
        where episode.id = $1 and person_merge.id > episode.id
    )

select
    referral.id, referral.occurred_at, referral.referrer_code, referral.route, referral.urgency,
    referral.needs, referral.note, referral.practice_reference, referral.status,
    referral.episode_id, referrer.name as referrer_name, referrer.kind as referrer_kind
from referral
left join access_organisation as referrer
    on
        referrer.kind = any (array['practice', 'pcn', 'organization'])
        and referrer.code = referral.referrer_code
where
    referral.id in (
        select id
        from referral
        where episode_id = $1
        union
        select id
        from closed_as_duplicate
    )
order by referral.id

-- name: list_goals_for_message
-- Give the goals of an episode, oldest first.
-- $1 episode id  $2 rows at most
select description, need, status, target_date
from goal
where episode_id = $1
order by id
limit $2

-- name: read_plan_for_message
-- Give what an episode's plan says in the person's words, as it stands.
-- $1 episode id
select what_matters, support
from plan_version
where episode_id = $1
order by version desc
limit 1

-- name: list_measures_for_message
-- Give the measures of an episode that stand, in the order in which they became known.
-- $1 episode id  $2 rows at most
select instrument, instrument_version, occurred_at, occasion, answered_by, complete, scores
from measure
where episode_id = $1 and voided_at is null
order by place
limit $2

-- name: list_onward_for_message
-- Give where an episode's person was sent on to, oldest first.
-- $1 episode id  $2 rows at most
select listing_id, need, drafted_at, coalesce(ending, stage) as status
from onward_referral
where episode_id = $1
order by id
limit $2

-- name: write_messages_back
-- Keep messages as they were written.
-- $1 messages
insert into message_back
select * from json_populate_recordset(null::message_back, $1::json)

-- name: list_messages_back
-- Give the messages about a referral's episode, or about the one it was a duplicate of, the latest
-- closing first, that the caller may see.
-- $1 episode id  $2 id to go on before, or null  $3 rows at most
select
    message_back.id, message_back.closing_id, message_back.recipient_kind,
    message_back.recipient_code, message_back.format, message_back.document,
    message_back.content_hash, message_back.recorded_at, writeback_item.state as delivery
from message_back
left join writeback_item on writeback_item.message_id = message_back.id
where
    (message_back.episode_id = $1 or message_back.duplicate_episode_ids @> array[$1::uuid])
    and ($2::uuid is null or message_back.id < $2)
order by message_back.id desc
limit $3

-- name: whose_episode_of_referral
-- Give whose a referral's episode is; a practice sees no episode row and learns no worker.
-- $1 referral id
select referral.episode_id, referral.pcn_code, referral.person_id, episode.worker_id
from referral
left join episode on episode.id = referral.episode_id
where referral.id = $1
