-- A goal may carry the reference of who set it, so that its updates can name it without our id.

alter table goal add column reference text;

create unique index goal_reference_is_used_once on goal (referral_id, reference);
