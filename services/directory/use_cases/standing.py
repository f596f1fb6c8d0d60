"""Weighing listings: how fresh each is, what room it has, and what follows from that.

Promise    What follows is decided under the listing's lock by what is known then, so that weighing
           again, twice at once or after a crash asks, doubts, hides and tells once. What is told of
           the room is compared with what was told before.
Price      Each listing is weighed once a day, and soon after anything is told of it.
Not here   The rules: ``domain.freshness``, ``domain.capacity``. Answers of owners: ``listing_checks``.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection, Database
from chassis.ids import new_id
from services.directory.domain import capacity, freshness
from services.directory.domain.capacity import Estimate
from services.directory.domain.freshness import Decided, Weighed
from services.directory.domain.listings import PUBLIC, Actor
from services.directory.domain.register import Moment
from services.directory.published import Telling
from services.directory.published import evidence as evidence_told
from services.directory.published.evidence import ToldOf
from services.directory.store import evidence
from services.directory.store import listing_checks as checks
from services.directory.store import listings as listing_store
from services.directory.store import standing as store
from services.directory.store.listing_checks import Asking
from services.directory.store.standing import Score, Standing, Told
from services.directory.use_cases import open_copies
from services.directory.use_cases.listing_life import Why, renew_copies, take_step

WEIGHED_AT_ONCE_MAX: Final = 200
WEIGHED_AGAIN_HOURS: Final = 24
ANSWERS_OF_EACH_MAX: Final = 200
PLATFORM: Final = Actor(member_key="", is_platform=True)

_LOG = logging.getLogger(__name__)


class Found(NamedTuple):
    """What weighing a listing came to."""

    standing: Standing
    weighed: Weighed
    decided: Decided
    room: Estimate
    told: Told | None

    @property
    def capacity_changed(self) -> bool:
        """Whether what is known of its room is not what was told; of what is hidden none is told."""
        before = None if self.told is None else self.told.status
        goes = self.decided.step == "hide"
        return self.standing.state in PUBLIC and not goes and self.room.status != before

    @property
    def wants_something(self) -> bool:
        """Whether anything is to be done beyond keeping the score."""
        return self.decided != Decided() or self.capacity_changed


async def weigh(connection: Connection, listing_ids: Sequence[UUID], now: datetime) -> list[Found]:
    """Weigh these listings as they stand; drafts and what was withdrawn are passed over."""
    standings = await store.standings(connection, listing_ids)
    ids = [one.id for one in standings]
    if not ids:
        return []
    happened = await store.happenings(connection, ids, of_each_kind=freshness.COUNTED_MAX)
    answers = await store.answers(connection, ids, of_each=ANSWERS_OF_EACH_MAX)
    words = await store.words(connection, ids)
    told = await store.told_capacities(connection, ids)
    found: list[Found] = []
    for one in standings:
        weighed = freshness.weigh(happened[one.id], now)
        decided = freshness.decide(
            weighed, one.state, taken_by_evidence=one.taken_by_evidence, is_asked=one.is_asked
        )
        room = capacity.estimate(answers[one.id], words.get(one.id), now)
        found.append(Found(one, weighed, decided, room, told.get(one.id)))
    return found


async def weigh_due(
    database: Database, now: datetime, *, rows_max: int = WEIGHED_AT_ONCE_MAX
) -> int:
    """Weigh a bounded number of listings whose turn it is, and do what follows; how many.

    Whatever something follows from stays due until that is done: cut off, the next call goes on.
    """
    async with database.transaction() as connection:
        ids = await store.listings_to_weigh(
            connection,
            weighed_until=now - timedelta(hours=WEIGHED_AGAIN_HOURS),
            rules_version=freshness.RULES_VERSION,
            rows=rows_max,
        )
        if not ids:
            return 0
        await checks.close_unanswered(connection, ids, now)
        found = await weigh(connection, ids, now)
        await _keep(connection, found, now)
        wanting = [one.standing.id for one in found if one.wants_something]
        await store.strike_off(connection, ids)
        await evidence.want_weighed(connection, wanting)
    for listing_id in wanting:
        async with database.transaction() as connection:
            await settle(connection, listing_id, now)
    _LOG.info("listings_weighed", extra={"count": len(ids)})
    return len(ids)


async def settle(connection: Connection, listing_id: UUID, now: datetime) -> UUID | None:
    """Do for one listing what follows from what is known; the event that told of its room, if any."""
    await open_copies.hold_order(connection, now)
    listing = await listing_store.lock_listing(connection, listing_id)
    await checks.close_unanswered(connection, [listing_id], now)
    found = await weigh(connection, [listing_id], now)
    await store.strike_off(connection, [listing_id])
    if listing is None or not found:
        return None
    (one,) = found
    await _keep(connection, found, now)
    if one.decided.ask is not None:
        await _ask(connection, one, now)
    told = await _tell_room(connection, one, now) if one.capacity_changed else None
    if one.decided.step is not None:
        why = Why(reason=one.decided.reason)
        await take_step(connection, PLATFORM, listing_id, one.decided.step, why, Moment(now, now))
    elif told is not None:
        await renew_copies(connection, listing, Moment(now, now))
    return told


async def _keep(connection: Connection, found: Sequence[Found], now: datetime) -> None:
    if not found:
        return
    scores = [
        Score(
            one.standing.id,
            one.standing.organization_id,
            one.standing.region_code,
            one.weighed.score,
        )
        for one in found
    ]
    await store.keep_scores(connection, scores, rules_version=freshness.RULES_VERSION, now=now)
    await store.put_in_search(
        connection,
        [
            (one.standing.id, one.weighed.score / freshness.SCORE_MAX, one.room.room)
            for one in found
        ],
    )


async def _ask(connection: Connection, one: Found, now: datetime) -> None:
    asking = Asking(
        id=new_id(),
        reason=cast("freshness.AskReason", one.decided.ask),
        asked_at=now,
        answer_until=now + timedelta(days=freshness.CHECK_OPEN_DAYS),
        event_id=new_id(),
    )
    if await checks.ask(connection, one.standing, asking):
        event = evidence_told.listing_check_due(
            Telling(asking.event_id, 1, Moment(now, now)),
            _told_of(one),
            check_id=asking.id,
            reason=asking.reason,
            answer_until=asking.answer_until,
        )
        await outbox.record(connection, [event])


async def _tell_room(connection: Connection, one: Found, now: datetime) -> UUID:
    event_id = new_id()
    version = await store.keep_capacity(
        connection,
        one.standing,
        one.room,
        rules_version=capacity.RULES_VERSION,
        event_id=event_id,
        now=now,
    )
    telling = Telling(event_id, version, Moment(now, now))
    previous = None if one.told is None else one.told.status
    await outbox.record(
        connection, [evidence_told.capacity_changed(telling, _told_of(one), one.room, previous)]
    )
    return event_id


def _told_of(one: Found) -> ToldOf:
    return ToldOf(one.standing.id, one.standing.organization_id, one.standing.region_code)
