-- What became of a question to a listing's owner is told by events of its own, on the region's stream,
-- and names the question. Nothing was ever told the way before: what stands in the table, if anything, is
-- derived and is not read that way again, and the code before this writes nothing to it.
-- squawk-ignore-file adding-required-field, ban-drop-constraint, constraint-missing-not-valid, require-concurrent-index-deletion

truncate message_evidence;

alter table message_evidence
    add column check_id uuid not null,
    drop constraint message_evidence_kind_known,
    add constraint message_evidence_kind_known check (kind in ('sent', 'failed'));

drop index message_evidence_by_listing;
create index message_evidence_by_check on message_evidence (check_id);
