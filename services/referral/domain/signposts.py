"""Signposting: telling somebody where to turn, without a referral and without knowing who they are.

Promise    A signpost knows no person and no episode, so it can be counted among neither. Whoever
           agrees to it is asked once what came of it, and their address is then forgotten.
Not here   Referrals.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.episodes import CLOCK_LEEWAY_SECONDS
from services.referral.domain.refusals import OccurredTooEarly, Refused

Echo: TypeAlias = Literal["got-there", "did-not", "other"]
Origin: TypeAlias = Literal["live", "import", "seed"]

ECHO_AFTER_DAYS: Final = 14
ADDRESS_KEPT_DAYS_MAX: Final = 30


class EchoNotAgreed(Refused):
    """Nobody agreed to be asked what came of this signpost."""

    name = "echo-not-agreed"
    conflicts = True


class EchoAlreadyAnswered(Refused):
    """It is known what came of this signpost."""

    name = "echo-already-answered"
    conflicts = True


@dataclass(slots=True)
class Signpost:
    """One time that somebody was told where to turn."""

    id: UUID
    pcn_code: str
    practice_code: str
    need: str
    listing_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime
    echo_agreed: bool = False
    asked_at: datetime | None = None
    echo: Echo | None = None
    version: int = 1
    origin: Origin = "live"

    @property
    def ask_at(self) -> datetime:
        """When to ask what came of it."""
        return self.occurred_at + timedelta(days=ECHO_AFTER_DAYS)

    @property
    def forget_at(self) -> datetime:
        """When the address is forgotten, whether or not anybody answered."""
        return self.recorded_at + timedelta(days=ADDRESS_KEPT_DAYS_MAX)

    def ask(self, at: datetime) -> bool:
        """Ask what came of it; False where it was asked before or is known."""
        if not self.echo_agreed or self.asked_at is not None or self.echo is not None:
            return False
        self.asked_at = at
        self.version += 1
        return True

    def hear(self, echo: Echo, at: datetime) -> None:
        """Take down what came of it, which is known after it happened."""
        if not self.echo_agreed:
            raise EchoNotAgreed("Nobody agreed to be asked about this.")
        if self.echo is not None:
            raise EchoAlreadyAnswered("It is known already what came of this.")
        if at < self.occurred_at - timedelta(seconds=CLOCK_LEEWAY_SECONDS):
            raise OccurredTooEarly("This is before they were told where to turn.", "/occurred_at")
        self.echo = echo
        self.version += 1
