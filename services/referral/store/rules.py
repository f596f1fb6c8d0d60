"""What networks said of their waiting: their target, and the days on which they do not work.

Promise    What is remembered of it in a process is at most ``REMEMBERED_SECONDS_MAX`` old; whoever
           changes it recounts what was counted by what others still remembered.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries
from services.referral.domain.calendar import Calendar
from services.referral.domain.waiting import WEIGHTS, Pressing, Wait, WaitingRules

_SQL: Final = Queries("services.referral")

REMEMBERED_SECONDS_MAX: Final = 10.0
REMEMBERED_NETWORKS_MAX: Final = 2_000


@dataclass(slots=True)
class RememberedRules:
    """The rules of networks, as one process remembers them."""

    _known: dict[str, tuple[float, WaitingRules]] = field(
        default_factory=dict[str, tuple[float, WaitingRules]]
    )

    async def of(
        self, connection: Connection, pcn_codes: Collection[str]
    ) -> Mapping[str, WaitingRules]:
        """Give the rules of networks that this transaction sees."""
        now = time.monotonic()
        found = {
            pcn_code: rules
            for pcn_code in pcn_codes
            if (known := self._known.get(pcn_code)) and known[0] > now
            for rules in [known[1]]
        }
        missing = sorted({*pcn_codes} - {*found})
        if not missing:
            return found
        read = await load_rules(connection, missing)
        if len(self._known) + len(read) > REMEMBERED_NETWORKS_MAX:
            self._known.clear()
        self._known |= {
            pcn_code: (now + REMEMBERED_SECONDS_MAX, rules) for pcn_code, rules in read.items()
        }
        return {**found, **read}


async def load_rules(connection: Connection, pcn_codes: Collection[str]) -> dict[str, WaitingRules]:
    """Read what networks said, or what holds where they said nothing."""
    rows = await connection.fetch(_SQL["load_waiting_rules"], list(pcn_codes))
    return {row["pcn_code"]: _rules(row) for row in rows}


async def hold_rules(connection: Connection, pcn_code: str, now: datetime) -> WaitingRules:
    """Lock what a network said, made if it said nothing yet."""
    beginning = WaitingRules(pcn_code)
    await connection.execute(
        _SQL["begin_waiting_rules"], pcn_code, new_id(), beginning.target_days, now
    )
    await connection.execute(_SQL["lock_waiting_rules"], pcn_code)
    return (await load_rules(connection, [pcn_code]))[pcn_code]


async def find_rules(connection: Connection, rules_id: UUID) -> WaitingRules | None:
    """Give the rules that a timer is about."""
    pcn_code = await connection.fetchval(_SQL["find_waiting_rules"], rules_id)
    return None if pcn_code is None else (await load_rules(connection, [pcn_code]))[pcn_code]


async def write_rules(connection: Connection, rules: WaitingRules, now: datetime) -> None:
    """Store locked rules as they now stand."""
    await connection.execute(
        _SQL["write_waiting_rules"],
        rules.pcn_code,
        rules.target_days,
        rules.calendar.number,
        rules.version,
        now,
    )


async def set_closure(
    connection: Connection, pcn_code: str, day: date, reason: str, now: datetime
) -> None:
    """Store that a network does not work on a day."""
    await connection.execute(_SQL["set_closure"], pcn_code, day, reason, now)


async def lift_closure(connection: Connection, pcn_code: str, day: date) -> None:
    """Forget a closure."""
    await connection.execute(_SQL["lift_closure"], pcn_code, day)


async def list_closures(
    connection: Connection, pcn_code: str, *, after: date | None, limit: int
) -> list[Record]:
    """Give a page of a network's closures, in order."""
    return await connection.fetch(_SQL["list_closures"], pcn_code, after, limit)


def wait_row(wait: Wait) -> dict[str, Any]:
    """Give a wait's row."""
    points = wait.points
    return {
        "episode_id": wait.episode_id,
        "pcn_code": wait.pcn_code,
        "practice_code": wait.practice_code,
        "referral_id": wait.referral_id,
        "opened_at": wait.opened_at,
        "urgency": wait.pressing.urgency,
        "urgency_points": points["urgency"],
        "needs": wait.pressing.needs,
        "need_points": points["need"],
        "deprivation_decile": wait.deprivation_decile,
        "equity_points": points["equity"],
        "overdue": wait.overdue,
        "overdue_points": points["overdue"],
        "weights_version": WEIGHTS.version,
        "as_if_since": wait.as_if_since,
        "target_days": wait.target_days,
        "due_on": wait.due_on,
        "due_at": wait.due_at,
        "calendar_version": wait.calendar_version,
        "paused": wait.paused is not None,
        "paused_days": wait.paused_days,
        "waits": wait.waits,
        "waiting_since": wait.waiting_since,
    }


def pressing_row(episode_id: UUID, pressing: Pressing) -> dict[str, Any]:
    """Give what presses in an episode that a referral joins."""
    return {
        "episode_id": episode_id,
        "urgency": pressing.urgency,
        "urgency_points": pressing.urgency_points,
        "needs": pressing.needs,
        "need_points": pressing.need_points,
    }


def _rules(row: Record) -> WaitingRules:
    if row["id"] is None:
        return WaitingRules(row["pcn_code"])
    return WaitingRules(
        pcn_code=row["pcn_code"],
        id=row["id"],
        target_days=row["first_contact_working_days"],
        calendar=Calendar(row["calendar_number"], frozenset(row["closures"])),
        version=row["version"],
        changed_at=row["recorded_at"],
    )
