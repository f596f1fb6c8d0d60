-- What has left quarantine is not kept for ever. What was given up or never readable stays known
-- without its contents: read again, it must not begin again, and a rebuild has to pass it over.

alter table quarantine add column emptied_at timestamptz;

create index quarantine_closed on quarantine (closed_at)
where state <> 'open' and emptied_at is null;
create index stream_wish_closed on stream_wish (carried_out_at)
where outcome is not null and not (action = 'discard' and outcome = 'done');
create index quarantine_opening_by_time on quarantine_opening (opened_at);

grant delete on quarantine, stream_wish to {worker_role};
grant select, delete on quarantine_opening to {worker_role};
