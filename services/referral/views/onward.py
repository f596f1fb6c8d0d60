"""What is shown of onward referrals: to the network its loops, to a provider the shared minimum.

Promise    A provider sees onward referrals to its own listings alone, and of the person no more
           than a consent that stands allows: no NHS number, no address, no birth date, none of
           the steps. Whoever was shown a name holds it, and confirms when it is taken back.
           A read and its audit row commit together.
Not here   Whether a person agreed: ``store.consent``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.domain.consent import Recipient
from services.referral.domain.onward import PURPOSE, SHARED
from services.referral.domain.task_states import task_status
from services.referral.store import consent
from services.referral.store import onward as store
from services.referral.views import audit, check_colleague, owner_of

STEPS_SHOWN_MAX: Final = 200
ENDED_WITHIN_DAYS: Final = 91
_BANDS: Final = ("days_56_or_more", "days_28_55", "days_14_27", "days_7_13", "days_0_6")
_BANDS_BEGIN_DAYS: Final = (56, 28, 14, 7)

_SQL: Final = Queries("services.referral")


async def view_ledger(
    connection: Connection, acting: Acting, pcn_code: str, *, ended_since: datetime | None
) -> dict[str, Any]:
    """Give who has the next move in a network, since when, and what it all came to."""
    now = acting.now
    check_network(acting, pcn_code)
    since = ended_since or now - timedelta(days=ENDED_WITHIN_DAYS)
    begins = [now - timedelta(days=days) for days in _BANDS_BEGIN_DAYS]
    rows = await connection.fetch(_SQL["count_open_loops"], pcn_code, begins)
    ended = await connection.fetch(_SQL["count_ended_loops"], pcn_code, since)
    alike = groupby(rows, key=lambda row: (row["stage"], row["holder"]))
    return {
        "pcn_code": pcn_code,
        "as_of": now,
        "open": sum(row["open"] for row in rows),
        "silent": sum(row["silent"] for row in rows),
        "listing_gone": sum(row["listing_gone"] for row in rows),
        "loops": [_counted(list(bands), now) for _, bands in alike],
        "ended_since": since,
        "ended": sum(row["ended"] for row in ended),
        "endings": [dict(row) for row in ended],
    }


async def list_open_loops(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    *,
    after: tuple[datetime, UUID] | None,
    holder: str | None,
    stage: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Give a network's open onward referrals with their ages, the oldest first."""
    check_network(acting, pcn_code)
    at, last = after or (None, None)
    rows = await connection.fetch(_SQL["list_open_loops"], pcn_code, at, last, holder, stage, limit)
    await _audit_list(connection, acting, "loop.list", rows)
    return [_aged(row, acting.now) for row in rows]


async def list_silent_loops(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    *,
    after: tuple[datetime, UUID] | None,
    silent: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Give a network's onward referrals of which nobody has heard, the oldest first."""
    check_network(acting, pcn_code)
    at, last = after or (None, None)
    rows = await connection.fetch(_SQL["list_silent_loops"], pcn_code, at, last, silent, limit)
    await _audit_list(connection, acting, "loop.list", rows)
    return [_aged(row, acting.now) for row in rows]


async def list_of_referral(
    connection: Connection, acting: Acting, referral_id: UUID, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give the onward referrals of a referral's episode, the oldest first."""
    whose = await owner_of(connection, acting, "whose_referral", referral_id)
    rows = await connection.fetch(
        _SQL["list_onward_referrals_of_episode"], whose["episode_id"], after, limit
    )
    await audit(connection, acting, "onward.list", [(f"referral/{referral_id}", whose)])
    return [_shown(row, acting.now) for row in rows]


async def view_onward_referral(
    connection: Connection, acting: Acting, onward_referral_id: UUID
) -> dict[str, Any]:
    """Give an onward referral with every step that led to where it stands."""
    row = await connection.fetchrow(_SQL["view_onward_referral"], onward_referral_id)
    if row is None:
        raise NothingFound
    check_colleague(acting, row)
    steps = await connection.fetch(
        _SQL["list_steps_of_onward_referral"], onward_referral_id, STEPS_SHOWN_MAX
    )
    subject = f"onward-referral/{onward_referral_id}"
    await audit(connection, acting, "onward.read", [(subject, row)])
    return {**_shown(row, acting.now), "steps": [dict(step) for step in steps]}


async def list_of_provider(
    connection: Connection, acting: Acting, *, after: UUID | None, only_open: bool, limit: int
) -> list[Record]:
    """Give what was sent to the caller's listings, still without anybody's name."""
    own = [UUID(code) for code in acting.caller.codes_of("organization")]
    return await connection.fetch(
        _SQL["list_onward_referrals_of_provider"], own, after, only_open, limit
    )


async def show_to_provider(
    connection: Connection, acting: Acting, rows: Sequence[Record]
) -> list[dict[str, Any]]:
    """Add what each person agreed to share, in a transaction that sees their records."""
    agreed = [row for row in rows if row["shares_contact"] and row["ending"] is None]
    shared = await _share(connection, acting.now, agreed)
    named = {row["id"]: row["person_id"] for row in agreed if _pair(row) in shared}
    found = await connection.fetch(_SQL["list_names_shared"], list(named.values()))
    names = {name["id"]: name for name in found}
    await _audit_list(connection, acting, "onward.share", rows)
    return [
        _to_provider(row, names.get(row["person_id"]) if row["id"] in named else None)
        for row in rows
    ]


async def _share(
    connection: Connection, now: datetime, rows: Sequence[Record]
) -> set[tuple[UUID, UUID]]:
    """Give who agreed that this organisation has their name and number, and note that it has."""
    shared: set[tuple[UUID, UUID]] = set()
    for organization_id in dict.fromkeys(row["organization_id"] for row in rows):
        people = {row["person_id"] for row in rows if row["organization_id"] == organization_id}
        recipient = Recipient("organization", str(organization_id))
        found = await consent.may_share_of(connection, people, recipient, PURPOSE, now)
        permitted = {one: by for one, by in found.items() if by.covers(*SHARED)}
        await consent.note_shared(connection, [(by, SHARED) for by in permitted.values()], now)
        shared |= {(person_id, organization_id) for person_id in permitted}
    return shared


def _pair(row: Record) -> tuple[UUID, UUID]:
    return row["person_id"], row["organization_id"]


async def whose(connection: Connection, onward_referral_id: UUID) -> store.Whose:
    """Say whose an onward referral is, to who may know of it."""
    found = await store.find_whose(connection, onward_referral_id)
    if found is None:
        raise NothingFound
    return found


async def view_ladder(connection: Connection, acting: Acting, pcn_code: str) -> dict[str, Any]:
    """Give after how many working days a network nudges whom."""
    check_network(acting, pcn_code)
    ladder, version = await store.read_ladder(connection, pcn_code)
    return {
        "pcn_code": pcn_code,
        "provider": list(ladder.provider),
        "person": list(ladder.person),
        "worker": list(ladder.worker),
        "version": version,
    }


def check_network(acting: Acting, pcn_code: str) -> None:
    """Let nobody tell a foreign network from one that does not exist."""
    if not acting.caller.may_see(pcn_code):
        raise NothingFound


def _counted(bands: Sequence[Record], now: datetime) -> dict[str, Any]:
    ages = dict.fromkeys(_BANDS, 0)
    for row in bands:
        ages[_BANDS[row["band"]]] = row["open"]
    return {
        "stage": bands[0]["stage"],
        "holder": bands[0]["holder"],
        "open": sum(row["open"] for row in bands),
        "silent": sum(row["silent"] for row in bands),
        "listing_gone": sum(row["listing_gone"] for row in bands),
        "ages": ages,
        "oldest_days": _days(min(row["oldest_at"] for row in bands), now),
        "held_longest_days": _days(min(row["held_longest_since"] for row in bands), now),
    }


def _aged(row: Record, now: datetime) -> dict[str, Any]:
    return {
        **dict(row),
        "age_days": _days(row["sent_at"] or row["drafted_at"], now),
        "held_days": _days(row["held_since"], now),
    }


def _shown(row: Record, now: datetime) -> dict[str, Any]:
    shown = {
        **_aged(row, now),
        "task_status": task_status(store.standing_of({"unreached": False, **dict(row)})),
    }
    if row["ending"] is not None:
        shown |= {"stage": "ended", "held_days": None, "held_since": None}
    return shown


def _to_provider(row: Record, name: Record | None) -> dict[str, Any]:
    hidden = ("pcn_code", "person_id", "shares_contact")
    shown = {key: value for key, value in row.items() if key not in hidden}
    if name is None:
        shown["shared_note"] = None
    return {
        **shown,
        "given_name": name["given_name"] if name else None,
        "family_name": name["family_name"] if name else None,
        "phone": name["phone"] if name else None,
    }


def _days(since: datetime, now: datetime) -> int:
    return max(0, (now - since).days)


async def _audit_list(
    connection: Connection,
    acting: Acting,
    action: str,
    rows: Sequence[Record | Mapping[str, Any]],
) -> None:
    opened = [
        Opened(
            subject=f"onward-referral/{row['id']}",
            pcn_code=row["pcn_code"],
            person_id=row["person_id"],
        )
        for row in rows
    ]
    await record_access(connection, acting.caller, action, opened, reason=acting.reason)
