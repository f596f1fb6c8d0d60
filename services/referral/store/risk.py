"""Risk flags' rows; ``active_risk_flags`` is what is shown before anybody goes to see a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.risk import RiskFlag, RiskKind
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class ActiveRiskFlag:
    """A flag as whoever travels has to see it."""

    id: UUID
    person_id: UUID
    pcn_code: str
    kind: RiskKind
    note: str | None
    raised_by: UUID | None
    raised_at: datetime
    review_by: date
    reviewed_at: datetime | None
    version: int
    brought_from: str | None = None
    """The network that raised it, where it came along by a handover."""


async def active_risk_flags(connection: Connection, person_id: UUID) -> list[ActiveRiskFlag]:
    """Give every flag of a person that stands, those whose review is overdue among them."""
    rows = await connection.fetch(_SQL["list_active_risk_flags"], person_id)
    return [ActiveRiskFlag(**dict(row)) for row in rows]


async def find_flag(connection: Connection, flag_id: UUID) -> Record | None:
    """Find whose a flag is, before the person is locked."""
    return await connection.fetchrow(_SQL["find_risk_flag"], flag_id)


async def lock_flag(connection: Connection, flag_id: UUID) -> RiskFlag | None:
    """Lock one flag, after its person."""
    row = await connection.fetchrow(_SQL["lock_risk_flag"], flag_id)
    return RiskFlag(**dict(row)) if row else None


async def has_flag(connection: Connection, person_id: UUID, kind: RiskKind) -> bool:
    """Say whether a flag of this kind stands, after the person was locked."""
    return await connection.fetchval(_SQL["has_risk_flag"], person_id, kind)


async def insert_flag(
    connection: Connection, flag: Mapping[str, Any], step: Mapping[str, Any]
) -> None:
    """Enter a flag with its first step."""
    await connection.execute(_SQL["insert_risk_flag"], as_rows([flag]))
    await connection.execute(_SQL["add_risk_flag_step"], as_rows([step]))


async def write_flag(connection: Connection, flag: RiskFlag, step: Mapping[str, Any]) -> None:
    """Store a flag as it now stands, with the step that led there."""
    await connection.execute(
        _SQL["write_risk_flag"],
        flag.id,
        flag.review_by,
        flag.reviewed_at,
        flag.ended_at,
        flag.end_reason,
        flag.version,
    )
    await connection.execute(_SQL["add_risk_flag_step"], as_rows([step]))


async def list_of_person(
    connection: Connection, person_id: UUID, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of a person's flags, ended ones too."""
    return await connection.fetch(_SQL["list_risk_flags_of_person"], person_id, after, limit)


async def view_flag(connection: Connection, flag_id: UUID) -> Record | None:
    """Give one flag."""
    return await connection.fetchrow(_SQL["view_risk_flag"], flag_id)


async def list_steps(connection: Connection, flag_id: UUID, *, limit: int) -> list[Record]:
    """Give what was said of a flag."""
    return await connection.fetch(_SQL["list_steps_of_risk_flag"], flag_id, limit)


async def list_to_review(
    connection: Connection,
    pcn_code: str,
    *,
    until: date,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Record]:
    """Give a page of the flags of a network whose review is due by a day."""
    day, flag_id = after or (None, None)
    return await connection.fetch(
        _SQL["list_risk_flags_to_review"], pcn_code, until, day, flag_id, limit
    )
