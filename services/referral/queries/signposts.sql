-- Signposts: no person is named, so that none can be found.

-- name: write_signpost
-- Log a signpost.
-- $1 the signpost
insert into signpost (
    id, pcn_code, practice_code, need, listing_id, role, echo_agreed, version, origin,
    occurred_at, recorded_at
)
select
    id, pcn_code, practice_code, need, listing_id, role, echo_agreed, version, origin,
    occurred_at, recorded_at
from json_populate_record(null::signpost, $1::json)

-- name: keep_address
-- Keep the address to ask at.
-- $1 signpost id  $2 PCN code  $3 practice code  $4 channel  $5 address  $6 when to forget it
insert into signpost_address (
    signpost_id, pcn_code, practice_code, channel, address, forget_at
)
values ($1, $2, $3, $4, $5, $6)

-- name: lock_signpost
-- Lock a signpost and read it as it stands.
-- $1 signpost id
select
    id, pcn_code, practice_code, need, listing_id, echo_agreed, asked_at, echo, version, origin,
    occurred_at, recorded_at
from signpost
where id = $1
for update

-- name: change_signpost
-- Store that somebody is asked, or what they answered.
-- $1 signpost id  $2 asked at  $3 echo  $4 echoed at  $5 version
update signpost
set asked_at = $2, echo = $3, echoed_at = $4, version = $5
where id = $1

-- name: forget_address
-- Forget where to ask.
-- $1 signpost id
delete from signpost_address where signpost_id = $1

-- name: read_address
-- Give where to ask, while it is to be asked.
-- $1 signpost id
select
    signpost.id, signpost.pcn_code, signpost.need, signpost.listing_id, kept.channel,
    kept.address
from signpost
join signpost_address as kept on kept.signpost_id = signpost.id
where
    signpost.id = $1
    and signpost.asked_at is not null
    and signpost.echo is null
    and kept.forget_at > now()

-- name: read_channel
-- Say how to ask, if there is still an address.
-- $1 signpost id
select channel from signpost_address where signpost_id = $1

-- name: list_signposts_of_pcns
-- Give the signposts of networks, the latest logged first.
-- $1 PCN codes  $2 id of the last one, or null  $3 rows at most
select
    id, pcn_code, practice_code, need, listing_id, role, echo_agreed, asked_at, echo, version,
    occurred_at, recorded_at
from signpost
where pcn_code = any ($1::text[]) and ($2::uuid is null or id < $2)
order by id desc
limit $3

-- name: list_signposts_of_practices
-- Give the signposts of practices, the latest logged first.
-- $1 practice codes  $2 id of the last one, or null  $3 rows at most
select
    id, pcn_code, practice_code, need, listing_id, role, echo_agreed, asked_at, echo, version,
    occurred_at, recorded_at
from signpost
where practice_code = any ($1::text[]) and ($2::uuid is null or id < $2)
order by id desc
limit $3
