-- What a listing answers, as finely as the catalogue of needs says, beside its broad needs.
-- A directory of today is small: neither the column nor its index takes long.
-- squawk-ignore-file require-concurrent-index-creation

alter table listing
    add column need_terms text[] not null default '{}';

alter table open_listing
    add column need_terms text[] not null default '{}';

create index open_listing_need_terms on open_listing using gin (need_terms);
