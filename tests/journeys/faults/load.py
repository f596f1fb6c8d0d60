"""Referrals posted without pause while something goes wrong, and the law that must hold afterwards.

Promise    Every 201 is remembered; a request whose answer was lost is repeated with its key until
           it has one, as a careful client would. What was answered must be reported exactly once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from tests.live import SERVICES, LivePlatform, a_referral, eventually

PRACTICES: Final = ("Y99001", "Y99006", "Y99011")
PAUSE_SECONDS: Final = 0.05
SETTLE_SECONDS: Final = 60.0
_LOST: Final = frozenset({409, 500, 502, 503, 504})


@dataclass(slots=True)
class Load:
    """What was posted, and what was answered."""

    live: LivePlatform
    answered: list[str] = field(default_factory=list[str])
    refused: list[str] = field(default_factory=list[str])
    repeats: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Post one referral after another until stopped; the last one gets its answer too."""
        tokens = {p: self.live.token("referrer", practice=p) for p in PRACTICES}
        url = self.live.url("referral")
        with httpx.Client(base_url=url, timeout=5.0, trust_env=False) as http:
            for practice in cycle(PRACTICES):
                if self._stopping.is_set():
                    return
                self._post(http, tokens[practice], a_referral(practice))
                self._stopping.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Post no more."""
        self._stopping.set()

    def _post(self, http: httpx.Client, token: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = http.post("/referrals", json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == httpx.codes.CREATED:
                self.answered.append(answer.json()["id"])
                return
            if answer is not None and answer.status_code not in _LOST:
                self.refused.append(f"{answer.status_code} {answer.text[:200]}")
                return
            self.repeats += 1
            time.sleep(0.2)  # a careful client does not hammer
        self.refused.append("no answer in time")


@contextmanager
def load_on(live: LivePlatform, *, answers_min: int = 20) -> Iterator[Load]:
    """Load while the block runs; at its end everything answered must be reported once."""
    load = Load(live)
    thread = threading.Thread(target=load.run, name="load", daemon=True)
    thread.start()
    eventually("the first answers", lambda: len(load.answered) >= 3)
    try:
        yield load
        healed_at = len(load.answered)
        eventually(
            "answers after the fault healed",
            lambda: len(load.answered) >= max(answers_min, healed_at + 3),
            timeout_seconds=SETTLE_SECONDS,
        )
    finally:
        load.stop()
        thread.join(timeout=SETTLE_SECONDS)
    assert not load.refused
    settle(live, load.answered)


def settle(live: LivePlatform, answered: list[str]) -> None:
    """Wait until every referral answered is reported, then hold the platform to its law."""
    ids = [UUID(one) for one in answered]
    eventually(
        "everything answered is reported once",
        lambda: _reported(live, ids) == {1: len(ids)},
        timeout_seconds=SETTLE_SECONDS,
    )
    eventually("nothing waits anywhere", lambda: not _unbalanced(live), timeout_seconds=30.0)


def _reported(live: LivePlatform, ids: list[UUID]) -> dict[int, int]:
    """How many referrals are reported how many times."""
    rows = asyncio.run(
        live.rows(
            "reporting",
            "select referral_id, count(*)::int as times from referral_fact"
            " where referral_id = any($1) group by referral_id",
            ids,
        )
    )
    times = [row["times"] for row in rows]
    found = {number: times.count(number) for number in set(times)}
    return found if len(times) == len(ids) else {**found, 0: len(ids) - len(times)}


def _unbalanced(live: LivePlatform) -> list[dict[str, Any]]:
    """The lines of the flow where the conservation law does not hold, or something waits."""
    return [
        line
        for service in SERVICES
        for line in live.flow(service)
        if line["waiting"]
        or line["head"]
        != line["applied"] + line["skipped"] + line["quarantined"] + line["discarded"]
    ]
