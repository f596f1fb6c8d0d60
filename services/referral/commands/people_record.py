"""What may be asked about people's records beside the records themselves."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field, model_validator

from chassis.web.fields import PlainText, RequestModel, broken
from services.referral.commands import Postcode, Timed

POSTCODES_MAX: Final = 2_000
EDITION_LENGTH_MAX: Final = 64


class PostcodeDecile(RequestModel):
    """The decile one postcode lies in."""

    postcode: Postcode
    deprivation_decile: int = Field(ge=1, le=10, description="1 is the most deprived.")


class PostcodeDeciles(RequestModel):
    """A part of the lookup; postcodes it does not name stay as they are."""

    edition: Annotated[
        str, PlainText(EDITION_LENGTH_MAX), Field(description="Where and when it comes from.")
    ]
    items: list[PostcodeDecile] = Field(min_length=1, max_length=POSTCODES_MAX)

    @model_validator(mode="after")
    def _each_once(self) -> "PostcodeDeciles":
        if len({one.postcode.replace(" ", "") for one in self.items}) != len(self.items):
            raise broken("must name each postcode once")
        return self


class NewDeath(Timed):
    """A person died."""

    died_on: date | None = Field(None, description="The day, if it is known.")


class DeathWithdrawing(Timed):
    """It was somebody else who died."""
