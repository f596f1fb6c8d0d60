-- Episodes, the aggregates: locked in the order of their ids, so that two batches never wait
-- for each other in a circle.

-- name: lock_open_episodes
-- Lock the open episode of each person, and whose it is: a record speaks for those merged into
-- it. Their person rows are locked already.
-- $1 person ids
select
    episode.id, episode.pcn_code, episode.person_id, episode.opened_at, episode.closed_at,
    episode.worker_id, episode.open_referrals, episode.contact_count, episode.version,
    coalesce(person_merge.kept_person_id, episode.person_id) as whose
from episode
left join person_merge
    on person_merge.merged_person_id = episode.person_id and person_merge.undone_at is null
where
    episode.person_id = any (array(
        select unnest($1::uuid[])
        union all
        select standing.merged_person_id
        from person_merge as standing
        where standing.kept_person_id = any ($1::uuid[]) and standing.undone_at is null
    ))
    and episode.closed_at is null
order by episode.id
for update of episode

-- name: lock_episodes_of_referrals
-- Lock the episodes these referrals belong to; a referral changes only under this lock.
-- $1 referral ids
select
    id, pcn_code, person_id, opened_at, closed_at, worker_id, open_referrals, contact_count,
    version
from episode
where id in (select episode_id from referral where id = any ($1::uuid[]))
order by id
for update

-- name: load_referrals
-- Read referrals as they stand, after their episodes were locked.
-- $1 referral ids
select id, episode_id, practice_code, referrer_code, status, version
from referral
where id = any ($1::uuid[])

-- name: find_named_referrals
-- Find referrals by what their referrers call them, in the networks of the caller.
-- $1 PCN codes  $2 referrer codes and $3 references, side by side
select known.id, known.referrer_code, known.practice_reference as reference
from unnest($2::text[], $3::text[]) as wanted (referrer_code, practice_reference)
join referral as known using (referrer_code, practice_reference)
where known.pcn_code = any ($1::text[])

-- name: find_named_goals
-- Find goals by what those who set them and their referrers call them.
-- $1 PCN codes  $2 referrer codes, $3 references of referrals and $4 of goals, side by side
select
    goal.id, known.referrer_code, known.practice_reference as referral_reference, goal.reference
from unnest($2::text[], $3::text[], $4::text[]) as wanted (
    referrer_code, practice_reference, reference
)
join referral as known using (referrer_code, practice_reference)
join goal on goal.referral_id = known.id and goal.reference = wanted.reference
where known.pcn_code = any ($1::text[])

-- name: load_referrals_made_before
-- Find referrals by the referrer's reference or by an imported row's fingerprint.
-- $1 PCN codes  $2 referrer codes  $3 references  $4 fingerprints, side by side
select
    known.id, known.episode_id, known.person_id, known.pcn_code, known.practice_code,
    known.referrer_code, known.status, known.opened_episode, known.version, known.event_id,
    known.occurred_at, known.recorded_at, known.practice_reference, known.import_fingerprint
from unnest($1::text[], $2::text[], $3::text[]) as wanted (
    pcn_code, referrer_code, practice_reference
)
join referral as known using (pcn_code, referrer_code, practice_reference)
union
select
    known.id, known.episode_id, known.person_id, known.pcn_code, known.practice_code,
    known.referrer_code, known.status, known.opened_episode, known.version, known.event_id,
    known.occurred_at, known.recorded_at, known.practice_reference, known.import_fingerprint
from unnest($1::text[], $2::text[], $4::text[]) as wanted (
    pcn_code, referrer_code, import_fingerprint
)
join referral as known using (pcn_code, referrer_code, import_fingerprint)

-- name: write_intake
-- Enter new people and change known ones, open episodes, count up the ones joined, and store the
-- referrals: all that one list of referrals changes, in one statement.
-- The ids lead the updates by index: how many rows JSON holds, the planner can only guess.
-- $1 new people  $2 changed people  $3 new episodes  $4 joined episodes  $5 referrals
-- $6 ids of the changed people  $7 ids of the joined episodes  $8 how the new episodes wait
-- $9 what presses in the joined ones  $10 when a first contact may be late at the earliest, or null
with
    entered as (
        insert into person (
            id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, sex,
            ethnicity_category, deprivation_decile, language, postcode, email, phone,
            messages_consented, safe_channel, likeness, version, recorded_at,
            preferred_name, gender, interpreter_needed, access_needs, preferred_channel, contact_days,
            contact_from, contact_until, leave_no_message, neutral_sender, address_lines
        )
        select
            id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, sex,
            ethnicity_category, deprivation_decile, language, postcode, email, phone,
            messages_consented, safe_channel, likeness, version, recorded_at,
            preferred_name, gender, interpreter_needed, access_needs, preferred_channel, contact_days,
            contact_from, contact_until, leave_no_message, neutral_sender, address_lines
        from json_populate_recordset(null::person, $1::json)
    ),
    amended as (
        update person
        set
            practice_code = changed.practice_code,
            nhs_number = changed.nhs_number,
            given_name = changed.given_name,
            family_name = changed.family_name,
            birth_date = changed.birth_date,
            sex = changed.sex,
            ethnicity_category = changed.ethnicity_category,
            deprivation_decile = changed.deprivation_decile,
            language = changed.language,
            postcode = changed.postcode,
            email = changed.email,
            phone = changed.phone,
            messages_consented = changed.messages_consented,
            safe_channel = changed.safe_channel,
            likeness = changed.likeness,
            version = changed.version,
            preferred_name = changed.preferred_name,
            gender = changed.gender,
            interpreter_needed = changed.interpreter_needed,
            access_needs = changed.access_needs,
            preferred_channel = changed.preferred_channel,
            contact_days = changed.contact_days,
            contact_from = changed.contact_from,
            contact_until = changed.contact_until,
            leave_no_message = changed.leave_no_message,
            neutral_sender = changed.neutral_sender,
            address_lines = changed.address_lines
        from json_populate_recordset(null::person, $2::json) as changed
        where person.id = changed.id and person.id = any ($6::uuid[])
    ),
    opened as (
        insert into episode (
            id, pcn_code, person_id, opened_at, worker_id, open_referrals, contact_count, version
        )
        select
            id, pcn_code, person_id, opened_at, worker_id, open_referrals, contact_count, version
        from json_populate_recordset(null::episode, $3::json)
    ),
    joined as (
        update episode
        set open_referrals = changed.open_referrals, version = changed.version
        from json_populate_recordset(null::episode, $4::json) as changed
        where episode.id = changed.id and episode.id = any ($7::uuid[])
    ),
    waits as (
        insert into waiting (
            episode_id, pcn_code, practice_code, referral_id, opened_at, urgency, urgency_points,
            needs, need_points, deprivation_decile, equity_points, overdue, overdue_points,
            weights_version, as_if_since, target_days, due_on, due_at, calendar_version, paused,
            paused_days, waits
        )
        select
            episode_id, pcn_code, practice_code, referral_id, opened_at, urgency, urgency_points,
            needs, need_points, deprivation_decile, equity_points, overdue, overdue_points,
            weights_version, as_if_since, target_days, due_on, due_at, calendar_version, paused,
            paused_days, waits
        from json_populate_recordset(null::waiting, $8::json)
        returning episode_id, pcn_code, due_at
    ),
    timed as (
        insert into timer (id, kind, about, pcn_code, lane, due_at, next_at)
        select
            uuidv7(), 'first-contact', episode_id, pcn_code, 'ordinary', due_at,
            greatest(due_at, $10::timestamptz)
        from waits
    ),
    pressed as (
        update waiting
        set
            urgency = case
                when changed.urgency_points > waiting.urgency_points then changed.urgency
                else waiting.urgency
            end,
            urgency_points = greatest(waiting.urgency_points, changed.urgency_points),
            needs = greatest(waiting.needs, changed.needs),
            need_points = greatest(waiting.need_points, changed.need_points),
            as_if_since = coalesce(waiting.waiting_since, waiting.opened_at) - make_interval(
                days => greatest(waiting.urgency_points, changed.urgency_points)
                + greatest(waiting.need_points, changed.need_points)
                + waiting.equity_points
                + waiting.overdue_points
            )
        from json_populate_recordset(null::waiting, $9::json) as changed
        where waiting.episode_id = changed.episode_id and waiting.episode_id = any ($7::uuid[])
    )
insert into referral (
    id, pcn_code, practice_code, referrer_code, episode_id, person_id, route, urgency, needs,
    note, practice_reference, import_fingerprint, messages_consented, safe_channel,
    opened_episode, status, version, event_id, origin, occurred_at, recorded_at,
    guardian_consented_at, guardian_consented_by
)
select
    id, pcn_code, practice_code, referrer_code, episode_id, person_id, route, urgency, needs,
    note, practice_reference, import_fingerprint, messages_consented, safe_channel,
    opened_episode, status, version, event_id, origin, occurred_at, recorded_at,
    guardian_consented_at, guardian_consented_by
from json_populate_recordset(null::referral, $5::json)

-- name: write_new_intake
-- As ``write_intake``, where everybody is new: each part of a statement costs, also one that has
-- nothing to do.
-- $1 new people  $2 new episodes  $3 referrals  $4 how the new episodes wait
-- $5 when a first contact may be late at the earliest, or null
with
    entered as (
        insert into person (
            id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, sex,
            ethnicity_category, deprivation_decile, language, postcode, email, phone,
            messages_consented, safe_channel, likeness, version, recorded_at,
            preferred_name, gender, interpreter_needed, access_needs, preferred_channel, contact_days,
            contact_from, contact_until, leave_no_message, neutral_sender, address_lines
        )
        select
            id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, sex,
            ethnicity_category, deprivation_decile, language, postcode, email, phone,
            messages_consented, safe_channel, likeness, version, recorded_at,
            preferred_name, gender, interpreter_needed, access_needs, preferred_channel, contact_days,
            contact_from, contact_until, leave_no_message, neutral_sender, address_lines
        from json_populate_recordset(null::person, $1::json)
    ),
    opened as (
        insert into episode (
            id, pcn_code, person_id, opened_at, worker_id, open_referrals, contact_count, version
        )
        select
            id, pcn_code, person_id, opened_at, worker_id, open_referrals, contact_count, version
        from json_populate_recordset(null::episode, $2::json)
    ),
    waits as (
        insert into waiting (
            episode_id, pcn_code, practice_code, referral_id, opened_at, urgency, urgency_points,
            needs, need_points, deprivation_decile, equity_points, overdue, overdue_points,
            weights_version, as_if_since, target_days, due_on, due_at, calendar_version, paused,
            paused_days, waits
        )
        select
            episode_id, pcn_code, practice_code, referral_id, opened_at, urgency, urgency_points,
            needs, need_points, deprivation_decile, equity_points, overdue, overdue_points,
            weights_version, as_if_since, target_days, due_on, due_at, calendar_version, paused,
            paused_days, waits
        from json_populate_recordset(null::waiting, $4::json)
        returning episode_id, pcn_code, due_at
    ),
    timed as (
        insert into timer (id, kind, about, pcn_code, lane, due_at, next_at)
        select
            uuidv7(), 'first-contact', episode_id, pcn_code, 'ordinary', due_at,
            greatest(due_at, $5::timestamptz)
        from waits
    )
insert into referral (
    id, pcn_code, practice_code, referrer_code, episode_id, person_id, route, urgency, needs,
    note, practice_reference, import_fingerprint, messages_consented, safe_channel,
    opened_episode, status, version, event_id, origin, occurred_at, recorded_at,
    guardian_consented_at, guardian_consented_by
)
select
    id, pcn_code, practice_code, referrer_code, episode_id, person_id, route, urgency, needs,
    note, practice_reference, import_fingerprint, messages_consented, safe_channel,
    opened_episode, status, version, event_id, origin, occurred_at, recorded_at,
    guardian_consented_at, guardian_consented_by
from json_populate_recordset(null::referral, $3::json)

-- name: write_statuses
-- Move referrals on, with their episodes and their history.
-- $1 episodes  $2 referrals  $3 steps  $4 ids of the episodes  $5 ids of the referrals
with
    counted as (
        update episode
        set
            open_referrals = changed.open_referrals,
            closed_at = changed.closed_at,
            version = changed.version
        from json_populate_recordset(null::episode, $1::json) as changed
        where episode.id = changed.id and episode.id = any ($4::uuid[])
    ),
    moved as (
        update referral
        set
            status = changed.status,
            status_reason = changed.status_reason,
            version = changed.version
        from json_populate_recordset(null::referral, $2::json) as changed
        where referral.id = changed.id and referral.id = any ($5::uuid[])
    )
insert into referral_status (
    id, pcn_code, practice_code, referral_id, previous_status, status, reason, better_route,
    origin, occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, referral_id, previous_status, status, reason, better_route,
    origin, occurred_at, recorded_at
from json_populate_recordset(null::referral_status, $3::json)

-- name: write_episodes
-- Store episodes as they now stand; what changed them is stored by its own statement.
-- $1 episodes  $2 their ids
update episode
set
    worker_id = changed.worker_id,
    open_referrals = changed.open_referrals,
    contact_count = changed.contact_count,
    closed_at = changed.closed_at,
    version = changed.version
from json_populate_recordset(null::episode, $1::json) as changed
where episode.id = changed.id and episode.id = any ($2::uuid[])
