"""What each member may act as, remembered in the process and never long out of date.

Promise    A membership granted or ended holds here within ``STALENESS_SECONDS_MAX`` of its commit
           in this service's database. When the database is away, nobody is let in by memory that
           could not be checked.
Price      One small read a second in each process that answers requests.
Not here   How the tables came to be: ``register``.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import cast

import asyncpg

from chassis.access.caller import Membership, OrganisationKind
from chassis.access.register import Organisation, organisation_of
from chassis.database import Database
from chassis.sql import Queries

STALENESS_SECONDS_MAX = 1.0
MEMBERS_REMEMBERED_MAX = 20_000
MEMBERSHIPS_MAX = 500

_SQL = Queries("chassis.access")


class Memberships:
    """The access tables as one process remembers them."""

    def __init__(
        self, database: Database, *, staleness_seconds: float = STALENESS_SECONDS_MAX
    ) -> None:
        self._database = database
        self._staleness_seconds = staleness_seconds
        self._version: int | None = None
        self._checked_at = 0.0
        self._checking = asyncio.Lock()
        self._members: dict[str, tuple[Membership, ...]] = {}
        self._organisations: Mapping[tuple[str, str], Organisation] | None = None
        self._pcns: Mapping[str, tuple[str, ...]] = {}

    async def of_member(self, member_key: str) -> tuple[Membership, ...]:
        """Give what a member may act as now."""
        await self._check()
        remembered = self._members.get(member_key)
        if remembered is None:
            version = self._version
            async with self._database.transaction() as connection:
                rows = await connection.fetch(
                    _SQL["list_memberships_of_member"], member_key, MEMBERSHIPS_MAX
                )
            remembered = tuple(map(_membership, rows))
            # What was read before a change is not remembered after it.
            if version == self._version:
                if len(self._members) >= MEMBERS_REMEMBERED_MAX:
                    self._members.clear()
                self._members[member_key] = remembered
        return remembered

    async def organisation(self, kind: str, code: str) -> Organisation | None:
        """Give one organisation of the register."""
        return (await self._all_organisations()).get((kind, code))

    async def pcns_of_region(self, region_code: str) -> tuple[str, ...]:
        """Give the codes of a region's PCNs."""
        await self._all_organisations()
        return self._pcns.get(region_code, ())

    async def regions(self) -> tuple[str, ...]:
        """Give the codes of every region of the register."""
        return tuple(code for kind, code in await self._all_organisations() if kind == "region")

    async def all_regions_and_pcns(self) -> tuple[str, ...]:
        """Give the codes of every region and every PCN of the register."""
        return await self.regions() + tuple(code for codes in self._pcns.values() for code in codes)

    async def _all_organisations(self) -> Mapping[tuple[str, str], Organisation]:
        await self._check()
        known = self._organisations
        if known is None:
            version = self._version
            async with self._database.transaction() as connection:
                rows = await connection.fetch(_SQL["list_organisations"])
            known = {(row["kind"], row["code"]): organisation_of(row) for row in rows}
            self._pcns = _pcns_by_region(known)
            if version == self._version:
                self._organisations = known
        return known

    async def _check(self) -> None:
        """Forget everything if the tables changed, looking at most once in a while."""
        if self._is_fresh():
            return
        async with self._checking:
            if self._is_fresh():
                return
            asked_at = time.monotonic()
            async with self._database.transaction() as connection:
                version = await connection.fetchval(_SQL["read_access_version"])
            if version != self._version:
                self._version = version
                self._members.clear()
                self._organisations = None
            self._checked_at = asked_at

    def _is_fresh(self) -> bool:
        return (
            self._version is not None
            and time.monotonic() - self._checked_at < self._staleness_seconds
        )


def _membership(row: asyncpg.Record) -> Membership:
    return Membership(
        row["role"],
        cast("OrganisationKind", row["organisation_kind"]),
        row["organisation_code"],
        row["membership_id"],
    )


def _pcns_by_region(
    organisations: Mapping[tuple[str, str], Organisation],
) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for organisation in organisations.values():
        if organisation.kind == "pcn" and organisation.region_code is not None:
            region_code = organisation.region_code
            found[region_code] = (*found.get(region_code, ()), organisation.code)
    return found
