"""One event of each type that is told of waiting and of who works with whom."""

from datetime import date
from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.allocation import Caseload, EarlyWarning
from services.referral.domain.episodes import Episode
from services.referral.domain.waiting import Pause, Wait, WaitingRules
from services.referral.published import Moment, allocation
from services.referral.published import waiting as published

DAY = date(2026, 12, 24)


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    told = {"event_id": uuid4(), "version": 9, "moment": moment}
    rules = WaitingRules(episode.pcn_code, version=9)
    wait = Wait(
        episode_id=episode.id,
        referral_id=uuid4(),
        pcn_code=episode.pcn_code,
        practice_code="Y99001",
        opened_at=moment.occurred_at,
        pressing="routine",
        deprivation_decile=3,
        target_days=10,
        calendar_version=rules.calendar.version,
        due_on=DAY,
    )
    pause = Pause(uuid4(), "person-asked", moment.occurred_at)
    with_worker = Episode(
        episode.id, episode.person_id, episode.pcn_code, episode.opened_at, worker_id=uuid4()
    )
    of_rules = {"event_id": uuid4(), "moment": moment}
    return [
        published.wait_paused(wait, pause, episode, **told),
        published.wait_resumed(wait, pause, episode, **told),
        published.first_contact_overdue(wait, with_worker, **told),
        published.target_set(rules, **of_rules),
        published.closure_set(rules, DAY, "other", **of_rules),
        published.closure_lifted(rules, DAY, **of_rules),
        allocation.worker_assigned(
            episode,
            uuid4(),
            uuid4(),
            "high",
            reason="reallocated",
            reallocation_id=uuid4(),
            other_role_reason="capacity",
            **told,
        ),
        allocation.worker_taken_off(episode, uuid4(), **told),
        allocation.caseload_nearly_full(
            episode.pcn_code,
            EarlyWarning(uuid4(), uuid4(), warned=True, version=9),
            Caseload(uuid4(), year={"medium": 180}),
            **of_rules,
        ),
        allocation.complexity_set(episode, "high", "medium", source="worker", **told),
    ]
