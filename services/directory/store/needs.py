"""The counts of what people are referred for."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.directory")


class ReferredNeed(NamedTuple):
    """One need of one referral, to be counted."""

    stream: str
    occurred_at: datetime
    need: str
    recorded_at: datetime


class CountedNeed(NamedTuple):
    """How often one need was referred in one month."""

    month: date
    need: str
    referrals: int
    last_recorded_at: datetime


async def count_referred_needs(connection: Connection, rows: Sequence[ReferredNeed]) -> None:
    """Add each row to its month."""
    await connection.execute(_SQL["count_referred_needs"], *map(list, zip(*rows, strict=True)))


async def referred_needs(
    connection: Connection, *, stream: str, first_month: date
) -> list[CountedNeed]:
    """Read what was counted for one PCN from a month on."""
    rows = await connection.fetch(_SQL["referred_needs"], stream, first_month)
    return [CountedNeed(**dict(row)) for row in rows]
