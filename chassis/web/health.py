"""Is the process alive, is each role ready, which release is it: the questions machines ask.

Promise    ``/livez`` answers while the event loop turns. A role is ready only if each of its
           checks passed now; one role's trouble never hides another's readiness.
Price      Each question runs the checks again, each within ``CHECK_TIMEOUT_SECONDS``.
Not here   What a relay or consumer calls ready: they add their own checks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis import metrics
from chassis.refusals import NothingFound

CHECK_TIMEOUT_SECONDS = 2.0
RETRY_AFTER_SECONDS = 2

Check = Callable[[], Awaitable[str | None]]
"""Says nothing when all is well, else the reason in a few words without any data."""


@dataclass(slots=True)
class Readiness:
    """The roles of a process and what each needs before it can work."""

    roles: dict[str, dict[str, Check]] = field(default_factory=dict[str, dict[str, Check]])

    def add(self, role: str, name: str, check: Check) -> None:
        """Make ``role`` ready only while ``check`` finds nothing wrong."""
        self.roles.setdefault(role, {})[name] = check

    async def faults(self, role: str) -> dict[str, str]:
        """Give what keeps the role from being ready, by the name of its check."""
        checks = self.roles[role]
        found = await asyncio.gather(*(_run(check) for check in checks.values()))
        return {
            name: reason for name, reason in zip(checks, found, strict=True) if reason is not None
        }


async def _run(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            return await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as fault:  # noqa: BLE001 - a check that breaks is a reason, not a crash
        return type(fault).__name__


def health_router(*, service: str, release: str, readiness: Readiness) -> APIRouter:
    """Make the routes every process serves, whatever its roles."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> Response:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def readyz() -> Response:  # pyright: ignore[reportUnusedFunction]
        found = {role: await readiness.faults(role) for role in readiness.roles}
        return _answer(
            {"ready": {role: not faults for role, faults in found.items()}, "waiting_for": found},
            ready=not any(found.values()),
        )

    @router.get("/readyz/{role}")
    async def readyz_role(role: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        if role not in readiness.roles:
            raise NothingFound
        faults = await readiness.faults(role)
        return _answer(
            {"ready": {role: not faults}, "waiting_for": {role: faults}}, ready=not faults
        )

    @router.get("/version")
    async def version() -> Response:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse({"service": service, "release": release})

    @router.get("/metrics")
    async def prometheus(_request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(metrics.exposition(), media_type=metrics.MEDIA_TYPE)

    return router


def _answer(body: Mapping[str, Any], *, ready: bool) -> Response:
    if ready:
        return JSONResponse(body)
    return JSONResponse(body, status_code=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
