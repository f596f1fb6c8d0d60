"""Terms of other taxonomies, as the public is shown them.

Promise    A term that came with an id keeps it; any other has one derived from its taxonomy and its
           code, the same wherever it is met. So has a taxonomy that came with a name alone.
Not here   Which of our needs such a term speaks of: ``foreign_terms``.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast
from uuid import UUID, uuid5

Document = dict[str, Any]

FOREIGN_TERMS: Final = UUID("0d0f6f0a-8a46-5b9c-9a53-0c1c2f6a7d11")
TERMS_REMEMBERED_MAX: Final = 4_096
UNNAMED: Final = "Unnamed"
FOREIGN_TAXONOMY_DESCRIPTION: Final = "A taxonomy of another directory."
# What of a term is kept under another name than the standard's.
_OF_ATTRIBUTE: Final = frozenset({"link_type", "term_id"})


class OpenTerm(NamedTuple):
    """A term as somebody tells it; ``wording`` is the same for who tells it the same way."""

    wording: UUID
    document: Document


def foreign_term(attribute: Mapping[str, Any]) -> Document:
    """The term that an attribute names, as it came."""
    said = {key: value for key, value in attribute.items() if key not in _OF_ATTRIBUTE}
    return {"id": attribute.get("term_id") or str(_term_id(attribute)), **said}


def _term_id(attribute: Mapping[str, Any]) -> UUID:
    taxonomy = attribute.get("taxonomy", "unnamed")
    return uuid5(FOREIGN_TERMS, f"{taxonomy}\n{attribute.get('term') or attribute['name']}")


def open_terms(content: Mapping[str, Any], *, ours: Collection[str]) -> list[OpenTerm]:
    """The terms that a listing and its parts bear, each with its taxonomy's id; none of ``ours``."""
    terms = (_open_term(tuple(sorted(one.items()))) for one in _attributes(content))
    told = {term.wording: term for term in terms if term.document["id"] not in ours}
    return list(told.values())


def foreign_taxonomy(taxonomy_id: UUID, name: str | None) -> Document:
    """A taxonomy of which no more is known than what its terms say."""
    return {
        "id": str(taxonomy_id),
        "name": name or UNNAMED,
        "description": FOREIGN_TAXONOMY_DESCRIPTION,
    }


def _with_taxonomy(term: Document) -> Document:
    if "taxonomy_id" in term or "taxonomy" not in term:
        return term
    return {**term, "taxonomy_id": str(uuid5(FOREIGN_TERMS, f"taxonomy:{term['taxonomy']}"))}


# Few terms stand in very many listings.
@lru_cache(maxsize=TERMS_REMEMBERED_MAX)
def _open_term(attribute: tuple[tuple[str, str], ...]) -> OpenTerm:
    term = _with_taxonomy(foreign_term(dict(attribute)))
    said = json.dumps(term, sort_keys=True)
    return OpenTerm(uuid5(FOREIGN_TERMS, f"wording:{said}"), term)


def _attributes(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name, parts in content.items():
        if name == "attributes":
            yield from parts
        elif isinstance(parts, list):
            for part in cast("list[Any]", parts):
                if isinstance(part, dict):
                    yield from _attributes(cast("Document", part))
