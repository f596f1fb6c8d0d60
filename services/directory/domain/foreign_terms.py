"""Which needs a term of somebody else's taxonomy speaks of, by rules that are stated and in order.

Promise    A term of ours is its need. Any other is what a registrar set for it in its feed, or else
           the need its code stands for, or else the needs its name speaks of when it is read as a
           search is. A name is sure enough when it says more than how or for whom, every word but
           those of ``FORMS_OF_HELP`` is spoken for, and no more than ``NEEDS_READ_MAX`` needs are
           meant. The same term is always read the same way.
Price      English names alone are read. What is not sure speaks of nothing: it is kept, and shown.
Not here   Which needs there are, and how people say them: they are handed in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from services.directory.domain.wording import (
    CONCEPTS_MAX,
    WORDS_MAX,
    Wording,
    concepts_of,
    content_words,
)

NEEDS_READ_MAX: Final = 3
FINER_NEEDS_MAX: Final = 20

SNOMED_SYSTEM: Final = "http://snomed.info/sct"
SNOMED_NAMES: Final = frozenset({"snomed", "snomed ct", "snomed-ct", SNOMED_SYSTEM})
SNOMED_TERMS: Final = ("http://snomed.info/id/", f"{SNOMED_SYSTEM}/")
SDOH_SYSTEM: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
)
SDOH_TERMS: Final = (f"{SDOH_SYSTEM}#", f"{SDOH_SYSTEM}/")

FORMS_OF_HELP: Final = frozenset({"advice", "guidance", "information", "class", "classes"})
HOW_OR_FOR_WHOM: Final = frozenset({"online", "home", "children", "kids"})
"""Words that speak of a need in a search, and in a taxonomy of where or for whom something is."""

DESCRIBES_SERVICE: Final = frozenset({"", "service"})
"""What a term says it describes where it speaks of what a service does, not of whom it is for."""

KnownBy = Literal["hand", "code", "words", "nothing"]
TermKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OurTerms:
    """The needs of our own taxonomy, by which what we exported is known again."""

    taxonomy_id: str
    taxonomy_name: str
    broad: Collection[str]
    finer: Collection[str]
    other: str
    """The need of whatever names none of the others."""

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and (code in self.broad or code in self.finer)


@dataclass(frozen=True, slots=True)
class TermRules:
    """By what terms are read, in one feed."""

    ours: OurTerms
    wording: Wording
    by_snomed: Mapping[str, str]
    by_sdoh: Mapping[str, str]
    by_hand: Mapping[TermKey, Sequence[str]] = field(default_factory=dict[TermKey, Sequence[str]])
    version: str = ""
    """What is raised whenever a term may come to be read otherwise."""


class TermRead(NamedTuple):
    """The needs a term speaks of, and by what that is known."""

    needs: tuple[str, ...]
    by: KnownBy


_NOTHING: Final = TermRead((), "nothing")


def key_of(attribute: Mapping[str, Any]) -> TermKey:
    """What a term is known by in its feed: its taxonomy, and its code or else its name."""
    return str(attribute.get("taxonomy", "")), str(
        attribute.get("term") or attribute.get("name", "")
    )


def read_term(attribute: Mapping[str, Any], rules: TermRules) -> TermRead:
    """Read a term that is not ours, as an attribute of a listing has it."""
    by_hand = rules.by_hand.get(key_of(attribute))
    if by_hand is not None:
        return TermRead(tuple(by_hand), "hand")
    need = _by_code(attribute, rules)
    if need is not None:
        return TermRead((need,), "code")
    if str(attribute.get("link_type", "")).casefold() not in DESCRIBES_SERVICE:
        return _NOTHING
    needs = _by_words(str(attribute.get("name", "")), rules)
    return TermRead(needs, "words") if needs else _NOTHING


def needs_of(
    ours: Sequence[str], others: Sequence[Mapping[str, Any]], rules: TermRules
) -> list[str]:
    """The needs of a listing: those it names by our terms, and those its other terms speak of.

    Whoever names needs of ours has read the other terms before us: of these only what a registrar
    set counts then.
    """
    needs = list(ours)
    for attribute in others:
        read = read_term(attribute, rules)
        if read.by == "hand" or not ours:
            needs += read.needs
    once = list(dict.fromkeys(needs))
    finer = [code for code in once if code in rules.ours.finer][:FINER_NEEDS_MAX]
    return [code for code in once if code in rules.ours.broad or code in finer]


def needs_by_category(terms: Mapping[str, tuple[str | None, str]]) -> dict[str, str]:
    """The need of each category, from the category and the broad need of every term.

    It is the broad need of that category, or its one finer need, or the one broad need that all of
    them belong to; a category of needs that have nothing in common stands for none.
    """
    found: dict[str, list[str]] = {}
    for code, (category, _) in terms.items():
        if category is not None:
            found.setdefault(category, []).append(code)
    needs: dict[str, str] = {}
    for category, codes in found.items():
        broad = {terms[code][1] for code in codes}
        if len(codes) == 1:
            needs[category] = codes[0]
        elif len(broad) == 1:
            needs[category] = broad.pop()
    return needs


def _by_code(attribute: Mapping[str, Any], rules: TermRules) -> str | None:
    taxonomy, term = key_of(attribute)
    uri = str(attribute.get("term_uri", ""))
    for names, begins, by_code in (
        (SNOMED_NAMES, SNOMED_TERMS, rules.by_snomed),
        (frozenset({SDOH_SYSTEM.casefold()}), SDOH_TERMS, rules.by_sdoh),
    ):
        if taxonomy.casefold() in names and term in by_code:
            return by_code[term]
        for begin in begins:
            if uri.startswith(begin) and uri.removeprefix(begin) in by_code:
                return by_code[uri.removeprefix(begin)]
    return None


def _by_words(name: str, rules: TermRules) -> tuple[str, ...]:
    words = content_words(rules.wording, name)
    if HOW_OR_FOR_WHOM.issuperset(words):
        return ()
    concepts = concepts_of(rules.wording, words)
    meant = [concept for concept in concepts if concept.meant]
    unread = [concept.said[0] for concept in concepts if not concept.meant]
    needs = tuple(dict.fromkeys(need for concept in meant for need in concept.meant))
    is_sure = (
        len(needs) <= NEEDS_READ_MAX
        and rules.ours.other not in needs
        and FORMS_OF_HELP.issuperset(unread)
        # With as many as there may be, some were left out.
        and len(words) < WORDS_MAX
        and len(concepts) < CONCEPTS_MAX
    )
    return needs if is_sure else ()
