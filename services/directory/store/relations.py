"""The rows of relations between workers, practices, networks and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.register import Moment
from services.directory.domain.relations import Party, RelationKind, Span

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class Relation:
    """How one party stands to another, as a network keeps it."""

    id: UUID
    kind: RelationKind
    pcn_code: str
    region_code: str
    who: Party
    whom: Party
    span: Span
    about: str | None
    version: int
    event_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EndingAgreement:
    """An agreement whose end is near."""

    id: UUID
    pcn_code: str
    region_code: str
    who: Party
    whom: Party
    until_date: date


async def enter_relation(
    connection: Connection, relation: Relation, *, entered_by: str, today: date
) -> bool:
    """Enter a relation; false where the network has it already."""
    version = await connection.fetchval(
        _SQL["enter_relation"],
        relation.id,
        relation.kind,
        relation.pcn_code,
        relation.region_code,
        relation.who.kind,
        relation.who.id,
        relation.whom.kind,
        relation.whom.id,
        relation.span.from_date,
        relation.span.until_date,
        relation.about,
        entered_by,
        today,
        relation.occurred_at,
        relation.recorded_at,
    )
    return version is not None


async def relation_like(connection: Connection, like: Relation) -> Relation | None:
    """Read the relation that a network has already."""
    return _relation(
        await connection.fetchrow(
            _SQL["relation_like"],
            like.pcn_code,
            like.kind,
            like.who.kind,
            like.who.id,
            like.whom.kind,
            like.whom.id,
            like.span.from_date,
        )
    )


async def lock_relation(connection: Connection, relation_id: UUID) -> Relation | None:
    """Hold one relation until the transaction ends."""
    return _relation(await connection.fetchrow(_SQL["lock_relation"], relation_id))


async def change_relation(
    connection: Connection,
    relation_id: UUID,
    *,
    until_date: date | None,
    about: str | None,
    today: date,
    moment: Moment,
) -> int:
    """Change the locked relation; its next version."""
    return await connection.fetchval(
        _SQL["change_relation"],
        relation_id,
        until_date,
        about,
        today,
        moment.occurred_at,
        moment.recorded_at,
    )


async def lock_agreements_to_tell(
    connection: Connection, *, last_day: date, rows: int
) -> Sequence[EndingAgreement]:
    """Hold agreements whose end is near and was not told."""
    found = await connection.fetch(_SQL["lock_agreements_to_tell"], last_day, rows)
    return [
        EndingAgreement(
            row["id"],
            row["pcn_code"],
            row["region_code"],
            Party(row["who_kind"], row["who_id"]),
            Party(row["whom_kind"], row["whom_id"]),
            row["until_date"],
        )
        for row in found
    ]


async def note_ending_told(connection: Connection, relation_id: UUID, event_id: UUID) -> int:
    """Note that the end of the locked agreement was told; its next version."""
    return await connection.fetchval(_SQL["note_ending_told"], relation_id, event_id)


async def carry_relations(
    connection: Connection, pcn_code: str, into_pcn_code: str, *, rows: int
) -> int:
    """Let a network have the relations of one that became part of it; how many."""
    return len(await connection.fetch(_SQL["carry_relations"], pcn_code, into_pcn_code, rows))


def _relation(row: Record | None) -> Relation | None:
    if row is None:
        return None
    return Relation(
        id=row["id"],
        kind=row["kind"],
        pcn_code=row["pcn_code"],
        region_code=row["region_code"],
        who=Party(row["who_kind"], row["who_id"]),
        whom=Party(row["whom_kind"], row["whom_id"]),
        span=Span(row["from_date"], row["until_date"]),
        about=row["about"],
        version=row["version"],
        event_id=row["event_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )
