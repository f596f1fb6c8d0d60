"""The rows of questions put to the owners of listings, and of what workers say is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.freshness import AskReason
from services.directory.domain.listings import ListingState
from services.directory.domain.register import Moment
from services.directory.store.standing import Standing

_SQL = Queries("services.directory")

CheckAnswer = Literal["runs", "changed", "no-longer"]


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the owner of a listing."""

    id: UUID
    listing_id: UUID
    organization_id: UUID
    region_code: str
    reason: AskReason
    sent_to: str | None
    answer: CheckAnswer | None
    asked_at: datetime
    answer_until: datetime
    closed_at: datetime | None
    name: str
    state: ListingState


class Asking(NamedTuple):
    """A question that is to be put."""

    id: UUID
    reason: AskReason
    asked_at: datetime
    answer_until: datetime
    event_id: UUID


class Assurance(NamedTuple):
    """When the owner last confirmed that the listing runs, and from which address."""

    closed_at: datetime
    sent_to: str | None


async def ask(connection: Connection, standing: Standing, asking: Asking) -> bool:
    """Put a question to the owner; False where one is open."""
    made = await connection.fetchval(
        _SQL["ask_owner"],
        asking.id,
        standing.id,
        standing.organization_id,
        standing.region_code,
        asking.reason,
        asking.asked_at,
        asking.answer_until,
        asking.event_id,
    )
    return made is not None


async def close_unanswered(
    connection: Connection, listing_ids: Sequence[UUID], now: datetime
) -> list[UUID]:
    """Close the questions about these whose time is over; about which listings they were."""
    rows = await connection.fetch(_SQL["close_unanswered"], list(listing_ids), now)
    return [row["listing_id"] for row in rows]


async def check_of_token(connection: Connection, token_hash: bytes) -> tuple[UUID, str] | None:
    """Read which question a token opens, and in which region."""
    row = await connection.fetchrow(_SQL["check_of_token"], token_hash)
    return None if row is None else (row["check_id"], row["region_code"])


async def lock_check(connection: Connection, check_id: UUID) -> Check | None:
    """Read and lock one question."""
    row = await connection.fetchrow(_SQL["lock_check"], check_id)
    return None if row is None else Check(**dict(row))


async def answer(connection: Connection, check_id: UUID, said: CheckAnswer, now: datetime) -> None:
    """Keep the answer to a question."""
    await connection.execute(_SQL["answer_check"], check_id, said, now)


async def give_link(
    connection: Connection, check: Check, token_hash: bytes, *, sent_to: str | None, now: datetime
) -> None:
    """Keep the hash of a link's token, and whom it goes to."""
    await connection.execute(
        _SQL["give_link"], token_hash, check.id, check.region_code, now, sent_to
    )


async def assurances(
    connection: Connection, listing_ids: Sequence[UUID]
) -> Mapping[UUID, Assurance]:
    """Read the owners' last confirmations that these listings run."""
    rows = await connection.fetch(_SQL["assurances"], list(listing_ids))
    return {row["listing_id"]: Assurance(row["closed_at"], row["sent_to"]) for row in rows}


async def mark_wrong(
    connection: Connection,
    mark_id: UUID,
    standing: Standing,
    *,
    kind: str,
    note: str | None,
    member_key: str,
    moment: Moment,
) -> None:
    """Keep that somebody says something of a listing is wrong."""
    await connection.execute(
        _SQL["mark_wrong"],
        mark_id,
        standing.id,
        standing.organization_id,
        standing.region_code,
        kind,
        note,
        member_key,
        moment.occurred_at,
        moment.recorded_at,
    )


async def last_question(connection: Connection, listing_id: UUID) -> dict[str, Any] | None:
    """Read the question that was last put to the owner of a listing."""
    row = await connection.fetchrow(_SQL["shown_check"], listing_id)
    return None if row is None else dict(row)
