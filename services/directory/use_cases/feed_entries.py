"""From what somebody else tells of a listing to what could be entered of it, or why it cannot.

Promise    What comes by a feed or an upload passes the very forms that people's entries pass.
Not here   Those forms: they are handed in by ``main``, since forms belong to the doors.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.directory.domain.foreign_listing import (
    RowBroken,
    foreign_id_of,
    foreign_listing,
    said_hash,
)
from services.directory.domain.foreign_terms import TermRules
from services.directory.domain.listings import ContentBroken, check_content
from services.directory.store.feeds import Row

REASON_LENGTH_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """A listing with its organisation as the forms gave it back."""

    organization: Mapping[str, Any]
    content: Mapping[str, Any]
    needs: list[str]
    need_terms: list[str]


Check = Callable[[Mapping[str, Any]], CheckedEntry]
"""Passes an entry through the forms; raises ``RowBroken`` with the place and the rule."""


def row_of(document: Any, number: int, *, check: Check, rules: TermRules, read_on: date) -> Row:
    """Read one foreign listing by these rules for its terms; a refused row says why."""
    try:
        foreign_id = foreign_id_of(document)
    except RowBroken as broken:
        return refused(number, None, broken.reason)
    try:
        foreign = foreign_listing(document, rules)
        entry = None if foreign.is_gone else entry_of(foreign.entry, check)
    except RowBroken as broken:
        return refused(number, foreign_id, broken.reason)
    said_on = _day(document.get("last_modified"), read_on)
    return Row(
        number=number,
        foreign_id=foreign_id,
        state="gone" if foreign.is_gone else "staged",
        entry={**(entry or {}), "said_on": said_on.isoformat()},
        said_hash=said_hash(document, rules.version),
        organization_key=foreign.organization_key,
        parent_key=foreign.parent_key,
    )


def entry_of(given: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """Pass an entry through the forms and give it as it is kept until it is applied."""
    checked = check(given)
    try:
        check_content(checked.content)
    except ContentBroken as broken:
        raise RowBroken(f"{broken.pointer}: {broken.rule}") from None
    return {
        "organization": dict(checked.organization),
        "content": dict(checked.content),
        "needs": checked.needs,
        "need_terms": checked.need_terms,
    }


def refused(number: int, foreign_id: str | None, reason: str) -> Row:
    """A row that was refused, and why."""
    return Row(
        number=number, foreign_id=foreign_id, state="refused", reason=reason[:REASON_LENGTH_MAX]
    )


def _day(given: Any, read_on: date) -> date:
    """The day a feed says it last changed a listing, if it says one that can be."""
    try:
        said = datetime.fromisoformat(given).date()
    except (TypeError, ValueError):
        return read_on
    return min(said, read_on)
