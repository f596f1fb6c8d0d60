"""What notifications is told at start, beyond what every service is told."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from chassis.settings import HostPort, ServiceSettings, key_of

MailSecurity = Literal["opportunistic", "starttls", "tls"]


class NotificationsSettings(ServiceSettings):
    """Settings of notifications."""

    mail_smtp: HostPort = Field(description="The mail server, host:port.")  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues] - needed here, optional elsewhere
    mail_from: str = Field(
        "no-reply@waymark.example",
        pattern=r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        description="The address messages come from; its domain is in every Message-ID.",
    )
    mail_security: MailSecurity | None = Field(
        None,
        description="opportunistic, starttls or tls; unset: starttls, in demo mode opportunistic.",
    )
    mail_per_second_max: float = Field(
        10.0, gt=0, le=1_000, description="How many messages a second are handed over at most."
    )
    ask_listing_owners: bool = Field(
        default=True,
        validate_default=True,
        description="Whether owners of listings are asked; needs console_url, where the link leads.",
    )
    mail_username: str | None = Field(None, description="The mail server's name for us, if any.")
    mail_password: SecretStr | None = Field(None, description="That name's password.")

    @field_validator("ask_listing_owners")
    @classmethod
    def _a_question_needs_its_page(cls, asks: bool, info: ValidationInfo) -> bool:
        if asks and info.data.get("mode") == "region" and info.data.get("console_url") is None:
            message = f"needs {key_of('console_url')}, where the link of a question leads"
            raise ValueError(message)
        return asks

    @property
    def owners_are_asked(self) -> bool:
        """Whether owners of listings are asked; a demonstration without a console asks nobody."""
        return self.ask_listing_owners and self.console_url is not None

    @property
    def mail_security_used(self) -> MailSecurity:
        """How the connection to the mail server is protected."""
        if self.mail_security is not None:
            return self.mail_security
        return "opportunistic" if self.mode == "demo" else "starttls"
