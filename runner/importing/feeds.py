"""Asking the directory to read another one, and watching how far it has come.

Promise    The same address again is the same feed, and asks for what changed since. Cut off here,
           the run goes on in the directory: nothing is read by this program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from chassis.web.problem_text import answer_in_one_line
from runner.importing.sending import (
    REQUEST_TIMEOUT_SECONDS,
    LoadStopped,
    NotTaken,
    may_pass,
    send,
)

POLL_SECONDS: Final = 0.5
FAULTS_IN_A_ROW_MAX: Final = 20
_ENDED: Final = frozenset({"done", "stopped"})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    run: dict[str, Any]

    @property
    def what(self) -> str:
        """What is done now."""
        return "listings applied" if self.run["state"] == "applying" else "listings read"

    @property
    def done(self) -> int:
        """How much of it is done."""
        read = int(self.run["listings"])
        # What the feed lists no longer waits too, beside what was read.
        waiting = int(self.run["waiting"])
        return max(0, read - waiting) if self.run["state"] == "applying" else read

    @property
    def total(self) -> int:
        """How much of it there is, as the feed tells."""
        if self.run["state"] == "applying":
            return int(self.run["listings"])
        return max(int(self.run["items_told"] or 0), self.done)


def is_partly_there(run: Mapping[str, Any]) -> bool:
    """Whether a run that was stopped had been applied in part."""
    return any(int(run[name]) for name in ("new", "changed", "withdrawn"))


def import_feed(
    url: str,
    *,
    service_url: str,
    token: str,
    name: str | None = None,
    whole: bool = False,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
) -> dict[str, Any]:
    """Register the feed, run it and wait for the end; raises :class:`LoadStopped`."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=service_url, headers=headers, timeout=REQUEST_TIMEOUT_SECONDS, trust_env=False
    ) as http:
        called = name or urlsplit(url).netloc or url
        feed = _post(http, "/feeds", {"name": called, "base_url": url})
        asked = _post(http, f"/feeds/{feed['id']}/runs", {"whole": whole})
        path = f"/feeds/{feed['id']}/runs/{asked['run_id']}"
        faults = 0
        while True:
            run = _look(http, path)
            faults = 0 if run is not None else faults + 1
            if faults > FAULTS_IN_A_ROW_MAX:
                message = f"the directory does not answer; the run goes on there: GET {path}"
                raise LoadStopped(message)
            if run is not None:
                on_progress(Progress(run))
                if run["state"] in _ENDED:
                    return run
            time.sleep(POLL_SECONDS)


def _post(http: httpx.Client, path: str, body: dict[str, object]) -> dict[str, Any]:
    headers = {"Idempotency-Key": str(uuid4())}
    try:
        found: dict[str, Any] = send(http, "POST", path, body, headers=headers).json()
    except NotTaken as fault:
        message = f"the directory did not take it: {fault}"
        raise LoadStopped(message) from None
    return found


def _look(http: httpx.Client, path: str) -> dict[str, Any] | None:
    try:
        answer = http.get(path)
    except httpx.TransportError:
        return None
    if may_pass(answer):
        return None
    if not answer.is_success:
        message = f"the directory refused: {answer_in_one_line(answer)}"
        raise LoadStopped(message)
    found: dict[str, Any] = answer.json()
    return found
