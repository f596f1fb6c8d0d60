"""What a change of a listing changes, in facts and in words.

Promise    A change names whole facts: one that is not named stays, one that is named as nothing
           goes. The same facts again are no change.
Price      A list of parts is one fact: whoever changes one part sends them all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

WORDS_LENGTH_MAX: Final = 200
WORDS_BEFORE: Final = 40
"""Characters shown before the place where two long texts part."""

LABELS: Final[Mapping[str, str]] = {
    "name": "Name",
    "description": "Description",
    "url": "Web address",
    "email": "E-mail",
    "status": "Status",
    "fees": "Fees",
    "accreditations": "Accreditations",
    "minimum_age": "Youngest age",
    "maximum_age": "Oldest age",
    "assured_date": "Last checked on",
    "assurer_email": "Checked by",
    "alert": "Alert",
    "schedules": "Times",
    "service_areas": "Area",
    "cost_options": "Costs",
    "locations": "Places",
    "languages": "Languages",
    "funding": "Funding",
    "contacts": "Contacts",
    "phones": "Phones",
    "attributes": "Attributes",
    "needs": "Needs",
    "need_terms": "Needs in detail",
    "state": "State",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a listing says at one time."""

    content: Mapping[str, Any]
    needs: tuple[str, ...]
    need_terms: tuple[str, ...]

    def by_name(self) -> dict[str, Any]:
        """Every fact by its name, the needs among them."""
        return {
            **self.content,
            "needs": list(self.needs),
            **({"need_terms": list(self.need_terms)} if self.need_terms else {}),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that is not what it was."""

    field: str
    before: Any
    after: Any
    words: str


def changed_content(content: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The content with these facts instead of those it had; nothing takes a fact away."""
    merged = {**content, **changes}
    return {name: value for name, value in merged.items() if value is not None and value != []}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What is different, fact by fact, in the order in which listings are read."""
    order = {name: place for place, name in enumerate(LABELS)}
    names = sorted(before.keys() | after.keys(), key=lambda name: (order.get(name, 99), name))
    return [
        Difference(name, before.get(name), after.get(name), _words(name, before, after))
        for name in names
        if before.get(name) != after.get(name)
    ]


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the facts that are different."""
    return [one.field for one in differences(before, after)]


def collide(wanted: Collection[str], since: Collection[str]) -> list[str]:
    """The facts that a suggestion names and that changed meanwhile."""
    return sorted(set(wanted) & set(since))


def _words(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    label = LABELS.get(name, name)
    old, new = before.get(name), after.get(name)
    if isinstance(old or new, list) and isinstance(new or old, list):
        return f"{label}: {_list_words(old or [], new or [])}"
    if old is None:
        return f"{label}: {_short(_shown(new))} (new)"
    if new is None:
        return f"{label}: {_short(_shown(old))} (taken out)"
    was, now = _apart(_shown(old), _shown(new))
    return f"{label}: {was} → {now}"


def _list_words(before: Sequence[Any], after: Sequence[Any]) -> str:
    gone = [_shown(one) for one in before if one not in after]
    come = [_shown(one) for one in after if one not in before]
    if not gone and not come:
        return "in another order"
    if len(gone) == len(come):
        # Most likely each is one that changed.
        pairs = [_apart(was, now) for was, now in zip(gone, come, strict=True)]
        gone, come = [was for was, _ in pairs], [now for _, now in pairs]
    told = [*(f"– {_short(one)}" for one in gone), *(f"+ {_short(one)}" for one in come)]
    return "; ".join(told)


def _shown(value: Any) -> str:
    """A fact in one line: what is nested is told by what it holds."""
    if isinstance(value, Mapping):
        return ", ".join(_shown(one) for one in value.values())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)  # pyright: ignore[reportUnknownVariableType]
    return " ".join(str(value).split())


def _short(text: str) -> str:
    return text if len(text) <= WORDS_LENGTH_MAX else f"{text[: WORDS_LENGTH_MAX - 1]}…"


def _apart(was: str, now: str) -> tuple[str, str]:
    """Two texts, short enough to read; long ones from a little before where they part."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, now, strict=False)))
    start = same - WORDS_BEFORE
    if max(len(was), len(now)) <= WORDS_LENGTH_MAX or start <= 0:
        return _short(was), _short(now)
    start = was.rfind(" ", 0, start) + 1
    lead = "…" if start else ""
    return _short(f"{lead}{was[start:]}"), _short(f"{lead}{now[start:]}")
