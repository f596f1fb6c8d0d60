"""When whoever has the next move is nudged: one timer for each onward referral that is open.

Promise    Each step that moves the ball moves the timer, in the same transaction.
Not here   What happens when it falls due: ``use_cases.silence``.
"""

from datetime import datetime

from chassis.database import Connection
from services.referral.domain.ladders import Ladder, next_nudge_at
from services.referral.domain.onward import Held, OnwardReferral
from services.referral.store import onward as store
from services.referral.store import rules, timers


async def set_nudge(connection: Connection, onward: OnwardReferral) -> None:
    """Set the timer of whoever has the next move, or none where it has ended."""
    _, due_at = await nudge_due_at(connection, onward)
    if due_at is None:
        await timers.clear(connection, kind="no-answer", about=onward.id)
        return
    await timers.set(
        connection, kind="no-answer", about=onward.id, pcn_code=onward.pcn_code, due_at=due_at
    )


async def nudge_due_at(
    connection: Connection, onward: OnwardReferral
) -> tuple[Ladder, datetime | None]:
    """Give the network's ladder, and when the next nudge falls due by it."""
    ladder, _ = await store.read_ladder(connection, onward.pcn_code)
    standing = onward.standing
    if not isinstance(standing, Held):
        return ladder, None
    known = await rules.load_rules(connection, [onward.pcn_code])
    return ladder, next_nudge_at(standing, ladder, known[onward.pcn_code].calendar)
