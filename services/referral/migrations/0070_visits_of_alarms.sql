-- The visit an alarm was raised for, so that whoever answers sees who went, and whether they are out.

alter table alarm add column visit_id uuid;
