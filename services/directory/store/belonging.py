"""Where practices belonged and belong, and PCNs that become part of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.directory")

Memberships = Literal["carried", "ended"]


@dataclass(frozen=True, slots=True)
class Belonged:
    """A practice belongs to a PCN from a day on, or belonged until another."""

    pcn_code: str
    from_date: date
    until_date: date | None


@dataclass(slots=True)
class PcnMerge:
    """A PCN that becomes part of another, and how far that is."""

    id: UUID
    pcn_code: str
    into_pcn_code: str
    region_code: str
    merged_on: date
    memberships: Memberships
    merged_by: str
    state: Literal["going-on", "done"]
    practices_moved: int
    memberships_carried: int
    memberships_ended: int
    workers_carried: int
    version: int
    event_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime

    @property
    def about(self) -> dict[str, object]:
        """How far it is, in the words it is told in."""
        return {
            "id": self.id,
            "pcn_code": self.pcn_code,
            "into_pcn_code": self.into_pcn_code,
            "merged_on": self.merged_on,
            "memberships": self.memberships,
            "merged_by": self.merged_by,
            "state": self.state,
            "practices_moved": self.practices_moved,
            "memberships_carried": self.memberships_carried,
            "memberships_ended": self.memberships_ended,
            "workers_carried": self.workers_carried,
        }


@dataclass(frozen=True, slots=True)
class HeldMembership:
    """A membership held in a PCN that is merged."""

    id: UUID
    member_key: str
    role: str


@dataclass(frozen=True, slots=True)
class WorkerToCarry:
    """A worker of a PCN that is merged."""

    id: UUID
    name: str
    email: str
    phone: str | None
    roles: tuple[str, ...]


async def last_belonging(connection: Connection, practice_code: str) -> Belonged | None:
    """Read where a practice belongs, or belonged last."""
    row = await connection.fetchrow(_SQL["last_belonging"], practice_code)
    return None if row is None else Belonged(row["pcn_code"], row["from_date"], row["until_date"])


async def belongs_or_belonged(
    connection: Connection, practice_code: str, pcn_code: str, day: date
) -> bool:
    """Whether a practice belongs to a PCN now, or did on a day."""
    return await connection.fetchval(_SQL["belongs_or_belonged"], practice_code, pcn_code, day)


async def first_practice_that_joined_since(
    connection: Connection, pcn_code: str, day: date
) -> str | None:
    """Find a practice that joined a PCN on this day or later."""
    return await connection.fetchval(_SQL["first_practice_that_joined_since"], pcn_code, day)


async def practices_to_move(
    connection: Connection, pcn_code: str, *, rows: int
) -> list[tuple[str, str]]:
    """Codes and names of practices that belong to a PCN now."""
    found = await connection.fetch(_SQL["practices_to_move"], pcn_code, rows)
    return [(row["practice_code"], row["name"]) for row in found]


async def memberships_to_settle(
    connection: Connection, pcn_code: str, *, rows: int
) -> Sequence[HeldMembership]:
    """Memberships now held in a PCN."""
    found = await connection.fetch(_SQL["memberships_to_settle"], pcn_code, rows)
    return [HeldMembership(row["id"], row["member_key"], row["role"]) for row in found]


async def workers_to_carry(
    connection: Connection, pcn_code: str, into_pcn_code: str, *, rows: int
) -> Sequence[WorkerToCarry]:
    """Workers of a PCN whom the other does not know."""
    found = await connection.fetch(_SQL["workers_to_carry"], pcn_code, into_pcn_code, rows)
    return [
        WorkerToCarry(row["id"], row["name"], row["email"], row["phone"], tuple(row["roles"]))
        for row in found
    ]


async def begin_merge(connection: Connection, merge: PcnMerge) -> bool:
    """Begin to merge a PCN; false where that was begun before."""
    version = await connection.fetchval(
        _SQL["begin_merge"],
        merge.id,
        merge.pcn_code,
        merge.into_pcn_code,
        merge.region_code,
        merge.merged_on,
        merge.memberships,
        merge.merged_by,
        merge.occurred_at,
        merge.recorded_at,
    )
    return version is not None


async def lock_merge(connection: Connection, pcn_code: str) -> PcnMerge | None:
    """Hold the merging of a PCN until the transaction ends."""
    return _merge(await connection.fetchrow(_SQL["lock_merge"], pcn_code))


async def merge_of_pcn(connection: Connection, pcn_code: str) -> PcnMerge | None:
    """Read the merging of a PCN, if it was ever begun."""
    return _merge(await connection.fetchrow(_SQL["merge_of_pcn"], pcn_code))


async def merges_going_on(connection: Connection, *, rows: int) -> list[tuple[str, str]]:
    """PCNs whose merging is not done, each with its region."""
    found = await connection.fetch(_SQL["merges_going_on"], rows)
    return [(row["pcn_code"], row["region_code"]) for row in found]


async def go_on_with_merge(connection: Connection, merge: PcnMerge) -> None:
    """Note what a step did; the merge is locked."""
    merge.version = await connection.fetchval(
        _SQL["go_on_with_merge"],
        merge.id,
        merge.state,
        merge.practices_moved,
        merge.memberships_carried,
        merge.memberships_ended,
        merge.workers_carried,
        merge.event_id,
    )


def _merge(row: Record | None) -> PcnMerge | None:
    if row is None:
        return None
    return PcnMerge(**dict(row))
