-- A visit that nobody began: until when somebody should have checked in at the door.

alter table visit add column begin_by timestamptz;

create index visit_to_begin on visit (pcn_code, begin_by, id) where status = 'planned';
