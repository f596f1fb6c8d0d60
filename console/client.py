"""HTTP to the four services, with the token of whoever looks at the page.

Promise    The console may do what its user may and nothing more: it has no rights of its own here.
           Every call ends within ``TIMEOUT``; no redirect is followed; an answer is read up to
           ``ANSWER_BYTES_MAX``. What the directory tells was written by many hands: it comes
           without characters that control how text is laid out.
Not here   What a page makes of an answer: ``pages``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import quote

import httpx

from chassis import telemetry
from console.foreign_text import without_controls
from console.session import NotSignedIn
from console.settings import ConsoleSettings

TIMEOUT: Final = httpx.Timeout(4.0, connect=1.0, pool=2.0)
CONNECTIONS: Final = httpx.Limits(max_connections=40, max_keepalive_connections=20)
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024

ServiceName: TypeAlias = Literal["referral", "directory", "notifications", "reporting"]
SERVICES: Final[tuple[ServiceName, ...]] = ("referral", "directory", "notifications", "reporting")


class Away(Exception):
    """A service did not answer, or could not for the moment."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class NotPermitted(Exception):
    """The user's roles do not allow it."""


class NothingThere(Exception):
    """There is nothing there that the user may see."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One place of what was asked, by its name, and the rule it breaks."""

    name: str
    rule: str


class Refused(Exception):
    """The service would not do what was asked, for a reason it told."""

    def __init__(self, status: int, detail: str, errors: Sequence[BrokenRule] = ()) -> None:
        super().__init__("refused")
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Call:
    """One question to one service."""

    service: ServiceName
    path: str
    params: Mapping[str, str | int | Sequence[str]] | None = None
    headers: Mapping[str, str] | None = None


class Client:
    """Asks services."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._urls: dict[ServiceName, str] = {
            "referral": settings.referral_url,
            "directory": settings.directory_url,
            "notifications": settings.notifications_url,
            "reporting": settings.reporting_url,
        }
        self._http = httpx.AsyncClient(timeout=TIMEOUT, limits=CONNECTIONS, trust_env=False)

    async def get(self, token: str, call: Call) -> dict[str, Any]:
        """Read something, or raise what kept it from us."""
        return await self._ask("GET", token, call, None)

    async def get_if_shown(self, token: str, call: Call) -> dict[str, Any] | None:
        """Read something, or nothing where the user may not or there is none that they may see."""
        try:
            return await self.get(token, call)
        except (NotPermitted, NothingThere):
            return None

    async def get_open(self, call: Call) -> dict[str, Any]:
        """Read what anybody may read."""
        return await self._ask("GET", None, call, None)

    async def post(self, token: str, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something to be done, or raise what kept it from being done."""
        return await self._ask("POST", token, call, body)

    async def post_open(self, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something that anybody may ask for who knows its address."""
        return await self._ask("POST", None, call, body)

    async def put(self, token: str, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something to be otherwise, or raise what kept it from being so."""
        return await self._ask("PUT", token, call, body)

    async def patch(self, token: str, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a part of something to be otherwise, or raise what kept it from being so."""
        return await self._ask("PATCH", token, call, body)

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(
        self, method: str, token: str | None, call: Call, body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        headers = dict(call.headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if traceparent := telemetry.current_traceparent():
            headers["traceparent"] = traceparent
        try:
            async with self._http.stream(
                method,
                f"{self._urls[call.service]}{call.path}",
                params=call.params,
                headers=headers,
                json=body,
            ) as answer:
                content = b""
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > ANSWER_BYTES_MAX:
                        raise Away(call.service)
        except httpx.HTTPError:
            raise Away(call.service) from None
        return _read(call.service, answer.status_code, content)


def path(*parts: str) -> str:
    """A path whose parts cannot reach out of it."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _read(service: ServiceName, status: int, content: bytes) -> dict[str, Any]:
    if status == 401:
        raise NotSignedIn
    if status == 403:
        raise NotPermitted
    if status == 404:
        raise NothingThere
    try:
        body: object = json.loads(content) if content else {}
    except ValueError:
        raise Away(service) from None
    if not isinstance(body, dict) or status >= 500 or status == 429:
        raise Away(service)
    told = cast("dict[str, Any]", without_controls(body) if service == "directory" else body)
    if status >= 400:
        detail = str(told.get("detail", "The service would not do it."))
        raise Refused(status, detail, _broken_rules(told.get("errors")))
    return told


def _broken_rules(errors: object) -> list[BrokenRule]:
    """The places that a problem names, as it names the first step of their way."""
    found: list[BrokenRule] = []
    for one in cast("list[object]", errors) if isinstance(errors, list) else []:
        if isinstance(one, dict):
            told = cast("dict[str, object]", one)
            name = str(told.get("pointer", "")).removeprefix("/").partition("/")[0]
            found.append(BrokenRule(name, str(told.get("rule", "breaks a rule"))))
    return found
