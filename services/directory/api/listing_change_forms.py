"""What may be sent to change a listing, to take a step in its life, or to remark on it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from pydantic import Field, model_validator

from chassis.web.fields import PlainText, Prose, RequestModel, broken
from contracts import codes
from services.directory.api.forms import Email, Name, Text, Timed, WebAddress
from services.directory.api.listing_forms import (
    NEED_TERMS_MAX,
    NEEDS_MAX,
    PARTS_MAX,
    Age,
    AttributeForm,
    ContactForm,
    CostOption,
    Day,
    Funding,
    Language,
    Location,
    NeedTerm,
    OrganizationIdentifier,
    PartAttributes,
    PhoneLine,
    Schedule,
    ServiceArea,
    without_nothing,
)

NOTE_LENGTH_MAX: Final = 500
REMARK_LENGTH_MAX: Final = 2_000

Note = Annotated[
    str,
    PlainText(NOTE_LENGTH_MAX),
    Field(description="Why, in your words, for those who keep the listing. Never told in events."),
]

_NOT_FACTS: Final = {"occurred_at", "note"}


Form = TypeVar("Form", bound=Timed)


def must_keep(form: Form, kept: Sequence[str]) -> Form:
    """The form, if it names something to change and takes nothing away that has to be there."""
    given = form.model_fields_set - _NOT_FACTS
    if not given:
        raise broken("must name at least one fact")
    if any(name in given and getattr(form, name) is None for name in kept):
        raise broken(f"must not take away {' or '.join(kept)}")
    return form


def named_facts(form: Timed) -> dict[str, Any]:
    """The facts a form names, as JSON values; None where one is to go."""
    shown = form.model_dump(mode="json", exclude=_NOT_FACTS, exclude_none=True)
    return {name: without_nothing(shown.get(name)) for name in form.model_fields_set - _NOT_FACTS}


class ListingChange(Timed):
    """The facts that are to be otherwise: what is left out stays, what is null goes."""

    name: Name | None = None
    description: Text | None = None
    url: WebAddress | None = None
    email: Email | None = None
    status: Literal["active", "inactive", "defunct", "temporarily closed"] | None = None
    fees: Text | None = None
    accreditations: Text | None = None
    minimum_age: Age | None = None
    maximum_age: Age | None = None
    assured_date: Day | None = None
    assurer_email: Email | None = None
    alert: Text | None = None
    schedules: list[Schedule] | None = Field(None, max_length=PARTS_MAX)
    service_areas: list[ServiceArea] | None = Field(None, max_length=PARTS_MAX)
    cost_options: list[CostOption] | None = Field(None, max_length=PARTS_MAX)
    locations: list[Location] | None = Field(None, max_length=PARTS_MAX)
    languages: list[Language] | None = Field(None, max_length=PARTS_MAX)
    funding: list[Funding] | None = Field(None, max_length=PARTS_MAX)
    contacts: list[ContactForm] | None = Field(None, max_length=PARTS_MAX)
    phones: list[PhoneLine] | None = Field(None, max_length=PARTS_MAX)
    attributes: list[AttributeForm] | None = Field(None, max_length=PARTS_MAX)
    needs: list[codes.Need] | None = Field(None, max_length=NEEDS_MAX)
    need_terms: list[NeedTerm] | None = Field(None, max_length=NEED_TERMS_MAX)
    note: Note | None = None

    @model_validator(mode="after")
    def _something_that_may_go(self) -> "ListingChange":
        return must_keep(self, ("name", "status"))

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that were named, as JSON values; None where one is to go."""
        return named_facts(self)


class OrganizationChange(Timed):
    """The facts of an organisation that are to be otherwise: what is null goes."""

    name: Name | None = None
    description: Text | None = None
    email: Email | None = None
    website: WebAddress | None = None
    logo: WebAddress | None = None
    uri: WebAddress | None = None
    organization_identifiers: list[OrganizationIdentifier] | None = Field(
        None, max_length=PARTS_MAX
    )
    attributes: PartAttributes | None = None
    parent_organization_id: UUID | None = Field(
        None, description="The organisation of the same region that it is a part of."
    )

    @model_validator(mode="after")
    def _something_that_may_go(self) -> "OrganizationChange":
        return must_keep(self, ("name", "description"))

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that were named, as JSON values; None where one is to go."""
        return named_facts(self)


class StepForm(Timed):
    """Why a step is taken, where it needs no reason."""

    reason: codes.ListingReason | None = None
    note: Note | None = None


class ReasonedStep(Timed):
    """Why a listing is doubted or hidden."""

    reason: codes.ListingReason
    note: Note | None = None


class DecisionForm(RequestModel):
    """What is decided of a suggestion or a remark."""

    why: Note | None = None


class RejectionForm(RequestModel):
    """Why a suggestion or a remark is rejected."""

    why: Note


class RemarkForm(RequestModel):
    """What you know of a listing; nothing about a person, please."""

    kind: codes.ListingReportKind
    words: Annotated[str, Prose(REMARK_LENGTH_MAX)] | None = Field(
        None, description="Shown to the group and its region, and to nobody else."
    )


class ListingRuleForm(Timed):
    """What holds for listings in a region."""

    own_changes_wait: bool = Field(
        description="Whether a group's own change waits until a publisher of the region approves."
    )


CHANGE_EXAMPLE: Final = {
    "fees": "£2 a session",
    "cost_options": [{"option": "Session", "amount": 2}],
    "note": "The hall costs more since April.",
}
ORGANIZATION_CHANGE_EXAMPLE: Final = {"website": "https://allotment.example.org/new"}
STEP_EXAMPLE: Final = {"note": "They rang to say that all is as it was."}
REASONED_EXAMPLE: Final = {
    "reason": "no-longer-runs",
    "note": "Two people stood before a locked door.",
}
DECISION_EXAMPLE: Final = {"why": "Checked by phone."}
REMARK_EXAMPLE: Final = {
    "kind": "wrong-details",
    "words": "The group now meets in the library, at the same hour.",
}
RULE_EXAMPLE: Final = {"own_changes_wait": False}
