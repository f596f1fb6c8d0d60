"""What the doors to roles answer, as the interface description tells it."""

from pydantic import Field

from contracts import codes
from contracts.register.roles import Explanation, SupervisionDue
from services.referral.api.answers import Told
from services.referral.api.safety_answers import CrisisHelp


class RoleShown(Told):
    """A role of a network, as the network describes it."""

    role: codes.WorkerRole
    local_title: str
    combined_with: list[codes.WorkerRole]
    purpose: str
    does: list[str]
    does_not: list[str]
    contacts_min: int | None
    contacts_max: int | None
    contact_minutes: int | None
    home_visits: bool
    caseload_min: int | None
    caseload_max: int | None
    supervision: list[SupervisionDue]
    clinical_codes: list[str]
    explanations: list[Explanation]


class RoleAnswer(Told):
    """What one role answers to a question."""

    role: codes.WorkerRole
    answer: str
    language: str = Field(description="Of the answer: English where there is no translation.")


class PointCompared(Told):
    """One question, answered by every role."""

    point: str
    question: str
    language: str = Field(description="Of the question.")
    answers: list[RoleAnswer]


class NetworkRoles(Told):
    """The roles of a network, and how they differ."""

    pcn_code: str
    roles: list[RoleShown]
    points: list[PointCompared]


class RolesCompared(Told):
    """The roles of your networks."""

    items: list[NetworkRoles]
    next: str | None


class RoleExplained(Told):
    """A role, for the people it helps."""

    role: codes.WorkerRole
    title: str
    language: str = Field(description="Of `words`: the one asked for, else English.")
    words: str
    purpose: str
    does: list[str]
    does_not: list[str]
    does_language: str = Field(
        description="Of `purpose`, `does` and `does_not`: English where there is no translation."
    )
    combined_with: list[codes.WorkerRole] = Field(description="Held by the same person.")
    contacts_min: int | None
    contacts_max: int | None
    contact_minutes: int | None
    home_visits: bool
    languages: list[str] = Field(description="In which `words` can be had.")


class RolesExplained(Told):
    """Who can help in a network, explained before anybody is referred."""

    pcn_code: str
    pcn_name: str
    roles: list[RoleExplained]
    points: list[PointCompared] = Field(description="How they differ, question by question.")
    crisis_help: CrisisHelp
