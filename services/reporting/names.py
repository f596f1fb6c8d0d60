"""What the codes of a breakdown are called, in the order in which they are shown."""

from collections.abc import Mapping
from typing import Final

ROUTE_NAMES: Final[Mapping[str, str]] = {
    "general-practice": "General practice",
    "care-navigator": "Care navigator",
    "self": "The person themselves",
    "voluntary-sector": "Voluntary sector",
    "council": "Council",
    "hospital": "Hospital",
    "proactive": "Offered to people at risk",
    "handover": "Another network",
    "other": "Another way",
}
NEED_NAMES: Final[Mapping[str, str]] = {
    "mental-wellbeing": "Mental wellbeing",
    "isolation": "Loneliness and isolation",
    "money": "Money and benefits",
    "long-term-condition": "Long-term condition",
    "housing": "Housing",
    "practical-help": "Practical help",
    "caring": "Caring for somebody",
    "bereavement": "Bereavement and relationships",
    "work": "Work and training",
    "other": "Something else",
}
AGE_BAND_NAMES: Final[Mapping[str, str]] = {
    "0-17": "Under 18",
    "18-29": "18 to 29",
    "30-44": "30 to 44",
    "45-59": "45 to 59",
    "60-74": "60 to 74",
    "75+": "75 and over",
    "unknown": "Not known",
}
