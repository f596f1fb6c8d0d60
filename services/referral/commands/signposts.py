"""What may be said of a signpost: what it was about and where it led, and nothing of a person."""

from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from chassis.web.fields import PracticeCode, RequestModel, broken
from contracts import codes
from services.referral.commands import Email, Phone, Timed
from services.referral.commands.onward import From


class EchoWanted(RequestModel):
    """How to ask in two weeks whether they got there, for those who agreed to be asked."""

    channel: Literal["sms", "email"]
    email: Email | None = Field(None, description="With the channel email.")
    phone: Phone | None = Field(None, description="With the channel sms.")

    @model_validator(mode="after")
    def _one_address(self) -> "EchoWanted":
        wanted = {"sms": (False, True), "email": (True, False)}[self.channel]
        if (self.email is not None, self.phone is not None) != wanted:
            raise broken("must hold phone with the channel sms, email with the channel email")
        return self

    @property
    def address(self) -> str:
        """Where to ask."""
        return self.email or self.phone or ""


class NewSignpost(Timed):
    """Somebody was told where to turn. Nothing here says who."""

    practice_code: PracticeCode | None = Field(
        None, description="Where it happened; left out, your practice if you have one."
    )
    need: codes.Need
    listing_id: UUID | None = Field(None, description="Where they were told to turn.")
    echo: EchoWanted | None = Field(
        None, description="Only for those who agreed to be asked. Forgotten after 30 days."
    )
    origin: From = "live"


class EchoAnswer(Timed):
    """What came of it."""

    answer: codes.SignpostEcho
    origin: From = "live"
