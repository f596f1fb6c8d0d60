"""Loading the synthetic region, all of it through the public APIs.

Promise    The same region on every machine. Loading it again adds nothing: each entry is found by
           its code, each referral by its reference, and a story already told is passed over.
           Nothing sends a message: every event has the origin ``seed``.
Price      As slow as the platform is: every referral is a real one.
Not here   What is loaded: ``demo.region``, ``demo.people``, ``demo.stories``, ``demo.listings``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from demo.access import DemoAccess
from demo.batches import Poster, SeedRefused
from demo.chapters import Chapter, chapters
from demo.listings import listings
from demo.members import FIRST_REGISTRAR, ROLE_KINDS, Member
from demo.referrers import enter_referrers
from demo.region import REGION_CODE, Network, RegionSize, networks
from demo.stories import Story, stories, story_count

NETWORKS_AT_ONCE: Final = 3
CONNECTIONS_MAX: Final = 8
WORKER_ROLES: Final = ("link-worker", "health-coach", "care-coordinator")
_ENTERED_ON: Final = "2024-04-01"

Tell = Callable[[str, int, int], None]
"""Told what is being loaded, how many of it are done and how many there are."""


@dataclass(slots=True)
class Loaded:
    """What a seed loaded."""

    networks: int = 0
    practices: int = 0
    listings: int = 0
    referrals: int = 0
    already: int = 0
    contacts: int = 0
    goals: int = 0
    goal_updates: int = 0

    def __str__(self) -> str:
        return (
            f"{self.networks} PCNs · {self.practices} practices · {self.listings:,} listings · "
            f"{self.referrals + self.already:,} referrals · all synthetic"
        )


async def seed(access: DemoAccess, *, size: RegionSize, report: Tell) -> Loaded:
    """Load the region of this size; raises ``SeedRefused`` when a service will not have it."""
    loaded = Loaded()
    limits = httpx.Limits(max_connections=CONNECTIONS_MAX)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
        poster = Poster(access, http)
        workers = await _enter_register(poster, size, report, loaded)
        await _enter_listings(poster, size, report, loaded)
        await _tell_stories(poster, size, workers, report, loaded)
    return loaded


async def _enter_register(
    poster: Poster, size: RegionSize, tell: Tell, loaded: Loaded
) -> dict[tuple[str, str], str]:
    """Enter organisations, workers and memberships; the workers' ids by PCN and role."""
    register = f"{poster.access.directory_url}/register"
    chosen = networks(size)
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
    loaded.networks, loaded.practices = len(chosen), len(practices)
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


async def _enter_listings(poster: Poster, size: RegionSize, tell: Tell, loaded: Loaded) -> None:
    items = [
        {
            "key": f"seed-{listing.name}"[:64],
            "organization": {
                "name": listing.organisation,
                "description": listing.organisation_about,
                "email": listing.email,
            },
            "name": listing.name,
            "description": listing.about,
            "email": listing.email,
            "needs": list(listing.needs),
            "fees": listing.fees,
            "publish": True,
        }
        for listing in listings(size)
    ]
    tell("listings", 0, len(items))
    manager = Member("pcn-manager", networks(size)[0].code)
    await poster.post_each(manager, f"{poster.access.directory_url}/services/batch", items)
    tell("listings", len(items), len(items))
    loaded.listings = len(items)


async def _tell_stories(
    poster: Poster,
    size: RegionSize,
    workers: dict[tuple[str, str], str],
    tell: Tell,
    loaded: Loaded,
) -> None:
    by_network: dict[str, list[Story]] = {}
    for story in stories(size, datetime.now(UTC).date()):
        by_network.setdefault(story.practice.pcn_code, []).append(story)
    total = story_count(size)
    turn = asyncio.Semaphore(NETWORKS_AT_ONCE)

    async def tell_network(pcn_code: str, own: list[Story]) -> None:
        async with turn:
            for chapter in chapters(own, workers):
                await _tell_chapter(poster, pcn_code, chapter, loaded)
                tell("referrals", loaded.referrals + loaded.already, total)

    try:
        async with asyncio.TaskGroup() as group:
            for pcn_code, own in by_network.items():
                group.create_task(tell_network(pcn_code, own))
    except* SeedRefused as refused:
        raise SeedRefused(str(refused.exceptions[0])) from None


async def _tell_chapter(poster: Poster, pcn_code: str, chapter: Chapter, loaded: Loaded) -> None:
    """Post what happened in one stretch of time, each kind in the order it depends on."""
    base = poster.access.referral_url
    manager = Member("pcn-manager", pcn_code)
    made = await poster.post_each(manager, f"{base}/referrals/batch", chapter.referrals)
    chapter.referrals_made(made)
    loaded.already += sum(bool(body.get("already")) for body in made)
    loaded.referrals += sum(not body.get("already") for body in made)
    await poster.post_each(manager, f"{base}/referrals/status/batch", chapter.accepted())
    contacts = chapter.contacts()
    await poster.post_each(manager, f"{base}/contacts/batch", contacts)
    goals = chapter.goals()
    chapter.goals_made(await poster.post_each(manager, f"{base}/goals/batch", goals))
    updates = chapter.goal_updates()
    await poster.post_each(manager, f"{base}/goals/updates/batch", updates)
    await poster.post_each(manager, f"{base}/referrals/status/batch", chapter.ended())
    loaded.contacts += len(contacts)
    loaded.goals += len(goals)
    loaded.goal_updates += len(updates)
