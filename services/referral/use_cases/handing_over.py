"""Handing items over to the receiver, and comparing its count with ours.

Promise    An item is leased before it goes over and settled after; whoever dies between lets it go
           over again, under the same id. No transaction is open while the receiver is spoken to.
           A gap between the two counts shows within COUNT_SECONDS, with its age, and what may be
           lost goes over again, once for a gap; what is acknowledged after that is reconciled,
           whether or not the counts ever agree.
Price      Counts are compared only while nothing of the practice is under way.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter, Gauge

from chassis import clock
from chassis.database import Database, DatabaseUnavailable
from chassis.metrics import REGISTRY
from services.referral.domain.writeback import Delivery, again_after, compare, heard_within
from services.referral.gateways.receiver import (
    HAND_OVER_SECONDS_MAX,
    Receipt,
    Receiver,
    ReceiverAway,
    Refused,
)
from services.referral.published import Moment
from services.referral.store import writeback as store
from services.referral.store.writeback import Counted, HeldItem
from services.referral.use_cases.writeback import Hearing

HANDED_AT_ONCE_MAX: Final = 8
LEASE_SECONDS: Final = 30.0  # longer than handing over and settling take together
COUNT_SECONDS: Final = 20.0
COUNTED_AT_ONCE_MAX: Final = 8
RECONCILED_AT_ONCE_MAX: Final = 500
SENT_AGAIN_AFTER_SECONDS: Final = 60.0
SENT_AGAIN_AT_ONCE_MAX: Final = 200

POLL_SECONDS: Final = 0.5
OBSERVE_SECONDS: Final = 5.0
DATABASE_AWAY_PAUSE_SECONDS: Final = 2.0

_LOG = logging.getLogger(__name__)

_handed = Counter(
    "waymark_writeback_handed_over",
    "Items handed over, by what the receiver said.",
    ["answer"],
    registry=REGISTRY,
)
_open = Gauge(
    "waymark_writeback_open", "Items with something to come.", ["state"], registry=REGISTRY
)
_oldest = Gauge(
    "waymark_writeback_oldest_seconds",
    "Age of the oldest item with something to come.",
    ["state"],
    registry=REGISTRY,
)
_STATES: Final = ("requested", "sent", "acknowledged", "reconciled")


class Desk:
    """Works through what is due, with one receiver."""

    def __init__(
        self,
        database: Database,
        receiver: Receiver,
        *,
        lease_seconds: float = LEASE_SECONDS,
        count_seconds: float = COUNT_SECONDS,
        sent_again_after_seconds: float = SENT_AGAIN_AFTER_SECONDS,
    ) -> None:
        self._database = database
        self._receiver = receiver
        self._lease_seconds = lease_seconds
        self._count_seconds = count_seconds
        self._sent_again_after_seconds = sent_again_after_seconds

    async def hand_over_due(self) -> int:
        """Hand over what is due now, up to a limit; give how many went over or were tried."""
        async with self._database.transaction() as connection:
            claimed = await store.claim_due(
                connection, lease_seconds=self._lease_seconds, limit=HANDED_AT_ONCE_MAX
            )
            deliveries = await store.read_deliveries(connection, claimed) if claimed else []
        receipts = await asyncio.gather(*(self._hand_over(one) for one in deliveries))
        if deliveries:
            ids = [delivery.id for delivery in deliveries]
            await self._settle(dict(zip(ids, receipts, strict=True)))
        return len(deliveries)

    async def compare_counts(self) -> int:
        """Compare the counts of some practices; give how many were looked at."""
        async with self._database.transaction() as connection:
            due = await store.claim_to_count(
                connection, next_in_seconds=self._count_seconds, limit=COUNTED_AT_ONCE_MAX
            )
        for counted in due:
            try:
                await self._compare(counted)
            except ReceiverAway:
                _LOG.warning("writeback_not_counted", extra={"reason": "ReceiverAway"})
        return len(due)

    async def observe(self) -> None:
        """Bring the gauges up to date."""
        async with self._database.transaction() as connection:
            found = {row["state"]: row for row in await store.observe(connection)}
        for state in _STATES:
            row = found.get(state)
            _open.labels(state).set(row["items"] if row else 0)
            _oldest.labels(state).set(row["oldest_seconds"] if row else 0)

    async def _hand_over(self, delivery: Delivery) -> Receipt | None:
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS_MAX):
                receipt = await self._receiver.hand_over(delivery)
        except (ReceiverAway, TimeoutError):
            _handed.labels("none").inc()
            return None
        _handed.labels("refused" if isinstance(receipt, Refused) else receipt).inc()
        return receipt

    async def _settle(self, receipts: Mapping[UUID, Receipt | None]) -> None:
        known_at = clock.now()
        hearing = Hearing(Moment(known_at, known_at))
        async with self._database.transaction() as connection:
            for held in await store.lock_items(connection, list(receipts)):
                _take_receipt(hearing, held, receipts[held.item.id])
            await hearing.store(connection)

    async def _compare(self, counted: Counted) -> None:
        practice_code, asked_at = counted.practice_code, clock.now()
        async with self._database.transaction() as connection:
            before = await store.count_handed_over(connection, practice_code)
        theirs = await self._receiver.count(practice_code)
        async with self._database.transaction() as connection:
            after = await store.count_handed_over(connection, practice_code)
            if before != after or after.under_way:
                return
            ours = after.ours
            gap = compare(ours, theirs, counted.gap, asked_at, unheard=after.unheard)
            await store.note_count(connection, practice_code, ours=ours, theirs=theirs, gap=gap)
            if gap is not None:
                await store.send_again(
                    connection,
                    practice_code,
                    gap,
                    seconds_ago=self._sent_again_after_seconds,
                    limit=SENT_AGAIN_AT_ONCE_MAX,
                )
            # While the counts differ, only what was acknowledged since then is known to be there.
            ids = await store.list_acknowledged(
                connection,
                practice_code,
                before=asked_at,
                after=gap.again_before if gap else None,
                limit=RECONCILED_AT_ONCE_MAX,
            )
            hearing = Hearing(Moment(asked_at, clock.now()))
            for held in await store.lock_items(connection, ids):
                hearing.take(held, "reconciled")
            await hearing.store(connection)


def _take_receipt(hearing: Hearing, held: HeldItem, receipt: Receipt | None) -> None:
    if receipt is None:
        # One that was taken back or heard of meanwhile waits for nothing.
        if held.item.state not in {"withdrawn", "failed"}:
            hearing.stand(held, due_in_seconds=_seconds(again_after(held.item.attempts)))
    elif isinstance(receipt, Refused):
        if not hearing.take(held, "failed", receipt.reason):
            hearing.stand(held)
    else:
        hearing.take(held, "sent")
        if receipt == "acknowledged":
            hearing.take(held, "acknowledged")
        is_heard = held.item.state != "sent"
        wait = None if is_heard else _seconds(heard_within(held.item.attempts))
        if held.item.state != "failed":
            hearing.stand(held, due_in_seconds=wait, went_over=True)


async def hand_over_for_ever(desk: Desk) -> None:
    """Hand over what is due, look again soon, and outlast a database that is away."""
    observed_at = -OBSERVE_SECONDS

    async def once() -> int:
        nonlocal observed_at
        handed = await desk.hand_over_due()
        if time.monotonic() - observed_at >= OBSERVE_SECONDS:
            await desk.observe()
            observed_at = time.monotonic()
        return handed

    await _for_ever(once)


async def compare_for_ever(desk: Desk) -> None:
    """Compare counts as they fall due, beside what is handed over."""
    await _for_ever(desk.compare_counts)


async def _for_ever(once: Callable[[], Awaitable[int]]) -> None:
    while True:
        pause_seconds = POLL_SECONDS
        try:
            if await once() > 0:
                pause_seconds = 0.0
        except DatabaseUnavailable:
            _LOG.warning("writeback_waits", extra={"reason": "DatabaseUnavailable"})
            pause_seconds = DATABASE_AWAY_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)


def _seconds(wait: timedelta) -> float:
    return wait.total_seconds()
