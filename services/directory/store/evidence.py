"""The rows of what happened to listings."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries

_SQL = Queries("services.directory")


class OnwardEvidence(NamedTuple):
    """One thing that happened to somebody on the way to a listing, without the somebody."""

    stream: str
    number: int
    listing_id: UUID
    organization_id: UUID | None
    onward_referral_id: UUID | None
    kind: str
    word: str
    reason: str | None
    told_by: str | None
    full_until: date | None
    sent_at: datetime | None
    occurred_at: datetime
    recorded_at: datetime


class MessageEvidence(NamedTuple):
    """One question to the owner of a listing that went out or could not."""

    stream: str
    number: int
    listing_id: UUID
    check_id: UUID
    kind: str
    reason: str | None
    occurred_at: datetime
    recorded_at: datetime


class FailedPlacement(NamedTuple):
    """One need for which no place was found, to be counted."""

    stream: str
    occurred_at: datetime
    need: str
    reason: str
    recorded_at: datetime


async def keep_onward_evidence(connection: Connection, rows: Sequence[OnwardEvidence]) -> None:
    """Keep each row once."""
    await connection.execute(_SQL["keep_onward_evidence"], *map(list, zip(*rows, strict=True)))


async def keep_message_evidence(connection: Connection, rows: Sequence[MessageEvidence]) -> None:
    """Keep each row once."""
    await connection.execute(_SQL["keep_message_evidence"], *map(list, zip(*rows, strict=True)))


async def count_failed_placements(connection: Connection, rows: Sequence[FailedPlacement]) -> None:
    """Add each row to its month."""
    await connection.execute(_SQL["count_failed_placements"], *map(list, zip(*rows, strict=True)))


async def want_weighed(connection: Connection, listing_ids: Iterable[UUID]) -> None:
    """Note listings of which something new was told."""
    await connection.execute(_SQL["want_weighed"], sorted(set(listing_ids)))
