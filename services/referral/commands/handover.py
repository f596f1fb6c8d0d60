"""What may be asked about support that goes on in another network."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chassis.web.fields import PcnCode, PracticeCode
from services.referral.commands import NewReferral, Timed


class NewHandover(Timed):
    """Where the person's support goes on."""

    to_pcn_code: PcnCode
    practice_code: PracticeCode = Field(
        description="The person's practice there, of the network that goes on."
    )
    reason: Literal["moved-home", "changed-practice", "other"] = "changed-practice"
    with_record: bool = Field(
        default=False,
        description="True if the person agreed that plan, goals and baselines go along.",
    )


class HandedOver(NewReferral):
    """What the step of a handover asks in the other network; nobody can send it."""

    guardian_consented_at: datetime | None
    guardian_consented_by: str | None
    returned: bool


class HandoverReturn(Timed):
    """It is not for this network; the one it came from goes on."""

    with_record: bool = Field(
        default=False,
        description="True if the person agreed that what was agreed here goes back with them.",
    )
