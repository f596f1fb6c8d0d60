"""Processes that are killed, stopped or started too early, under load, in the real platform."""

from __future__ import annotations

import random

import pytest

from tests.faults.load import load_on
from tests.live import SERVICES, LivePlatform, eventually

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]


@pytest.mark.parametrize("service", SERVICES)
def test_killing_a_service_loses_and_doubles_nothing(platform: LivePlatform, service: str) -> None:
    with load_on(platform):
        platform.verb("kill", service)
        platform.verb("start", service)
        _all_ready(platform)


def test_killing_the_broker_stops_no_referral_from_being_accepted(platform: LivePlatform) -> None:
    with load_on(platform) as load:
        platform.verb("kill", "kafka")
        before = len(load.answered)
        eventually("referrals while no broker runs", lambda: len(load.answered) >= before + 5)
        platform.verb("start", "kafka")
        _all_ready(platform)


def test_killing_the_database_server_loses_nothing_that_was_answered(
    platform: LivePlatform,
) -> None:
    with load_on(platform):
        platform.verb("kill", "postgres")
        platform.verb("start", "postgres")
        _all_ready(platform)


def test_services_started_before_their_servers_become_ready_by_themselves(
    platform: LivePlatform,
) -> None:
    platform.verb("kill", "kafka")
    platform.verb("kill", "postgres")
    for service in SERVICES:
        platform.verb("kill", service)
    # `start` waits for readiness, which cannot come yet: that it says so is part of the test.
    for service in SERVICES:
        platform.verb("start", service, "--no-wait")
    assert {"starting", "degraded"} >= {_state(platform, service) for service in SERVICES}

    platform.verb("start", "postgres")
    platform.verb("start", "kafka")

    _all_ready(platform)
    with load_on(platform, answers_min=3):
        pass


@pytest.mark.slow
def test_killing_everything_at_random_loses_and_doubles_nothing(platform: LivePlatform) -> None:
    draw = random.Random(20_261_122)
    with load_on(platform, answers_min=100):
        for _ in range(12):
            victim = draw.choice((*SERVICES, "kafka", "postgres"))
            platform.verb("kill", victim)
            platform.verb("start", victim)
        _all_ready(platform)


def _state(platform: LivePlatform, service: str) -> str:
    return next(e["state"] for e in platform.status()["services"] if e["service"] == service)


def _all_ready(platform: LivePlatform) -> None:
    eventually(
        "every process is ready",
        lambda: {e["state"] for e in platform.status()["services"]} == {"ready"},
        timeout_seconds=90.0,
    )
