"""People at risk who are offered support before anybody refers them."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

CohortId = Annotated[
    UUID,
    Field(description="One cohort.", examples=[UUID("01980000-0000-7000-8000-0000000000d9")]),
]
CohortReason = Annotated[
    codes.CohortReason, Field(description="What puts them at risk.", examples=["most-at-risk"])
]
OfferMode = Annotated[
    codes.OfferMode, Field(description="How support is offered.", examples=["phone"])
]
OfferAnswer = Annotated[
    codes.OfferAnswer, Field(description="What came of the offer.", examples=["accepted"])
]
PreviousOfferAnswer = Annotated[
    codes.OfferAnswer,
    Field(description="What had come of it before; null at first.", examples=["not-reached"]),
]


class CohortCreated(EventData):
    """A practice named people at risk, to be offered support."""

    type: ClassVar[str] = "waymark.cohort-created.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "cohort"

    cohort_id: CohortId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    reason: CohortReason


class SupportOffered(EventData):
    """A person of a cohort is offered support."""

    type: ClassVar[str] = "waymark.support-offered.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "cohort"

    cohort_id: CohortId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    mode: OfferMode


class OfferAnswered(EventData):
    """A person of a cohort accepted, declined, or was not reached."""

    type: ClassVar[str] = "waymark.offer-answered.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "cohort"

    cohort_id: CohortId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    answer: OfferAnswer
    previous_answer: PreviousOfferAnswer | None
    referral_id: fields.ReferralId | None
