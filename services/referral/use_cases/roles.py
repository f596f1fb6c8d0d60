"""The roles of networks: kept as the register tells them, shown beside each other.

Promise    Whatever order and batches its events come in, a role stands as the register told it
           last. What is shown without sign-in is what networks say of their roles, and nothing of
           anybody.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.stream import Event
from contracts.register.v1 import RoleDescribed, RoleWithdrawn
from services.referral.acting import Acting
from services.referral.domain.roles import ENGLISH, KnownRole, Point, compare, in_order
from services.referral.domain.safety import crisis_help
from services.referral.store import roles as store
from services.referral.store.roles import ToldRole

ROLE_TYPES: Final = frozenset({RoleDescribed.type, RoleWithdrawn.type})
_PLACE: Final = frozenset({"pcn_code", "role"})


async def keep_roles(connection: Connection, events: Sequence[Event]) -> None:
    """Keep what these events of the register told last of each role."""
    latest: dict[tuple[str, str], ToldRole] = {}
    for event in events:
        if event.type not in ROLE_TYPES:
            continue
        data: Mapping[str, Any] = event.data
        described = event.type == RoleDescribed.type
        told = ToldRole(
            data["pcn_code"],
            data["role"],
            {name: data[name] for name in data if name not in _PLACE} if described else None,
            event.number,
            event.recorded_at,
        )
        known = latest.get((told.pcn_code, told.role))
        if known is None or known.number < told.number:
            latest[told.pcn_code, told.role] = told
    if latest:
        await store.keep_roles(connection, list(latest.values()))


async def compare_roles(connection: Connection, acting: Acting) -> list[dict[str, Any]]:
    """Set the roles of the caller's networks beside each other, network by network."""
    pcn_codes = sorted({*acting.caller.pcns, *acting.places.pcns.values()})
    found = await store.list_roles(connection, pcn_codes)
    return [
        {
            "pcn_code": code,
            "roles": [{"role": one.role, **one.description} for one in in_order(found[code])],
            "points": _shown(compare(found[code])),
        }
        for code in pcn_codes
    ]


def _shown(points: Sequence[Point]) -> list[dict[str, Any]]:
    return [
        {
            "point": point.point,
            "question": point.question,
            "language": ENGLISH,
            "answers": [
                {"role": role, "answer": answer, "language": point.languages[role]}
                for role, answer in point.answers.items()
            ],
        }
        for point in points
    ]


async def explain_roles(connection: Connection, pcn_code: str, language: str) -> dict[str, Any]:
    """Explain a network's roles to people, in their language where the network has it."""
    name = await store.find_network(connection, pcn_code)
    if name is None:
        raise NothingFound
    roles = in_order((await store.list_roles(connection, [pcn_code]))[pcn_code])
    return {
        "pcn_code": pcn_code,
        "pcn_name": name,
        "roles": [_explained(one, language) for one in roles],
        "points": _shown(compare(roles, for_people=True, language=language)),
        "crisis_help": crisis_help(),
    }


async def explain_roles_of_practice(
    connection: Connection, practice_code: str, language: str
) -> dict[str, Any]:
    """Explain the roles to people who know their practice and need not know its network."""
    pcn_code = await store.find_network_of_practice(connection, practice_code)
    if pcn_code is None:
        raise NothingFound
    return await explain_roles(connection, pcn_code, language)


async def roles_of(connection: Connection, pcn_code: str) -> frozenset[str]:
    """Which roles a network has; none where the register has not said."""
    found = await store.list_roles(connection, [pcn_code])
    return frozenset(one.role for one in found[pcn_code])


def _said(known: KnownRole, language: str) -> dict[str, Any]:
    """Give what a role is for, does and does not do: whole in one language, never half of each."""
    said = {name: known.said(name, language) for name in ("purpose", "does", "does_not")}
    if len({one.language for one in said.values()}) > 1:
        said = {name: known.said(name, ENGLISH) for name in said}
    words = {name: one.words for name, one in said.items()}
    return {**words, "does_language": said["does"].language}


def _explained(known: KnownRole, language: str) -> dict[str, Any]:
    description, words = known.description, known.explanation(language)
    return {
        "role": known.role,
        "title": description["local_title"],
        "language": words["language"],
        "words": words["words"],
        **_said(known, language),
        "combined_with": description["combined_with"],
        "contacts_min": description["contacts_min"],
        "contacts_max": description["contacts_max"],
        "contact_minutes": description["contact_minutes"],
        "home_visits": description["home_visits"],
        "languages": sorted(one["language"] for one in description["explanations"]),
    }
