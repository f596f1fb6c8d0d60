"""What may be said of onward referrals, by the network and by those who have a listing."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, model_validator

from chassis.web.fields import Prose, RequestModel, broken
from contracts import codes
from services.referral.commands import Note, Timed
from services.referral.domain.ladders import RUNG_WORKING_DAYS_MAX, RUNGS_MAX

SHARED_NOTE_LENGTH_MAX: Final = 500

SharedNote = Annotated[
    str,
    Prose(SHARED_NOTE_LENGTH_MAX),
    Field(description="What the provider is to know. The person has agreed to these words."),
]
From = Annotated[
    codes.Origin,
    Field(description="`import` and `seed` send no messages; `seed` is for demonstrations."),
]
FullUntil = Annotated[
    date | None, Field(description="With `full-until`: no place before this day.")
]
Rungs = Annotated[
    list[Annotated[int, Field(ge=1, le=RUNG_WORKING_DAYS_MAX)]],
    Field(min_length=1, max_length=RUNGS_MAX, description="Working days, rising."),
]


class NewOnwardReferral(Timed):
    """A person to send on to a listing."""

    listing_id: UUID
    need: codes.Need = Field(description="The need it answers.")
    shares_contact: bool = Field(
        default=False,
        description="Whether the person agreed that the provider learns who they are: it is "
        "written down as their consent when it is sent.",
    )
    shared_note: SharedNote | None = None
    note: Note | None = None
    draft: bool = Field(default=False, description="True to write it and send it later.")
    origin: From = "live"


class OnwardStep(Timed):
    """What happened next, as the worker knows it."""

    step: Literal[
        "sent",
        "accepted",
        "full-until",
        "refused",
        "started",
        "attended",
        "did-not-come",
        "could-not-reach",
        "passed-on",
        "declined",
        "unreachable",
        "withdrawn",
    ]
    reason: codes.OnwardReason | None = Field(None, description="Why, in one word of the list.")
    told_by: codes.OnwardParty | None = Field(
        None, description="Whose word you enter; left out, the one whose word it usually is."
    )
    full_until: FullUntil = None
    passed_to: Literal["provider", "person"] | None = Field(
        None, description="With `passed-on`: who has the next move now."
    )
    note: Note | None = None
    origin: From = "live"

    @model_validator(mode="after")
    def _whole(self) -> "OnwardStep":
        _check_whole(self.step, self.reason, self.full_until)
        if (self.step == "passed-on") != (self.passed_to is not None):
            raise broken("must hold passed_to with the step passed-on, and with no other")
        if self.step == "withdrawn" and self.reason not in WITHDRAWN_FOR:
            raise broken(f"must say why it is withdrawn: {', '.join(sorted(WITHDRAWN_FOR))}")
        return self


class OnwardAnswer(Timed):
    """What the provider of the listing says."""

    answer: Literal[
        "accepted",
        "refused",
        "started",
        "attended",
        "did-not-come",
        "could-not-reach",
        "full-until",
    ]
    reason: codes.OnwardReason | None = Field(None, description="Why, in one word of the list.")
    full_until: FullUntil = None
    note: Note | None = None

    @model_validator(mode="after")
    def _whole(self) -> "OnwardAnswer":
        _check_whole(self.answer, self.reason, self.full_until)
        return self


class NewPlacementFailure(Timed):
    """A need for which no place was found."""

    need: codes.Need
    reason: codes.PlacementFailure = Field(description="What stood in the way.")
    listing_id: UUID | None = Field(None, description="The listing that could not, if one.")
    note: Note | None = None
    origin: From = "live"


class NewLadder(RequestModel):
    """After how many working days each party is nudged, from when the next move came to it."""

    provider: Rungs
    person: Rungs
    worker: Rungs


WITHDRAWN_FOR: Final = frozenset({"moved", "died", "listing-gone", "entered-in-error"})


def _check_whole(step: str, reason: codes.OnwardReason | None, full_until: date | None) -> None:
    if (step == "full-until") != (full_until is not None):
        raise broken("must hold full_until with full-until, and with nothing else")
    if step == "refused" and reason is None:
        raise broken("must hold a reason with refused")
