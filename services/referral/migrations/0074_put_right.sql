-- What a measure was compared with before it was put right; that supervision or training a worker was
-- said to have had was not so; and from when it counts for who never had any.

alter table measure_superseded add column baseline_id uuid;

alter table entitlement_record
    add column voided_at timestamptz,
    add column void_reason text,
    -- The worker who said so; null where a manager did.
    add column voided_by uuid;

-- Who never had any is due by the day they were known to work here.
alter table entitlement add column counted_from date;

create index entitlement_record_stands on entitlement_record (entitlement_id, occurred_at)
where voided_at is null;

grant update (voided_at, void_reason, voided_by) on entitlement_record to {api_role};
-- Members are made known where the register is heard.
grant insert on entitlement to {worker_role};
