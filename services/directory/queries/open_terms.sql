-- Terms of other taxonomies, as the public finds them.

-- name: known_wordings
-- Reads which of these ways to tell a term are kept.
-- $1 wordings
select wording
from open_term
where wording = any ($1::uuid[]);

-- name: keep_open_terms
-- Keeps terms as they are told; one that is told that way already stays.
-- $1 terms as JSON
insert into open_term (wording, id, taxonomy_id, parent_id, document)
select wording, id, taxonomy_id, parent_id, document
from jsonb_to_recordset($1::jsonb) as term (
    wording uuid, id uuid, taxonomy_id uuid, parent_id uuid, document jsonb
)
order by wording
on conflict (wording) do nothing;

-- name: bear_open_terms
-- Notes which terms listings bear now, and that they bear no others.
-- $1 all these listings  $2 wordings  $3 the listing that bears each
with given as materialized (
    select *
    from unnest($2::uuid[], $3::uuid[]) as borne (wording, listing_id)
),

gone as (
    delete from open_listing_term as b
    where b.listing_id = any ($1::uuid[])
        and not exists (
            select
            from given as g
            where g.wording = b.wording and g.listing_id = b.listing_id
        )
)

insert into open_listing_term (wording, listing_id)
select wording, listing_id
from given
order by wording
on conflict (wording, listing_id) do nothing;

-- name: page_of_open_terms
-- Counts the terms that listings bear and that match, and reads a piece of them in the order of their
-- ids. Of a term that is told in several ways one way is shown, the same each time.
-- $1 words, each to be held  $2 taxonomy_id or null  $3 parent_id or null  $4 without a parent
-- $5 rows  $6 rows before
with shown as (
    select distinct on (t.id) t.id, t.taxonomy_id, t.parent_id, t.document
    from open_term as t
    where exists (select from open_listing_term as b where b.wording = t.wording)
        and ($2::uuid is null or t.taxonomy_id = $2)
    order by t.id, t.wording
),

found as materialized (
    select id, document
    from shown
    where ($3::uuid is null or parent_id = $3)
        and (not $4::boolean or parent_id is null)
        and not exists (
            select
            from unnest($1::text[]) as word
            where strpos(
                lower(concat_ws(
                    ' ', document ->> 'name', document ->> 'description', document ->> 'term'
                )),
                word
            ) = 0
        )
)

select
    (select count(*) from found) as total_items,
    array(select document::text from found order by id limit $5 offset $6) as contents;

-- name: open_term
-- Reads a term that a listing bears.
-- $1 id
select t.document::text as document
from open_term as t
where t.id = $1 and exists (select from open_listing_term as b where b.wording = t.wording)
order by t.wording
limit 1;

-- name: open_taxonomies
-- Reads the taxonomies whose terms listings bear, in the order of their ids.
-- $1 id or null  $2 rows
select distinct on (t.taxonomy_id) t.taxonomy_id, t.document ->> 'taxonomy' as name
from open_term as t
where t.taxonomy_id is not null
    and ($1::uuid is null or t.taxonomy_id = $1)
    and exists (select from open_listing_term as b where b.wording = t.wording)
order by t.taxonomy_id, t.document ->> 'taxonomy', t.wording
limit $2;
