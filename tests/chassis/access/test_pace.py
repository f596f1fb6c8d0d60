"""A member's pace: the burst, then the rate, for each by themselves, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.access import pace
from chassis.access.pace import Pace, TooManyRequests


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def taken(limit: Pace, member: str = "a") -> bool:
    try:
        limit.check(member)
    except TooManyRequests:
        return False
    return True


def test_after_the_burst_requests_are_taken_at_the_rate() -> None:
    clock = Hands()
    limit = Pace(10, 5, now=clock)

    assert [taken(limit) for _ in range(7)] == [True] * 5 + [False] * 2
    clock.seconds += 0.1001
    assert [taken(limit) for _ in range(2)] == [True, False]
    clock.seconds += 60
    assert [taken(limit) for _ in range(7)] == [True] * 5 + [False] * 2


def test_one_members_pace_is_nobody_elses() -> None:
    limit = Pace(1, 1, now=Hands())

    assert taken(limit, "a")
    assert not taken(limit, "a")
    assert taken(limit, "b")


@given(
    st.lists(st.floats(0, 2, allow_nan=False), max_size=200),
    st.integers(1, 20),
    st.integers(1, 20),
)
def test_in_no_span_of_time_is_more_taken_than_burst_and_rate_allow(
    pauses: list[float], per_second: int, burst: int
) -> None:
    clock = Hands()
    limit = Pace(per_second, burst, now=clock)
    times: list[float] = []
    for pause in pauses:
        clock.seconds += pause
        if taken(limit):
            times.append(clock.seconds)

    for first, begun in enumerate(times):
        for count, ended in enumerate(times[first:], 1):
            assert count <= burst + (ended - begun) * per_second + 1e-3


@given(st.lists(st.floats(0, 2, allow_nan=False), max_size=100), st.integers(1, 20))
def test_who_waits_as_long_as_they_are_told_is_taken(pauses: list[float], per_second: int) -> None:
    clock = Hands()
    limit = Pace(per_second, 3, now=clock)
    for pause in pauses:
        clock.seconds += pause
        try:
            limit.check("a")
        except TooManyRequests as refused:
            clock.seconds += float(refused.headers["Retry-After"])
            assert taken(limit)


def test_who_asked_longest_ago_is_forgotten_first() -> None:
    limit = Pace(1, 1, now=Hands())
    limit.check("first")
    limit.check("second")
    taken(limit, "first")

    for number in range(pace.MEMBERS_REMEMBERED_MAX - 1):
        limit.check(f"member {number}")

    assert not taken(limit, "first")
    assert taken(limit, "second")
