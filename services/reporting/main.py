"""Reporting, as one declaration; running it is the chassis' work."""

from typing import Final

from chassis.service import Service
from services.reporting.api import make_api
from services.reporting.consumers import projections
from services.reporting.settings import ReportingSettings

SERVICE: Final = Service(
    name="reporting",
    settings_type=ReportingSettings,
    make_api=make_api,
    projections=projections,
)
