"""Days as England keeps them: the local date of a moment, and working days between two dates.

Promise    A wait counts whole working days: Saturdays, Sundays and England's bank holidays are not
           among them. The day something starts is not counted; the day it ends is.
Price      A bank holiday proclaimed later changes waits only after the library's calendar does.
Not here   Which two moments make a wait: the folds decide.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

LONDON: Final = ZoneInfo("Europe/London")

HOURS_REMEMBERED_MAX: Final = 20_000  # two years
year_min: Final = 1948
year_max: Final = 2199
"""A date outside these is a slip of the keyboard, and no calendar knows its holidays."""

_SATURDAY: Final = 5
_DAYS_IN_A_WEEK: Final = 7


class DateOutsideTheCalendar(ValueError):
    """A wait begins or ends in a year for which nobody keeps a calendar of working days."""


def local_date(moment: datetime) -> date:
    """The date on which ``moment`` fell in England."""
    if moment.tzinfo is UTC:
        return _date_of_hour(moment.toordinal(), moment.hour)
    return moment.astimezone(LONDON).date()


@lru_cache(maxsize=HOURS_REMEMBERED_MAX)
def _date_of_hour(day: int, hour: int) -> date:
    # England's clocks change on the hour, so every moment of an hour falls on one date; events
    # of a batch lie in few hours, and a look-up costs a tenth of reading the time zone.
    moment = datetime.combine(date.fromordinal(day), time(hour), UTC)
    return moment.astimezone(LONDON).date()


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after ``start`` up to and including ``end``; never below zero.

    An end before its start (a contact written down for the day before the referral reached us)
    is no wait at all.
    """
    if end <= start:
        return 0
    weekdays = _weekdays_up_to(end) - _weekdays_up_to(start)
    if start.year == end.year:
        this_year = _bank_holidays(end.year)
        return weekdays - (bisect_right(this_year, end) - bisect_right(this_year, start))
    first_year = _bank_holidays(start.year)
    missed = len(first_year) - bisect_right(first_year, start)
    missed += sum(len(_bank_holidays(year)) for year in range(start.year + 1, end.year))
    return weekdays - missed - bisect_right(_bank_holidays(end.year), end)


def _weekdays_up_to(day: date) -> int:
    """Mondays to Fridays from the calendar's first day, a Monday, up to and including ``day``."""
    weeks, weekday = divmod(day.toordinal() - 1, _DAYS_IN_A_WEEK)
    return weeks * _SATURDAY + min(weekday + 1, _SATURDAY)


@cache
def _bank_holidays(year: int) -> tuple[date, ...]:
    """England's bank holidays of one year that would have been working days, in order."""
    if not year_min <= year <= year_max:
        raise DateOutsideTheCalendar(year)
    calendar = holidays.country_holidays("GB", subdiv="ENG", years=year, expand=False)
    return tuple(sorted(day for day in calendar if day.weekday() < _SATURDAY))
