-- The dangers a contact names, as they stand, so that a correction can name one or take one back; and
-- the contact that an alarm was raised for.

alter table contact add column dangers text[];
alter table contact_superseded add column dangers text[];
alter table alarm add column contact_id uuid;

create index alarm_of_contact on alarm (contact_id) where contact_id is not null;
