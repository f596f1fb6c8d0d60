"""Ending a person's support, and taking it up again."""

from typing import Annotated, Final

from pydantic import Field

from chassis.web.fields import Prose
from contracts import codes
from services.referral.commands import Timed
from services.referral.domain.closing import Loops

SUMMARY_LENGTH_MAX: Final = 4_000

Summary = Annotated[
    str,
    Prose(SUMMARY_LENGTH_MAX),
    Field(description="In your own words, for the person's practice. In no event."),
]


class NewClosing(Timed):
    """How the support ended."""

    outcome: codes.ClosingOutcome = Field(description="What came of it.")
    what_next: codes.ClosingNext = Field(description="What follows for the person.")
    summary: Summary | None = None
    loops: Loops | None = Field(
        None,
        description="What becomes of onward referrals that are open; needed where there are any.",
    )


class NewReopening(Timed):
    """Why support that had ended goes on."""

    reason: codes.ReopeningReason
