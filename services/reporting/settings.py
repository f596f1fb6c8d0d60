"""The settings of reporting: those every service has, and none of its own."""

from chassis.settings import ServiceSettings


class ReportingSettings(ServiceSettings):
    """Reporting publishes nothing and reaches nobody but the journals it heals from."""
