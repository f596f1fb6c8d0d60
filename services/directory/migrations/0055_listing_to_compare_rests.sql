-- A change is seldom alone: a listing is compared once it has rested, and not while it is being entered.

alter table listing_to_compare add column wanted_at timestamptz not null default now();
