-- A gap between the receiver's count and ours holds up nothing by itself: what went over before it was
-- found, or grew, goes over once more, and what is acknowledged after that is reconciled one by one.

alter table writeback_practice add column again_before timestamptz;

-- What may have gone over although nobody heard so.
create index writeback_item_unheard on writeback_item (practice_code)
where sent_at is null and attempts > 0;
