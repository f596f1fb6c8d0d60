"""The messages that went back when support ended, to those who may read them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic_core import from_json

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.views import audit, check_colleague

_SQL: Final = Queries("services.referral")


async def list_messages_back(
    connection: Connection, acting: Acting, referral_id: UUID, *, before: UUID | None, limit: int
) -> list[Record]:
    """Give the messages about a referral's episode, the latest closing first.

    The network sees all of them; a practice sees those that went to it, by the row policies.
    """
    whose = await connection.fetchrow(_SQL["whose_episode_of_referral"], referral_id)
    if whose is None:
        raise NothingFound
    check_colleague(acting, whose)
    rows = await connection.fetch(_SQL["list_messages_back"], whose["episode_id"], before, limit)
    await audit(connection, acting, "message-back.read", [(f"referral/{referral_id}", whose)])
    return rows


def as_shown(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """Give one message with its document opened."""
    return {**dict(row), "document": from_json(row["document"])}
