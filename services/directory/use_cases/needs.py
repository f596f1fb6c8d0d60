"""Counting what people are referred for, from what the referral service tells.

Promise    Each referral is counted once per need, in the month it happened, whatever its origin:
           the counts move in the transaction that moves the consumer's position.
Not here   Who may see the figures, and how exactly: ``api``.
"""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.stream.events import Event, EventRefused
from services.directory.store import needs as store

REFERRAL_CREATED = "waymark.referral-created.v1"


async def count_referred_needs(connection: Connection, events: Sequence[Event]) -> None:
    """Count every need of every referral among ``events``."""
    rows = [
        store.ReferredNeed(event.stream, event.occurred_at, need, event.recorded_at)
        for event in events
        if event.type == REFERRAL_CREATED
        for need in _needs_of(event)
    ]
    if rows:
        await store.count_referred_needs(connection, rows)


def _needs_of(event: Event) -> Sequence[str]:
    if event.data["pcn_code"] != event.stream:
        raise EventRefused("the event speaks for a PCN that is not its stream's")
    # Needs unknown here arrive as "other"; two of them are one.
    return tuple(dict.fromkeys(event.data["needs"]))
