"""What the console is told by its environment; it has no database and no broker."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.settings import PREFIX, Algorithm, LongSecret, TraceReceiver, Url


class ConsoleSettings(BaseSettings):
    """Each key is the field's name behind ``WAYMARK_``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    mode: Literal["demo", "region"] = Field(
        "region", description="demo: synthetic people, a built-in issuer. region: neither."
    )
    release: str = Field("development", description="What this build calls itself.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least a log line must matter to be written."
    )
    http_host: str = Field("127.0.0.1", description="The address this process listens on.")
    http_port: int = Field(8080, ge=0, le=65_535, description="Its port.")
    otlp_endpoint: TraceReceiver | None = Field(
        None, description="Where traces go; unset: nowhere."
    )

    issuer_url: Url = Field(description="The OpenID Connect issuer people sign in with.")
    issuer_algorithms: Annotated[tuple[Algorithm, ...], NoDecode] = Field(
        ("ES256", "RS256"), min_length=1, description="Signature algorithms accepted of it."
    )
    audience: str = Field("waymark", description="What the services' tokens are meant for.")
    client_id: str = Field("console", description="The console's own client at the issuer.")
    client_secret: LongSecret = Field(description="That client's secret; it also seals sessions.")

    console_url: Url = Field(description="Where people open the console.")
    referral_url: Url = Field(description="Where the referral service answers.")
    directory_url: Url = Field(description="Where the directory answers.")
    notifications_url: Url = Field(description="Where notifications answers.")
    reporting_url: Url = Field(description="Where reporting answers.")

    @field_validator("issuer_algorithms", mode="before")
    @classmethod
    def _commas_part_a_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
