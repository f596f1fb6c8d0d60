"""Which days are worked in England and in one network, and how far a number of them reaches.

Promise    Saturdays, Sundays, England's bank holidays and the days a network closes are not
           worked. The day something begins is not counted, the day it ends is. Whatever was
           counted names the version of the calendar it was counted by.
Price      A bank holiday proclaimed for one year has to be written down here, with a new version.
Not here   Where closures are kept and what moves when they change: ``use_cases.calendar``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from services.referral.domain.refusals import Refused

ENGLAND_VERSION: Final = "england-1"
LONDON: Final = ZoneInfo("Europe/London")

CLOSURES_MAX: Final = 400  # of one network, of all years
WORKING_DAYS_MAX: Final = 60
DAYS_LOOKED_AHEAD_MAX: Final = 1_500  # beyond so many there is nobody who ever works

# Proclaimed for one year: days beside the rule, and days the rule names that were moved away.
PROCLAIMED: Final[frozenset[date]] = frozenset(
    {
        date(2011, 4, 29),
        date(2012, 6, 4),
        date(2012, 6, 5),
        date(2020, 5, 8),
        date(2022, 6, 2),
        date(2022, 6, 3),
        date(2022, 9, 19),
        date(2023, 5, 8),
    }
)
MOVED_AWAY: Final[frozenset[date]] = frozenset(
    {date(2012, 5, 28), date(2020, 5, 4), date(2022, 5, 30)}
)

_DAY: Final = timedelta(days=1)
_MONDAY: Final = 0
_SATURDAY: Final = 5
_DAYS_IN_A_WEEK: Final = 7


class ClosureUnfit(Refused):
    """The day is none a network could close on."""

    name = "closure-unfit"


class TooManyClosures(Refused):
    """A network that closes so often is no longer one."""

    name = "too-many-closures"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days one network works; ``number`` counts the changes of its closures."""

    number: int = 0
    closures: frozenset[date] = field(default_factory=frozenset[date])

    @property
    def version(self) -> str:
        """What a deadline names, to say by which calendar it was counted."""
        return f"{ENGLAND_VERSION}/{self.number}"

    def is_worked(self, day: date) -> bool:
        """Whether the network works on this day."""
        return (
            day.weekday() < _SATURDAY
            and day not in bank_holidays(day.year)
            and day not in self.closures
        )

    def after(self, start: date, working_days: int) -> date:
        """The day on which so many working days after ``start`` are over."""
        day, left = start, working_days
        for _ in range(DAYS_LOOKED_AHEAD_MAX):
            if left <= 0:
                break
            day += _DAY
            left -= self.is_worked(day)
        return day

    def between(self, start: date, end: date) -> int:
        """How many working days lie after ``start`` up to and including ``end``."""
        weekdays = _weekdays_up_to(end) - _weekdays_up_to(start)
        off = {
            day
            for year in range(start.year, end.year + 1)
            for day in bank_holidays(year)
            if start < day <= end
        }
        off |= {day for day in self.closures if start < day <= end}
        return max(weekdays - sum(day.weekday() < _SATURDAY for day in off), 0)

    def check_closure(self, day: date) -> None:
        """A closure is a day that would be worked."""
        if day.weekday() >= _SATURDAY or day in bank_holidays(day.year):
            raise ClosureUnfit("Nobody works in England on this day anyway.", "/day")
        if day not in self.closures and len(self.closures) >= CLOSURES_MAX:
            raise TooManyClosures(f"A network has {CLOSURES_MAX} closures at most.", "/day")


def _weekdays_up_to(day: date) -> int:
    """Mondays to Fridays from the calendar's first day, a Monday, up to and including ``day``."""
    weeks, weekday = divmod(day.toordinal() - 1, _DAYS_IN_A_WEEK)
    return weeks * _SATURDAY + min(weekday + 1, _SATURDAY)


def local_date(moment: datetime) -> date:
    """The date on which a moment fell in England."""
    return moment.astimezone(LONDON).date()


def end_of(day: date) -> datetime:
    """The moment at which a day is over in England."""
    return datetime.combine(day + _DAY, time(), LONDON)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """England's bank holidays of a year."""
    easter = _easter_sunday(year)
    by_rule = {
        easter - 2 * _DAY,
        easter + _DAY,
        _first_monday(date(year, 5, 1)),
        _first_monday(date(year, 5, 25)),
        _first_monday(date(year, 8, 25)),
        *_or_the_next_worked([date(year, 1, 1)]),
        *_or_the_next_worked([date(year, 12, 25), date(year, 12, 26)]),
    }
    proclaimed = {day for day in PROCLAIMED if day.year == year}
    return frozenset((by_rule - MOVED_AWAY) | proclaimed)


def _first_monday(start: date) -> date:
    return start + _DAY * ((_MONDAY - start.weekday()) % 7)


def _or_the_next_worked(days: Iterable[date]) -> list[date]:
    """Each day; one on a weekend is made up for on the next day that is worked."""
    found = list(days)
    for day in list(found):
        instead = day
        while instead.weekday() >= _SATURDAY or (instead != day and instead in found):
            instead += _DAY
        if instead != day:
            found.append(instead)
    return found


def _easter_sunday(year: int) -> date:
    """The Gregorian calendar's Easter, by the rule of Meeus, Jones and Butcher."""
    century, in_century = divmod(year, 100)
    golden = year % 19
    leap, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - correction + 15) % 30
    quarter, beyond = divmod(in_century, 4)
    weekday = (32 + 2 * rest + 2 * quarter - epact - beyond) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
