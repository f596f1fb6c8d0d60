# ruff: noqa: INP001 - Compose mounts this file into an image; it belongs to no package.
"""Loads the small synthetic region once every service is ready. Run again, it adds nothing."""

import asyncio
import sys
import time
from typing import Final

import httpx

from demo.access import DemoAccess
from demo.seed import seed

READY_TIMEOUT_SECONDS: Final = 180.0
REPEAT_SECONDS: Final = 1.0


async def main() -> None:
    """Wait for the services, then load through their public doors."""
    access = DemoAccess()  # pyright: ignore[reportCallIssue] - the environment fills it
    services = (
        access.directory_url,
        access.referral_url,
        access.notifications_url,
        access.reporting_url,
    )
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    async with httpx.AsyncClient(trust_env=False) as http:
        for url in services:
            while not await _is_ready(http, url):
                if time.monotonic() > deadline:
                    raise SystemExit(f"{url} is not ready")
                await asyncio.sleep(REPEAT_SECONDS)
    sys.stdout.write(f"{await seed(access, size='small', report=_tell)}\n")


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/readyz")).is_success
    except httpx.HTTPError:
        return False


def _tell(what: str, done: int, total: int) -> None:
    if done == total:
        sys.stdout.write(f"{what}: {total:,}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
