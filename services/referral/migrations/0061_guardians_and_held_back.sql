-- Who said that a parent or guardian agreed, and when; and what somebody asked for themselves where
-- no referral came of it, so that whoever finds out why can still help.

alter table referral
    add column guardian_consented_at timestamptz,
    -- The member who said so, as in the audit.
    add column guardian_consented_by text;

alter table self_referral
    add column needs text[],
    add column words text,
    add column dangers text[],
    -- The person as they described themselves.
    add column described jsonb;
