"""Who waits for a first contact, who comes next and why; and one wait by both clocks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import Acting
from services.referral.domain.calendar import Calendar
from services.referral.domain.waiting import PAUSE_WORDS, Pause, clocks
from services.referral.store import waiting as store
from services.referral.store.rules import list_closures, load_rules
from services.referral.views import audit, owner_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


async def list_waiting(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    *,
    role: str | None = None,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Give a page of who waits in a network, who comes next first, with the reasons."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    place = None if after is None else (_EPOCH + after[0] * _MICROSECOND, after[1])
    rows = await store.list_waiting(connection, pcn_code, role=role, after=place, limit=limit)
    rules = (await load_rules(connection, [pcn_code]))[pcn_code]
    await audit(
        connection,
        acting,
        "waiting.list",
        [(f"referral/{row['referral_id']}", row) for row in rows],
    )
    return [_listed(row, rules.calendar, acting.now) for row in rows]


def place_of(shown: Mapping[str, Any]) -> tuple[int, str]:
    """Give the key after which a page goes on."""
    return (shown["as_if_since"] - _EPOCH) // _MICROSECOND, str(shown["episode_id"])


async def view_wait(connection: Connection, acting: Acting, referral_id: UUID) -> dict[str, Any]:
    """Give how a referral's episode waits, or waited, by both clocks."""
    owner = await owner_of(connection, acting, "whose_referral", referral_id)
    row = await store.view_wait(connection, owner["episode_id"])
    if row is None:
        raise NothingFound
    pauses = (await store.load_pauses(connection, [row["episode_id"]])).get(row["episode_id"], [])
    rules = (await load_rules(connection, [row["pcn_code"]]))[row["pcn_code"]]
    await audit(connection, acting, "waiting.read", [(f"referral/{referral_id}", owner)])
    ended_at = row["first_contact_at"] or row["closed_at"]
    return {
        **_facts(row),
        "id": referral_id,
        "referral_id": referral_id,
        "waits": row["waits"],
        "first_contact_at": row["first_contact_at"],
        "score": _score(row, acting.now) if row["waits"] else None,
        "clocks": _clocks(row, pauses, rules.calendar, ended_at or acting.now),
        "pauses": [
            {
                "id": pause.id,
                "reason": pause.reason,
                "words": PAUSE_WORDS[pause.reason],
                "started_at": pause.started_at,
                "ended_at": pause.ended_at,
            }
            for pause in pauses
        ],
    }


async def list_days_closed(
    connection: Connection, acting: Acting, pcn_code: str, *, after: date | None, limit: int
) -> list[Record]:
    """Give a page of the days on which a network does not work."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    return await list_closures(connection, pcn_code, after=after, limit=limit)


def _listed(row: Record, calendar: Calendar, now: datetime) -> dict[str, Any]:
    paused_since = row["paused_since"]
    worked = clocks(row["opened_at"], now, (), calendar, since=row["waiting_since"])
    paused = row["paused_days"]
    if paused_since is not None:
        paused += clocks(paused_since, now, (), calendar).service_working_days
    return {
        **_facts(row),
        "id": row["episode_id"],
        "score": _score(row, now),
        "clocks": {
            "person_days": worked.person_days,
            "service_working_days": worked.service_working_days - paused,
            "paused_working_days": paused,
        },
        "pause_reason": row["pause_reason"],
        "as_if_since": row["as_if_since"],
    }


def _facts(row: Record) -> dict[str, Any]:
    return {
        "episode_id": row["episode_id"],
        "referral_id": row["referral_id"],
        "person_id": row["person_id"],
        "pcn_code": row["pcn_code"],
        "practice_code": row["practice_code"],
        "worker_id": row["worker_id"],
        "role": row["role"],
        "referred_at": row["opened_at"],
        "waiting_since": row["waiting_since"],
        "urgency": row["urgency"],
        "needs_counted": row["needs"],
        "deprivation_decile": row["deprivation_decile"],
        "first_contact_working_days": row["target_days"],
        "due_on": row["due_on"],
        "overdue": row["overdue"],
        "calendar_version": row["calendar_version"],
    }


def _score(row: Record, now: datetime) -> dict[str, Any]:
    """Give the parts of a place in the list; each point is worth a day of waiting."""
    parts = {
        "need": row["need_points"],
        "urgency": row["urgency_points"],
        "equity": row["equity_points"],
        "overdue": row["overdue_points"],
        "waiting": round(max(now - row["waiting_since"], timedelta()) / _DAY, 1),
    }
    return {
        **parts,
        "total": round(sum(parts.values()), 1),
        "weights_version": row["weights_version"],
    }


def _clocks(
    row: Record, pauses: Sequence[Pause], calendar: Calendar, until: datetime
) -> dict[str, int]:
    read = clocks(row["opened_at"], until, pauses, calendar, since=row["waiting_since"])
    return {
        "person_days": read.person_days,
        "service_working_days": read.service_working_days,
        "paused_working_days": read.paused_working_days,
    }
