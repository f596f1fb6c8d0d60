"""Loading the synthetic region, all of it through the public APIs.

Promise    The same region on every machine. Loading it again adds nothing: each entry is found by
           its code, each referral by its reference, and a story already told is passed over.
           Nothing sends a message: every event has the origin ``seed``.
Price      As slow as the platform is: every referral is a real one.
Not here   What is loaded: ``demo.region``, ``demo.geography``, ``demo.listings``, ``demo.people``,
           ``demo.stories``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, cast

import httpx

from demo.access import DemoAccess
from demo.batches import Poster, SeedRefused
from demo.belonging import tell_belonging
from demo.chapters import Chapter, Known, chapters
from demo.directory import Entered, enter_listings, enter_places
from demo.extras import Extras, return_handovers, to_be_returned
from demo.listings import listings
from demo.members import Member
from demo.providers import Providers
from demo.region import Network, RegionSize, networks
from demo.register import Tell, enter_register
from demo.shares import TOLD_AT_ONCE_DAYS
from demo.steps import Phase
from demo.stories import SEED_NUMBER, stories
from demo.teller import Teller
from demo.telling import Story

NETWORKS_AT_ONCE: Final = 3
CONNECTIONS_MAX: Final = 12

Workers = Mapping[tuple[str, str], str]
"""The workers' ids by network and role."""


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
    steps: int = 0
    signposts: int = 0
    handovers: dict[str, str] = field(default_factory=dict[str, str])
    """Those that are to be returned, with the network that gave each."""

    def __str__(self) -> str:
        return (
            f"{self.networks} PCNs · {self.practices} practices · {self.listings:,} listings · "
            f"{self.referrals + self.already:,} referrals · all synthetic"
        )


async def seed(
    access: DemoAccess, *, size: RegionSize, report: Tell, number: int = SEED_NUMBER
) -> Loaded:
    """Load the region of this size; raises ``SeedRefused`` when a service will not have it."""
    loaded = Loaded()
    limits = httpx.Limits(max_connections=CONNECTIONS_MAX)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
        poster = Poster(access, http)
        chosen = networks(size)
        workers = await enter_register(poster, chosen, report)
        loaded.networks = len(chosen)
        loaded.practices = sum(len(network.practices) for network in chosen)
        await enter_places(poster, size, report)
        codes = {network.code for network in chosen}
        own = [one for one in listings() if one.pcn_code in codes]
        others = [one for one in listings() if one.pcn_code not in codes]
        report("listings", 0, len(own))
        entered = await enter_listings(poster, own)
        loaded.listings = len(own) + len(others)
        telling = _Telling(poster, size, workers, entered, report, loaded)
        # Stories need what is on in their own networks: the rest is entered while they are told.
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(enter_listings(poster, others))
                group.create_task(telling.tell(number))
        except* SeedRefused as refused:
            raise SeedRefused(str(_first(refused))) from None
    return loaded


class _Telling:
    """Tells the stories of every network, a few networks at a time."""

    def __init__(
        self,
        poster: Poster,
        size: RegionSize,
        workers: Workers,
        entered: Entered,
        report: Tell,
        loaded: Loaded,
    ) -> None:
        self._poster = poster
        self._size: RegionSize = size
        self._workers = workers
        self._offers, self._groups = entered
        self._report = report
        self._loaded = loaded
        self._turn = asyncio.Semaphore(NETWORKS_AT_ONCE)

    async def tell(self, number: int) -> None:
        today = datetime.now(UTC).date()
        by_network: dict[str, list[Story]] = {}
        for story in stories(self._size, today, number):
            by_network.setdefault(story.practice.pcn_code, []).append(story)
        total = sum(map(len, by_network.values()))
        try:
            async with asyncio.TaskGroup() as group:
                for network in networks(self._size):
                    own = by_network[network.code]
                    group.create_task(self._network(network, own, today, total))
        except* SeedRefused as refused:
            raise SeedRefused(str(_first(refused))) from None
        await return_handovers(self._poster, self._loaded.handovers)

    async def _network(self, network: Network, own: list[Story], today: date, total: int) -> None:
        async with self._turn:
            known, offers = Known(), self._offers[network.code]
            teller = Teller(self._poster, network.code, known, offers)
            first = True
            days = TOLD_AT_ONCE_DAYS[self._size]
            for chapter in chapters(own, self._workers, known, days):
                await self._chapter(network.code, chapter, teller)
                if first and not known.told_before:
                    extras = Extras(self._poster, network, self._size, today, offers)
                    self._loaded.signposts += await extras.tell(own, self._workers)
                    groups = self._groups.get(network.code, ())
                    await tell_belonging(self._poster, network, groups, self._workers, today)
                first = False
                done = self._loaded.referrals + self._loaded.already
                self._report("referrals", done, total)
            if not known.told_before:
                await Providers(self._poster, network.code).tell()
                for handover_id in to_be_returned(own, known.ids):
                    self._loaded.handovers[handover_id] = network.code

    async def _chapter(self, pcn_code: str, chapter: Chapter, teller: Teller) -> None:
        """Post what happened in one stretch of time, each kind in the order it depends on."""
        base, loaded = self._poster.access.referral_url, self._loaded
        manager = Member("pcn-manager", pcn_code)
        post = self._poster.post_each

        async def tell(phase: Phase) -> None:
            loaded.steps += await teller.tell(chapter.steps(phase))

        made = await post(manager, f"{base}/referrals/batch", chapter.referrals)
        chapter.referrals_made(made)
        loaded.already += sum(bool(body.get("already")) for body in made)
        loaded.referrals += sum(not body.get("already") for body in made)
        await tell("before")
        await post(manager, f"{base}/referrals/status/batch", chapter.accepted())
        contacts = chapter.contacts()
        chapter.contacts_made(await post(manager, f"{base}/contacts/batch", contacts))
        goals = chapter.goals()
        chapter.goals_made(await post(manager, f"{base}/goals/batch", goals))
        updates = chapter.goal_updates()
        await post(manager, f"{base}/goals/updates/batch", updates)
        await tell("during")
        await post(manager, f"{base}/referrals/status/batch", chapter.ended())
        await tell("after")
        loaded.contacts += len(contacts)
        loaded.goals += len(goals)
        loaded.goal_updates += len(updates)


def _first(fault: BaseException) -> BaseException:
    """The first fault of a group, however deep."""
    while isinstance(fault, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", fault)
        fault = group.exceptions[0]
    return fault
