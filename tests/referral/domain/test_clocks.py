"""Whether a clock was set back is told by one that only goes forward, and never for having been slow."""

from datetime import UTC, datetime, timedelta

import pytest

from services.referral.domain.clocks import STEP_SECONDS_MIN, Reading, Watch, known_at

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMIT = timedelta(seconds=STEP_SECONDS_MIN)


def reading(wall_seconds: float, before: float, after: float | None = None) -> Reading:
    return Reading(
        NOON + timedelta(seconds=wall_seconds), before, before if after is None else after
    )


def test_a_clock_that_goes_on_is_not_set_back() -> None:
    watch = Watch()

    steps = [watch.set_back_by(reading(at, 100 + at)) for at in (0, 0.5, 1, 3_600)]

    assert steps == [timedelta()] * 4


@pytest.mark.parametrize(("back", "told"), [(3_600, 3_600), (5, 5), (4.9, 0), (-3_600, -3_600)])
def test_a_step_is_told_beyond_what_clocks_are_nudged_by(back: float, told: float) -> None:
    watch = Watch(reading(0, 100))

    assert watch.set_back_by(reading(1 - back, 101)) == timedelta(seconds=told)
    assert watch.set_back_by(reading(2 - back, 102)) == timedelta()


def test_a_slow_look_is_no_step() -> None:
    watch = Watch(reading(0, 100))

    assert watch.set_back_by(reading(1, 101, 161)) == timedelta()
    assert watch.set_back_by(reading(61.5, 161.5)) == timedelta()


def test_what_was_due_is_known_at_once_unless_the_clock_was_set_back() -> None:
    late, early = NOON + timedelta(seconds=1), NOON - timedelta(minutes=3)

    assert known_at(early, NOON) == NOON
    assert known_at(late, NOON) == late
    assert known_at(NOON + LIMIT, NOON) == NOON
