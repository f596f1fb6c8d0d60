"""Who can sign in to the demonstration: one synthetic member for each role and organisation.

Not here   What they may do. That is a membership in the register, as it would be in a region.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from demo.region import REFERRERS, REGION_CODE

SUBJECT_PREFIX: Final = "demo-"
ORGANISATION_CODE_LENGTH_MAX: Final = 64

ROLE_KINDS: Final[Mapping[str, str]] = {
    "referrer": "practice",
    "care-navigator": "practice",
    "link-worker": "pcn",
    "health-coach": "pcn",
    "care-coordinator": "pcn",
    "pcn-manager": "pcn",
    "region-analyst": "region",
    "operator": "region",
    "registrar": "region",
    "privacy-officer": "region",
    "provider": "organization",
}

# Also held at hospitals, councils and voluntary groups, which are told from practices by their code.
ALSO_AT_ORGANIZATIONS: Final = frozenset({"referrer"})
_PRACTICE_CODE: Final = re.compile(r"[A-Z][0-9]{5}", re.ASCII)

ROLE_NAMES: Final[Mapping[str, str]] = {
    "referrer": "Referrer",
    "care-navigator": "Care navigator",
    "link-worker": "Social prescribing link worker",
    "health-coach": "Health and wellbeing coach",
    "care-coordinator": "Care coordinator",
    "pcn-manager": "PCN manager",
    "region-analyst": "Region analyst",
    "operator": "Operator of the platform",
    "registrar": "Registrar",
    "privacy-officer": "Privacy officer",
    "provider": "Community group",
}

# On the sign-in page: practices of two networks, so that the walls between them can be tried.
OFFERED_PRACTICES: Final = ("Y99001", "Y99006")
OFFERED_NETWORKS: Final = ("U99001", "U99002")


@dataclass(frozen=True, slots=True)
class Member:
    """A synthetic member: a role at an organisation."""

    role: str
    organisation_code: str

    @property
    def subject(self) -> str:
        """What the issuer calls them."""
        return f"{SUBJECT_PREFIX}{self.role}-{self.organisation_code}"

    @property
    def organisation_kind(self) -> str:
        """The kind of organisation their role is held at."""
        is_practice = _PRACTICE_CODE.fullmatch(self.organisation_code) is not None
        if self.role in ALSO_AT_ORGANIZATIONS and not is_practice:
            return "organization"
        return ROLE_KINDS[self.role]

    @property
    def name(self) -> str:
        """What the sign-in page calls them."""
        return f"{ROLE_NAMES[self.role]}, {self.organisation_code}"


FIRST_REGISTRAR: Final = Member("registrar", REGION_CODE)


def offered() -> tuple[Member, ...]:
    """The members the sign-in page shows, those who do the daily work first."""
    codes = {"practice": OFFERED_PRACTICES, "pcn": OFFERED_NETWORKS, "region": (REGION_CODE,)}
    others = tuple(Member("referrer", one.code) for one in REFERRERS if one.code is not None)
    return (
        *(Member(role, code) for role, kind in ROLE_KINDS.items() for code in codes.get(kind, ())),
        *others,
    )


def member_of(role: str, organisation_code: str) -> Member | None:
    """The member of that role and organisation, or None where there can be none."""
    fits = organisation_code.replace("-", "").isalnum() and organisation_code.isascii()
    if role not in ROLE_KINDS or not fits or len(organisation_code) > ORGANISATION_CODE_LENGTH_MAX:
        return None
    return Member(role, organisation_code)


def member_of_subject(subject: str) -> Member | None:
    """The member the issuer calls by that subject."""
    for role in ROLE_KINDS:
        if subject.startswith(prefix := f"{SUBJECT_PREFIX}{role}-"):
            return member_of(role, subject.removeprefix(prefix))
    return None
