"""Each route says who may call it, in its own signature: ``require("link-worker")``.

Promise    A route without a requirement is found by a test. What a caller may see comes from the
           roles the route named and from none of their others.
Not here   Rows: the database's row policies take ``caller.organisations``.

Used as ``caller: Annotated[Caller, Depends(require("referrer", "care-navigator"))]``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Header
from starlette.requests import Request

from chassis.access.caller import (
    ANYONE,
    MEMBER_ROLES,
    PCN_ROLES,
    PRACTICE_ROLES,
    REGION_ROLES,
    REGISTER_ROLES,
    SERVICE_ROLE,
    Caller,
    Membership,
)
from chassis.access.gate import RegisterGate
from chassis.access.memberships import Memberships
from chassis.access.pace import Pace
from chassis.access.tokens import Identity, TokenVerifier
from chassis.refusals import (
    BrokenRule,
    NotPermitted,
    ReasonRequired,
    Refusal,
    RegisterBehind,
    RuleBroken,
)

REASON_LENGTH_MIN = 5
REASON_LENGTH_MAX = 500


class UnknownRole(ValueError):
    """A route names a role that the register cannot grant."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that decides who may do what in one process."""

    tokens: TokenVerifier
    memberships: Memberships
    first_registrar_region: str
    gate: RegisterGate | None = None
    pace: Pace | None = None

    async def admit(self, identity: Identity, roles: Sequence[str]) -> Caller:
        """Make the caller, if one of these roles is theirs."""
        if identity.client_id is not None:
            if SERVICE_ROLE not in roles:
                raise NotPermitted
            reach = await self.memberships.all_regions_and_pcns()
            return Caller(identity.member_key, identity.client_id, (), (), reach)
        if self.pace is not None:
            self.pace.check(identity.member_key)
        held = await self._held(identity)
        # A membership can name any word; only a client can be a service.
        named = MEMBER_ROLES.intersection(roles)
        matched = tuple(membership for membership in held if membership.role in named)
        if not matched:
            raise NotPermitted
        organisations = [code for one in matched for code in await self._reach(one)]
        return Caller(identity.member_key, None, held, matched, tuple(dict.fromkeys(organisations)))

    async def _held(self, identity: Identity) -> tuple[Membership, ...]:
        first: tuple[Membership, ...] = ()
        if identity.is_first_registrar:
            first = (Membership("registrar", "region", self.first_registrar_region),)
        elif self.gate is not None and not self.gate.is_open:
            raise RegisterBehind
        return (*first, *await self.memberships.of_member(identity.member_key))

    async def _reach(self, membership: Membership) -> tuple[str, ...]:
        """Give the organisations whose rows a membership opens."""
        role, code = membership.role, membership.organisation_code
        if role in PRACTICE_ROLES | PCN_ROLES:
            kind = membership.organisation_kind
            if await self.memberships.organisation(kind, code) is None:
                raise RegisterBehind
            return (code,)
        if role in REGION_ROLES:
            return (code, *await self.memberships.pcns_of_region(code))
        if role in REGISTER_ROLES or role == "provider":
            return (code,)
        return ()


class Requirement:
    """The dependency of a route: turns its bearer token into a caller or refuses."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        unknown = set(roles) - MEMBER_ROLES - {SERVICE_ROLE}
        if unknown or not roles:
            message = f"no such role: {', '.join(sorted(unknown)) or 'none given'}"
            raise UnknownRole(message)
        self.roles = roles

    async def __call__(self, request: Request) -> Caller:
        """Give the caller of this request."""
        access = cast("Access", request.app.state.access)
        identity = await access.tokens.identify(request.headers.get("authorization"))
        caller = await access.admit(identity, self.roles)
        request.state.caller_key = caller.member_key
        return caller


class Open:
    """The dependency of a route that anyone may call, without a token, and says so."""

    roles = (ANYONE,)

    async def __call__(self) -> None:
        """Let everyone in."""


def require(*roles: str) -> Requirement:
    """Say which roles may call a route; any one of them is enough."""
    return Requirement(roles)


def anyone() -> Open:
    """Say that a route is open to all, as public listings are."""
    return Open()


async def caller_if_known(request: Request) -> Caller | None:
    """Who calls an open route, where their token says so; nobody where it is absent or not good.

    A dependency for what is open to all and answers all alike: whoever is known is only counted.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    access = cast("Access", request.app.state.access)
    try:
        return await access.admit(await access.tokens.identify(header), sorted(MEMBER_ROLES))
    except Refusal:
        return None


def reason_header(
    waymark_reason: Annotated[
        str | None,
        Header(
            alias="Waymark-Reason",
            description="Why you need to open what is a colleague's or hidden. It is recorded.",
        ),
    ] = None,
) -> str | None:
    """Read the reason a caller gives, if any; use ``needed`` where one must be there."""
    reason = (waymark_reason or "").strip()
    if not reason:
        return None
    if not (REASON_LENGTH_MIN <= len(reason) <= REASON_LENGTH_MAX and reason.isprintable()):
        raise RuleBroken(
            BrokenRule(
                "/waymark_reason",
                f"must be one line of {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters",
                "header",
            )
        )
    return reason


def needed(reason: str | None) -> str:
    """Insist on a reason."""
    if reason is None:
        raise ReasonRequired
    return reason
