"""Rows of what goes along with support that goes on in another network."""

from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.bringing import FlagThere
from services.referral.domain.consent import SharingConsent
from services.referral.domain.goals import GoalTerms
from services.referral.domain.risk import RiskFlag
from services.referral.store.consent import consent_of
from services.referral.store.measures import as_read

GOALS_BROUGHT_MAX: Final = 100

_SQL: Final = Queries("services.referral")
_CONSENT: Final = "counterpart_id"


async def list_flags(connection: Connection, person_id: UUID, pcn_code: str) -> list[FlagThere]:
    """Give the flags of the person who moves, with what stands for each where they move to."""
    rows = await connection.fetch(_SQL["list_flags_to_bring"], person_id, pcn_code)
    return [FlagThere(**dict(row)) for row in rows]


async def lock_flag_of_kind(connection: Connection, person_id: UUID, kind: str) -> RiskFlag | None:
    """Lock the flag of a kind that stands for a person."""
    row = await connection.fetchrow(_SQL["lock_flag_of_kind"], person_id, kind)
    return RiskFlag(**dict(row)) if row else None


async def note_of_flag(connection: Connection, flag_id: UUID) -> str | None:
    """Give what was said of a flag."""
    return await connection.fetchval(_SQL["note_of_flag"], flag_id)


async def write_note_of_flag(connection: Connection, flag_id: UUID, note: str | None) -> None:
    """Keep what was said of a flag in both networks."""
    await connection.execute(_SQL["write_note_of_flag"], flag_id, note)


async def list_goals(
    connection: Connection, ended_id: UUID, goes_on_id: UUID
) -> list[tuple[UUID, GoalTerms]]:
    """Give the goals that go on, but for those that are continued already."""
    rows = await connection.fetch(
        _SQL["list_goals_to_bring"], ended_id, goes_on_id, GOALS_BROUGHT_MAX
    )
    terms = [dict(row) for row in rows]
    return [(one.pop("id"), GoalTerms(**one)) for one in terms]


async def list_baselines(
    connection: Connection, ended_id: UUID, goes_on_id: UUID
) -> list[dict[str, Any]]:
    """Give the baselines that stand, by instruments that have none where support goes on."""
    rows = await connection.fetch(_SQL["list_baselines_to_bring"], ended_id, goes_on_id)
    return [as_read(row) for row in rows]


async def list_consents(
    connection: Connection, person_id: UUID, practice_code: str, pcn_code: str
) -> list[tuple[SharingConsent, UUID | None]]:
    """Give what the person allowed that may hold there, with the consent it came from."""
    rows = await connection.fetch(
        _SQL["list_consents_to_bring"], person_id, practice_code, pcn_code
    )
    return [(consent_of(row), row[_CONSENT]) for row in rows]
