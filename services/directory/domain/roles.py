"""What the roles of a network are, and what every catalogue of them has to keep to.

Promise    Whatever passes here names a link worker, gives the national codes of link work to
           nobody else, and can be read in English by a child of nine.
Not here   What a network is unless it says otherwise: ``default_roles.toml`` beside this service.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.directory.domain.reading_age import READING_AGE_MAX_YEARS, Hardness, hardness_of

LINK_WORKER: Final = "link-worker"
ENGLISH: Final = "en"
_SHOWN_TO_PEOPLE: Final = ("purpose", "does", "does_not")
# A referral to social prescribing, and its declining: counted nationally as link workers' work.
LINK_WORKER_CODES: Final = frozenset({"871731000000106", "871711000000103"})
# Said to mean "offered"; in no terminology release that we could look into.
UNVERIFIED_CODES: Final = frozenset({"871691000000100"})
# 6 to 18 digits; the two before the check digit say that it names a concept.
_CONCEPT: Final = re.compile(r"[1-9][0-9]{2,14}(?:00|10)[0-9]", re.ASCII)
_TURNED: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


@dataclass(frozen=True, slots=True)
class CatalogueBroken(Exception):
    """A catalogue of roles breaks a rule, and where."""

    name: str
    pointer: str
    rule: str


@dataclass(frozen=True, slots=True)
class Role:
    """One role of a network, as its description says."""

    role: str
    content: Mapping[str, Any]


def check_catalogue(roles: Sequence[Role]) -> None:
    """Refuse a catalogue that would mislead; the first fault is named by its place."""
    codes = [one.role for one in roles]
    if LINK_WORKER not in codes:
        raise CatalogueBroken("link-worker-missing", "/roles", "must hold a link worker")
    for place, one in enumerate(roles):
        pointer = f"/roles/{place}"
        if one.role in codes[:place]:
            raise CatalogueBroken("rule-broken", f"{pointer}/role", "must name each role once")
        _check_post(one, roles, pointer)
        _check_bands(one.content, pointer)
        _check_codes(one, pointer)
        _check_words(one.content, pointer)
        _check_explanations(one.content, pointer)


def _check_post(one: Role, roles: Sequence[Role], pointer: str) -> None:
    """Two roles in one post say so of each other."""
    others = {other.role: other.content["combined_with"] for other in roles}
    for number, partner in enumerate(one.content["combined_with"]):
        place = f"{pointer}/combined_with/{number}"
        if partner == one.role or partner not in others:
            raise CatalogueBroken("rule-broken", place, "must be another role of this list")
        if one.role not in others[partner]:
            raise CatalogueBroken("rule-broken", place, "must be said of both roles of the post")


def _check_bands(content: Mapping[str, Any], pointer: str) -> None:
    for low, high in (("contacts_min", "contacts_max"), ("caseload_min", "caseload_max")):
        least, most = content[low], content[high]
        if (least is None) != (most is None):
            raise CatalogueBroken("rule-broken", f"{pointer}/{high}", f"must be given with {low}")
        if least is not None and most < least:
            raise CatalogueBroken("rule-broken", f"{pointer}/{high}", f"must not be below {low}")
    kinds = [one["kind"] for one in content["supervision"]]
    if len(set(kinds)) != len(kinds):
        raise CatalogueBroken("rule-broken", f"{pointer}/supervision", "must name each kind once")


def _check_codes(one: Role, pointer: str) -> None:
    for number, code in enumerate(one.content["clinical_codes"]):
        place = f"{pointer}/clinical_codes/{number}"
        if not is_concept(code):
            raise CatalogueBroken("rule-broken", place, "must be a SNOMED CT concept: check it")
        if code in UNVERIFIED_CODES:
            raise CatalogueBroken(
                "code-not-of-role", place, "must be a code whose term is verified"
            )
        if code in LINK_WORKER_CODES and one.role != LINK_WORKER:
            raise CatalogueBroken(
                "code-not-of-role", place, "must be no code that link workers alone may record"
            )


def is_concept(code: str) -> bool:
    """Say whether a number has the form and the check digit (Verhoeff's) of a SNOMED CT concept."""
    if _CONCEPT.fullmatch(code) is None:
        return False
    check = 0
    for place, character in enumerate(reversed(code)):
        digit = int(character)
        for _ in range(place % 8):
            digit = _TURNED[digit]
        # Two turns, or a turn and a reflection, of a pentagon.
        turned = check + digit if check < 5 else check - digit
        check = turned % 5 + (0 if (check < 5) == (digit < 5) else 5)
    return check == 0


def _check_words(content: Mapping[str, Any], pointer: str) -> None:
    """What a role is for, does and does not do is read by people as well."""
    for name in _SHOWN_TO_PEOPLE:
        said = content[name]
        text = said if isinstance(said, str) else " ".join(f"{one.rstrip('.')}." for one in said)
        _check_plain(text, f"{pointer}/{name}")


def _check_plain(text: str, place: str) -> None:
    found = hardness_of(text)
    if found is None:
        raise CatalogueBroken("rule-broken", place, "must hold words")
    if not found.is_plain:
        raise CatalogueBroken("too-hard-to-read", place, _words_on(found))


def _check_explanations(content: Mapping[str, Any], pointer: str) -> None:
    languages = [one["language"] for one in content["explanations"]]
    if len(set(languages)) != len(languages):
        raise CatalogueBroken(
            "rule-broken", f"{pointer}/explanations", "must hold each language once"
        )
    if ENGLISH not in languages:
        raise CatalogueBroken("rule-broken", f"{pointer}/explanations", "must hold one in English")
    number = languages.index(ENGLISH)
    english, place = content["explanations"][number], f"{pointer}/explanations/{number}"
    for name in _SHOWN_TO_PEOPLE:
        if english.get(name) is not None:
            rule = "must be said in English of the role itself"
            raise CatalogueBroken("rule-broken", f"{place}/{name}", rule)
    _check_plain(english["words"], f"{place}/words")


def _words_on(found: Hardness) -> str:
    """Say which sentence to rewrite: by its number, for words of a request are not repeated."""
    return (
        f"must be for a reading age of {READING_AGE_MAX_YEARS:.0f}; it is for {found.years:.0f}, "
        f"and its sentence {found.hardest}, for {found.hardest_years:.0f}, is the hardest: "
        "make it shorter, with shorter words"
    )
