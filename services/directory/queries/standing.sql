-- How fresh listings are and what room they have.

-- name: listings_to_weigh
-- Reads listings of which something was told, or that were weighed long ago or by older rules.
-- $1 weighed until  $2 rules version  $3 rows
(
    select w.listing_id
    from listing_to_weigh as w
    order by w.listing_id
    limit $3
)
union
(
    select l.id
    from listing as l
    left join listing_freshness as f on f.listing_id = l.id
    where l.state in ('published', 'doubted', 'hidden')
        and (f.listing_id is null or f.weighed_at <= $1 or f.rules_version < $2)
    order by f.weighed_at nulls first, l.id
    limit $3
)
limit $3;

-- name: struck_off
-- Strikes listings off those that are to be weighed.
-- $1 listing_ids
delete from listing_to_weigh
where listing_id = any ($1::uuid[]);

-- name: weighed_listings
-- Reads where these listings stand: their state, who brought it about, whether the owner is asked.
-- $1 listing_ids
select
    l.id, l.organization_id, l.region_code, l.name, l.state, l.content ->> 'email' as email,
    o.content ->> 'email' as organization_email,
    coalesce(last_step.source = 'evidence', false) as taken_by_evidence,
    exists (
        select from listing_check as c where c.listing_id = l.id and c.closed_at is null
    ) as is_asked
from listing as l
inner join organization as o on o.id = l.organization_id
left join lateral (
    select v.source
    from listing_version as v
    where v.listing_id = l.id and v.step in ('entered', 'publish', 'restore', 'doubt', 'hide', 'withdraw')
    order by v.version desc
    limit 1
) as last_step on true
where l.id = any ($1::uuid[]) and l.state in ('published', 'doubted', 'hidden');

-- name: happenings
-- Reads what speaks for and against these listings: the latest few of each kind.
-- $1 listing_ids  $2 how many of each kind
with told as (
    select e.listing_id, e.stream as source, e.occurred_at,
        case
            when e.kind in ('attended', 'started') then e.kind
            when e.kind in ('answered', 'ended') and e.reason = 'no-longer-runs' then 'said-gone'
            when e.kind = 'answered' and e.told_by = 'provider' then 'answered'
            when e.kind = 'nudge-due' then 'unanswered-nudge'
        end as kind
    from onward_evidence as e
    where e.listing_id = any ($1::uuid[])
    union all
    -- A region's stream speaks for questions of its own region. A mail server that was away to the
    -- end says nothing of the address.
    select c.listing_id, m.stream, m.occurred_at,
        case
            when m.kind = 'sent' then 'delivered'
            when m.reason = 'address-refused' then 'bounced'
        end
    from listing_check as c
    inner join message_evidence as m on m.check_id = c.id and m.stream = c.region_code
    where c.listing_id = any ($1)
    union all
    select v.listing_id, v.source, v.recorded_at, 'kept'
    from listing_version as v
    where v.listing_id = any ($1) and v.source <> 'evidence'
        and v.step in ('entered', 'changed', 'publish', 'restore')
    union all
    select c.listing_id, 'owner', c.closed_at,
        case
            when c.answer = 'runs' then 'confirmed'
            when c.answer = 'changed' then 'marked-wrong'
            when c.answer = 'no-longer' then 'gone-confirmed'
            -- Who was never sent the question was never asked, and says nothing by being silent.
            when exists (
                select from message_evidence as m
                where m.check_id = c.id and m.stream = c.region_code and m.kind = 'sent'
            )
                then 'unanswered-check'
        end
    from listing_check as c
    where c.listing_id = any ($1) and c.closed_at is not null
    union all
    select k.listing_id, 'worker', k.occurred_at,
        case k.kind when 'wrong-details' then 'marked-wrong' else 'said-gone' end
    from listing_mark as k
    where k.listing_id = any ($1)
    union all
    select r.listing_id, 'anybody', r.recorded_at,
        case r.kind when 'wrong-details' then 'marked-wrong' when 'no-longer-runs' then 'said-gone' end
    from listing_remark as r
    where r.listing_id = any ($1) and r.state = 'accepted'
    union all
    select w.listing_id, w.told_by, w.occurred_at, 'answered'
    from capacity_word as w
    where w.listing_id = any ($1) and w.told_by = 'group'
),

ranked as (
    select listing_id, kind, source, occurred_at,
        row_number() over (
            partition by listing_id, kind order by occurred_at desc, source
        ) as place
    from told
    where kind is not null
)

select listing_id, kind, source, occurred_at
from ranked
where place <= $2
order by listing_id, occurred_at, kind, source;

-- name: answers_of
-- Reads what says something about the room of these listings, the latest rows of each.
-- $1 listing_ids  $2 rows of each
with told as (
    select e.listing_id, e.occurred_at, e.full_until,
        case
            when e.kind = 'answered' and e.word = 'accepted' then 'accepted'
            when e.kind in ('started', 'attended') then 'came'
            when e.kind = 'answered' and (e.word = 'full-until' or e.reason = 'full') then 'full'
            when e.kind in ('answered', 'ended') and e.reason in ('not-suitable', 'outside-area')
                then 'not-suitable'
            when e.kind = 'ended' and e.reason = 'full' then 'full'
            when e.kind = 'placement-failed' and e.word = 'full' then 'found-full'
        end as kind,
        case
            when (e.kind = 'answered' and e.word = 'accepted') or e.kind = 'started'
                then extract(epoch from e.occurred_at - e.sent_at)::float8 / 86400
        end as waited_days
    from onward_evidence as e
    where e.listing_id = any ($1::uuid[])
),

ranked as (
    select listing_id, kind, occurred_at, full_until, waited_days,
        row_number() over (partition by listing_id order by occurred_at desc, kind) as place
    from told
    where kind is not null
)

select listing_id, kind, occurred_at, full_until, waited_days
from ranked
where place <= $2
order by listing_id, occurred_at, kind;

-- name: capacity_words
-- Reads what was said of the room of these listings.
-- $1 listing_ids
select listing_id, status, told_by, until_date, occurred_at
from capacity_word
where listing_id = any ($1::uuid[]);

-- name: lock_capacity_word
-- Reads and locks what was last said of the room of a listing.
-- $1 listing_id
select status, told_by, until_date, version, occurred_at, recorded_at
from capacity_word
where listing_id = $1
for update;

-- name: say_capacity
-- Keeps what is said of the room of a listing; its next version.
-- $1 listing_id  $2 organization_id  $3 region_code  $4 status  $5 told_by  $6 until or null
-- $7 member_key  $8 occurred_at  $9 recorded_at
insert into capacity_word
    (listing_id, organization_id, region_code, status, told_by, until_date, member_key, version,
     occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)
on conflict (listing_id) do update
set status = excluded.status,
    told_by = excluded.told_by,
    until_date = excluded.until_date,
    member_key = excluded.member_key,
    version = capacity_word.version + 1,
    occurred_at = excluded.occurred_at,
    recorded_at = excluded.recorded_at
returning version;

-- name: told_capacities
-- Reads what was last told of the room of these listings.
-- $1 listing_ids
select listing_id, status, source, confidence, room, as_of, version
from listing_capacity
where listing_id = any ($1::uuid[]);

-- name: keep_capacity
-- Keeps what is told of the room of a listing; its next version.
-- $1 listing_id  $2 organization_id  $3 region_code  $4 status or null  $5 source  $6 confidence
-- $7 room  $8 as_of or null  $9 rules version  $10 event_id  $11 recorded_at
insert into listing_capacity
    (listing_id, organization_id, region_code, status, source, confidence, room, as_of,
     rules_version, version, event_id, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11)
on conflict (listing_id) do update
set status = excluded.status,
    source = excluded.source,
    confidence = excluded.confidence,
    room = excluded.room,
    as_of = excluded.as_of,
    rules_version = excluded.rules_version,
    version = listing_capacity.version + 1,
    event_id = excluded.event_id,
    recorded_at = excluded.recorded_at
returning version;

-- name: keep_scores
-- Keeps how fresh these listings are.
-- $1 listing_ids  $2 organization_ids  $3 region_codes  $4 scores  $5 rules version  $6 now
insert into listing_freshness
    (listing_id, organization_id, region_code, score, rules_version, weighed_at)
select given.listing_id, given.organization_id, given.region_code, given.score, $5, $6
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[])
    as given (listing_id, organization_id, region_code, score)
order by given.listing_id
on conflict (listing_id) do update
set score = excluded.score,
    rules_version = excluded.rules_version,
    weighed_at = excluded.weighed_at;

-- name: put_in_search
-- Puts how fresh these listings are, and the room they have, where searches look: to the hundredth,
-- since a row is written into every index anew, and each day changes every score by a little.
-- $1 listing_ids  $2 freshness from 0 to 1  $3 room from 0 to 1
update listing_search as s
set freshness = said.freshness,
    capacity = said.room
from unnest($1::uuid[], $2::float8[], $3::float8[]) as given (listing_id, freshness, room)
cross join lateral (
    select
        round(given.freshness::numeric, 2)::real as freshness,
        round(given.room::numeric, 2)::real as room
) as said
where s.listing_id = given.listing_id
    and (s.freshness, s.capacity) is distinct from (said.freshness, said.room);

-- name: put_standing_in_search
-- Puts what is kept of freshness and room where searches look, for listings indexed anew.
-- $1 listing_ids
update listing_search as s
set freshness = coalesce(round((f.score / 100)::numeric, 2)::real, s.freshness),
    capacity = coalesce(round(c.room::numeric, 2)::real, s.capacity),
    accepting = s.accepting and coalesce(c.status <> 'no-capacity', true)
from listing as l
left join listing_freshness as f on f.listing_id = l.id
left join listing_capacity as c on c.listing_id = l.id
where l.id = any ($1::uuid[]) and s.listing_id = l.id
    -- Most have nothing kept yet, and a row written again is written into every index.
    and (f.score is not null or c.room is not null or c.status = 'no-capacity');

-- name: ask_owner
-- Puts a question to the owner of a listing, unless one is open.
-- $1 id  $2 listing_id  $3 organization_id  $4 region_code  $5 reason  $6 asked_at
-- $7 answer_until  $8 event_id
insert into listing_check
    (id, listing_id, organization_id, region_code, reason, asked_at, answer_until, event_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (listing_id) where closed_at is null do nothing
returning id;

-- name: close_unanswered
-- Closes the questions about these listings whose time is over, as of that time.
-- $1 listing_ids or null for all  $2 now
update listing_check
set closed_at = answer_until
where closed_at is null and answer_until <= $2
    and ($1::uuid[] is null or listing_id = any ($1))
returning listing_id;

-- name: check_of_token
-- Reads which question a token opens, and in which region.
-- $1 token_hash
select check_id, region_code
from listing_check_link
where token_hash = $1;

-- name: lock_check
-- Reads and locks one question.
-- $1 id
select
    c.id, c.listing_id, c.organization_id, c.region_code, c.reason, c.sent_to, c.answer, c.asked_at,
    c.answer_until, c.closed_at, l.name, l.state
from listing_check as c
inner join listing as l on l.id = c.listing_id
where c.id = $1
for update of c;

-- name: answer_check
-- Keeps the answer to a question.
-- $1 id  $2 answer  $3 now
update listing_check
set answer = $2,
    closed_at = $3
where id = $1;

-- name: give_link
-- Keeps the hash of a link's token, and notes whom it goes to; the same link again is the same row.
-- $1 token_hash  $2 check_id  $3 region_code  $4 now  $5 address
with noted as (
    update listing_check
    set sent_to = $5
    where id = $2
)

insert into listing_check_link (token_hash, check_id, region_code, issued_at)
values ($1, $2, $3, $4)
on conflict do nothing;

-- name: assurances
-- Reads when the owners of these listings last confirmed that they run, and from which address.
-- $1 listing_ids
select distinct on (listing_id) listing_id, closed_at, sent_to
from listing_check
where listing_id = any ($1::uuid[]) and answer = 'runs'
order by listing_id, closed_at desc;

-- name: mark_wrong
-- Keeps that somebody says something of a listing is wrong; the same on one day is said once.
-- $1 id  $2 listing_id  $3 organization_id  $4 region_code  $5 kind  $6 note or null
-- $7 member_key  $8 occurred_at  $9 recorded_at
insert into listing_mark
    (id, listing_id, organization_id, region_code, kind, note, member_key, occurred_at, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing;

-- name: shown_check
-- Reads the question that was last put to the owner of a listing.
-- $1 listing_id
select id, reason, asked_at, answer_until, answer, closed_at
from listing_check
where listing_id = $1
order by asked_at desc
limit 1;
