"""That something has to be known before anybody goes to see a person: to whom the risk is, no more."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData
from contracts.referral.v1.handover import BroughtFrom

RiskFlagId = Annotated[
    UUID,
    Field(description="One flag.", examples=[UUID("01980000-0000-7000-8000-0000000000f3")]),
]
RiskGroup = Annotated[
    codes.RiskGroup,
    Field(description="To whom the risk is, coarsely.", examples=["surroundings"]),
]
ReviewBy = Annotated[
    date,
    Field(description="The day by which somebody looks at it again.", examples=["2026-06-30"]),
]
WasOverdue = Annotated[
    bool, Field(description="True where the review was overdue.", examples=[False])
]
EndReason = Annotated[
    codes.RiskEndReason, Field(description="Why it was ended.", examples=["no-longer-holds"])
]


class RiskFlagRaised(EventData):
    """Somebody said what has to be known before a person is visited."""

    type: ClassVar[str] = "waymark.risk-flag-raised.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    risk_flag_id: RiskFlagId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    risk_group: RiskGroup
    review_by: ReviewBy
    brought_from_pcn_code: BroughtFrom | None = None


class RiskFlagReviewed(EventData):
    """Somebody looked at a flag again, and it stands."""

    type: ClassVar[str] = "waymark.risk-flag-reviewed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    risk_flag_id: RiskFlagId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    risk_group: RiskGroup
    review_by: ReviewBy
    was_overdue: WasOverdue


class RiskFlagReviewDue(EventData):
    """The day of a flag's review is over, and nobody looked at it."""

    type: ClassVar[str] = "waymark.risk-flag-review-due.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    risk_flag_id: RiskFlagId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    risk_group: RiskGroup
    review_by: ReviewBy


class RiskFlagEnded(EventData):
    """A flag does not hold any more."""

    type: ClassVar[str] = "waymark.risk-flag-ended.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    risk_flag_id: RiskFlagId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    risk_group: RiskGroup
    reason: EndReason
