"""The events of waiting: pauses, first contacts that are late, and a network's own days."""

from datetime import date
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import (
    ClosureLifted,
    ClosureSet,
    FirstContactOverdue,
    FirstContactTargetSet,
    WaitPaused,
    WaitResumed,
)
from services.referral.domain.episodes import Episode
from services.referral.domain.waiting import Pause, Wait, WaitingRules
from services.referral.published import Moment, of_episode


def wait_paused(
    wait: Wait, pause: Pause, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that the service's clock stands still."""
    data = WaitPaused(
        pause_id=pause.id,
        referral_id=wait.referral_id,
        episode_id=wait.episode_id,
        person_id=episode.person_id,
        pcn_code=wait.pcn_code,
        practice_code=wait.practice_code,
        reason=pause.reason,
    )
    return _of_wait(data, episode, event_id, version, moment)


def wait_resumed(
    wait: Wait, pause: Pause, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that the service's clock goes on, and by when a first contact is due now."""
    data = WaitResumed(
        pause_id=pause.id,
        referral_id=wait.referral_id,
        episode_id=wait.episode_id,
        person_id=episode.person_id,
        pcn_code=wait.pcn_code,
        practice_code=wait.practice_code,
        reason=pause.reason,
        paused_working_days=wait.paused_days,
        due_on=wait.due_on,
        calendar_version=wait.calendar_version,
    )
    return _of_wait(data, episode, event_id, version, moment)


def first_contact_overdue(
    wait: Wait, episode: Episode, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell that the day on which a first contact was due has passed."""
    data = FirstContactOverdue(
        referral_id=wait.referral_id,
        episode_id=wait.episode_id,
        person_id=episode.person_id,
        pcn_code=wait.pcn_code,
        practice_code=wait.practice_code,
        worker_id=episode.worker_id,
        target_working_days=wait.target_days,
        paused_working_days=wait.paused_days,
        due_on=wait.due_on,
        calendar_version=wait.calendar_version,
        referred_at=wait.opened_at,
    )
    return _of_wait(data, episode, event_id, version, moment)


def target_set(rules: WaitingRules, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell within how many working days a network means to speak with somebody first."""
    data = FirstContactTargetSet(pcn_code=rules.pcn_code, target_working_days=rules.target_days)
    return _of_rules(data, rules, event_id, moment)


def closure_set(
    rules: WaitingRules,
    day: date,
    reason: codes.ClosureReason,
    *,
    event_id: UUID,
    moment: Moment,
) -> NewEvent:
    """Tell that a network does not work on a day."""
    data = ClosureSet(
        pcn_code=rules.pcn_code,
        day=day,
        reason=reason,
        calendar_version=rules.calendar.version,
    )
    return _of_rules(data, rules, event_id, moment)


def closure_lifted(rules: WaitingRules, day: date, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that a network works on a day after all."""
    data = ClosureLifted(pcn_code=rules.pcn_code, day=day, calendar_version=rules.calendar.version)
    return _of_rules(data, rules, event_id, moment)


def _of_wait(
    data: EventData, episode: Episode, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    return of_episode(
        data,
        episode.pcn_code,
        episode.id,
        version,
        moment,
        event_id=event_id,
        related_subjects=(f"person/{episode.person_id}",),
    )


def _of_rules(data: EventData, rules: WaitingRules, event_id: UUID, moment: Moment) -> NewEvent:
    return NewEvent(
        data=data,
        stream=rules.pcn_code,
        subject=f"waiting-rules/{rules.pcn_code}",
        aggregate_version=rules.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )
