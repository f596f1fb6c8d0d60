"""A timer that fails comes back, later each time, and for ever."""

from services.referral.domain.timers import (
    KINDS,
    RETRY_FIRST_SECONDS,
    RETRY_MAX_SECONDS,
    lane_of,
    retry_after_seconds,
)


def test_a_timer_that_fails_waits_longer_each_time_up_to_a_limit() -> None:
    waits = [retry_after_seconds(attempts) for attempts in range(1, 100)]

    assert waits[0] == RETRY_FIRST_SECONDS
    assert waits == sorted(waits)
    assert waits[-1] == RETRY_MAX_SECONDS
    assert waits[3] > waits[0]


def test_only_what_concerns_safety_has_the_lane_that_waits_for_nothing() -> None:
    assert [kind for kind in KINDS if lane_of(kind) == "safety"] == [
        "lone-worker",
        "visit-begin",
        "alarm-escalation",
    ]
