"""Who opened or changed what is recorded of a person: written with the act, or the act fails.

Promise    The row commits in the transaction of the read or write it tells of. Rows cannot be
           changed or deleted by any role a service runs under.
Price      A read of a person is a transaction that writes.
Not here   Showing the audit to a privacy officer: the referral service's own route.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from chassis import telemetry
from chassis.access.caller import SERVICE_ROLE, Caller
from chassis.database import Connection
from chassis.ids import new_id
from chassis.sql import Queries

_SQL = Queries("chassis.access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One thing that was read or changed, and whose it is."""

    subject: str
    pcn_code: str
    person_id: UUID | None = None


async def record_access(
    connection: Connection,
    caller: Caller,
    action: str,
    opened: Sequence[Opened],
    *,
    reason: str | None = None,
    outcome: Literal["done", "refused"] = "done",
) -> None:
    """Record that ``caller`` did ``action`` (``person.read``, ``referral.create``) to each."""
    if not opened:
        return
    await connection.execute(
        _SQL["add_audit_entries"],
        *columns(caller, action, opened, reason=reason, outcome=outcome),
    )


def columns(
    caller: Caller,
    action: str,
    opened: Sequence[Opened],
    *,
    reason: str | None = None,
    outcome: Literal["done", "refused"] = "done",
) -> tuple[Any, ...]:
    """Give what the statements that add these entries take."""
    acting = caller.matched[0] if caller.matched else None
    return (
        [new_id() for _ in opened],
        caller.member_key,
        acting.role if acting else SERVICE_ROLE,
        acting.organisation_code if acting else caller.client_id,
        action,
        [one.person_id for one in opened],
        [one.subject for one in opened],
        [one.pcn_code for one in opened],
        reason,
        outcome,
        telemetry.current_trace_id(),
    )
