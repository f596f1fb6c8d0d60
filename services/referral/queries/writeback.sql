-- Items for practices' records. Leases and ages are measured by this server's clock.

-- name: read_coding_facts
-- Give what bears on the codes of each episode; the episodes are locked. Codes are for the practice
-- of the record that speaks.
-- $1 episode ids  $2 reasons that are the person's own
select
    wanted.episode_id, episode.person_id, known.practice_code, accepted.found as accepted,
    spoken.id as contact_id, spoken.referral_id as contact_referral_id,
    spoken.occurred_at as spoken_at, spoken.origin as spoken_origin, spoken.worker_id,
    declined.referral_id as declined_referral_id, declined.occurred_at as declined_at,
    declined.origin as declined_origin
from unnest($1::uuid[]) as wanted (episode_id)
join episode on episode.id = wanted.episode_id
join speaking_person as known on known.record_id = episode.person_id
cross join lateral (
    select exists (
        select
        from referral
        join referral_status on referral_status.referral_id = referral.id
        where referral.episode_id = wanted.episode_id and referral_status.status = 'accepted'
    ) as found
) as accepted
left join lateral (
    select
        contact.id, contact.referral_id, contact.occurred_at, contact.worker_id, contact.origin
    from contact
    where
        contact.episode_id = wanted.episode_id
        and contact.number is not null
        and contact.voided_at is null
        and contact.role = 'link-worker'
    order by contact.number
    limit 1
) as spoken on true
left join lateral (
    select referral_status.referral_id, referral_status.occurred_at, referral_status.origin
    from referral
    join referral_status on referral_status.referral_id = referral.id
    where
        referral.episode_id = wanted.episode_id
        and (
            referral_status.status = 'declined'
            and (referral_status.reason is null or referral_status.reason = any ($2::text[]))
            or referral_status.status = 'closed'
            and referral_status.previous_status = 'accepted'
            and referral_status.reason = 'not-wanted'
        )
    order by referral_status.id
    limit 1
) as declined on true
order by wanted.episode_id

-- name: list_standing_codes
-- Give the codes that were asked for and not taken back.
-- $1 episode ids
select id, episode_id, code, cause_id, occurred_at
from writeback_item
where episode_id = any ($1::uuid[]) and kind = 'code' and state <> 'withdrawn'
order by id

-- name: write_writeback_items
-- Ask for items.
-- $1 items
insert into writeback_item (
    id, pcn_code, practice_code, kind, code, message_id, withdraws, referral_id, episode_id,
    person_id, cause_id, worker_id, state, due_at, version, origin, occurred_at, requested_at
)
select
    id, pcn_code, practice_code, kind, code, message_id, withdraws, referral_id, episode_id,
    person_id, cause_id, worker_id, state, now(), version, origin, occurred_at, requested_at
from json_populate_recordset(null::writeback_item, $1::json)

-- name: lock_writeback_items
-- Lock items and read them as they stand.
-- $1 ids
select
    id, kind, code, referral_id, episode_id, pcn_code, practice_code, state, attempts, version,
    withdraws, person_id, worker_id, origin, occurred_at
from writeback_item
where id = any ($1::uuid[])
order by id
for update

-- name: settle_writeback_items
-- Let items stand as they now do, with the times of their steps. One that waits for nothing more
-- has no time when it is due.
-- $1 ids  $2 states  $3 versions  $4 failures  $5 seconds until each is due again, or null
-- $6 whether each went over just now, side by side  $7 when it became known
update writeback_item
set
    state = settled.state,
    version = settled.version,
    failure = case
        when settled.state = 'failed' then coalesce(settled.failure, writeback_item.failure)
    end,
    due_at = now() + make_interval(secs => settled.seconds),
    leased_until = null,
    handed_at = case
        when settled.went_over then $7
        when settled.state = 'acknowledged' then coalesce(writeback_item.handed_at, $7)
        else writeback_item.handed_at
    end,
    sent_at = case
        when settled.went_over or settled.state = any (array['sent', 'acknowledged'])
        then coalesce(writeback_item.sent_at, $7)
        else writeback_item.sent_at
    end,
    acknowledged_at = case
        when settled.state = 'acknowledged' then coalesce(writeback_item.acknowledged_at, $7)
        else writeback_item.acknowledged_at
    end,
    reconciled_at = case
        when settled.state = 'reconciled' then coalesce(writeback_item.reconciled_at, $7)
        else writeback_item.reconciled_at
    end,
    ended_at = case
        when settled.state = any (array['failed', 'withdrawn'])
        then coalesce(writeback_item.ended_at, $7)
    end
from unnest(
    $1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::double precision[], $6::boolean[]
) as settled (id, state, version, failure, seconds, went_over)
where writeback_item.id = settled.id and writeback_item.id = any ($1::uuid[])

-- name: claim_writeback_items
-- Take items that are due, for as long as handing them over can last.
-- $1 seconds of the lease  $2 rows at most
with due as (
    select id
    from writeback_item
    where due_at <= now()
    order by due_at, id
    limit $2
    for update skip locked
)

update writeback_item
set
    attempts = attempts + 1,
    leased_until = now() + make_interval(secs => $1),
    due_at = now() + make_interval(secs => $1)
from due
where writeback_item.id = due.id
returning writeback_item.id

-- name: read_deliveries
-- Give what is handed over of each item: the person by what a practice knows them by, as whoever
-- speaks for them now is described, and the code or the message.
-- $1 ids
select
    item.id, item.kind, item.code, item.withdraws, item.practice_code, item.occurred_at,
    item.worker_id, item.attempts, person.nhs_number, person.given_name, person.family_name,
    person.birth_date, message.document, message.content_hash
from writeback_item as item
join speaking_person as person on person.record_id = item.person_id
left join message_back as message on message.id = item.message_id
where item.id = any ($1::uuid[])
order by item.id

-- name: list_writeback_status
-- Count items by practice and state, with the oldest that waits and how the counts compare.
-- $1 PCN codes  $2 practice code to go on after, or null  $3 practices at most
select
    counted.pcn_code, counted.practice_code, counted.waiting, counted.sent, counted.acknowledged,
    counted.reconciled, counted.failed, counted.withdrawn, counted.oldest_requested_at,
    coalesce(compared.gap_count, 0) as gap_count, compared.gap_since, compared.ours,
    compared.theirs, compared.checked_at
from (
    select
        pcn_code, practice_code,
        count(*) filter (where state = 'requested') as waiting,
        count(*) filter (where state = 'sent') as sent,
        count(*) filter (where state = 'acknowledged') as acknowledged,
        count(*) filter (where state = 'reconciled') as reconciled,
        count(*) filter (where state = 'failed') as failed,
        count(*) filter (where state = 'withdrawn') as withdrawn,
        min(requested_at) filter (where state = any (array['requested', 'sent']))
            as oldest_requested_at
    from writeback_item
    where pcn_code = any ($1::text[]) and ($2::text is null or practice_code > $2)
    group by pcn_code, practice_code
    order by practice_code
    limit $3
) as counted
left join writeback_practice as compared on compared.practice_code = counted.practice_code
order by counted.practice_code

-- name: list_writeback_items
-- Give a page of the items of networks that stand so, the latest asked for first.
-- $1 PCN codes  $2 state  $3 id to go on before, or null  $4 rows at most
select
    id, kind, code, referral_id, episode_id, person_id, pcn_code, practice_code, state, failure,
    attempts, version, requested_at, sent_at, acknowledged_at
from writeback_item
where pcn_code = any ($1::text[]) and state = $2 and ($3::uuid is null or id < $3)
order by id desc
limit $4

-- name: note_writeback_practices
-- Remember whose receiver is to be asked for its count.
-- $1 PCN codes  $2 practice codes, side by side
insert into writeback_practice (pcn_code, practice_code, next_check_at)
select distinct wanted.pcn_code, wanted.practice_code, now()
from unnest($1::text[], $2::text[]) as wanted (pcn_code, practice_code)
order by wanted.practice_code
on conflict (practice_code) do nothing

-- name: claim_practices_to_count
-- Take practices whose counts are to be compared, for as long as that can last.
-- $1 seconds until the next comparison  $2 rows at most
with due as (
    select practice_code
    from writeback_practice
    where next_check_at <= now()
    order by next_check_at, practice_code
    limit $2
    for update skip locked
)

update writeback_practice
set next_check_at = now() + make_interval(secs => $1)
from due
where writeback_practice.practice_code = due.practice_code
returning
    writeback_practice.pcn_code, writeback_practice.practice_code, writeback_practice.gap_count,
    writeback_practice.gap_since,
    coalesce(writeback_practice.again_before, writeback_practice.gap_since) as again_before

-- name: count_handed_over
-- Count what went over for a practice, what may be going over at this moment, and what may have gone
-- over although nobody heard so: it was tried in vain, or taken back while it was on its way.
-- $1 practice code
select
    (
        select count(*)
        from writeback_item
        where practice_code = $1 and sent_at is not null
    ) as ours,
    (
        select count(*)
        from writeback_item
        where due_at is not null and practice_code = $1 and leased_until > now()
    ) as under_way,
    (
        select count(*)
        from writeback_item
        where
            practice_code = $1
            and sent_at is null
            and attempts > 0
            and state = any (array['requested', 'withdrawn'])
    ) as unheard

-- name: note_count
-- Keep how the counts of a practice compare.
-- $1 practice code  $2 ours  $3 theirs  $4 the gap's count  $5 since when, or null
-- $6 before when what went over goes over again, or null
update writeback_practice
set
    ours = $2, theirs = $3, gap_count = $4, gap_since = $5, again_before = $6, checked_at = now()
where practice_code = $1

-- name: list_acknowledged_items
-- Lock acknowledged items of a practice that went over before its counts were compared and, where
-- those differ, after what was there before was in doubt.
-- $1 practice code  $2 before  $3 after, or null  $4 rows at most
select id
from writeback_item
where
    practice_code = $1
    and sent_at is not null
    and handed_at <= $2
    and ($3::timestamptz is null or handed_at > $3)
    and state = 'acknowledged'
order by id
limit $4
for update skip locked

-- name: send_items_again
-- Let what went over some time ago go over again, the latest first: what a receiver lost, it lost
-- last. What went over again since is not asked for anew, nor is what is on its way.
-- $1 practice code  $2 seconds ago at least  $3 before  $4 states  $5 rows at most
update writeback_item
set due_at = now()
where id in (
    select id
    from writeback_item
    where
        practice_code = $1
        and sent_at is not null
        and handed_at <= now() - make_interval(secs => $2)
        and handed_at <= $3
        and (leased_until is null or leased_until <= now())
        and (due_at is null or state = 'sent')
        and state = any ($4::text[])
    order by handed_at desc
    limit $5
    for update skip locked
)

-- name: observe_writeback
-- Count items by state where something is still to come, and give the age of the oldest.
select
    state, count(*) as items,
    extract(epoch from now() - min(requested_at))::double precision as oldest_seconds
from writeback_item
where due_at is not null
group by state
