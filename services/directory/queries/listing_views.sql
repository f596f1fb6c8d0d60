-- Listings as those who keep them see them.

-- name: entered_listing
-- Reads one listing as it stands, with the rule that says whether its group's changes wait.
-- $1 id
select
    l.id, l.id as service_id, l.organization_id, l.region_code, l.state, l.reason, l.needs,
    l.need_terms, l.content::text as content, l.field_sources::text as field_sources, l.version,
    l.event_id, l.occurred_at, l.recorded_at
from listing as l
where l.id = $1;

-- name: history_page
-- Lists the versions of a listing, the latest first, each with what was said in the one before.
-- $1 listing_id  $2 before version  $3 rows
select
    version, step, state, reason, member_key, source, approved_by, note, event_id, occurred_at,
    recorded_at, needs, need_terms, content::text as content,
    state_before, needs_before, need_terms_before, content_before::text as content_before
from (
    select
        v.*,
        lag(v.state) over earlier as state_before,
        lag(v.needs) over earlier as needs_before,
        lag(v.need_terms) over earlier as need_terms_before,
        lag(v.content) over earlier as content_before
    from listing_version as v
    where v.listing_id = $1
    window earlier as (order by v.version)
) as told
where version < $2
order by version desc
limit $3;

-- name: suggestions_page
-- Lists what is suggested for listings, by id, with what the listing says now.
-- $1 state  $2 after id  $3 rows
select
    s.id, s.id as suggestion_id, s.listing_id as service_id, s.organization_id, s.region_code,
    l.name, s.base_version, s.changes::text as changes, s.note, s.member_key, s.source, s.state,
    s.decided_by, s.decided_at, s.decided_why, s.occurred_at, s.recorded_at,
    l.version as listing_version, l.needs, l.need_terms, l.content::text as content
from listing_suggestion as s
inner join listing as l on l.id = s.listing_id
where s.state = $1 and s.id > $2
order by s.id
limit $3;

-- name: remarks_page
-- Lists what was remarked on a listing, by id.
-- $1 listing_id  $2 after id  $3 rows
select
    id, id as remark_id, listing_id as service_id, organization_id, region_code, kind, words,
    state, decided_by, decided_at, decided_why, recorded_at
from listing_remark
where listing_id = $1 and id > $2
order by id
limit $3;

-- name: shown_listing_rule
-- Reads what holds for listings in a region.
-- $1 region_code
select region_code, own_changes_wait, version
from listing_rule
where region_code = $1;
