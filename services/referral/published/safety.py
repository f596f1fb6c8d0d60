"""The events of safety, on the network's stream of its own."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import (
    AgeRuleSet,
    SafeguardingLeadsNamed,
    SafetyAlarmAcknowledged,
    SafetyAlarmClosed,
    SafetyAlarmEscalated,
    SafetyAlarmRaised,
)
from contracts.referral.v1.safety import SAFETY_SUFFIX
from services.referral.domain.safety import Alarm, YoungPeople
from services.referral.published import Moment


def alarm_raised(alarm: Alarm, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that somebody may be in danger."""
    data = SafetyAlarmRaised(
        alarm_id=alarm.id,
        pcn_code=alarm.pcn_code,
        kind=_kind(alarm),
        dangers=cast("list[codes.Danger]", list(alarm.dangers)),
        practice_code=alarm.practice_code,
        referral_id=alarm.referral_id,
        episode_id=alarm.episode_id,
        person_id=alarm.person_id,
        level=alarm.level,
        holder=alarm.holder,
        escalates_at=alarm.escalates_at,
        visit_id=alarm.visit_id,
        worker_id=alarm.worker_id,
    )
    return _of_alarm(alarm, data, event_id, moment)


def alarm_escalated(alarm: Alarm, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell that nobody answered in time."""
    if alarm.escalates_at is None:
        message = "an alarm escalates while it is unanswered"
        raise ValueError(message)
    data = SafetyAlarmEscalated(
        alarm_id=alarm.id,
        pcn_code=alarm.pcn_code,
        kind=_kind(alarm),
        level=alarm.level,
        holder=alarm.holder,
        escalates_at=alarm.escalates_at,
    )
    return _of_alarm(alarm, data, event_id, moment)


def alarm_acknowledged(
    alarm: Alarm, *, seconds_waited: int, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that a named human answered."""
    data = SafetyAlarmAcknowledged(
        alarm_id=alarm.id,
        pcn_code=alarm.pcn_code,
        kind=_kind(alarm),
        level=alarm.level,
        acknowledged_by=alarm.acknowledged_by,
        seconds_waited=seconds_waited,
    )
    return _of_alarm(alarm, data, event_id, moment)


def alarm_closed(
    alarm: Alarm, *, outcome: codes.AlarmOutcome, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that it has been seen to."""
    data = SafetyAlarmClosed(
        alarm_id=alarm.id, pcn_code=alarm.pcn_code, kind=_kind(alarm), outcome=outcome
    )
    return _of_alarm(alarm, data, event_id, moment)


def leads_named(
    pcn_code: str,
    membership_ids: Sequence[UUID],
    minutes: int,
    *,
    event_id: UUID,
    version: int,
    moment: Moment,
) -> NewEvent:
    """Tell who is alarmed in a network."""
    data = SafeguardingLeadsNamed(
        pcn_code=pcn_code, membership_ids=list(membership_ids), escalate_after_minutes=minutes
    )
    return _of_network(pcn_code, data, event_id, version, moment)


def age_rule_set(
    pcn_code: str, young: YoungPeople, *, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    """Tell what a network does for people under 18."""
    data = AgeRuleSet(
        pcn_code=pcn_code,
        rule=young.rule,
        better_route=cast("codes.BetterRoute | None", young.better_route),
    )
    return _of_network(pcn_code, data, event_id, version, moment)


def _kind(alarm: Alarm) -> codes.AlarmKind:
    return cast("codes.AlarmKind", alarm.kind)


def _of_alarm(alarm: Alarm, data: EventData, event_id: UUID, moment: Moment) -> NewEvent:
    return NewEvent(
        data=data,
        stream=f"{alarm.pcn_code}{SAFETY_SUFFIX}",
        subject=f"alarm/{alarm.id}",
        aggregate_version=alarm.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        correlation_id=str(alarm.episode_id or alarm.id),
        event_id=event_id,
    )


def _of_network(
    pcn_code: str, data: EventData, event_id: UUID, version: int, moment: Moment
) -> NewEvent:
    return NewEvent(
        data=data,
        stream=f"{pcn_code}{SAFETY_SUFFIX}",
        subject=f"safeguarding/{pcn_code}",
        aggregate_version=version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )
