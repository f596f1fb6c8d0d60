"""A synthetic listing in the form in which the directory takes it (HSDS-UK 3.0)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from demo.geography import COUNTY, Town
from demo.listing_facts import DAYS, WAIT_TOLD_WEEKS, Facts, Occasion
from demo.listing_text import LANGUAGE_NAMES, area_name, often_said, price
from demo.venues import Venue

SLUG_LENGTH_MAX: Final = 48
DTSTART: Final = {day: f"2026-01-{5 + number:02d}" for number, day in enumerate(DAYS)}
"""The first of each weekday of 2026: from when every other week is counted."""
_LETTERS: Final = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "s", "æ": "a", "&": " and "})
_ACCESS: Final = {
    "yes": ("Step-free entrance and accessible toilet", "Doors at least 90 cm wide."),
    "ramp": ("A portable ramp over one step", "Ring beforehand so that it is laid out."),
    "no": ("Steps and no lift", "Not possible with a wheelchair."),
}
_COST_NAMES: Final = {
    "session": "Per session", "course": "Whole course", "hour": "Per hour", "mile": "Per mile",
    "sliding": "According to income",
}  # fmt: skip
_UNITS: Final = {
    "session": "a session", "course": "the course", "hour": "an hour", "mile": "a mile",
    "sliding": "a session or what you can pay",
}  # fmt: skip
_WHOM: Final = {
    "women": ("women-only", "Women only", "For women and girls alone."),
    "men": ("men-only", "Men only", "For men alone."),
}


def slug(name: str) -> str:
    """A name as it can stand in an address: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).replace("'", "")
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-")[:SLUG_LENGTH_MAX].strip("-")


def parts_of(facts: Facts) -> dict[str, Any]:
    """The parts of the form that follow from the facts; what is empty is left out."""
    parts: dict[str, Any] = {
        "fees": fees(facts),
        "minimum_age": facts.minimum_age,
        "maximum_age": facts.maximum_age,
        "alert": _alert(facts),
        "schedules": [_schedule(one, facts) for one in facts.occasions],
        "cost_options": _cost_options(facts),
        "service_areas": service_areas(facts),
        "locations": [
            location(one, facts.town) for one in facts.venues if not facts.words.sheltered
        ],
        "languages": [{"name": LANGUAGE_NAMES[code], "code": code} for code in _spoken(facts)],
        "attributes": _attributes(facts),
    }
    if facts.is_online:
        parts["locations"] = [{"location_type": "virtual", "name": "Online, by video"}]
    if facts.words.sheltered:
        parts["locations"] = [
            {
                "location_type": "virtual",
                "name": "By telephone",
                "description": "Then in a safe place.",
            }
        ]
    return {name: value for name, value in parts.items() if value not in (None, [])}


def location(venue: Venue, town: Town) -> dict[str, Any]:
    """A venue as a location, with its address and how one gets in."""
    description, details = _ACCESS[venue.access]
    village = venue.neighbourhood.is_village
    return {
        "location_type": "physical",
        "name": venue.name,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "addresses": [
            {
                "address_1": venue.street,
                **({"address_2": venue.neighbourhood.name} if village else {}),
                "city": town.name,
                "state_province": COUNTY,
                "postal_code": venue.postcode,
                "country": "GB",
            }
        ],
        "accessibility": [{"description": description, "details": details}],
    }


def fees(facts: Facts) -> str:
    """The line about money."""
    match facts.cost.kind:
        case "free":
            return "Free"
        case "donation":
            return "Free, donations welcome"
        case "prices":
            return "Low prices; less with a referral"
        case "sliding":
            return f"From {price(facts.cost.amount)}, according to income"
        case kind:
            return f"{price(facts.cost.amount)} {_UNITS[kind]}"


def service_areas(facts: Facts) -> list[dict[str, str]]:
    """Whom it serves: by name, and by the sectors of postcodes that belong to it."""
    if facts.reach is None:
        return []
    if facts.reach == "county":
        return [{"name": COUNTY}]
    sectors = [
        one.sector
        for one in facts.town.neighbourhoods
        if one.code not in facts.spared and (facts.reach != "town" or not one.is_village)
    ]
    name = area_name(facts)
    if facts.spared:
        without = [one.name for one in facts.town.neighbourhoods if one.code in facts.spared]
        name = f"{facts.town.name}, without {' and '.join(without)}"
    return [{"name": name, "extent": ", ".join(sectors), "extent_type": "text"}]


def _schedule(one: Occasion, facts: Facts) -> dict[str, Any]:
    nth = "" if one.of_month is None else str(one.of_month)
    told: dict[str, Any] = {
        "freq": "WEEKLY" if one.of_month is None else "MONTHLY",
        "byday": ",".join(f"{nth}{day}" for day in one.days),
        "opens_at": _clock(one.opens),
        "closes_at": _clock(one.closes),
        "description": often_said(one),
    }
    if one.every_weeks > 1:
        told |= {"interval": one.every_weeks, "dtstart": DTSTART[one.days[0]]}
    if one.venue is not None and len(facts.venues) > 1:
        told["at_location"] = one.venue
    if facts.closed_in_august:
        told["notes"] = "Closed in August."
    if facts.words.setting == "home":
        told |= {"attending_type": "telephone", "description": "When the phone is answered"}
    elif facts.is_online:
        told["attending_type"] = "online"
    return told


def _cost_options(facts: Facts) -> list[dict[str, Any]]:
    cost = facts.cost
    if cost.kind == "prices":
        return []
    if cost.kind in {"free", "donation"}:
        return [{"option": "Free", "amount": 0}]
    option: dict[str, Any] = {
        "option": _COST_NAMES[cost.kind],
        "amount": cost.amount,
        "amount_description": f"{price(cost.amount)} {_UNITS[cost.kind]}",
    }
    if cost.kind == "session" and not cost.is_firm and cost.amount >= 4:
        reduced = {
            "option": "Reduced",
            "amount": cost.amount / 2,
            "amount_description": "On benefits",
        }
        return [option, reduced]
    return [option]


def _spoken(facts: Facts) -> tuple[str, ...]:
    return ("en", *facts.languages)


def _alert(facts: Facts) -> str | None:
    if facts.list_closed:
        return "The waiting list is closed for now."
    if facts.wait_weeks is not None and facts.wait_weeks >= WAIT_TOLD_WEEKS:
        return f"Waiting list: about {facts.wait_weeks} weeks."
    return None


def _attributes(facts: Facts) -> list[dict[str, str]]:
    if facts.whom is None:
        return []
    term, name, description = _WHOM[facts.whom]
    return [
        {"taxonomy": "For whom (synthetic)", "term": term, "name": name, "description": description}
    ]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
