"""Who is asking, and for which organisations they may.

A caller is a value made per request by ``require`` (``chassis.access.requirement``): the
key of the member, never their name or subject, with the memberships that let them in.

Not here   How the token was verified (``tokens``) or the register projected (``register``).
"""

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

OrganisationKind = Literal["region", "pcn", "practice", "organization", "none"]

PRACTICE_ROLES = frozenset({"referrer", "care-navigator"})
PCN_ROLES = frozenset({"link-worker", "health-coach", "care-coordinator", "pcn-manager"})
REGION_ROLES = frozenset({"region-analyst", "privacy-officer"})
REGISTER_ROLES = frozenset({"registrar"})
OTHER_ROLES = frozenset({"operator", "provider", "person"})
MEMBER_ROLES = PRACTICE_ROLES | PCN_ROLES | REGION_ROLES | REGISTER_ROLES | OTHER_ROLES
SERVICE_ROLE = "service"
ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Membership:
    """One role a member holds at one organisation."""

    role: str
    organisation_kind: OrganisationKind
    organisation_code: str
    membership_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who may do this, and the organisations whose rows they may see while doing it.

    ``organisations`` holds what the *matched* roles give, and nothing of a caller's other
    roles: practice codes for a practice's people, PCN codes for a PCN's, the region code
    and its PCNs for those who look at a whole region, the region code alone for a
    registrar, their own organisation for a provider and for those who refer from a hospital, a
    council or a voluntary group, every region and PCN for a service, nothing for an operator.
    """

    member_key: str
    client_id: str | None
    memberships: tuple[Membership, ...]
    matched: tuple[Membership, ...] = ()
    organisations: tuple[str, ...] = ()

    @property
    def is_service(self) -> bool:
        """Whether this is one of the platform's own services."""
        return self.client_id is not None

    @property
    def roles(self) -> frozenset[str]:
        """The matched roles."""
        if self.is_service:
            return frozenset({SERVICE_ROLE})
        return frozenset(membership.role for membership in self.matched)

    @property
    def regions(self) -> tuple[str, ...]:
        """Codes of the regions the matched roles are held at."""
        return self.codes_of("region")

    @property
    def pcns(self) -> tuple[str, ...]:
        """Codes of the PCNs the matched roles are held at."""
        return self.codes_of("pcn")

    @property
    def practices(self) -> tuple[str, ...]:
        """Codes of the practices the matched roles are held at."""
        return self.codes_of("practice")

    @property
    def referring_organisations(self) -> tuple[str, ...]:
        """Codes or ids of the organisations they refer for that are no practices."""
        return tuple(
            dict.fromkeys(
                membership.organisation_code
                for membership in self.matched
                if membership.role == "referrer" and membership.organisation_kind == "organization"
            )
        )

    def besides_referring(self) -> "Caller":
        """Give who they are where it does not count for whom they refer.

        A group may offer something and refer, and it is one organisation: what its providers hold
        is not for those who refer from it.
        """
        referring = set(self.referring_organisations)
        kept = tuple(
            one
            for one in self.matched
            if one.role != "referrer" or one.organisation_kind != "organization"
        )
        gone = referring - {one.organisation_code for one in kept}
        seen = tuple(code for code in self.organisations if code not in gone)
        return replace(self, matched=kept, organisations=seen)

    def codes_of(self, kind: OrganisationKind) -> tuple[str, ...]:
        """Codes of one kind of organisation the matched roles are held at, in order."""
        return tuple(
            dict.fromkeys(
                membership.organisation_code
                for membership in self.matched
                if membership.organisation_kind == kind
            )
        )

    def holds(self, *roles: str) -> bool:
        """Whether one of these roles let the caller in."""
        return not self.roles.isdisjoint(roles)

    def holds_in(self, organisation_code: str, *roles: str) -> bool:
        """Whether one of these roles let the caller in at this very organisation."""
        return any(
            one.organisation_code == organisation_code and one.role in roles for one in self.matched
        )

    def may_see(self, organisation_code: str) -> bool:
        """Whether the matched roles reach this organisation."""
        return organisation_code in self.organisations
