"""Alarms' rows, who is told of them in turn, and what networks said of safeguarding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.safety import (
    ESCALATE_AFTER_MINUTES,
    AgeRule,
    Alarm,
    Ladder,
    YoungPeople,
)

_SQL: Final = Queries("services.referral")


@dataclass(slots=True)
class Safeguarding:
    """What a network said of its safeguarding: locked, and versioned as one."""

    pcn_code: str
    minutes: int
    young: YoungPeople
    version: int


async def load_ladder(connection: Connection, pcn_code: str) -> Ladder:
    """Read who is alarmed in a network, in order."""
    row = await connection.fetchrow(_SQL["load_ladder"], pcn_code)
    if row is None:
        return Ladder()
    return Ladder(
        tuple(row["leads"]),
        row["minutes"] or ESCALATE_AFTER_MINUTES,
        frozenset(row["left_leads"]),
    )


async def insert_alarm(
    connection: Connection,
    alarm: Alarm,
    *,
    recorded_at: datetime,
    origin: str,
    contact_id: UUID | None = None,
) -> None:
    """Store a new alarm."""
    await connection.execute(
        _SQL["insert_alarm"],
        alarm.id,
        alarm.pcn_code,
        alarm.kind,
        list(alarm.dangers),
        alarm.practice_code,
        alarm.referral_id,
        alarm.episode_id,
        alarm.person_id,
        alarm.raised_at,
        recorded_at,
        alarm.status,
        alarm.level,
        alarm.holder,
        alarm.escalates_at,
        origin,
        alarm.version,
        contact_id,
        alarm.visit_id,
    )


async def alarms_of_contact(connection: Connection, contact_id: UUID) -> list[UUID]:
    """Give the alarms that were raised for a contact and are not closed."""
    rows = await connection.fetch(_SQL["alarms_of_contact"], contact_id)
    return [row["id"] for row in rows]


async def lock_alarm(connection: Connection, alarm_id: UUID) -> Alarm | None:
    """Lock one alarm."""
    row = await connection.fetchrow(_SQL["lock_alarm"], alarm_id)
    if row is None:
        return None
    fields: dict[str, Any] = dict(row)
    fields["dangers"] = tuple(row["dangers"])
    return Alarm(**fields)


async def write_alarm(
    connection: Connection, alarm: Alarm, *, outcome: str | None = None, note: str | None = None
) -> None:
    """Store a locked alarm as it now stands."""
    await connection.execute(
        _SQL["write_alarm"],
        alarm.id,
        alarm.status,
        alarm.level,
        alarm.holder,
        alarm.escalates_at,
        alarm.acknowledged_by,
        alarm.acknowledged_at,
        alarm.closed_at,
        outcome,
        note,
        alarm.version,
    )


async def find_alarmed_referral(connection: Connection, referral_id: UUID) -> Record | None:
    """Find whose a referral is."""
    return await connection.fetchrow(_SQL["find_alarmed_referral"], referral_id)


async def list_alarms(
    connection: Connection,
    pcn_codes: Sequence[str],
    *,
    closed: bool,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give a page of alarms, oldest first."""
    query = "list_all_alarms" if closed else "list_alarms"
    return await connection.fetch(_SQL[query], list(pcn_codes), after, limit)


async def list_ladders_with(connection: Connection, membership_ids: Sequence[UUID]) -> list[str]:
    """Give the networks in which one of these memberships is alarmed."""
    rows = await connection.fetch(_SQL["list_ladders_with"], list(membership_ids))
    return [row["pcn_code"] for row in rows]


async def hold_safeguarding(
    connection: Connection, pcn_code: str, recorded_at: datetime
) -> Safeguarding:
    """Lock what a network said, as it stands or as it holds where nobody said anything."""
    untold = YoungPeople()
    row = await connection.fetchrow(
        _SQL["hold_safeguarding"], pcn_code, ESCALATE_AFTER_MINUTES, untold.rule, recorded_at
    )
    held = cast("Record", row)
    young = YoungPeople(cast("AgeRule", held["age_rule"]), held["better_route"])
    return Safeguarding(pcn_code, held["escalate_after_minutes"], young, held["version"])


async def view_safeguarding(connection: Connection, pcn_code: str) -> Record | None:
    """Give what a network said of its safeguarding."""
    return await connection.fetchrow(_SQL["view_safeguarding"], pcn_code)


async def write_safeguarding(
    connection: Connection, held: Safeguarding, recorded_at: datetime
) -> None:
    """Store what a network now says."""
    await connection.execute(
        _SQL["write_safeguarding"],
        held.pcn_code,
        held.minutes,
        held.young.rule,
        held.young.better_route,
        held.version,
        recorded_at,
    )


async def write_leads(
    connection: Connection, pcn_code: str, membership_ids: Sequence[UUID]
) -> None:
    """Name who is alarmed in a network, in place of those named before."""
    await connection.execute(_SQL["clear_leads"], pcn_code)
    await connection.execute(_SQL["write_leads"], pcn_code, list(membership_ids))


async def list_possible_leads(
    connection: Connection, pcn_code: str, membership_ids: Sequence[UUID], roles: Sequence[str]
) -> frozenset[UUID]:
    """Find which of these memberships could be alarmed in a network."""
    rows = await connection.fetch(
        _SQL["list_possible_leads"], pcn_code, list(membership_ids), list(roles)
    )
    return frozenset(row["membership_id"] for row in rows)


async def load_age_rules(
    connection: Connection, pcn_codes: Sequence[str]
) -> dict[str, YoungPeople]:
    """Read what networks do for people under 18, as far as they said."""
    rows = await connection.fetch(_SQL["load_age_rules"], list(pcn_codes))
    return {
        row["pcn_code"]: YoungPeople(cast("AgeRule", row["age_rule"]), row["better_route"])
        for row in rows
    }
