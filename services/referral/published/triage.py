"""The events of triage: proposed, chosen, put right."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import ReferralReRouted, ReferralTriaged, RoleAssigned
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.outside import as_told
from services.referral.domain.triage import Facts, Proposal
from services.referral.published import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What every event of triage needs beside its facts."""

    referral: Referral
    episode: Episode
    event_id: UUID
    version: int
    moment: Moment


def referral_triaged(
    told: Told, facts: Facts, proposal: Proposal, *, number: int, rule_version: int
) -> NewEvent:
    """Tell what the rules proposed."""
    data = ReferralTriaged(
        referral_id=told.referral.id,
        episode_id=told.episode.id,
        person_id=told.episode.person_id,
        pcn_code=told.episode.pcn_code,
        practice_code=told.referral.practice_code,
        triage_number=number,
        needs=cast("list[codes.Need]", list(facts.needs)),
        urgency=cast("codes.Urgency", facts.urgency),
        complexity=cast("codes.Complexity", facts.complexity),
        confidence=cast("codes.Confidence", facts.confidence),
        rule_version=rule_version,
        rules=[rule.id for rule in proposal.reasons],
        proposed_role=_role(proposal.role),
    )
    return _event(told, data)


def role_assigned(
    told: Told, *, proposed: str, role: str, overridden: bool, reason: codes.RoleReason | None
) -> NewEvent:
    """Tell who was chosen to help."""
    data = RoleAssigned(
        referral_id=told.referral.id,
        episode_id=told.episode.id,
        person_id=told.episode.person_id,
        pcn_code=told.episode.pcn_code,
        practice_code=told.referral.practice_code,
        proposed_role=_role(proposed),
        role=_role(role),
        overridden=overridden,
        reason=reason,
    )
    return _event(told, data)


def referral_re_routed(
    told: Told, *, previous: str, role: str, reason: codes.ReRouteReason
) -> NewEvent:
    """Tell that the role was the wrong one."""
    referrer_code, organization_id = as_told(told.referral.referrer_code, told.episode.pcn_code)
    data = ReferralReRouted(
        referral_id=told.referral.id,
        episode_id=told.episode.id,
        person_id=told.episode.person_id,
        pcn_code=told.episode.pcn_code,
        practice_code=told.referral.practice_code,
        referrer_code=referrer_code,
        referrer_organization_id=organization_id,
        previous_role=_role(previous),
        role=_role(role),
        reason=reason,
    )
    return _event(told, data)


def _role(role: str) -> codes.WorkerRole:
    return cast("codes.WorkerRole", role)


def _event(told: Told, data: EventData) -> NewEvent:
    episode, moment = told.episode, told.moment
    return NewEvent(
        data=data,
        stream=episode.pcn_code,
        subject=f"episode/{episode.id}",
        aggregate_version=told.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        related_subjects=(f"person/{episode.person_id}",),
        origin=moment.origin,
        correlation_id=str(episode.id),
        event_id=told.event_id,
    )
