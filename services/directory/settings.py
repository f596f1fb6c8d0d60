"""What the directory is told at start, beyond what every service is told."""

from pydantic import Field

from chassis.settings import ServiceSettings


class DirectorySettings(ServiceSettings):
    """Settings of the directory."""

    first_region_name: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="The name of the region that the first registrar begins; unset: its code.",
    )

    @property
    def first_region_name_used(self) -> str:
        """The name to enter; a demonstration's says that it is one."""
        demo = "Wayford (synthetic)" if self.mode == "demo" else None
        return self.first_region_name or demo or self.first_registrar_region
