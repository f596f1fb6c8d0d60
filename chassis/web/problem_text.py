"""What a problem document says, in one line, for tools that post to a service and tell a person.

Not here   Making problems: ``problems``. The console reads single members, to show them by parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    import httpx

LINE_LENGTH_MAX: Final = 500
NOTHING_SAID: Final = "refused"


def in_one_line(problem: object) -> str:
    """Give each place with the rule it breaks, or else what the problem says of itself.

    Whoever answered may be anything: a proxy's answer, or none of ours, is no reason to fail.
    """
    told = _members(problem)
    errors: object = told.get("errors")
    rules = [
        f"{error.get('pointer', '')}: {error.get('rule', '')}"
        for error in map(_members, cast("list[object]", errors) if isinstance(errors, list) else ())
        if error
    ]
    line = "; ".join(rules) or str(told.get("detail") or told.get("title") or NOTHING_SAID)
    return " ".join(line.split())[:LINE_LENGTH_MAX]


def answer_in_one_line(answer: httpx.Response) -> str:
    """Give an answer's status with what its problem says."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    return f"{answer.status_code} {in_one_line(problem)}"


def _members(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
