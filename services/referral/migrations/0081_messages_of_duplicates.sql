-- Whoever referred the record that was merged hears what became of the person as well: a message
-- back tells of the support that a standing merge closed as a duplicate of this one, and is found
-- by its referrals.

alter table message_back add column duplicate_episode_ids uuid[] not null default '{}';

create index message_back_duplicates on message_back using gin (duplicate_episode_ids);
