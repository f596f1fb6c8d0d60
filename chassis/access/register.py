"""The register in every service: organisations and memberships, folded from the directory's events.

Promise    The tables say what the register's events said, in their order, whole batches at a time;
           whoever changes them raises a version, so that no process goes on by what was true
           before for longer than ``memberships.STALENESS_SECONDS_MAX``.
Price      The directory, which owns the register, calls the plain functions in its own
           transactions; every other service calls ``RegisterFold``.
Not here   Names of workers, populations and dates: services that need them fold them themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

import asyncpg

from chassis.database import Connection
from chassis.sql import Queries
from contracts.register import v1

STREAM = "register"

_SQL = Queries("chassis.access")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A region, PCN or practice of the register, or another organisation that refers."""

    kind: str
    code: str
    region_code: str | None
    pcn_code: str | None
    name: str
    referrer_kind: str | None = None
    """What an organisation is that refers and is no practice; of the others, nothing."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One membership as it is stored."""

    membership_id: UUID
    member_key: str
    role: str
    organisation_kind: str
    organisation_code: str


class RegisterEvent(Protocol):
    """What the fold needs of an event."""

    @property
    def type(self) -> str:
        """The event's type on the wire."""
        ...

    @property
    def data(self) -> Mapping[str, Any]:
        """Its data, read by the reader of its type."""
        ...


class RegisterFold:
    """Applies register events to this service's access tables, in the caller's transaction."""

    types: frozenset[str] = frozenset(
        kind.type
        for kind in (
            v1.RegionRegistered,
            v1.PcnRegistered,
            v1.PracticeRegistered,
            v1.ReferringOrganisationRegistered,
            v1.MembershipGranted,
            v1.MembershipEnded,
        )
    )
    """The event types that change anything here; others may be given and are passed over."""

    async def apply(self, connection: Connection, events: Sequence[RegisterEvent]) -> None:
        """Apply the events in order, with at most one statement for each kind of change."""
        organisations: dict[tuple[str, str], Organisation] = {}
        grants: dict[UUID, Grant] = {}
        ended: set[UUID] = set()
        for event in events:
            data = event.data
            found = _organisation(event.type, data)
            if found is not None:
                organisations[found.kind, found.code] = found
            elif event.type == v1.MembershipGranted.type:
                grants[data["membership_id"]] = _grant(data)
                ended.discard(data["membership_id"])
            elif event.type == v1.MembershipEnded.type:
                ended.add(data["membership_id"])
        if not (organisations or grants or ended):
            return
        await _store_organisations(connection, organisations.values())
        await _store_memberships(connection, grants.values())
        # After storing: what was granted and ended in one batch has ended.
        if ended:
            await connection.execute(_SQL["end_memberships"], list(ended))
        await connection.execute(_SQL["raise_access_version"])


async def store_organisation(connection: Connection, organisation: Organisation) -> None:
    """Write one organisation, as the directory does beside its own register row."""
    await _store_organisations(connection, [organisation])
    await connection.execute(_SQL["raise_access_version"])


async def store_membership(connection: Connection, grant: Grant) -> None:
    """Write one membership, as the directory does beside its own register row."""
    await _store_memberships(connection, [grant])
    await connection.execute(_SQL["raise_access_version"])


async def end_membership(connection: Connection, membership_id: UUID) -> None:
    """Take one membership away, as the directory does beside its own register row."""
    await connection.execute(_SQL["end_memberships"], [membership_id])
    await connection.execute(_SQL["raise_access_version"])


async def find_organisation(connection: Connection, kind: str, code: str) -> Organisation | None:
    """Give one organisation of the register as this transaction sees it."""
    row = await connection.fetchrow(_SQL["find_organisation"], kind, code)
    return None if row is None else organisation_of(row)


def organisation_of(row: asyncpg.Record) -> Organisation:
    """Read an organisation from its row."""
    return Organisation(
        row["kind"],
        row["code"],
        row["region_code"],
        row["pcn_code"],
        row["name"],
        row["referrer_kind"],
    )


def _organisation(event_type: str, data: Mapping[str, Any]) -> Organisation | None:
    if event_type == v1.RegionRegistered.type:
        code = cast("str", data["region_code"])
        return Organisation("region", code, code, None, data["name"])
    if event_type == v1.PcnRegistered.type:
        code = cast("str", data["pcn_code"])
        return Organisation("pcn", code, data["region_code"], code, data["name"])
    if event_type == v1.PracticeRegistered.type:
        # Its region is its PCN's, looked up when read: the PCN may be corrected later.
        return Organisation("practice", data["practice_code"], None, data["pcn_code"], data["name"])
    if event_type == v1.ReferringOrganisationRegistered.type:
        code, region_code = data["organisation_code"], data["region_code"]
        kind = data["referrer_kind"]
        return Organisation("organization", code, region_code, None, data["name"], kind)
    return None


def _grant(data: Mapping[str, Any]) -> Grant:
    return Grant(
        data["membership_id"],
        data["member_key"],
        data["role"],
        data["organisation_kind"],
        data["organisation_code"],
    )


async def _store_organisations(
    connection: Connection, organisations: Iterable[Organisation]
) -> None:
    rows = [
        (o.kind, o.code, o.region_code, o.pcn_code, o.name, o.referrer_kind) for o in organisations
    ]
    if rows:
        columns = map(list, zip(*rows, strict=True))
        await connection.execute(_SQL["store_organisations"], *columns)


async def _store_memberships(connection: Connection, grants: Iterable[Grant]) -> None:
    rows = [
        (g.membership_id, g.member_key, g.role, g.organisation_kind, g.organisation_code)
        for g in grants
    ]
    if rows:
        columns = map(list, zip(*rows, strict=True))
        await connection.execute(_SQL["store_memberships"], *columns)
