-- Consents: changed under the lock of the person, and shared under a lock of their own, so that
-- nothing is handed over while it is being taken back.

-- name: share_lock_consents
-- Read the consents of people for a recipient and a purpose, those on records merged with theirs
-- too, with when the person last spoke of each, and whether they agreed since the merge. Until the
-- transaction ends, none is taken back. In the order of their ids, so that nobody waits in a circle.
-- Where the person is the recipient, each of their records names itself.
-- $1 person ids  $2 recipient kind  $3 recipient id  $4 purpose
with
    asked as (
        select person.id, coalesce(person.merged_into, person.id) as speaking_id
        from person
        where person.id = any ($1::uuid[])
    ),
    records as (
        select id as asked_id, id as person_id, id as speaking_id
        from unnest($1::uuid[]) as direct (id)
        union
        select asked.id, asked.speaking_id, asked.speaking_id
        from asked
        union
        select asked.id, person_merge.merged_person_id, asked.speaking_id
        from asked
        join person_merge
            on person_merge.kept_person_id = asked.speaking_id and person_merge.undone_at is null
    ),
    known as (
        select
            records.asked_id, records.person_id,
            max(merged.recorded_at) as merged_at
        from records
        left join person_merge as merged
            on merged.kept_person_id = records.person_id and merged.undone_at is null
        group by records.asked_id, records.person_id
    )
select
    known.asked_id, consent.id, consent.person_id, consent.pcn_code, consent.recipient_kind,
    consent.recipient_id, consent.purpose, consent.scope, consent.expires_on, consent.given_at,
    consent.status, consent.change, consent.version, said.last_at as said_at,
    case when said.agreed_at > known.merged_at then said.agreed_at end as settled_at
from known
join consent on consent.person_id = known.person_id
left join lateral (
    select
        max(consent_step.recorded_at) as last_at,
        max(consent_step.recorded_at) filter (where consent_step.step = 'given') as agreed_at
    from consent_step
    where
        consent_step.consent_id = consent.id
        and consent_step.step in ('given', 'narrowed', 'revoked')
) as said on true
where
    consent.recipient_kind = $2
    and ($2 = 'person' or consent.recipient_id = $3)
    and consent.purpose = $4
order by consent.id
for share of consent

-- name: find_consent
-- Find whose a consent is.
-- $1 consent id
select person_id, pcn_code, recipient_kind, recipient_id from consent where id = $1

-- name: lock_consent
-- Lock one consent, after its person.
-- $1 consent id
select
    id, person_id, pcn_code, recipient_kind, recipient_id, purpose, scope, expires_on, given_at,
    status, change, version
from consent
where id = $1
for update

-- name: lock_consent_for
-- Lock the consent of a person for a recipient and a purpose, after the person.
-- $1 person id  $2 recipient kind  $3 recipient id  $4 purpose
select
    id, person_id, pcn_code, recipient_kind, recipient_id, purpose, scope, expires_on, given_at,
    status, change, version
from consent
where person_id = $1 and recipient_kind = $2 and recipient_id = $3 and purpose = $4
for update

-- name: load_consent_holders
-- Read who has something that was shared under a consent.
-- $1 consent id
select holder_kind, holder_id, has, since, latest_at, owes, acknowledged, acknowledged_at
from consent_holder
where consent_id = $1
order by since, holder_kind, holder_id

-- name: write_consent
-- Store a consent as it now stands.
-- $1 the consent
insert into consent as known (
    id, pcn_code, person_id, recipient_kind, recipient_id, purpose, scope, expires_on, given_at,
    status, change, version, source_id
)
select
    id, pcn_code, person_id, recipient_kind, recipient_id, purpose, scope, expires_on, given_at,
    status, change, version, source_id
from json_populate_recordset(null::consent, $1::json)
on conflict (id) do update
set
    scope = excluded.scope,
    expires_on = excluded.expires_on,
    given_at = excluded.given_at,
    status = excluded.status,
    change = excluded.change,
    version = excluded.version

-- name: update_consent
-- Store a consent that ended, where nothing new may be entered.
-- $1 consent id  $2 status  $3 change  $4 version
update consent set status = $2, change = $3, version = $4 where id = $1

-- name: update_consent_holders
-- Store what is asked of the holders of a consent.
-- $1 holders
update consent_holder as known
set
    has = changed.has,
    owes = changed.owes,
    acknowledged = changed.acknowledged,
    acknowledged_at = changed.acknowledged_at
from json_populate_recordset(null::consent_holder, $1::json) as changed
where
    known.consent_id = changed.consent_id
    and known.holder_kind = changed.holder_kind
    and known.holder_id = changed.holder_id

-- name: note_holders
-- Note who got what, and when; a holder keeps the first time and gains what is new.
-- $1 holders
insert into consent_holder as known (
    consent_id, holder_kind, holder_id, pcn_code, has, since, latest_at
)
select consent_id, holder_kind, holder_id, pcn_code, has, since, latest_at
from json_populate_recordset(null::consent_holder, $1::json)
order by consent_id, holder_kind, holder_id
on conflict (consent_id, holder_kind, holder_id) do update
set
    has = array(
        select distinct what
        from unnest(known.has || excluded.has) as had (what)
        order by what
    ),
    latest_at = greatest(known.latest_at, excluded.latest_at)

-- name: add_consent_step
-- Keep one step of a consent.
-- $1 the step
insert into consent_step (
    id, pcn_code, consent_id, number, step, scope, expires_on, said_how, holder_kind, holder_id,
    worker_id, note, origin, event_id, occurred_at, recorded_at
)
select
    id, pcn_code, consent_id, number, step, scope, expires_on, said_how, holder_kind, holder_id,
    worker_id, note, origin, event_id, occurred_at, recorded_at
from json_populate_recordset(null::consent_step, $1::json)

-- name: consent_taken_back_at
-- Give when something was last taken back of a consent.
-- $1 consent id
select occurred_at
from consent_step
where consent_id = $1 and step in ('narrowed', 'revoked', 'expired')
order by number desc
limit 1

-- name: when_person_took_back
-- Give when the person last took something back of these consents, as it happened.
-- $1 consent ids
select max(occurred_at)
from consent_step
where consent_id = any ($1::uuid[]) and step in ('narrowed', 'revoked')

-- name: list_consents_of_person
-- Give a page of a person's consents, with how many have something and have confirmed; those on
-- a record merged with theirs too.
-- $1 person id  $2 id to go on after, or null  $3 rows at most
with
    speaking as (select coalesce(merged_into, id) as id from person where id = $1),
    spoken_for as (
        select id from speaking
        union all
        select person_merge.merged_person_id
        from speaking
        join person_merge
            on person_merge.kept_person_id = speaking.id and person_merge.undone_at is null
    )
select
    consent.id, consent.person_id, consent.pcn_code, consent.recipient_kind,
    consent.recipient_id, consent.purpose, consent.scope, consent.expires_on, consent.given_at,
    consent.status, consent.change, consent.version, held.holders, held.outstanding,
    (select count(*) > 1 from spoken_for) as is_merged
from consent
cross join lateral (
    select
        count(*) filter (where cardinality(has) > 0) as holders,
        count(*) filter (where owes is not null) as outstanding
    from consent_holder
    where consent_id = consent.id
) as held
where consent.person_id in (select id from spoken_for) and ($2::uuid is null or consent.id > $2)
order by consent.id
limit $3

-- name: list_consents_held
-- Give a page of what these recipients have of people in networks, with what each has yet to confirm.
-- $1 kinds of recipients and $2 their ids or codes, side by side  $3 only what is to be confirmed
-- $4 id to go on after, or null  $5 rows at most
select
    consent.id, consent.person_id, consent.pcn_code, consent.recipient_kind,
    consent.recipient_id, consent.purpose, consent.scope, consent.expires_on, consent.given_at,
    consent.status, consent.change, consent.version, holder.holder_kind, holder.holder_id,
    holder.has, holder.since, holder.latest_at, holder.owes, holder.acknowledged,
    holder.acknowledged_at
from unnest($1::text[], $2::text[]) as own (kind, id)
join consent_holder as holder on holder.holder_id = own.id and holder.holder_kind = own.kind
join consent on consent.id = holder.consent_id
where (not $3 or holder.owes is not null) and ($4::uuid is null or consent.id > $4)
order by consent.id
limit $5

-- name: view_consent
-- Give one consent with whose it is.
-- $1 consent id
select
    id, person_id, pcn_code, recipient_kind, recipient_id, purpose, scope, expires_on, given_at,
    status, change, version
from consent
where id = $1

-- name: list_steps_of_consent
-- Give how a consent came to stand, the first step first.
-- $1 consent id  $2 rows at most
select
    number, step, scope, expires_on, said_how, holder_kind, holder_id, worker_id, note, origin,
    occurred_at, recorded_at
from consent_step
where consent_id = $1
order by number
limit $2
