"""What may be asked about people at risk who are offered support."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, model_validator

from chassis.web.fields import BatchKey, PlainText, PracticeCode, broken
from contracts import codes
from services.referral.commands import Needs, PersonFields, Timed

COHORT_NAME_LENGTH_MAX: Final = 100


class NewCohort(Timed):
    """People of a practice who are at risk."""

    name: Annotated[
        str, PlainText(COHORT_NAME_LENGTH_MAX), Field(description="Never leaves this service.")
    ]
    practice_code: PracticeCode
    reason: codes.CohortReason


class MemberItem(Timed):
    """One person of a cohort, on record or described, to be offered support."""

    key: BatchKey
    person_id: UUID | None = None
    person: PersonFields | None = Field(
        None, description="Matched by NHS number, else by name, birth date and postcode."
    )
    mode: codes.OfferMode = Field("phone", description="How support is offered.")

    @model_validator(mode="after")
    def _one_person(self) -> "MemberItem":
        if (self.person_id is None) == (self.person is None):
            raise broken("must hold either person_id or person")
        return self


class NewOutcome(Timed):
    """What came of the offer."""

    outcome: codes.OfferAnswer
    needs: Needs | None = Field(None, description="With accepted: what the person wants.")
    urgency: codes.Urgency = "routine"
    guardian_consented: bool = Field(
        default=False,
        description="With accepted, under 18: whether a parent or guardian agreed.",
    )
    messages_consented: bool | None = None
    safe_channel: codes.SafeChannel | None = None
