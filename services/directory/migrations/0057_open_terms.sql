-- What the public finds of other taxonomies: the terms that listings are sorted by as they came, each
-- with every listing that bears it.
--
-- Both are filled when a listing is shown, and by the schedule that derives every listing again.
-- squawk-ignore-file require-concurrent-index-creation

create table open_term (
    -- Two feeds may tell one term in two ways: each way is a row.
    wording uuid not null,
    id uuid not null,
    taxonomy_id uuid,
    parent_id uuid,
    document jsonb not null,
    constraint open_term_pk primary key (wording)
);

create index open_term_by_id on open_term (id, wording);
create index open_term_by_taxonomy on open_term (taxonomy_id, id);

create table open_listing_term (
    wording uuid not null,
    listing_id uuid not null,
    constraint open_listing_term_pk primary key (wording, listing_id),
    -- A listing that searches do not find bears nothing.
    constraint open_listing_term_listing_fk foreign key (listing_id)
        references listing_search (listing_id) on delete cascade
);

create index open_listing_term_by_listing on open_listing_term (listing_id, wording);

grant select, insert on open_term to {api_role}, {worker_role};
grant select, insert, delete on open_listing_term to {api_role}, {worker_role};
