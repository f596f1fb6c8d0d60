-- People: finding, locking and writing the records of one network.

-- name: lock_buckets
-- Serialise writers that could make the same person or the same reference, until the end of
-- the transaction. Ascending, so that two batches never wait for each other in a circle.
-- $1 buckets, ascending
select pg_advisory_xact_lock(7310, bucket)
from unnest($1::integer[]) as wanted (bucket)

-- name: is_anyone_known
-- Wait as ``lock_buckets`` does, then say whether anybody could be meant: by NHS number, by likeness.
-- $1 buckets, ascending  $2 PCN codes, $3 NHS numbers and $4 likenesses, side by side
select is_anyone_known($1, $2, $3, $4)

-- name: lock_people
-- Lock everyone who could be meant, in the order of their ids: by id, by NHS number, by likeness.
-- A description with a number can only mean a like record without one; of several that are
-- alike, the oldest. Each is looked up by itself, so that few are never found by reading all.
-- The arrays stand in selects so that their lengths do not invite a new plan each time.
-- $1 ids  $2 PCN codes and $3 NHS numbers, side by side
-- $4 PCN codes and $5 likenesses told without a number, side by side
-- $6 PCN codes and $7 likenesses told with a number, side by side
with
    meant as materialized (
        select unnest((select $1::uuid[])) as id
        union
        select numbered.id
        from unnest((select $2::text[]), (select $3::text[])) as wanted (pcn_code, nhs_number)
        cross join lateral (
            select known.id
            from person as known
            where known.pcn_code = wanted.pcn_code and known.nhs_number = wanted.nhs_number
            limit 1
        ) as numbered
        union
        select alike.id
        from unnest((select $4::text[]), (select $5::text[])) as wanted (pcn_code, likeness)
        cross join lateral (
            select known.id
            from person as known
            where known.pcn_code = wanted.pcn_code and known.likeness = wanted.likeness
            order by known.id
            limit 1
        ) as alike
        union
        select alike.id
        from unnest((select $6::text[]), (select $7::text[])) as wanted (pcn_code, likeness)
        cross join lateral (
            select known.id
            from person as known
            where
                known.pcn_code = wanted.pcn_code
                and known.likeness = wanted.likeness
                and known.nhs_number is null
            order by known.id
            limit 1
        ) as alike
    ),
    locking as materialized (
        -- Whoever speaks for a merged record is locked with it.
        select id
        from meant
        union
        select person.merged_into
        from meant
        join person using (id)
        where person.merged_into is not null
        order by id
    )
select locked.*
from locking
cross join lateral (
    select
        id, pcn_code, practice_code, nhs_number, given_name, family_name, birth_date, sex,
        ethnicity_category, deprivation_decile, language, postcode, email, phone,
        messages_consented, safe_channel, version,
        preferred_name, gender, interpreter_needed, access_needs, preferred_channel, contact_days,
        contact_from, contact_until, leave_no_message, neutral_sender, address_lines,
        merged_into, deceased
    from person
    where person.id = locking.id
    for update
) as locked

-- name: list_departed
-- Give who speaks for these records where the register has their practice in another network; they
-- are not locked.
-- $1 person ids
select
    named.record_id, registered.pcn_code as registered_pcn_code, known.id, known.pcn_code,
    known.practice_code, named.nhs_number, known.given_name, known.family_name, known.birth_date,
    known.sex, known.ethnicity_category, known.deprivation_decile, known.language, known.postcode,
    known.email, known.phone, known.messages_consented, known.safe_channel, known.version,
    known.preferred_name, known.gender, known.interpreter_needed, known.access_needs,
    known.preferred_channel, known.contact_days, known.contact_from, known.contact_until,
    known.leave_no_message, known.neutral_sender, known.address_lines, known.merged_into,
    known.deceased
from speaking_person as named
join person as known on known.id = named.person_id
join access_organisation as registered
    on registered.kind = 'practice' and registered.code = known.practice_code
where named.record_id = any ($1::uuid[]) and registered.pcn_code <> known.pcn_code

-- name: list_deceased
-- Give those of these records whose person died, by their own word or that of who speaks for them.
-- $1 person ids
select record.id
from person as record
left join person as speaking on speaking.id = record.merged_into
where record.id = any ($1::uuid[]) and (record.deceased or speaking.deceased)
