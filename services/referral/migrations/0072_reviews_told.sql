-- The day for which it was told that something is to be looked at again, so that it is told once.

alter table review add column told_on date;

grant update (told_on) on review to {worker_role};
