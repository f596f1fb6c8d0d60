"""What the referral service shows: each read of a person leaves its row in the audit.

Promise    A read and its audit row commit together, or nothing is shown.
Price      Reading is a transaction that writes.
Not here   Rows of others: the row policies leave them out before anything here sees them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic_core import from_json

from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.refusals import NothingFound, ReasonRequired
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.domain.consent import agreed
from services.referral.store.consent import messages_said
from services.referral.store.goals import load_earlier_steps, load_steps
from services.referral.store.triage import helped_by

GOALS_SHOWN_MAX: Final = 100
MESSAGES_SHOWN_MAX: Final = 50

_SQL: Final = Queries("services.referral")


async def view_person(connection: Connection, acting: Acting, person_id: UUID) -> dict[str, Any]:
    """Give a person's record to who works with them, or says why they open it."""
    row = await connection.fetchrow(_SQL["view_person"], person_id)
    if row is None:
        raise NothingFound
    check_colleague(acting, row)
    whose = {"pcn_code": row["pcn_code"], "person_id": row["id"]}
    await audit(connection, acting, "person.read", [(f"person/{person_id}", whose)])
    shown = {key: value for key, value in row.items() if key != "worker_id"}
    return {**shown, "messages_consented": await _may_be_sent(connection, acting, row["id"], row)}


async def view_card(connection: Connection, acting: Acting, person_id: UUID) -> dict[str, Any]:
    """Give a service what a message to this person needs, as it stands now."""
    row = await connection.fetchrow(_SQL["view_card"], person_id)
    if row is None:
        raise NothingFound
    await audit(connection, acting, "person.card", [(f"person/{person_id}", row)])
    may = await _may_be_sent(connection, acting, row["person_id"], row)
    return {**dict(row), "messages_consented": may}


async def _may_be_sent(
    connection: Connection, acting: Acting, person_id: UUID, row: Record
) -> bool:
    """Say whether messages may be sent: where the person gave a consent for them, it decides."""
    if not row["messages_consented"]:
        return False
    said = (await messages_said(connection, [person_id])).get(person_id)
    return not said or agreed(said, acting.now) is not None


async def view_referral(
    connection: Connection, acting: Acting, referral_id: UUID
) -> dict[str, Any]:
    """Give a referral with what became of it."""
    row = await connection.fetchrow(_SQL["view_referral"], referral_id)
    if row is None:
        raise NothingFound
    check_colleague(acting, row)
    goals = await connection.fetch(
        _SQL["list_goals_of_episode"], row["episode_id"], None, GOALS_SHOWN_MAX
    )
    messages = await connection.fetch(
        _SQL["list_messages_of_referral"], referral_id, MESSAGES_SHOWN_MAX
    )
    await audit(connection, acting, "referral.read", [(f"referral/{referral_id}", row)])
    return {
        **dict(row),
        "goals": await with_steps(connection, goals),
        "messages": [dict(message) for message in messages],
        **await helped_by(connection, referral_id),
    }


@dataclass(frozen=True, slots=True)
class Which:
    """Which referrals are asked for: all, unless something is named."""

    status: str | None = None
    role: str | None = None
    without_worker: bool = False


async def list_referrals(
    connection: Connection,
    acting: Acting,
    *,
    which: Which,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give referrals of the caller's networks, else of their own organisations, latest first."""
    caller = acting.caller
    query, codes = "list_referrals_of_pcns", caller.pcns
    asked: list[Any] = [which.status, limit, which.role, which.without_worker]
    if not codes:
        asked = asked[:-1]  # a practice sees no episode
        codes = (*caller.practices, *caller.referring_organisations)
        query = "list_referrals_of_practices"
    rows = await connection.fetch(_SQL[query], list(codes), after, *asked)
    await audit(
        connection, acting, "referral.list", [(f"referral/{row['id']}", row) for row in rows]
    )
    return rows


async def list_contacts(
    connection: Connection, acting: Acting, referral_id: UUID, *, after: int | None, limit: int
) -> list[Record]:
    """Give the contacts of a referral's episode, in their order."""
    whose = await owner_of(connection, acting, "whose_referral", referral_id)
    rows = await connection.fetch(
        _SQL["list_contacts_of_episode"], whose["episode_id"], after, limit
    )
    await audit(connection, acting, "contact.list", [(f"referral/{referral_id}", whose)])
    return rows


async def list_goals(
    connection: Connection, acting: Acting, referral_id: UUID, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give the goals of a referral's episode with their steps, oldest first."""
    whose = await owner_of(connection, acting, "whose_referral", referral_id)
    rows = await connection.fetch(_SQL["list_goals_of_episode"], whose["episode_id"], after, limit)
    await audit(connection, acting, "goal.list", [(f"referral/{referral_id}", whose)])
    return await with_steps(connection, rows)


async def list_goal_updates(
    connection: Connection, acting: Acting, goal_id: UUID, *, after: int | None, limit: int
) -> list[dict[str, Any]]:
    """Give what was told of a goal, in order, with what it said before."""
    whose = await owner_of(connection, acting, "whose_goal", goal_id)
    rows = await connection.fetch(_SQL["list_updates_of_goal"], goal_id, after, limit)
    await audit(connection, acting, "goal.read", [(f"goal/{goal_id}", whose)])
    return [
        {**dict(row), "put_aside": row["put_aside"] and from_json(row["put_aside"])} for row in rows
    ]


async def with_steps(connection: Connection, goals: Sequence[Record]) -> list[dict[str, Any]]:
    """Give goals with the steps towards them."""
    ids = [goal["id"] for goal in goals]
    steps = await load_steps(connection, ids) if goals else {}
    earlier = await load_earlier_steps(connection, ids) if steps else {}
    return [
        {
            **dict(goal),
            "steps": [
                {
                    "number": step.number,
                    "what": step.what,
                    "done_at": step.done_at,
                    "version": step.version,
                    "earlier": [
                        {"what": one["what"], "superseded_at": one["superseded_at"]}
                        for one in earlier.get((step.goal_id, step.number), ())
                    ],
                }
                for step in steps.get(goal["id"], ())
            ],
        }
        for goal in goals
    ]


async def owner_of(connection: Connection, acting: Acting, query: str, its_id: UUID) -> Record:
    """Give whose episode this is about, to who works with them, or says why they open it."""
    return await owner_by(connection, acting, _SQL[query], its_id)


async def owner_by(connection: Connection, acting: Acting, statement: str, its_id: UUID) -> Record:
    """Give whose episode this is about, by a statement of the asking module."""
    row = await connection.fetchrow(statement, its_id)
    if row is None:
        raise NothingFound
    check_colleague(acting, row)
    return row


def check_colleague(acting: Acting, whose: Mapping[str, Any] | Record) -> None:
    """Let a worker see an episode of nobody or their own; a colleague's takes a reason.

    ``whose`` says by ``pcn_code`` in which network the episode of which ``worker_id`` is.
    """
    worker_id = whose["worker_id"]
    if worker_id is None or acting.reason is not None or worker_id == acting.worker_id:
        return
    if not acting.opens_freely(whose["pcn_code"]):
        raise ReasonRequired


async def audit(
    connection: Connection,
    acting: Acting,
    action: str,
    found: Sequence[tuple[str, Mapping[str, Any] | Record]],
) -> None:
    """Write down who opened what, beside the read."""
    opened = [
        Opened(subject=subject, pcn_code=row["pcn_code"], person_id=row.get("person_id"))
        for subject, row in found
    ]
    await record_access(connection, acting.caller, action, opened, reason=acting.reason)
