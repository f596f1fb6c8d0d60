"""What may be asked at the open door, and by who checks it."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from chassis.web.fields import PracticeCode, Prose, RequestModel
from contracts import codes
from services.referral.commands import Needs, PersonFields, Timed
from services.referral.commands.dangers import Dangers

WORDS_LENGTH_MAX: Final = 1_000


class NewSelfReferral(RequestModel):
    """Somebody asks for support for themselves."""

    practice_code: PracticeCode
    person: PersonFields
    needs: Needs
    words: (
        Annotated[
            str, Prose(WORDS_LENGTH_MAX), Field(description="In your own words, if you like.")
        ]
        | None
    ) = None
    dangers: Dangers = Field(default_factory=list[codes.Danger])
    guardian_consented: bool = Field(
        default=False, description="Under 18: whether a parent or guardian agreed."
    )
    messages_consented: bool = Field(
        default=False, description="Whether you agree to be sent messages."
    )
    safe_channel: codes.SafeChannel = Field("none", description="The way that is safe for you.")


class SelfReferralCheck(Timed):
    """Somebody of the network found out who it is."""

    person_id: UUID | None = Field(
        None, description="The record they are; left out, the one the request came under."
    )
    take_wishes: bool = Field(
        default=False, description="Whether their consent and safe way go on the record."
    )
    numbers_checked: bool = Field(
        default=False,
        description="True where you checked that two different NHS numbers are one person's.",
    )
