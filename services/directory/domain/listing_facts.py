"""What a search can ask of a listing, read from its content in the shapes of HSDS-UK.

Promise    Nothing is guessed: what the content does not say is not so. Nobody's address or number
           is among the words, whether it stands in a contact or in the description.
Not here   Where a postcode lies, and what the words are cut down to: the database.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from services.directory.domain.places import Point, key_of
from services.directory.domain.service_areas import ServedArea, served_areas
from services.directory.domain.wording import Wording, words_of

INDEX_VERSION: Final = 3
"""Raised whenever the rules below change: what was derived by a lower one is derived again."""

WEEKDAYS: Final[Mapping[str, str]] = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_DAY: Final = re.compile(r"[+-]?[0-9]{0,2}(MO|TU|WE|TH|FR|SA|SU)")
_CONTACT: Final = re.compile(
    r"\S+@\S+|(?:https?:)?//\S+|www\.\S+|\+?\(?[0-9][0-9 ()./-]{7,}[0-9]", re.IGNORECASE
)
_REMOTE: Final = ("online", "remote", "virtual", "video", "phone", "telephone", "zoom")
_AT_THE_PLACE: Final = ("in person", "face to face", "at venue", "physical", "home visit")
_FREE: Final = ("free", "no charge", "nothing to pay")
_OPEN: Final = "active"


@dataclass(frozen=True, slots=True)
class ListedPoint:
    """Where one of its locations lies: by itself, or by a postcode that may be loaded."""

    number: int
    point: Point | None
    postcode: str | None


@dataclass(frozen=True, slots=True)
class ListedTime:
    """A day it takes place on and the hours, as far as they are said."""

    day: str | None
    opens_at: time | None
    closes_at: time | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a search can ask of a listing."""

    name: str
    description: str
    other_words: str
    minimum_age: float | None
    maximum_age: float | None
    is_free: bool
    languages: tuple[str, ...]
    access: tuple[str, ...]
    in_person: bool
    remote: bool
    accepting: bool
    points: tuple[ListedPoint, ...]
    times: tuple[ListedTime, ...]
    areas: tuple[ServedArea, ...]

    @property
    def days(self) -> tuple[str, ...]:
        """The days it takes place on, Monday first."""
        said = {one.day for one in self.times}
        return tuple(day for day in WEEKDAYS if day in said)

    @property
    def only_point(self) -> Point | None:
        """Where it takes place, if it says so itself and of one place."""
        return self.points[0].point if len(self.points) == 1 else None


def facts_of(
    content: Mapping[str, Any],
    *,
    organization_name: str,
    need_names: Sequence[str],
    wording: Wording,
) -> Facts:
    """Read what can be asked of a listing with this content."""
    locations: Sequence[Mapping[str, Any]] = content.get("locations", ())
    schedules: Sequence[Mapping[str, Any]] = content.get("schedules", ())
    remote, in_person = _ways(locations, schedules)
    times = tuple(_times(schedules))
    is_free = _is_free(content)
    languages = tuple(_languages(content, wording))
    access = tuple(_access(content, locations, wording))
    days = [WEEKDAYS[one.day] for one in times if one.day is not None]
    other = [
        organization_name,
        *need_names,
        *(str(one.get("name", "")) for one in content.get("languages", ())),
        *(phrase for code in access for phrase in wording.access[code][:1]),
        *_names_of_places(content, locations),
        *dict.fromkeys(days),
        *(["free"] if is_free else ()),
        *(["online phone"] if remote else ()),
        *(str(one.get("name", "")) for one in content.get("attributes", ())),
    ]
    return Facts(
        name=_plain(content.get("name", "")),
        description=_plain(f"{content.get('description', '')} {content.get('fees', '')}"),
        other_words=_plain(" ".join(other)),
        minimum_age=content.get("minimum_age"),
        maximum_age=content.get("maximum_age"),
        is_free=is_free,
        languages=languages,
        access=access,
        in_person=in_person,
        remote=remote,
        accepting=content.get("status", _OPEN) == _OPEN,
        points=tuple(_points(locations)),
        times=times,
        areas=tuple(served_areas(content.get("service_areas", ()))),
    )


def _plain(text: str) -> str:
    return " ".join(words_of(_CONTACT.sub(" ", text)))


def _ways(
    locations: Sequence[Mapping[str, Any]], schedules: Sequence[Mapping[str, Any]]
) -> tuple[bool, bool]:
    """Whether somebody can take part from afar, and whether they can come."""
    kinds = {one.get("location_type", "physical") for one in locations}
    said = [" ".join(words_of(one.get("attending_type", ""))) for one in schedules]
    remote = "virtual" in kinds or any(_says(one, _REMOTE) for one in said)
    in_person = "physical" in kinds or any(_says(one, _AT_THE_PLACE) for one in said)
    return remote, in_person


def _says(text: str, phrases: Sequence[str]) -> bool:
    return any(f" {phrase} " in f" {text} " for phrase in phrases)


def _is_free(content: Mapping[str, Any]) -> bool:
    """Free where every cost it names is none; where it names none, where its fees begin so."""
    options: Sequence[Mapping[str, Any]] = content.get("cost_options", ())
    if options:
        return all(_costs_nothing(one) for one in options)
    fees = " ".join(words_of(content.get("fees", "")))
    return any(f"{fees} ".startswith(f"{free} ") for free in _FREE)


def _costs_nothing(option: Mapping[str, Any]) -> bool:
    if "amount" in option:
        return option["amount"] == 0
    said = " ".join(words_of(option.get("option", "")))
    return any(f"{said} ".startswith(f"{free} ") for free in _FREE)


def _languages(content: Mapping[str, Any], wording: Wording) -> Iterator[str]:
    seen: set[str] = set()
    for one in content.get("languages", ()):
        said = str(one.get("code", "")).split("-")[0].lower()
        code = said or wording.languages.get(" ".join(words_of(one.get("name", ""))), "")
        if code and code not in seen:
            seen.add(code)
            yield code


def _access(
    content: Mapping[str, Any], locations: Sequence[Mapping[str, Any]], wording: Wording
) -> Iterator[str]:
    """What the places say of getting in and about; "no parking" does not say that there is some."""
    told: Sequence[Mapping[str, Any]] = [
        *content.get("accessibility", ()),
        *(one for location in locations for one in location.get("accessibility", ())),
    ]
    said = [
        " ".join(words_of(sentence))
        for one in told
        for sentence in re.split(
            r"[.;,\n]", f"{one.get('description', '')}. {one.get('details', '')}"
        )
    ]
    for code, phrases in wording.access.items():
        if any(_says(one, phrases) and not _says(one, ("no", "not", "without")) for one in said):
            yield code


def _names_of_places(
    content: Mapping[str, Any], locations: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    for location in locations:
        yield str(location.get("name", ""))
        for address in location.get("addresses", ()):
            yield str(address.get("city", ""))
    for area in content.get("service_areas", ()):
        yield str(area.get("name", ""))


def _points(locations: Sequence[Mapping[str, Any]]) -> Iterator[ListedPoint]:
    for number, location in enumerate(locations):
        if location.get("location_type", "physical") != "physical":
            continue
        if "latitude" in location and "longitude" in location:
            point = Point(float(location["latitude"]), float(location["longitude"]))
            yield ListedPoint(number, point, None)
            continue
        keys = [key_of(one.get("postal_code", "")) for one in location.get("addresses", ())]
        postcode = next((key.key for key in keys if key.kind == "postcode"), None)
        if postcode is not None:
            yield ListedPoint(number, None, postcode)


def _times(schedules: Sequence[Mapping[str, Any]]) -> Iterator[ListedTime]:
    for one in schedules:
        opens_at, closes_at = _time(one.get("opens_at")), _time(one.get("closes_at"))
        valid_from, valid_to = _date(one.get("valid_from")), _date(one.get("valid_to"))
        days = list(dict.fromkeys(_DAY.findall(one.get("byday", ""))))
        began = _date(one.get("dtstart"))
        if not days and began is not None and one.get("freq") == "WEEKLY":
            days = [tuple(WEEKDAYS)[began.weekday()]]
        for day in days or [None]:
            if day is not None or opens_at is not None:
                yield ListedTime(day, opens_at, closes_at, valid_from, valid_to)


def _time(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
