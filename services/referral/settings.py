"""What the referral service is told at start, beyond what every service is told."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from chassis.settings import ServiceSettings, Url


class ReferralSettings(ServiceSettings):
    """Settings of the referral service."""

    writeback_receiver_url: Url | None = Field(
        None,
        description="Who brings codes and messages into practices' records; unset: it is off.",
    )
    writeback_receiver_token: SecretStr | None = Field(
        None, description="The bearer token that receiver asks for, if any."
    )
    writeback_records_unverified: bool = Field(
        default=False,
        description="Whether codes are recorded that no source verifies.",
    )

    @field_validator("writeback_receiver_url")
    @classmethod
    def _a_region_hands_over_by_tls(cls, url: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("mode") == "region" and url and not url.startswith("https://"):
            message = "must be https:// in region mode"
            raise ValueError(message)
        return url
