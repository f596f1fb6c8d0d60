"""A listing as rows of a page: what it says, and of each fact who said it on which day.

Promise    Every fact the directory shows has a row; one that nobody said has none.
Not here   How rows look: ``templates/listing.html``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.directory_words import DAYS, LANGUAGES, said_words
from console.templating import day_words, today

NEEDS_TAXONOMY: Final = "Waymark needs"
_ORDINALS: Final = {
    "1": "first",
    "2": "second",
    "3": "third",
    "4": "fourth",
    "5": "fifth",
    "-1": "last",
}
_STATUSES: Final = {
    "active": "Running",
    "inactive": "Not running",
    "defunct": "Gone",
    "temporarily closed": "Closed for now",
}

Listing = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: its name, what is said, and who said it when."""

    name: str
    lines: Sequence[str]
    said: Sequence[tuple[str, str]]
    """By whom and on which day."""
    is_address: bool = False
    """Whether each line is an address of the web."""


def rows_of(listing: Listing) -> list[Row]:
    """Every fact of a listing, those a person asks for first."""
    sources: Mapping[str, Mapping[str, str]] = listing.get("field_sources", {})
    rows: list[Row] = []
    for name, fields, lines in _facts(listing):
        kept = [line for line in lines if line]
        if kept:
            said = [
                (said_words(sources[field]), sources[field]["day"])
                for field in fields
                if field in sources
            ]
            rows.append(Row(name, kept, list(dict.fromkeys(said)), is_address=name == "Web page"))
    return rows


def needs_of(listing: Listing) -> list[str]:
    """The needs a listing answers, by name."""
    return [
        one["taxonomy_term"]["name"]
        for one in listing.get("attributes", ())
        if one["taxonomy_term"].get("taxonomy") == NEEDS_TAXONOMY
    ]


def _facts(listing: Listing) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """The name of each fact, the fields it is made of, and its lines."""
    status: str = listing.get("status", "")
    yield "About", ("description",), [listing.get("description", "")]
    yield "Status", ("status",), [_STATUSES.get(status, status)]
    yield "When", ("schedules",), [_schedule(one) for one in listing.get("schedules", ())]
    yield "Where", ("locations",), _places(listing)
    yield "Getting in", ("locations",), _access(listing)
    yield "Cost", ("fees", "cost_options"), _costs(listing)
    yield "Phone", ("phones",), [_phone(one) for one in listing.get("phones", ())]
    yield "Email", ("email",), [listing.get("email", "")]
    yield "Web page", ("url",), [listing.get("url", "")]
    yield "Contacts", ("contacts",), [_contact(one) for one in listing.get("contacts", ())]
    yield "For ages", ("minimum_age", "maximum_age"), [_ages(listing)]
    yield (
        "For people from",
        ("service_areas",),
        [_area(one) for one in listing.get("service_areas", ())],
    )
    yield "Languages", ("languages",), [_language(one) for one in listing.get("languages", ())]
    yield "Helps with", ("need_terms", "needs"), [", ".join(needs_of(listing))]
    yield "Paid for by", ("funding",), [one["source"] for one in listing.get("funding", ())]
    yield "Accreditations", ("accreditations",), [listing.get("accreditations", "")]
    yield "More", ("attributes",), _other_terms(listing)
    yield "Last confirmed", ("assured_date",), [_assured(listing)]


def _schedule(one: Mapping[str, Any]) -> str:
    said = one.get("description") or _days(one)
    hours = _hours(one)
    parts = [_capital(said), hours if hours and hours not in said else "", *_bounds(one)]
    noted = one.get("notes")
    line = ", ".join(part for part in parts if part)
    return f"{line}. {noted}" if noted and line else line or noted or ""


def _days(one: Mapping[str, Any]) -> str:
    days = [_day_of(day) for day in one.get("byday", "").split(",") if day]
    if one.get("freq") == "MONTHLY":
        return f"{_joined(days)} of the month" if days else "Once a month"
    every = one.get("interval", 1)
    if every == 2:
        return f"every other week on {_joined(days)}" if days else "every other week"
    if every > 2:
        return f"every {every} weeks on {_joined(days)}" if days else f"every {every} weeks"
    return _joined([f"{day}s" for day in days])


def _day_of(said: str) -> str:
    place, day = said[:-2].removeprefix("+"), DAYS.get(said[-2:], said[-2:])
    return f"the {_ORDINALS.get(place, place)} {day}" if place else day


def _hours(one: Mapping[str, Any]) -> str:
    opens, closes = (one.get(name, "")[:5] for name in ("opens_at", "closes_at"))
    if opens and closes:
        return f"{opens} to {closes}"
    return f"from {opens}" if opens else f"until {closes}" if closes else ""


def _bounds(one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("valid_from", "") > today().isoformat():
        yield f"from {day_words(one['valid_from'])}"
    if "valid_to" in one:
        yield f"until {day_words(one['valid_to'])}"


def _places(listing: Listing) -> list[str]:
    return [_place(one["location"]) for one in listing.get("service_at_locations", ())]


def _place(location: Mapping[str, Any]) -> str:
    if location.get("location_type") == "virtual":
        return location.get("name", "Online or by phone")
    parts = [location.get("name", "")]
    for address in location.get("addresses", ())[:1]:
        parts += [
            address.get(name, "") for name in ("address_1", "address_2", "city", "postal_code")
        ]
    return ", ".join(part for part in parts if part)


def _access(listing: Listing) -> list[str]:
    return [
        ". ".join(
            one[name].rstrip(".")
            for name in ("description", "accessibility", "details")
            if name in one
        )
        for place in listing.get("service_at_locations", ())
        for one in place["location"].get("accessibility", ())
    ]


def _costs(listing: Listing) -> list[str]:
    fees: str = listing.get("fees", "")
    # An amount that the fees name already is not said twice.
    said = [_cost(one) for one in listing.get("cost_options", ()) if _pounds(one) not in fees]
    return list(dict.fromkeys([fees, *said]))


def _cost(one: Mapping[str, Any]) -> str:
    option: str = one.get("option") or one.get("amount_description") or ""
    pounds = _pounds(one)
    return option if pounds in option else f"{option}: {pounds}" if option else pounds


def _pounds(one: Mapping[str, Any]) -> str:
    """What it costs, or an amount that stands nowhere else."""
    amount = one.get("amount")
    if amount is None:
        return one.get("option") or one.get("amount_description") or ""
    return f"£{amount:.2f}".removesuffix(".00") if amount else "Free"


def _ages(listing: Listing) -> str:
    youngest, oldest = listing.get("minimum_age"), listing.get("maximum_age")
    if youngest is not None and oldest is not None:
        return f"{youngest} to {oldest}"
    if youngest is not None:
        return f"{youngest} and over"
    return "" if oldest is None else f"Up to {oldest}"


def _area(one: Mapping[str, Any]) -> str:
    return one.get("name") or one.get("service_area") or one.get("extent") or ""


def _language(one: Mapping[str, Any]) -> str:
    code: str = one.get("code", "")
    name: str = one.get("name") or LANGUAGES.get(code, code)
    return f"{name} ({one['note']})" if one.get("note") else name


def _phone(one: Mapping[str, Any]) -> str:
    said = one.get("description")
    return f"{one['number']} ({said})" if said else one["number"]


def _contact(one: Mapping[str, Any]) -> str:
    numbers = [_phone(phone) for phone in one.get("phones", ())]
    return ", ".join(
        part for part in (one.get("name"), one.get("title"), one.get("email"), *numbers) if part
    )


def _other_terms(listing: Listing) -> list[str]:
    return [
        one["taxonomy_term"].get("name", "")
        for one in listing.get("attributes", ())
        if one["taxonomy_term"].get("taxonomy") != NEEDS_TAXONOMY
    ]


def _assured(listing: Listing) -> str:
    return day_words(listing["assured_date"]) if "assured_date" in listing else ""


def _joined(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
