-- That it was told that nobody began a visit, so that it is told once, also after support that ended
-- goes on.

alter table visit add column late_told boolean not null default false;
