"""What the doors of triage answer, as the interface description tells it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import OfReferral, Told


class ReasonTold(Told):
    """A rule that spoke for a role, in words."""

    rule: str
    words: str


class Triaged(OfReferral):
    """What the rules proposed; the version is the triage's number."""

    number: int
    needs: list[codes.Need]
    urgency: codes.Urgency
    complexity: codes.Complexity
    confidence: codes.Confidence
    rule_version: int
    proposed_role: codes.WorkerRole
    not_here: list[codes.WorkerRole] = Field(
        description="Proposed before it, if your network had these roles."
    )
    reasons: list[ReasonTold]


class RoleChosen(OfReferral):
    """Who helps from now on."""

    step: Literal["chosen", "re-routed"]
    proposed_role: codes.WorkerRole
    previous_role: codes.WorkerRole | None
    role: codes.WorkerRole
    overridden: bool
    reason: codes.RoleReason | codes.ReRouteReason | None


class ChoiceShown(Told):
    """One choice of who helps."""

    step: Literal["chosen", "re-routed"]
    proposed_role: codes.WorkerRole
    previous_role: codes.WorkerRole | None
    role: codes.WorkerRole
    overridden: bool
    reason: codes.RoleReason | codes.ReRouteReason | None
    note: str | None
    occurred_at: datetime
    recorded_at: datetime


class TriageShown(Told):
    """One proposal of the rules."""

    id: UUID
    number: int
    needs: list[codes.Need]
    urgency: codes.Urgency
    complexity: codes.Complexity
    confidence: codes.Confidence
    rule_version: int
    not_here: list[codes.WorkerRole]
    proposed_role: codes.WorkerRole
    reasons: list[ReasonTold]
    occurred_at: datetime
    recorded_at: datetime


class HelpShown(Told):
    """Who helps with a referral, and how it came to that."""

    id: UUID
    pcn_code: str
    role: codes.WorkerRole | None
    choices: list[ChoiceShown]
    triages: list[TriageShown] = Field(description="The latest first; to the network.")
    better_route: codes.BetterRoute | None = Field(description="Where it was returned to.")
    better_route_words: str | None


class RuleAsks(Told):
    """One thing a rule asks: one of these values."""

    fact: str
    values: list[str]


class RuleShown(Told):
    """One rule of triage."""

    rule: str
    role: codes.WorkerRole
    words: str
    asks: list[RuleAsks]


class RulesShown(Told):
    """The rules of triage, in the order in which they are asked."""

    version: int
    since: str
    rules: list[RuleShown]
