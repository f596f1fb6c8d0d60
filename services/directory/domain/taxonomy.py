"""The taxonomy of needs in the shapes of Open Referral UK: broad needs on top, finer ones below.

Promise    An id is derived from the code it stands for: the same over every restore and in every
           region.
Not here   Which needs there are: they are handed in.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

Document = dict[str, Any]

# Ids of what is named rather than drawn.
_NAMESPACE: Final = UUID("6d9f0c1e-5b1c-5c55-9f0e-3f1c7d6a2b10")
SNOMED_URI: Final = "http://snomed.info/id/"

TAXONOMY_ID: Final = uuid5(_NAMESPACE, "taxonomy:needs")
TAXONOMY_NAME: Final = "Waymark needs"
TAXONOMY_DESCRIPTION: Final = "What people are referred to social prescribing for."
TAXONOMY_VERSION: Final = "2"


class NeedTerm(Protocol):
    """A need as the catalogue has it."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def sdoh_category(self) -> str | None: ...
    @property
    def snomed_code(self) -> str | None: ...


Terms = Mapping[str, NeedTerm]


def term_id(code: str) -> UUID:
    """Give the id of a need's term."""
    return uuid5(_NAMESPACE, f"taxonomy-term:{code}")


def code_of(terms: Terms, wanted: UUID) -> str | None:
    """Give the code of the need that a term's id stands for."""
    return next((code for code in terms if term_id(code) == wanted), None)


def taxonomy() -> Document:
    """The one taxonomy listings are sorted by."""
    return {
        "id": str(TAXONOMY_ID),
        "name": TAXONOMY_NAME,
        "description": TAXONOMY_DESCRIPTION,
        "version": TAXONOMY_VERSION,
    }


def taxonomy_term(term: NeedTerm) -> Document:
    """A need as a term of the taxonomy of needs; beside it what other systems call it."""
    document = {
        "id": str(term_id(term.code)),
        "name": term.name,
        "description": term.description,
        "taxonomy": TAXONOMY_NAME,
        "taxonomy_id": str(TAXONOMY_ID),
        "term": term.code,
    }
    if term.parent is not None:
        document["parent_id"] = str(term_id(term.parent))
    if term.snomed_code is not None:
        document["term_uri"] = f"{SNOMED_URI}{term.snomed_code}"
    if term.sdoh_category is not None:
        document["sdoh_category"] = term.sdoh_category
    return document


def found_terms(
    terms: Terms,
    *,
    words: str | None = None,
    parent_id: UUID | None = None,
    top_only: bool = False,
) -> list[Document]:
    """The terms that hold every word, below a parent or on top where that is asked."""
    wanted = (words or "").casefold().split()
    return [
        taxonomy_term(term)
        for term in terms.values()
        if all(word in f"{term.name} {term.description} {term.code}".casefold() for word in wanted)
        and (not top_only or term.parent is None)
        and (parent_id is None or (term.parent is not None and term_id(term.parent) == parent_id))
    ]
