"""What callers say of what has to be known before somebody goes to see a person."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts import codes
from services.referral.commands import Note, Timed
from services.referral.domain.risk import RiskKind

ReviewBy = Annotated[
    date, Field(description="The day by which somebody looks at it again, within a year.")
]


class NewRiskFlag(Timed):
    """What has to be known."""

    kind: RiskKind
    review_by: ReviewBy
    note: Note | None = None


class RiskReview(Timed):
    """Somebody looked at it again, and it stands."""

    review_by: ReviewBy
    note: Note | None = None


class RiskEnding(Timed):
    """It does not hold any more."""

    reason: codes.RiskEndReason
    note: Note | None = None
