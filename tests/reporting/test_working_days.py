"""Working days in England, against known calendars and against counting one day at a time."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.working_days import (
    LONDON,
    DateOutsideTheCalendar,
    local_date,
    working_days_between,
)


def test_a_weekend_is_not_waited_through() -> None:
    friday, monday = date(2026, 1, 9), date(2026, 1, 12)
    assert working_days_between(friday, monday) == 1


def test_the_same_day_is_no_wait() -> None:
    assert working_days_between(date(2026, 1, 9), date(2026, 1, 9)) == 0


def test_easter_is_not_waited_through() -> None:
    maundy_thursday, tuesday_after = date(2026, 4, 2), date(2026, 4, 7)
    assert working_days_between(maundy_thursday, tuesday_after) == 1


def test_a_bank_holiday_moved_from_a_weekend_counts_on_its_substitute_day() -> None:
    # Boxing Day 2026 is a Saturday, so Monday the 28th is the holiday.
    christmas_eve, tuesday_after = date(2026, 12, 24), date(2026, 12, 29)
    assert working_days_between(christmas_eve, tuesday_after) == 1


def test_an_end_before_its_start_is_no_wait() -> None:
    assert working_days_between(date(2026, 1, 9), date(2026, 1, 2)) == 0


@given(
    st.dates(min_value=date(2019, 1, 1), max_value=date(2029, 12, 31)),
    st.integers(min_value=0, max_value=900),
)
def test_the_arithmetic_equals_counting_one_day_at_a_time(start: date, length: int) -> None:
    bank_holidays = holidays.country_holidays("GB", subdiv="ENG", years=range(2019, 2034))
    days = [start + timedelta(days=after) for after in range(1, length + 1)]
    counted = sum(day.weekday() < 5 and day not in bank_holidays for day in days)
    assert working_days_between(start, start + timedelta(days=length)) == counted


def test_a_year_without_a_calendar_is_refused() -> None:
    with pytest.raises(DateOutsideTheCalendar):
        working_days_between(date(2026, 1, 9), date(9026, 1, 9))


def test_a_moment_falls_on_the_date_that_clocks_in_england_show() -> None:
    late_evening_in_summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert local_date(late_evening_in_summer) == date(2026, 7, 1)


@given(st.datetimes(min_value=datetime(1949, 1, 1), max_value=datetime(2198, 1, 1)))  # noqa: DTZ001 - given its zone below
def test_a_date_that_is_remembered_is_the_date_that_is_worked_out(moment: datetime) -> None:
    known = moment.replace(tzinfo=UTC)
    assert local_date(known) == known.astimezone(LONDON).date()
