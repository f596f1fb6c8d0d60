"""What the referral service is told at start: nothing beyond what every service is told."""

from chassis.settings import ServiceSettings


class ReferralSettings(ServiceSettings):
    """Settings of the referral service."""
