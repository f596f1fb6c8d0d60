"""What is told of risk flags: to whom the risk is, and when somebody looks again."""

from typing import cast

from contracts import codes
from contracts.event import EventData
from contracts.referral.v1.risk import (
    RiskFlagEnded,
    RiskFlagRaised,
    RiskFlagReviewDue,
    RiskFlagReviewed,
)
from services.referral.domain.risk import RiskFlag


def raised(flag: RiskFlag, *, brought_from: str | None = None) -> EventData:
    """Tell that a flag was raised, or brought over from another network."""
    return RiskFlagRaised(
        risk_flag_id=flag.id,
        person_id=flag.person_id,
        pcn_code=flag.pcn_code,
        risk_group=flag.group,
        review_by=flag.review_by,
        brought_from_pcn_code=brought_from,
    )


def reviewed(flag: RiskFlag, *, was_overdue: bool) -> EventData:
    """Tell that somebody looked again."""
    return RiskFlagReviewed(
        risk_flag_id=flag.id,
        person_id=flag.person_id,
        pcn_code=flag.pcn_code,
        risk_group=flag.group,
        review_by=flag.review_by,
        was_overdue=was_overdue,
    )


def review_due(flag: RiskFlag) -> EventData:
    """Tell that nobody looked again in time."""
    return RiskFlagReviewDue(
        risk_flag_id=flag.id,
        person_id=flag.person_id,
        pcn_code=flag.pcn_code,
        risk_group=flag.group,
        review_by=flag.review_by,
    )


def ended(flag: RiskFlag) -> EventData:
    """Tell that a flag does not hold any more."""
    return RiskFlagEnded(
        risk_flag_id=flag.id,
        person_id=flag.person_id,
        pcn_code=flag.pcn_code,
        risk_group=flag.group,
        reason=cast("codes.RiskEndReason", flag.end_reason),
    )
