"""Who can help with what, and how the roles of a network differ: compared point by point.

Promise    Each point is one question with an answer for every role the network has, in one
           order, so that nobody has to read four descriptions to find the difference.
Not here   What the roles are: each network says so in the register.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ROLES: Final = ("care-navigator", "link-worker", "health-coach", "care-coordinator")
"""From the one who sees people for minutes to those who stay with them."""

ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class KnownRole:
    """A role of a network, as the network describes it."""

    role: str
    description: Mapping[str, Any]

    def explanation(self, language: str) -> Mapping[str, Any]:
        """Give the words for people in this language, else in English."""
        told = {one["language"]: one for one in self.description["explanations"]}
        return told.get(language) or told[ENGLISH]

    def said(self, name: str, language: str) -> "Said":
        """Give what the role is for, does or does not do, in this language, else in English."""
        translated = self.explanation(language)
        if translated.get(name):
            return Said(translated[name], translated["language"])
        return Said(self.description[name], ENGLISH)


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a network, and the language they are in."""

    words: Any
    language: str


@dataclass(frozen=True, slots=True)
class Point:
    """One question, and what each role answers."""

    point: str
    question: str
    answers: Mapping[str, str]
    languages: Mapping[str, str]
    """In which language each role's answer is; the question is in English."""


def in_order(roles: Sequence[KnownRole]) -> list[KnownRole]:
    """Put roles in the order in which they are always shown."""
    known = {one.role: one for one in roles}
    return [known[role] for role in ROLES if role in known]


def compare(
    roles: Sequence[KnownRole], *, for_people: bool = False, language: str = ENGLISH
) -> list[Point]:
    """Set the roles of one network beside each other; for people, by what concerns them.

    What a network says in a ``language`` is answered in it, the rest in English.
    """
    shown = in_order(roles)
    return [
        _point(point, question, answer, shown, language)
        for point, question, answer in _POINTS
        if not (for_people and point in _AMONG_COLLEAGUES)
    ]


def _point(
    point: str,
    question: str,
    answer: Callable[[Mapping[str, Any]], str],
    shown: Sequence[KnownRole],
    language: str,
) -> Point:
    name = _IN_WORDS.get(point)
    if name is None:
        answers = {one.role: answer(one.description) for one in shown}
        return Point(point, question, answers, dict.fromkeys(answers, ENGLISH))
    said = {one.role: one.said(name, language) for one in shown}
    return Point(
        point,
        question,
        {role: answer({name: one.words}) for role, one in said.items()},
        {role: one.language for role, one in said.items()},
    )


def _titled(description: Mapping[str, Any]) -> str:
    return str(description["local_title"])


def _post(description: Mapping[str, Any]) -> str:
    others = description["combined_with"]
    return f"Yes, with {' and '.join(map(_spoken, others))}." if others else "No."


def _contacts(description: Mapping[str, Any]) -> str:
    least, most = description["contacts_min"], description["contacts_max"]
    if least is None:
        return "Not said."
    return f"Usually {least}." if least == most else f"Usually {least} to {most}."


def _minutes(description: Mapping[str, Any]) -> str:
    minutes = description["contact_minutes"]
    return "Not said." if minutes is None else f"About {minutes} minutes."


def _visits(description: Mapping[str, Any]) -> str:
    return "Yes." if description["home_visits"] else "No."


def _caseload(description: Mapping[str, Any]) -> str:
    least, most = description["caseload_min"], description["caseload_max"]
    return "Not said." if least is None else f"{least} to {most} people a year."


def _supervised(description: Mapping[str, Any]) -> str:
    owed = description["supervision"]
    told = [f"{one['kind']} every {one['every_weeks']} weeks" for one in owed]
    return f"{', '.join(told).capitalize()}." if told else "None is set."


def _coded(description: Mapping[str, Any]) -> str:
    codes = description["clinical_codes"]
    return f"{', '.join(codes)}." if codes else "None."


def _listed(name: str) -> Callable[[Mapping[str, Any]], str]:
    def answer(description: Mapping[str, Any]) -> str:
        return " ".join(f"{one.rstrip('.')}." for one in description[name])

    return answer


def _spoken(role: str) -> str:
    return role.replace("-", " ")


_POINTS: Final[tuple[tuple[str, str, Callable[[Mapping[str, Any]], str]], ...]] = (
    ("title", "What is the role called here?", _titled),
    ("purpose", "What is it for?", lambda description: str(description["purpose"])),
    ("does", "What does it do?", _listed("does")),
    ("does-not", "What does it not do?", _listed("does_not")),
    ("contacts", "How often do you meet?", _contacts),
    ("length", "How long does a contact take?", _minutes),
    ("home-visits", "Does it visit at home?", _visits),
    ("one-post", "Does the same person hold another role?", _post),
    ("caseload", "How many people does one worker see?", _caseload),
    ("supervision", "Which supervision is owed?", _supervised),
    ("codes", "Which clinical codes may it record?", _coded),
)
_IN_WORDS: Final = {"purpose": "purpose", "does": "does", "does-not": "does_not"}
_AMONG_COLLEAGUES: Final = frozenset({"caseload", "supervision", "codes"})
