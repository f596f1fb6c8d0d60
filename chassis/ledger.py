"""What a change leaves beside itself, in one statement: who made it, what is told, what was answered.

Promise    Audit rows, events and the stored answer commit with the change or not at all, as they
           do when each is written by itself.
Price      Nothing is written until ``write`` is awaited: whoever opens a ledger must close it, in
           the transaction of the change and while its aggregates are locked.
Not here   What an audit row or an event is: ``chassis.access.audit``, ``chassis.outbox``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chassis import outbox, telemetry
from chassis.access import audit
from chassis.access.audit import Opened
from chassis.access.caller import Caller
from chassis.database import Connection
from chassis.outbox import NewEvent
from chassis.sql import Queries

_SQL = Queries("chassis")


class Answered(NamedTuple):
    """An answer under the hash of its key."""

    id: bytes
    body_hash: bytes
    status: int
    body: str
    headers: str


@dataclass(slots=True)
class Ledger:
    """The audit and the events of one change by one caller, until they are written."""

    caller: Caller
    action: str
    opened: list[Opened] = field(default_factory=list[Opened])
    events: list[NewEvent] = field(default_factory=list[NewEvent])

    def note(self, opened: Sequence[Opened], events: Sequence[NewEvent]) -> None:
        """Keep what is to be written."""
        self.opened += opened
        self.events += events

    async def write(self, connection: Connection, answered: Answered | None = None) -> None:
        """Write everything kept, and the answer if it is known, and keep nothing."""
        opened, events = self.opened, self.events
        if not (opened or events or answered):
            return
        self.opened, self.events = [], []
        if answered is None:
            # Where time is the door there is no key, and no right to write one.
            await audit.record_access(connection, self.caller, self.action, opened)
            await outbox.record(connection, events)
            return
        told: list[Any] = outbox.columns(events)
        await connection.execute(
            _SQL["write_ledger"],
            *told,
            telemetry.current_traceparent(),
            *audit.columns(self.caller, self.action, opened),
            True,  # noqa: FBT003 - the statement can also leave no answer
            *answered,
        )
