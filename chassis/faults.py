"""Planned deaths: named points in the code where a test or a demonstration ends the process.

Promise    Outside demo mode a fault point does nothing, whatever the environment says.
Price      One comparison where it stands.
Not here   Everything that goes wrong by itself.

``WAYMARK_FAULT=relay.after_number:3`` ends the process the third time it passes that
point, without goodbyes: no ``finally`` runs, nothing is flushed. A comma parts several.
"""

import os
from typing import Final

EXIT_CODE: Final = 77

RELAY_AFTER_NUMBER: Final = "relay.after_number"
RELAY_BEFORE_SEND: Final = "relay.before_send"
RELAY_AFTER_SEND: Final = "relay.after_send"
RELAY_AFTER_ADVANCE: Final = "relay.after_advance"
RELAY_IN_NUMBERING: Final = "relay.in_numbering"


class MalformedFault(ValueError):
    """A planned fault is not written as ``point:times``."""


def planned(text: str | None, mode: str | None) -> dict[str, int]:
    """Read the plan: after how many passes which point is fatal."""
    if not text or mode != "demo":
        return {}
    plan: dict[str, int] = {}
    for part in text.split(","):
        point, _, times = part.strip().partition(":")
        if not point or not (times or "1").isdecimal() or int(times or "1") < 1:
            message = f"{part!r} is not a fault point with a count behind ':'"
            raise MalformedFault(message)
        plan[point] = int(times or "1")
    return plan


_left = planned(os.environ.get("WAYMARK_FAULT"), os.environ.get("WAYMARK_MODE"))


def fault_point(point: str) -> None:
    """End the process here if that was planned."""
    if not _left or point not in _left:
        return
    _left[point] -= 1
    if _left[point] == 0:
        os._exit(EXIT_CODE)
