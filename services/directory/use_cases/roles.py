"""Describing the roles of a network, so that people, referrers and workers can tell them apart.

Promise    A network has a catalogue from the moment it is registered. Each role that changed is
           told by an event of its own; the same catalogue again tells nothing.
Price      A catalogue is written whole, under the lock of its network.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from chassis.web.etags import check_version
from services.directory import published
from services.directory.domain.register import Announced, Moment
from services.directory.domain.roles import CatalogueBroken, Role, check_catalogue
from services.directory.published import Telling
from services.directory.store import register as register_store
from services.directory.store import roles as store
from services.directory.use_cases.outcome import Outcome, known

_DEFAULT: Final = Path(__file__).parents[1] / "default_roles.toml"
_NOT_SAID: Final = (
    "contacts_min",
    "contacts_max",
    "contact_minutes",
    "caseload_min",
    "caseload_max",
)
_DETAILS: Final = {
    "link-worker-missing": "A network's roles hold a link worker.",
    "code-not-of-role": "This role may not record this code.",
    "too-hard-to-read": "The words for people are too hard to read.",
}


@cache
def default_roles() -> tuple[Role, ...]:
    """The roles of a network that has not said otherwise."""
    with _DEFAULT.open("rb") as opened:
        described: list[dict[str, Any]] = tomllib.load(opened)["roles"]
    return tuple(Role(one.pop("role"), {**dict.fromkeys(_NOT_SAID), **one}) for one in described)


async def begin_roles(
    connection: Connection, pcn_code: str, region_code: str, moment: Moment
) -> None:
    """Give a new network the roles that networks usually have."""
    await _describe(connection, pcn_code, region_code, default_roles(), moment)


async def describe_roles(
    connection: Connection,
    *,
    pcn_code: str,
    regions: Sequence[str],
    pcns: Sequence[str],
    roles: Sequence[Role],
    expected_version: int,
    moment: Moment,
) -> Outcome:
    """Describe the roles of a network anew, as its registrar or its manager."""
    pcn = await register_store.lock_organisation(connection, "pcn", pcn_code)
    if pcn is None or not (pcn.region_code in regions or pcn_code in pcns):
        raise NothingFound
    standing = await store.find_catalogue(connection, pcn_code)
    check_version(expected_version, 0 if standing is None else standing.version)
    _check(roles)
    announced = await _describe(connection, pcn_code, pcn.region_code, roles, moment)
    return known(announced, _about(pcn_code, roles))


async def show_roles(connection: Connection, pcn_code: str) -> dict[str, Any] | None:
    """Give a network's roles, or nothing where the caller may not see the network."""
    pcn = await register_store.find_organisation(connection, "pcn", pcn_code)
    if pcn is None:
        return None
    standing = await store.find_catalogue(connection, pcn_code)
    about = _about(pcn_code, await store.find_roles(connection, pcn_code))
    return {**about, "version": 0 if standing is None else standing.version}


def _check(roles: Sequence[Role]) -> None:
    try:
        check_catalogue(roles)
    except CatalogueBroken as broken:
        rule = BrokenRule(broken.pointer, broken.rule)
        if broken.name not in _DETAILS:
            raise RuleBroken(rule) from None
        raise Refusal(422, broken.name, _DETAILS[broken.name], (rule,)) from None


async def _describe(
    connection: Connection,
    pcn_code: str,
    region_code: str,
    roles: Sequence[Role],
    moment: Moment,
) -> Announced:
    """Store a catalogue and tell what is different; what was told last where nothing is."""
    standing = await store.find_catalogue(connection, pcn_code)
    before = {one.role: one.content for one in await store.find_roles(connection, pcn_code)}
    changed = [one for one in roles if before.get(one.role) != one.content]
    gone = sorted(before.keys() - {one.role for one in roles})
    if standing is not None and not changed and not gone:
        return standing
    events: list[NewEvent] = []
    for one in changed:
        telling = await _next(connection, pcn_code, moment)
        events.append(published.role_described(telling, pcn_code=pcn_code, described=one))
    for role in gone:
        telling = await _next(connection, pcn_code, moment)
        events.append(published.role_withdrawn(telling, pcn_code=pcn_code, role=role))
    version = 1 if standing is None else standing.version + 1
    told = await outbox.record(connection, events)
    announced = Announced(version, told[-1], moment.occurred_at, moment.recorded_at)
    await store.write_catalogue(
        connection, pcn_code=pcn_code, region_code=region_code, roles=roles, announced=announced
    )
    return announced


async def _next(connection: Connection, pcn_code: str, moment: Moment) -> Telling:
    version = await register_store.advance_organisation(connection, "pcn", pcn_code)
    return Telling(new_id(), version, moment)


def _about(pcn_code: str, roles: Sequence[Role]) -> dict[str, Any]:
    return {
        "id": pcn_code,
        "pcn_code": pcn_code,
        "roles": [{"role": one.role, **one.content} for one in roles],
    }
