"""What callers say of alarms, of who is told of them, and of people under 18."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from chassis.web.fields import RequestModel, broken
from contracts import codes
from services.referral.commands import Note, Timed
from services.referral.commands.dangers import Dangers

LEADS_MAX: Final = 20
MINUTES_MAX: Final = 1_440


def _each_lead_once(value: list[UUID]) -> list[UUID]:
    if len(set(value)) != len(value):
        raise broken("must name each membership once")
    return value


class NewAlarm(Timed):
    """Somebody may be in danger."""

    dangers: Annotated[Dangers, Field(min_length=1)]


class AlarmAnswer(Timed):
    """You act on an alarm now."""


class AlarmEnd(Timed):
    """What came of it."""

    outcome: codes.AlarmOutcome
    note: Note | None = None


class SafeguardingLeads(RequestModel):
    """Who is alarmed, in which order, and how long each has to answer."""

    membership_ids: Annotated[
        list[UUID],
        Field(
            max_length=LEADS_MAX,
            description="Memberships of your network; empty: every manager at once.",
        ),
        AfterValidator(_each_lead_once),
    ]
    escalate_after_minutes: int = Field(
        15, ge=1, le=MINUTES_MAX, description="Then the next is told, until somebody answers."
    )


class PeopleUnder18(RequestModel):
    """What your network does for people under 18."""

    rule: Literal["accept", "guardian-consent", "not-accepted"] = Field(
        description="Accept; accept where a parent or guardian agreed; not accepted."
    )
    better_route: codes.BetterRoute | None = Field(
        None, description="Where they are better helped, told to whoever refers."
    )
