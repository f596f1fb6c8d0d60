"""The referral service, as the chassis runs it."""

from typing import Final

from chassis.service import Service
from contracts.topics import REFERRAL
from services.referral.api import make_api
from services.referral.consumers import projections
from services.referral.schedules import schedules
from services.referral.settings import ReferralSettings

SERVICE: Final = Service(
    name="referral",
    settings_type=ReferralSettings,
    make_api=make_api,
    projections=projections,
    topic=REFERRAL.name,
    schedules=schedules,
)
