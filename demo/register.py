"""Entering the region's register: its networks, practices, populations, workers and members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from demo.batches import Poster
from demo.members import FIRST_REGISTRAR, ROLE_KINDS, Member
from demo.referrers import enter_referrers
from demo.region import REGION_CODE, Network

WORKER_ROLES: Final = ("link-worker", "health-coach", "care-coordinator")
_ENTERED_ON: Final = "2024-04-01"

Tell = Callable[[str, int, int], None]
"""Told what is being loaded, how many of it are done and how many there are."""


async def enter_register(
    poster: Poster, chosen: Sequence[Network], tell: Tell
) -> dict[tuple[str, str], str]:
    """Enter organisations, workers and memberships; the workers' ids by PCN and role."""
    register = f"{poster.access.directory_url}/register"
    practices = [practice for network in chosen for practice in network.practices]
    steps: list[tuple[str, list[dict[str, Any]]]] = [
        ("pcns", [_pcn(network) for network in chosen]),
        (
            "practices",
            [
                {
                    "key": practice.code,
                    "practice_code": practice.code,
                    "pcn_code": practice.pcn_code,
                    "name": practice.name,
                    "from_date": _ENTERED_ON,
                    "contact_email": practice.email,
                }
                for practice in practices
            ],
        ),
        ("populations", list(_populations(chosen))),
        ("workers", [_worker(network, role) for network in chosen for role in WORKER_ROLES]),
        (
            "memberships",
            [_membership(member) for member in (*_members(chosen), *await enter_referrers(poster))],
        ),
    ]
    workers: dict[tuple[str, str], str] = {}
    for done, (name, items) in enumerate(steps):
        tell("register", done, len(steps))
        bodies = await poster.post_each(FIRST_REGISTRAR, f"{register}/{name}/batch", items)
        if name == "workers":
            for item, body in zip(items, bodies, strict=True):
                workers[item["pcn_code"], item["roles"][0]] = body["id"]
    tell("register", len(steps), len(steps))
    return workers


def _pcn(network: Network) -> dict[str, Any]:
    return {
        "key": network.code,
        "pcn_code": network.code,
        "region_code": REGION_CODE,
        "name": network.name,
    }


def _populations(chosen: Iterable[Network]) -> Iterable[dict[str, Any]]:
    for network in chosen:
        for practice in network.practices:
            yield {
                "key": practice.code,
                "pcn_code": network.code,
                "practice_code": practice.code,
                "persons": practice.persons,
                "as_of": _ENTERED_ON,
            }


def _worker(network: Network, role: str) -> dict[str, Any]:
    member = Member(role, network.code)
    return {
        "key": member.subject,
        "pcn_code": network.code,
        "name": f"{member.name} (synthetic)",
        "email": f"{member.subject.lower()}@workers.example.org",
        "roles": [role],
        "subject": member.subject,
    }


def _members(chosen: Iterable[Network]) -> Iterable[Member]:
    for role, kind in ROLE_KINDS.items():
        if kind == "region":
            yield Member(role, REGION_CODE)
        for network in chosen:
            if kind == "pcn":
                yield Member(role, network.code)
            if kind == "practice":
                yield from (Member(role, practice.code) for practice in network.practices)


def _membership(member: Member) -> dict[str, Any]:
    return {
        "key": member.subject,
        "subject": member.subject,
        "role": member.role,
        "organisation_kind": member.organisation_kind,
        "organisation_code": member.organisation_code,
    }
