"""The demonstration's receiver of codes and messages, as a practice system's gateway would be one.

Promise    An item is counted once by its id, however often it comes; a withdrawal removes nothing
           from the count and marks what it takes back. It can be told to lose acknowledgements,
           to lose items and to refuse them, so that recovery can be watched.
Price      What it holds is in memory: a restart is one more way to lose everything.
Not here   A clinical record. It refuses to start outside demo mode.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import uvicorn
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ITEMS_MAX: Final = 100_000
BODY_BYTES_MAX: Final = 1_000_000


class Settings(BaseSettings):
    """What the receiver is told."""

    model_config = SettingsConfigDict(env_prefix="WAYMARK_", hide_input_in_errors=True)

    mode: Literal["demo"]
    http_host: str = "127.0.0.1"
    http_port: int


class Faults(BaseModel):
    """What goes wrong from now on, until told otherwise."""

    model_config = ConfigDict(extra="forbid")

    drop_acknowledgements: bool = False
    refuse: str | None = None
    away: bool = False
    lose_latest: int = 0


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str
    practice_code: str
    kind: Literal["code", "message", "withdrawal"]
    coding: dict[str, Any] | None = None
    withdraws: str | None = None


@dataclass(slots=True)
class Receiver:
    """Everything it was handed, by id, in the order in which it came."""

    items: dict[str, _Item] = field(default_factory=dict[str, _Item])
    withdrawn: set[str] = field(default_factory=set[str])
    handed: int = 0
    """How often anything was handed over, known or not."""
    faults: Faults = field(default_factory=Faults)

    def app(self) -> Starlette:
        """Make the doors."""
        return Starlette(
            routes=[
                Route("/items/{id}", self._take, methods=["PUT"]),
                Route("/practices/{code}/count", self._count, methods=["GET"]),
                Route("/faults", self._go_wrong, methods=["PUT"]),
                Route("/livez", _alive),
                Route("/readyz", _alive),
            ]
        )

    def codes_of(self, practice_code: str) -> list[str]:
        """Give the codes that stand in a practice's record."""
        return [
            item.coding["code"]
            for item in self.items.values()
            if item.practice_code == practice_code
            and item.coding is not None
            and item.id not in self.withdrawn
        ]

    def break_as(self, faults: Faults) -> None:
        """Go wrong this way from now on; what is to be lost is lost at once."""
        self.faults = faults
        for lost in list(reversed(self.items))[: faults.lose_latest]:
            del self.items[lost]

    async def _take(self, request: Request) -> Response:
        if self.faults.away:
            return JSONResponse({}, status_code=503)
        body = await request.body()
        if len(body) > BODY_BYTES_MAX or len(self.items) >= ITEMS_MAX:
            return JSONResponse({"reason": "not-accepted"}, status_code=413)
        try:
            item = _Item.model_validate_json(body)
        except ValidationError:
            return JSONResponse({"reason": "not-accepted"}, status_code=422)
        if item.id != request.path_params["id"]:
            return JSONResponse({"reason": "not-accepted"}, status_code=422)
        if self.faults.refuse is not None:
            return JSONResponse({"reason": self.faults.refuse}, status_code=422)
        self.handed += 1
        self.items.setdefault(item.id, item)
        if item.withdraws is not None:
            self.withdrawn.add(item.withdraws)
        heard = not self.faults.drop_acknowledgements
        return JSONResponse({"acknowledged": heard}, status_code=200 if heard else 202)

    async def _count(self, request: Request) -> Response:
        if self.faults.away:
            return JSONResponse({}, status_code=503)
        code = request.path_params["code"]
        held = sum(item.practice_code == code for item in self.items.values())
        return JSONResponse({"items": held})

    async def _go_wrong(self, request: Request) -> Response:
        try:
            self.break_as(Faults.model_validate_json(await request.body()))
        except ValidationError:
            return JSONResponse({}, status_code=422)
        return JSONResponse(self.faults.model_dump())


async def _alive(_request: Request) -> Response:
    return JSONResponse({"status": "ready"})


def main() -> None:
    """Run until told to stop."""
    try:
        settings = Settings.model_validate({})
    except ValidationError as fault:
        for error in fault.errors(include_input=False, include_url=False):
            key = "WAYMARK_" + str(error["loc"][0]).upper()
            print(f"{key}: {error['msg']}", file=sys.stderr)  # noqa: T201 - before any log is set up
        raise SystemExit(2) from None
    uvicorn.run(
        Receiver().app(),
        host=settings.http_host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
