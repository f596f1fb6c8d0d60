"""What the directory tells in codes, in the words of those who read it.

Promise    A code that is new here is shown as it is, so that nothing disappears.
Not here   What codes there are: the directory's own rules, which a test holds these words against.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from contracts.needs import TERMS

DAYS: Final = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
PARTS_OF_DAY: Final = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
LANGUAGES: Final = {
    "ar": "Arabic",
    "bn": "Bengali",
    "bfi": "British Sign Language",
    "yue": "Cantonese",
    "en": "English",
    "fa": "Farsi or Dari",
    "fr": "French",
    "de": "German",
    "gu": "Gujarati",
    "hi": "Hindi",
    "it": "Italian",
    "ku": "Kurdish",
    "lt": "Lithuanian",
    "zh": "Mandarin",
    "ps": "Pashto",
    "pl": "Polish",
    "pt": "Portuguese",
    "pa": "Punjabi",
    "ro": "Romanian",
    "ru": "Russian",
    "so": "Somali",
    "es": "Spanish",
    "ta": "Tamil",
    "ti": "Tigrinya",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "cy": "Welsh",
}
ACCESS: Final = {
    "wheelchair": "Wheelchair or step-free access",
    "accessible-toilet": "Accessible toilet",
    "lift": "Lift",
    "parking": "Parking",
    "transport": "Transport there",
    "hearing-loop": "Hearing loop",
    "sign-language": "British Sign Language",
    "large-print": "Large print or easy read",
    "quiet-space": "Quiet space",
    "assistance-dogs": "Assistance dogs",
}
ROOM: Final = {
    "has-capacity": ("Has room", "green"),
    "waitlist": ("Waiting list", "yellow"),
    "assessment-needed": ("Decides case by case", "blue"),
    "no-capacity": ("Full", "red"),
}
ROOM_NOT_KNOWN: Final = ("Room not known", "grey")
ROOM_SOURCES: Final = {
    "group": "the group said so",
    "worker": "a worker said so for the group",
    "full-until": "the group said until when it is full",
    "estimate": "reckoned from its answers about people who were sent",
}
SOURCES: Final = {
    "region": "the region",
    "network": "a network",
    "group": "the group",
    "evidence": "what happened",
    "owner": "the group",
    "worker": "a worker",
    "anybody": "somebody of the public",
    "feed": "another directory",
}
HEARD: Final = {
    "kept": "Entered or changed by its keepers",
    "attended": "Somebody who was sent got there",
    "started": "Somebody who was sent began",
    "answered": "The group answered",
    "confirmed": "The group confirmed that it runs",
    "delivered": "A message reached the group",
    "bounced": "A message to the group came back",
    "unanswered-nudge": "The group stayed silent when reminded",
    "unanswered-check": "The group did not answer our question",
    "marked-wrong": "Somebody said that a detail is wrong",
    "said-gone": "Somebody said that it no longer runs",
    "gone-confirmed": "The group said that it no longer runs",
}
WHY_UNMET: Final = {
    "nothing-there": "Nothing there",
    "too-far": "Too far",
    "full": "Full",
    "cost": "Cost",
    "access": "No access on wheels",
    "language": "Language",
    "other": "For different reasons",
}
RELATIONS: Final = {
    "knows": "knows",
    "visited": "visited",
    "trained-by": "was trained by",
    "agreement": "has an agreement with",
}
WHY_ASK: Final = {
    "knows": "knows the group",
    "visited": "was there",
    "trained-by": "trained with the group",
}
IDEA_STATES: Final = {
    "raised": ("Raised", "grey"),
    "backed": ("Backed", "blue"),
    "started": ("Begun", "yellow"),
    "listed": ("Now a listing", "green"),
}

WARNED_DAYS: Final = 60
"""So many days before its end an agreement is warned of, as the directory does."""
_FRESH: Final = (
    (80.0, "Very likely right", "green"),
    (50.0, "Likely right", "blue"),
    (30.0, "Not heard of for a while", "yellow"),
    (0.0, "May be wrong", "red"),
)
_SURE: Final = ((0.75, "very sure"), (0.5, "fairly sure"), (0.3, "not very sure"), (0.0, "unsure"))


@dataclass(frozen=True, slots=True)
class Room:
    """What room a listing has, in words."""

    text: str
    colour: str
    sure: str
    """Empty where nothing is claimed."""
    source: str
    day: str | None


def room_words(told: Mapping[str, Any] | None) -> Room:
    """What the directory tells of room; nothing told, or nothing claimed, is not known."""
    status = None if told is None else told["status"]
    if told is None or status is None:
        return Room(*ROOM_NOT_KNOWN, "", "", None)
    text, colour = ROOM.get(status, (status, "grey"))
    source: str = told["source"]
    return Room(
        text, colour, _sure(told["confidence"]), ROOM_SOURCES.get(source, source), told["as_of"]
    )


def fresh_words(score: float) -> tuple[str, str]:
    """How likely a listing is right by its score from 0 to 100, and the colour of that."""
    return next((text, colour) for least, text, colour in _FRESH if score >= least)


def source_words(source: str) -> str:
    """Who said it; a network is named by its code."""
    return SOURCES.get(source, f"network {source}")


def said_words(said: Mapping[str, str]) -> str:
    """Who said a fact; another directory is called by the name it was given."""
    name = said.get("feed")
    return f"the directory {name}" if name else source_words(said["source"])


def need_name(code: str | None) -> str:
    """What a need is called; none is one that nobody understood."""
    if code is None:
        return "Not understood"
    term = TERMS.get(code)
    return code if term is None else term.name


def far_words(metres: int) -> str:
    """How far away something is, as the directory says it in its reasons."""
    if metres < 950:
        return f"{max(100, round(metres / 100) * 100)} m away"
    return f"{metres / 1000:.1f} km away"


def agreement_words(until: str | None, today: date) -> tuple[str, str]:
    """How long an agreement holds, and the colour of that."""
    if until is None:
        return "No end agreed", "grey"
    days = (date.fromisoformat(until) - today).days
    if days < 0:
        return "Ended", "red"
    if days == 0:
        return "Ends today", "yellow"
    if days <= WARNED_DAYS:
        return f"Ends in {days} day{'' if days == 1 else 's'}", "yellow"
    return "In force", "green"


def _sure(confidence: float) -> str:
    return next(words for least, words in _SURE if confidence >= least)
