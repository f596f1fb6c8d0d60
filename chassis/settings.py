"""Settings: what a process is told by its environment, refused whole if any of it is wrong.

Promise    A process with wrong settings names every fault at once, shows no secret and
           does not start; a misspelt key is a fault, not a silence.
Price      One flat set of keys, ``WAYMARK_…``, for every service.
Not here   What a service adds: ``services/<it>/settings.py``.
"""

import os
import sys
from typing import Annotated, Literal, TypeVar, cast

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "WAYMARK_"
EXIT_CODE_WRONG_SETTINGS = 2
SECRET_LENGTH_MIN = 16
MASK = "********"

Algorithm = Literal["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "EdDSA"]


def _is_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme not in {"http", "https"} or not separator or not rest:
        message = "is not an http:// or https:// address"
        raise ValueError(message)
    return text.rstrip("/")


def _is_trace_receiver(text: str) -> str:
    return text if text.startswith("file:/") else _is_url(text)


def _is_host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        message = "is not host:port"
        raise ValueError(message)
    return text


def _is_postgres(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().startswith(("postgresql://", "postgres://")):
        message = "is not a postgresql:// address"
        raise ValueError(message)
    return secret


def _is_long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_LENGTH_MIN:
        message = f"is shorter than {SECRET_LENGTH_MIN} characters"
        raise ValueError(message)
    return secret


Url = Annotated[str, AfterValidator(_is_url)]
TraceReceiver = Annotated[str, AfterValidator(_is_trace_receiver)]
HostPort = Annotated[str, AfterValidator(_is_host_and_port)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_is_postgres)]
LongSecret = Annotated[SecretStr, AfterValidator(_is_long)]


class ServiceSettings(BaseSettings):
    """What every service is told. Each key is the field's name behind ``WAYMARK_``."""

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
    http_port: int = Field(8000, ge=0, le=65_535, description="Its port; 0 takes a free one.")

    kafka: str = Field(description="Kafka's bootstrap servers, host:port, comma between them.")
    topic_partitions: int = Field(6, ge=1, le=1_000, description="Partitions a topic is made with.")
    database_owner_url: PostgresUrl | None = Field(
        None, description="The database under its owner role; only migrations need it."
    )
    database_api_url: PostgresUrl = Field(description="The database under its api role.")
    database_worker_url: PostgresUrl = Field(description="The database under its worker role.")

    issuer_url: Url = Field(description="The OpenID Connect issuer whose tokens are believed.")
    issuer_algorithms: Annotated[tuple[Algorithm, ...], NoDecode] = Field(
        ("ES256", "RS256"), min_length=1, description="Signature algorithms accepted of it."
    )
    audience: str = Field("waymark", min_length=1, description="What tokens must be meant for.")
    client_id: str = Field(min_length=1, description="This service's own client at the issuer.")
    client_secret: LongSecret = Field(description="That client's secret.")
    service_clients: Annotated[tuple[str, ...], NoDecode] = Field(
        ("referral", "directory", "notifications", "reporting", "console"),
        description="Clients that speak as services and not for a member.",
    )
    member_key_secret: LongSecret = Field(
        description="Turns issuer and subject into a member's key; the same in every service."
    )
    first_registrar_subject: str | None = Field(
        None, description="The issuer's subject of the first registrar."
    )
    first_registrar_region: str = Field("QZZ", description="The region that registrar begins.")

    referral_url: Url | None = Field(None, description="Where the referral service answers.")
    directory_url: Url | None = Field(None, description="Where the directory answers.")
    notifications_url: Url | None = Field(None, description="Where notifications answers.")
    reporting_url: Url | None = Field(None, description="Where reporting answers.")
    console_url: Url | None = Field(None, description="Where people open the console.")

    requests_per_second_max: int = Field(
        200, ge=1, description="How many requests a second one member may make of a process."
    )
    requests_burst_max: int = Field(
        400, ge=1, description="How many a member may make at once after a quiet time."
    )

    mail_smtp: HostPort | None = Field(None, description="The mail server, host:port.")
    otlp_endpoint: TraceReceiver | None = Field(
        None, description="Where traces go: OTLP over HTTP, or file:/a/path; unset: nowhere."
    )
    fault: str | None = Field(
        None, description="Demo only: die at a named point, as relay.after_number:1 says."
    )

    @field_validator("kafka")
    @classmethod
    def _kafka_is_addresses(cls, text: str) -> str:
        for address in text.split(","):
            _is_host_and_port(address.strip())
        return text

    @field_validator("issuer_algorithms", "service_clients", mode="before")
    @classmethod
    def _commas_part_a_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    # Fields are checked in order, so the mode is known here and no fault hides another.
    @field_validator("issuer_url")
    @classmethod
    def _a_region_reads_keys_over_tls(cls, url: str, info: ValidationInfo) -> str:
        if info.data.get("mode") == "region" and not url.startswith("https://"):
            message = "must be https:// in region mode"
            raise ValueError(message)
        return url

    @field_validator("fault")
    @classmethod
    def _a_region_plans_no_faults(cls, fault: str | None, info: ValidationInfo) -> str | None:
        if fault is not None and info.data.get("mode") == "region":
            message = "is for demo mode only"
            raise ValueError(message)
        return fault


S = TypeVar("S", bound=BaseSettings)


class WrongSettings(Exception):
    """The environment's settings cannot be used; ``faults`` has one line for each reason."""

    def __init__(self, faults: list[str]) -> None:
        """Keep the lines; none quotes a value."""
        super().__init__("; ".join(faults))
        self.faults = faults


def read(settings_type: type[S]) -> S:
    """Return the settings in the environment or raise ``WrongSettings`` with every fault."""
    known = {key_of(name) for name in settings_type.model_fields}
    faults = [
        f"{key}: is not a setting"
        for key in sorted(os.environ)
        if key.upper().startswith(PREFIX) and key not in known
    ]
    try:
        settings = settings_type.model_validate({})
    except ValidationError as fault:
        faults += [_line(error) for error in fault.errors(include_input=False, include_url=False)]
        raise WrongSettings(faults) from None
    if faults:
        raise WrongSettings(faults)
    return settings


def load(settings_type: type[S]) -> S:
    """Return the process's settings; where they are wrong, say all of it and exit with 2."""
    try:
        return read(settings_type)
    except WrongSettings as wrong:
        for line in wrong.faults:
            print(line, file=sys.stderr)
        raise SystemExit(EXIT_CODE_WRONG_SETTINGS) from None


def explain(settings: BaseSettings) -> list[str]:
    """Return one line for each setting: key, value or mask, where it came from, what it is."""
    rows = [
        (key_of(name), _shown(getattr(settings, name)), _origin(name), field.description or "")
        for name, field in type(settings).model_fields.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]


def key_of(name: str) -> str:
    """Return the environment variable that sets the field ``name``."""
    return f"{PREFIX}{name.upper()}"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[object, ...]", value)))
    return str(value)


def _origin(name: str) -> str:
    return "environment" if os.environ.get(key_of(name)) else "default"


def _line(error: ErrorDetails) -> str:
    """Say what is wrong with a key without quoting its value."""
    reason = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return reason
    key = key_of(str(error["loc"][0]))
    return f"{key}: is missing" if error["type"] == "missing" else f"{key}: {reason}"
