"""Write-back items: asked for beside what causes them, taken back, and heard of.

Promise    An item is stored with the event that asks for it; a step is told once, in the
           transaction that stores it. What an item says that turns out otherwise is taken back at
           the receiver too, if the receiver may have heard of it.
Not here   Handing over and counting: ``use_cases.handing_over``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from contracts import codes
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.writeback import Acknowledgement
from services.referral.domain.writeback import Failure, Item, Kind, Step, WritebackNotFailed, take
from services.referral.published import Moment
from services.referral.published import writeback as published
from services.referral.store import writeback as store
from services.referral.store.writeback import HeldItem, Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One item to ask for."""

    kind: Kind
    pcn_code: str
    practice_code: str
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    occurred_at: datetime
    worker_id: UUID | None = None
    code: str | None = None
    cause_id: UUID | None = None
    message_id: UUID | None = None
    withdraws: UUID | None = None


async def ask_for(connection: Connection, asked: Sequence[Asked], moment: Moment) -> list[Item]:
    """Store items and tell that they were asked for."""
    items: list[Item] = []
    rows: list[dict[str, Any]] = []
    for one in asked:
        item = Item(
            id=new_id(),
            kind=one.kind,
            code=one.code,
            referral_id=one.referral_id,
            episode_id=one.episode_id,
            pcn_code=one.pcn_code,
            practice_code=one.practice_code,
            withdraws=one.withdraws,
        )
        items.append(item)
        rows.append(
            {
                "id": item.id,
                "pcn_code": item.pcn_code,
                "practice_code": item.practice_code,
                "kind": item.kind,
                "code": item.code,
                "message_id": one.message_id,
                "withdraws": item.withdraws,
                "referral_id": item.referral_id,
                "episode_id": item.episode_id,
                "person_id": one.person_id,
                "cause_id": one.cause_id,
                "worker_id": one.worker_id,
                "state": item.state,
                "version": item.version,
                "origin": moment.origin,
                "occurred_at": one.occurred_at,
                "requested_at": moment.recorded_at,
            }
        )
    if rows:
        await store.write_items(connection, rows)
        await outbox.record(connection, [published.requested(item, moment) for item in items])
    return items


async def take_back(connection: Connection, ids: Sequence[UUID], moment: Moment) -> None:
    """Let items stand no more, and ask the receiver to forget those it may have."""
    if not ids:
        return
    settled: list[Settled] = []
    events: list[NewEvent] = []
    again: list[Asked] = []
    for held in await store.lock_items(connection, ids):
        if not take(held.item, "withdrawn"):
            continue
        settled.append(Settled(item=held.item))
        events.append(published.withdrawn(held.item, moment))
        if held.item.may_be_known:
            again.append(_withdrawal_of(held, moment))
    await store.settle(connection, settled, moment.recorded_at)
    await outbox.record(connection, events)
    await ask_for(connection, again, moment)


async def acknowledge(
    connection: Connection, acting: Acting, told: Sequence[Acknowledgement]
) -> list[str]:
    """Take a receiver's word on items; answers what became of each: done, known or unknown."""
    by_id = {one.id: one for one in told}
    moment = Moment(acting.now, acting.now)
    heard = Hearing(moment)
    held = {one.item.id: one for one in await store.lock_items(connection, list(by_id))}
    outcomes: list[str] = []
    for one in told:
        if one.id not in held:
            outcomes.append("unknown")
        elif heard.step(held[one.id], one.failure):
            outcomes.append("done")
        else:
            outcomes.append("known")
    await heard.store(connection)
    return outcomes


async def hand_over_again(
    connection: Connection, acting: Acting, item_id: UUID, expected_version: int
) -> Outcome:
    """Let an item that was refused go over again, once somebody has put right why."""
    heard = Hearing(Moment(acting.now, acting.now))
    held = await store.lock_items(connection, [item_id])
    if not held:
        return NothingFound()
    (one,) = held
    check_version(expected_version, one.item.version)
    if not heard.take(one, "requested"):
        return refusal_of(WritebackNotFailed(f"This item is {one.item.state}."))
    heard.stand(one, due_in_seconds=0)
    await heard.store(connection)
    opened = Opened(
        subject=f"writeback/{item_id}", pcn_code=one.item.pcn_code, person_id=one.person_id
    )
    await record_access(connection, acting.caller, "writeback.again", [opened])
    body = {"id": item_id, "state": one.item.state, "version": one.item.version}
    return Done(200, body, one.item.version)


class Hearing:
    """What a receiver said of locked items, and what that changes."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._settled: dict[UUID, Settled] = {}
        self._events: list[NewEvent] = []

    def step(self, held: HeldItem, failure: Failure | None) -> bool:
        """Acknowledged, or refused; a word that was heard before changes nothing."""
        return self.take(held, "acknowledged" if failure is None else "failed", failure)

    def take(self, held: HeldItem, step: Step, failure: Failure | None = None) -> bool:
        """Take a step of an item, if it is one from where it stands."""
        if not take(held.item, step):
            return False
        moment = Moment(self._moment.occurred_at, self._moment.recorded_at, held.origin)
        self._events.append(_told(held.item, step, failure, moment))
        self.stand(held, failure=failure)
        return True

    def stand(
        self,
        held: HeldItem,
        *,
        failure: Failure | None = None,
        due_in_seconds: float | None = None,
        went_over: bool = False,
    ) -> None:
        """Note when an item is due again, and whether it went over just now."""
        self._settled[held.item.id] = Settled(
            item=held.item, failure=failure, due_in_seconds=due_in_seconds, went_over=went_over
        )

    async def store(self, connection: Connection) -> None:
        """Store and tell all of it; whoever is counted later is remembered now."""
        settled = list(self._settled.values())
        await store.settle(connection, settled, self._moment.recorded_at)
        places = [(one.item.pcn_code, one.item.practice_code) for one in settled]
        if places:
            await store.note_practices(connection, places)
        await outbox.record(connection, self._events)


def _told(item: Item, step: Step, failure: Failure | None, moment: Moment) -> NewEvent:
    if step == "failed":
        return published.failed(item, failure or "other", moment)
    return _TELLS[step](item, moment)


_TELLS: Final = {
    "requested": published.requested,
    "sent": published.sent,
    "acknowledged": published.acknowledged,
    "reconciled": published.reconciled,
    "withdrawn": published.withdrawn,
}


def _withdrawal_of(held: HeldItem, moment: Moment) -> Asked:
    item = held.item
    return Asked(
        kind="withdrawal",
        pcn_code=item.pcn_code,
        practice_code=item.practice_code,
        referral_id=item.referral_id,
        episode_id=item.episode_id,
        person_id=held.person_id,
        occurred_at=moment.occurred_at,
        worker_id=held.worker_id,
        withdraws=item.id,
    )


def asks_for_records(origin: codes.Origin) -> bool:
    """Say whether what comes in this way is written back: history was, where it happened."""
    return origin != "import"
