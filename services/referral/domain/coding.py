"""Which clinical codes go into a person's record at their practice, and when one is taken back.

Promise    A code is asked for once in an episode, by what stands and not by what was done last:
           the same facts ask for the same codes, however often they are looked at. A code whose
           number fails its check digit stops this module from loading.
           What a network's catalogue of roles does not let a role record is not asked for.
Price      Needs, signposting and onward referrals are not coded: no code for them is verified.
           A catalogue that changes takes nothing back: what was recorded was allowed then.
Not here   How a code gets to the practice: ``domain.writeback``.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

SYSTEM: Final = "http://snomed.info/sct"

_MULTIPLICATION: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
# 6 to 18 digits, the two before the check digit saying that it names a concept.
_CONCEPT: Final = re.compile(r"[1-9][0-9]{2,14}(?:00|10)[0-9]", re.ASCII)


class UnsoundCode(ValueError):
    """What should be a SNOMED CT concept is none."""


@dataclass(frozen=True, slots=True)
class ClinicalCode:
    """One code, with who says that it means this."""

    code: str
    term: str
    verified: bool
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a number that cannot be a concept."""
        if not is_concept(self.code):
            raise UnsoundCode(self.code)


def is_concept(code: str) -> bool:
    """Say whether a number has the form and the check digit of a SNOMED CT concept."""
    if _CONCEPT.fullmatch(code) is None:
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = _MULTIPLICATION[check][_PERMUTATION[place % 8][int(digit)]]
    return check == 0


REFERRED: Final = ClinicalCode(
    "871731000000106",
    "Referral to social prescribing service",
    verified=True,
    sources=(
        "NHS Transformation Partners in Health and Care: link workers, frequently asked questions",
        "Ardens: Investment and Impact Fund PC-01",
    ),
)
DECLINED: Final = ClinicalCode(
    "871711000000103",
    "Social prescribing declined",
    verified=True,
    sources=(
        "NHS Transformation Partners in Health and Care: link workers, frequently asked questions",
        "Social Rx: SNOMED codes",
    ),
)
OFFERED: Final = ClinicalCode(
    "871691000000100",
    "Social prescribing offered",
    verified=False,  # no source that can be read names it; it passes its check digit and no more
    sources=(),
)
CODES: Final = (REFERRED, DECLINED, OFFERED)

# The national codes are counted as link workers' work, so no other role records them, and the
# catalogue of a network says whether its link workers do.
CODING_ROLE: Final = "link-worker"
# What holds where a network has said nothing of its roles.
DEFAULT_CODES: Final[Mapping[str, frozenset[str]]] = {
    CODING_ROLE: frozenset({REFERRED.code, DECLINED.code})
}

# A referral that is ``declined`` is declined by the person, unless its reason says otherwise.
PERSONS_OWN: Final[frozenset[str | None]] = frozenset({None, "not-wanted", "other"})


@dataclass(frozen=True, slots=True)
class Cause:
    """The fact that asks for a code: a contact, or the referral that was declined."""

    id: UUID
    referral_id: UUID
    occurred_at: datetime
    worker_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """What of one episode bears on its codes, as it stands."""

    accepted: bool
    """Whether any of its referrals was ever accepted."""
    first_of_link_worker: Cause | None
    """The first contact made by a link worker that stands."""
    declined: Cause | None
    """When the person first declined, if they did."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A code that is to stand in the record."""

    code: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Standing:
    """A code that was asked for and not taken back."""

    item_id: UUID
    code: str
    cause_id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Restatement:
    """What has to change so that the record says what is so."""

    take_back: tuple[Standing, ...]
    ask_for: tuple[Wanted, ...]


def is_declined_by_person(reason: str | None) -> bool:
    """Tell a person's no from a service's, and from nobody having been reached."""
    return reason in PERSONS_OWN


def codes_allowed(catalogue: Mapping[str, Collection[str]] | None) -> frozenset[str]:
    """Give the codes that may be recorded in a network, by the codes of each of its roles.

    None is a network that has said nothing of its roles.
    """
    said = DEFAULT_CODES if catalogue is None else catalogue
    return frozenset(said.get(CODING_ROLE, ()))


def wanted(
    facts: EpisodeFacts,
    standing: Collection[str],
    allowed: Collection[str],
    *,
    records_unverified: bool = False,
) -> tuple[Wanted, ...]:
    """Give the codes that are to stand, given those that do and those that may be recorded.

    No catalogue may name the unverified one: the operator's switch alone decides on it.
    """
    recordable = {*standing, *allowed}
    referred = facts.first_of_link_worker if facts.accepted else None
    found: list[Wanted] = []
    if referred is not None and REFERRED.code in recordable:
        found.append(Wanted(REFERRED.code, referred))
    offered = referred or facts.declined
    if records_unverified and offered is not None:
        found.append(Wanted(OFFERED.code, offered))
    # Instead of the other, and not beside it; but one that was recorded before the person came
    # to accept after all was true when it was recorded.
    instead = referred is None and DECLINED.code in allowed
    if facts.declined is not None and (instead or DECLINED.code in standing):
        found.append(Wanted(DECLINED.code, facts.declined))
    return tuple(found)


def restate(
    facts: EpisodeFacts,
    standing: Sequence[Standing],
    allowed: Collection[str],
    *,
    records_unverified: bool = False,
) -> Restatement:
    """Compare what is to stand with what does; nothing to do where they agree."""
    by_code = {one.code: one for one in standing}
    asked = wanted(facts, by_code, allowed, records_unverified=records_unverified)
    agreed = {
        one.code
        for one in asked
        if (known := by_code.get(one.code)) is not None and _says(known, one.cause)
    }
    return Restatement(
        take_back=tuple(one for one in standing if one.code not in agreed),
        ask_for=tuple(one for one in asked if one.code not in agreed),
    )


def _says(known: Standing, cause: Cause) -> bool:
    # A record has days: a contact moved by an hour is the same entry.
    return known.cause_id == cause.id and known.occurred_at.date() == cause.occurred_at.date()
