"""Signposts' rows, and apart from them the addresses to ask at."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic_core import to_json

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.signposts import Signpost

_SQL: Final = Queries("services.referral")


async def write(connection: Connection, row: Mapping[str, Any]) -> None:
    """Log a signpost."""
    await connection.execute(_SQL["write_signpost"], to_json(row).decode())


async def keep_address(
    connection: Connection, signpost: Signpost, *, channel: str, address: str
) -> None:
    """Keep where to ask, for its time."""
    await connection.execute(
        _SQL["keep_address"],
        signpost.id,
        signpost.pcn_code,
        signpost.practice_code,
        channel,
        address,
        signpost.forget_at,
    )


async def lock(connection: Connection, signpost_id: UUID) -> Signpost | None:
    """Lock a signpost."""
    row = await connection.fetchrow(_SQL["lock_signpost"], signpost_id)
    return Signpost(**dict(row)) if row else None


async def change(connection: Connection, signpost: Signpost, *, echoed_at: datetime | None) -> None:
    """Store what changed of a locked signpost."""
    await connection.execute(
        _SQL["change_signpost"],
        signpost.id,
        signpost.asked_at,
        signpost.echo,
        echoed_at,
        signpost.version,
    )


async def forget_address(connection: Connection, signpost_id: UUID) -> None:
    """Forget where to ask."""
    await connection.execute(_SQL["forget_address"], signpost_id)


async def channel_of(connection: Connection, signpost_id: UUID) -> str | None:
    """Say how to ask, if there is still an address."""
    return await connection.fetchval(_SQL["read_channel"], signpost_id)


async def read_address(connection: Connection, signpost_id: UUID) -> Record | None:
    """Give where to ask, if somebody is to be asked and has not answered."""
    return await connection.fetchrow(_SQL["read_address"], signpost_id)


async def list_signposts(
    connection: Connection,
    *,
    pcns: Sequence[str],
    practices: Sequence[str],
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give the signposts of networks, or else of practices, latest first."""
    query, codes = "list_signposts_of_pcns", pcns
    if not codes:
        query, codes = "list_signposts_of_practices", practices
    return await connection.fetch(_SQL[query], list(codes), after, limit)
