"""Safety first: where anybody can turn in a crisis, whatever else Waymark knows of them.

Promise    The words are the same at every door, need no sign-in and no database.
Not here   Who is alarmed, and how an alarm escalates.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CrisisContact:
    """One place that answers at any hour, and what it is for."""

    name: str
    number: str
    when: str


CRISIS_HELP: Final = (
    CrisisContact("Emergency services", "999", "Someone is in danger now, or has been badly hurt."),
    CrisisContact(
        "NHS 111, option 2",
        "111",
        "You need help with your mental health now. Call 111 and choose 2.",
    ),
    CrisisContact(
        "Samaritans", "116 123", "You want to talk to someone. It is free, day or night."
    ),
)
CRISIS_WORDS: Final = "Waymark is not an emergency service. If you need help now, call:"


def crisis_help() -> dict[str, str | list[dict[str, str]]]:
    """Give what every self-referral shows, before it is sent and after."""
    return {
        "words": CRISIS_WORDS,
        "contacts": [
            {"name": one.name, "number": one.number, "when": one.when} for one in CRISIS_HELP
        ],
    }
