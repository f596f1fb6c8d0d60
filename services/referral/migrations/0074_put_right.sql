-- What a measure was compared with before it was put right; and that supervision or training a worker
-- was said to have had was not so.

alter table measure_superseded add column baseline_id uuid;

alter table entitlement_record
    add column voided_at timestamptz,
    add column void_reason text,
    -- The worker who said so; null where a manager did.
    add column voided_by uuid;

create index entitlement_record_stands on entitlement_record (entitlement_id, occurred_at)
where voided_at is null;

grant update (voided_at, void_reason, voided_by) on entitlement_record to {api_role};
