"""England's bank holidays as they were stated, and working days counted over them."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.calendar import (
    Calendar,
    ClosureUnfit,
    TooManyClosures,
    bank_holidays,
    end_of,
    local_date,
)

# As published for England and Wales.
STATED = {
    2024: ["01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"],
    2025: ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"],
    2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    2027: ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"],
    2028: ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"],
}
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CALENDARS = st.builds(Calendar, st.just(1), st.frozensets(DAYS, max_size=20))


@pytest.mark.parametrize("year", STATED)
def test_the_bank_holidays_are_those_that_were_published(year: int) -> None:
    worked = {day for day in bank_holidays(year) if day.weekday() < 5}
    assert worked == {date.fromisoformat(f"{year}-{day}") for day in STATED[year]}


@pytest.mark.parametrize("year", range(2011, 2041))
def test_another_calendar_of_england_says_the_same_for_three_decades(year: int) -> None:
    other = holidays.country_holidays("GB", subdiv="ENG", years=year)
    assert {day for day in bank_holidays(year) if day.weekday() < 5} == {
        day for day in other if day.weekday() < 5
    }


def test_ten_working_days_over_easter_reach_past_both_holidays() -> None:
    assert Calendar().after(date(2026, 3, 31), 10) == date(2026, 4, 16)


def test_a_networks_own_closure_moves_what_falls_due() -> None:
    closed = Calendar(1, frozenset({date(2026, 6, 10)}))
    assert Calendar().after(date(2026, 6, 5), 5) == date(2026, 6, 12)
    assert closed.after(date(2026, 6, 5), 5) == date(2026, 6, 15)


@given(CALENDARS, DAYS, st.integers(1, 60))
def test_so_many_days_ahead_are_so_many_between(
    calendar: Calendar, start: date, count: int
) -> None:
    end = calendar.after(start, count)
    assert calendar.between(start, end) == count
    assert calendar.is_worked(end)
    assert calendar.between(start, end - timedelta(days=1)) == count - 1


@given(CALENDARS, DAYS, DAYS, DAYS)
def test_days_between_add_up(calendar: Calendar, one: date, two: date, three: date) -> None:
    first, middle, last = sorted((one, two, three))
    whole = calendar.between(first, last)
    assert calendar.between(first, middle) + calendar.between(middle, last) == whole


def test_a_calendar_on_which_nobody_ever_works_comes_to_an_end() -> None:
    start = date(2026, 1, 1)
    closed = frozenset(start + timedelta(days=ahead) for ahead in range(4_000))
    assert Calendar(1, closed).after(start, 3) > start


def test_a_day_is_over_at_midnight_in_england_also_in_summer() -> None:
    assert end_of(date(2026, 7, 1)) == datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert end_of(date(2026, 1, 1)) == datetime(2026, 1, 2, tzinfo=UTC)
    assert local_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_a_closure_is_a_day_that_would_be_worked() -> None:
    with pytest.raises(ClosureUnfit):
        Calendar().check_closure(date(2026, 6, 6))
    with pytest.raises(ClosureUnfit):
        Calendar().check_closure(date(2026, 12, 28))
    Calendar().check_closure(date(2026, 6, 5))


def test_closures_have_a_limit() -> None:
    start = date(2026, 1, 1)
    full = Calendar(1, frozenset(start + timedelta(days=ahead) for ahead in range(400)))
    full.check_closure(date(2026, 6, 5))
    with pytest.raises(TooManyClosures):
        full.check_closure(date(2028, 6, 5))
