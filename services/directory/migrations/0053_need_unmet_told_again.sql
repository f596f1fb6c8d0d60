-- What was told of unmet need is compared with what is known: more of the same is told anew.
--
-- The event of a row says what it is about; each time more is told of it, its version rises.

alter table need_unmet_told add column version bigint not null default 1;

grant update on need_unmet_told to {worker_role};
