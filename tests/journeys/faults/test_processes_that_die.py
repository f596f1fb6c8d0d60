"""Processes that are killed, stopped or started too early, under load, in the real platform."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from tests.journeys.faults.load import load_on
from tests.live import SERVICES, LivePlatform, eventually

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]


@pytest.mark.parametrize("service", SERVICES)
def test_killing_a_service_loses_and_doubles_nothing(live: LivePlatform, service: str) -> None:
    with load_on(live):
        live.verb("kill", service)
        live.verb("start", service)
        _all_ready(live)


def test_killing_the_broker_stops_no_referral_from_being_accepted(live: LivePlatform) -> None:
    with load_on(live) as load:
        live.verb("kill", "kafka")
        before = len(load.answered)
        eventually("referrals while no broker runs", lambda: len(load.answered) >= before + 5)
        live.verb("start", "kafka")
        _all_ready(live)


def test_killing_the_database_server_loses_nothing_that_was_answered(
    live: LivePlatform,
) -> None:
    with load_on(live):
        live.verb("kill", "postgres")
        live.verb("start", "postgres")
        _all_ready(live)


def test_services_started_before_their_servers_become_ready_by_themselves(
    live: LivePlatform,
) -> None:
    """The two at the ends of an event's way; `start` says at once that they cannot be ready."""
    _start_too_early(live, ("referral", "reporting"), early_seconds=0.0)


@pytest.mark.slow
def test_services_started_a_minute_before_their_servers_become_ready_by_themselves(
    live: LivePlatform,
) -> None:
    _start_too_early(live, SERVICES, early_seconds=60.0)


@pytest.mark.slow
def test_killing_everything_at_random_loses_and_doubles_nothing(live: LivePlatform) -> None:
    draw = random.Random(20_261_122)
    with load_on(live, answers_min=100):
        for _ in range(12):
            victim = draw.choice((*SERVICES, "kafka", "postgres"))
            live.verb("kill", victim)
            live.verb("start", victim)
        _all_ready(live)


def _start_too_early(live: LivePlatform, services: Sequence[str], *, early_seconds: float) -> None:
    for name in ("kafka", "postgres", *services):
        live.verb("kill", name)
    for service in services:
        live.verb("start", service, "--no-wait")
    asyncio.run(asyncio.sleep(early_seconds))  # time is the fault here
    states = {e["service"]: e["state"] for e in live.status()["services"]}
    assert {states[service] for service in services} <= {"starting", "degraded"}

    live.verb("start", "postgres")
    live.verb("start", "kafka")

    _all_ready(live)
    with load_on(live, answers_min=3):
        pass


def _all_ready(live: LivePlatform) -> None:
    late: list[str] = []

    def is_ready() -> bool:
        services = live.status()["services"]
        late[:] = [
            f"{e['service']} {e['state']} {e['ready']}" for e in services if e["state"] != "ready"
        ]
        return not late

    try:
        eventually("every process is ready", is_ready, timeout_seconds=90.0)
    except AssertionError as fault:
        raise AssertionError(f"{fault}: {late}") from None
