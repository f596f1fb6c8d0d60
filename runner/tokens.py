"""A bearer token for a demo member, good everywhere the moment it is printed.

Promise: the membership behind it was granted by the first registrar through the directory, and
every service has read of it before the token is handed out.
Not here: tokens outside demo mode, and tokens that speak for a service. Both are refused.
"""

import asyncio
import time
from typing import Final

import asyncpg
import httpx

from chassis.access.memberships import STALENESS_SECONDS_MAX
from chassis.access.tokens import member_key
from chassis.sql import Queries
from demo.access import AccessRefused, DemoAccess
from demo.members import (
    ALSO_AT_ORGANIZATIONS,
    FIRST_REGISTRAR,
    ROLE_KINDS,
    Member,
    member_of,
)
from runner.plan import DATABASES, REGION
from runner.refusals import NotAllowed, Refusal
from runner.state import State
from runner.vault import Vault

EFFECTIVE_TIMEOUT_SECONDS: Final = 10.0
REPEAT_SECONDS: Final = 0.05
HTTP_TIMEOUT_SECONDS: Final = 10.0

_SQL: Final = Queries("runner")
DEFAULT_CODES: Final = {"region": REGION, "pcn": "U99001", "practice": "Y99001"}


def member_for(role: str, given: dict[str, str | None]) -> Member:
    """The member a role and an organisation name; refuses what nobody can be."""
    if role == "service":
        raise NotAllowed(
            "services sign in as clients of their own; nobody gets their token",
            "choose a member's role: ./waymark token --help lists them",
        )
    kind = ROLE_KINDS.get(role)
    if kind is None:
        raise Refusal(f"no demo member has the role {role}", f"roles: {', '.join(ROLE_KINDS)}")
    stated = {name: code for name, code in given.items() if code}
    if role in ALSO_AT_ORGANIZATIONS and set(stated) == {"organization"}:
        kind = "organization"
    if set(stated) - {kind}:
        raise Refusal(f"{role} is held at a {kind}", f"name it with --{kind} CODE")
    code = stated.get(kind) or DEFAULT_CODES.get(kind, "")
    member = member_of(role, code) if code else None
    if member is None or member.organisation_kind != kind:
        raise Refusal(f"{role} needs the {kind} it is held at", f"name it with --{kind} ID")
    return member


def demo_access(state: State, vault: Vault) -> DemoAccess:
    """What the demonstration's own tools need of a running platform."""
    if state.mode != "demo":
        raise NotAllowed(
            "this platform does not run in demo mode: tokens come from the region's own issuer",
            "sign in there, or start a demonstration with ./waymark up",
        )
    urls = {f"{service}_url": f"http://127.0.0.1:{state.ports[service]}" for service in DATABASES}
    return DemoAccess.model_validate(
        {"issuer_url": state.issuer, "demo_secret": vault.secret("demo"), **urls}
    )


def token(state: State, vault: Vault, member: Member) -> str:
    """The member's token, once it opens what the membership says."""
    return asyncio.run(_token(state, vault, member))


async def _token(state: State, vault: Vault, member: Member) -> str:
    access = demo_access(state, vault)
    try:
        async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_SECONDS, trust_env=False) as http:
            if member != FIRST_REGISTRAR:
                await access.grant(http, member)
                await _effective(state, vault, member)
            return await access.token(http, member)
    except AccessRefused as refused:
        raise Refusal(
            f"{member.name}: {refused}",
            "is the organisation in the register? ./waymark seed loads the demo region",
        ) from None
    except httpx.HTTPError as fault:
        raise Refusal(
            f"issuer or directory does not answer ({type(fault).__name__})",
            "./waymark status shows what is not ready",
        ) from None


async def _effective(state: State, vault: Vault, member: Member) -> None:
    """Wait until every service has read of the membership."""
    key = member_key(vault.secret("member-key"), state.issuer, member.subject)
    deadline = time.monotonic() + EFFECTIVE_TIMEOUT_SECONDS
    found = await asyncio.gather(
        *(
            _known(state.databases[service]["worker"], key, member, deadline)
            for service in DATABASES
        )
    )
    late = [service for service, known in zip(DATABASES, found, strict=True) if known is None]
    if late:
        raise Refusal(
            f"{', '.join(late)} has not read of the membership within {EFFECTIVE_TIMEOUT_SECONDS:.0f} s",
            "./waymark status shows what is not ready; the same command later continues",
        )
    if "waited" in found:
        # A service believes what it remembers of a member for that long.
        await asyncio.sleep(STALENESS_SECONDS_MAX)


async def _known(url: str, key: str, member: Member, deadline: float) -> str | None:
    """How a service came to know the membership: at once, after waiting, or not (None)."""
    answer = "at once"
    while time.monotonic() < deadline:
        try:
            connection = await asyncpg.connect(url, timeout=EFFECTIVE_TIMEOUT_SECONDS)
            try:
                while time.monotonic() < deadline:
                    if await connection.fetchval(
                        _SQL["membership_is_known"], key, member.role, member.organisation_code
                    ):
                        return answer
                    answer = "waited"
                    await asyncio.sleep(REPEAT_SECONDS)
            finally:
                await connection.close()
        except (asyncpg.PostgresError, OSError, TimeoutError):
            answer = "waited"
            await asyncio.sleep(REPEAT_SECONDS)
    return None
