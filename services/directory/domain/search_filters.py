"""What filters ask of a listing, as words beside its needs: so that one index finds what is rare.

Promise    A listing that passes a filter has the filter's words. The filters themselves are asked of
           what the words find, so a word too many costs time and shows nothing.
Not here   Filters by age and by whether somebody is taken now: few listings fail them, and room
           changes without the words being made again.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from services.directory.domain.listing_facts import Facts, ListedTime
from services.directory.domain.search import Hours, Wanted

_LAST_HOUR: Final = 23


def filter_lexemes(facts: Facts) -> Iterator[str]:
    """The words of a listing; nothing that somebody types begins so."""
    if facts.is_free:
        yield "=free"
    if facts.in_person:
        yield "=in-person"
    if facts.remote:
        yield "=remote"
    yield from map(_of_day, facts.days)
    yield from map(_of_language, facts.languages)
    yield from map(_of_access, facts.access)
    yield from map(_of_hour, sorted({hour for one in facts.times for hour in _open_in(one)}))


def filter_query(wanted: Wanted) -> str | None:
    """What has to stand in a listing for these filters, as a text query; None where nothing has to."""
    words = [
        *(["=free"] if wanted.free else ()),
        *([f"={wanted.attendance}"] if wanted.attendance is not None else ()),
        *([_of_day(wanted.day)] if wanted.day is not None else ()),
        *([_of_language(wanted.language)] if wanted.language is not None else ()),
        *map(_of_access, wanted.access),
    ]
    parts = list(map(_quoted, words))
    if wanted.hours is not None:
        parts.append(_either(map(_of_hour, _asked_in(wanted.hours))))
    return " & ".join(parts) or None


def _open_in(listed: ListedTime) -> Iterable[int]:
    """The hours that it may go on in; who says no end is asked by the beginning alone."""
    opens, closes = listed.opens_at, listed.closes_at
    if opens is None:
        return ()
    if closes is None:
        return (opens.hour,)
    return range(opens.hour, (_LAST_HOUR if closes < opens else closes.hour) + 1)


def _asked_in(hours: Hours) -> Iterable[int]:
    begins, ends = hours
    is_whole = ends == ends.replace(minute=0, second=0, microsecond=0)
    return range(begins.hour, ends.hour + (0 if is_whole else 1))


def _of_day(day: str) -> str:
    return f"={day}"


def _of_language(code: str) -> str:
    return f"=language:{code}"


def _of_access(code: str) -> str:
    return f"=access:{code}"


def _of_hour(hour: int) -> str:
    return f"=hour:{hour}"


def _either(words: Iterable[str]) -> str:
    return f"({' | '.join(map(_quoted, words))})"


def _quoted(word: str) -> str:
    return f"'{word}'"
