"""The rows of ideas for closing a gap, and who backs them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.ideas import IdeaState
from services.directory.domain.register import Moment

_SQL = Queries("services.directory")


@dataclass(frozen=True, slots=True)
class Idea:
    """A gap that somebody would close."""

    id: UUID
    region_code: str
    pcn_code: str
    need_term: str
    neighbourhood_code: str | None
    title: str
    words: str | None
    state: IdeaState
    listing_id: UUID | None
    backers: int
    version: int
    occurred_at: datetime
    recorded_at: datetime


async def raise_idea(connection: Connection, idea: Idea, *, member_key: str) -> bool:
    """Keep an idea; False where the network has that one."""
    version = await connection.fetchval(
        _SQL["raise_idea"],
        idea.id,
        idea.region_code,
        idea.pcn_code,
        idea.need_term,
        idea.neighbourhood_code,
        idea.title,
        idea.words,
        member_key,
        idea.occurred_at,
        idea.recorded_at,
    )
    return version is not None


async def idea_called(connection: Connection, idea: Idea) -> Idea | None:
    """Read the idea a network has for this need under this title."""
    return _idea(
        await connection.fetchrow(
            _SQL["idea_called"], idea.region_code, idea.pcn_code, idea.need_term, idea.title
        )
    )


async def idea_by_id(connection: Connection, idea_id: UUID) -> Idea | None:
    """Read one idea."""
    return _idea(await connection.fetchrow(_SQL["idea_by_id"], idea_id))


async def lock_idea(connection: Connection, idea_id: UUID) -> Idea | None:
    """Read and lock one idea."""
    return _idea(await connection.fetchrow(_SQL["lock_idea"], idea_id))


async def back_idea(connection: Connection, idea: Idea, *, member_key: str, now: datetime) -> bool:
    """Keep that somebody backs an idea; False where they do already."""
    made = await connection.fetchval(_SQL["back_idea"], idea.id, idea.region_code, member_key, now)
    return made is not None


async def move_idea(connection: Connection, idea: Idea, moment: Moment) -> int:
    """Move the locked idea on; its next version."""
    return await connection.fetchval(
        _SQL["move_idea"],
        idea.id,
        idea.state,
        idea.listing_id,
        idea.backers,
        moment.occurred_at,
        moment.recorded_at,
    )


async def ideas_page(
    connection: Connection, *, pcn_code: str | None, before: UUID, rows: int
) -> list[Idea]:
    """Ideas of a network, or of the regions that are seen, the latest first."""
    found = await connection.fetch(_SQL["ideas_page"], before, rows, pcn_code)
    return [Idea(**dict(row)) for row in found]


def _idea(row: Record | None) -> Idea | None:
    return None if row is None else Idea(**dict(row))
