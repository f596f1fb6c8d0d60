-- What came along with a handover is asked of the episode that it opened or joined.

create index handover_opened_episode on handover (opened_episode_id)
where opened_episode_id is not null;
