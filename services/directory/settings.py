"""What the directory is told at start, beyond what every service is told."""

from pydantic import Field

from chassis.settings import ServiceSettings


class DirectorySettings(ServiceSettings):
    """Settings of the directory."""

    first_region_name: str = Field(
        "Wayford (synthetic)",
        min_length=1,
        max_length=200,
        description="The name of the region that the first registrar begins.",
    )
