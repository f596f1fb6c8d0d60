"""When nobody says anything: nudges, listings that are gone, and answers that come as events.

Promise    Silence moves the ball and is shown with its age; no step here ends an onward referral
           but an answer that says so. What comes twice is taken once.
Not here   Sending a nudge: notifications, by the event. When it is due: ``use_cases.nudging``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from chassis import clock
from chassis.database import Connection
from chassis.refusals import NothingFound
from contracts import codes
from services.referral.commands.onward import OnwardAnswer
from services.referral.domain.episodes import Episode
from services.referral.domain.ladders import nudge
from services.referral.domain.onward import Fact, Held
from services.referral.domain.refusals import Refused
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.store import listings, timers
from services.referral.store import onward as store
from services.referral.store.onward import Loaded
from services.referral.use_cases.nudging import nudge_due_at, set_nudge
from services.referral.use_cases.onward import Told, fact_of_answer, move, open_onward_referral

DECEASED_LOOK_AGAIN_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTold:
    """An answer that another service heard, under the id of the event that told of it."""

    event_id: UUID
    onward_referral_id: UUID
    pcn_code: str
    asked: OnwardAnswer
    occurred_at: datetime
    recorded_at: datetime
    origin: codes.Origin = "live"


async def no_answer_fell_due(connection: Connection, timer: Timer) -> None:
    """Nudge whoever has the ball, or pass it to the worker, unless somebody has spoken."""
    episode, loaded = await _found(connection, timer)
    if episode is None or loaded is None:
        return
    standing = loaded.onward.standing
    if not isinstance(standing, Held):
        return
    if await store.is_deceased(connection, loaded.onward.person_id):
        # Nobody is reminded of who died; looked at again, in case it was somebody else.
        await timers.set(
            connection,
            kind="no-answer",
            about=timer.about,
            pcn_code=timer.pcn_code,
            due_at=timer.due_at,
            not_before=clock.now() + timedelta(days=DECEASED_LOOK_AGAIN_DAYS),
        )
        return
    ladder, due_at = await nudge_due_at(connection, loaded.onward)
    if due_at is None:
        return
    if due_at > timer.due_at:
        # The ladder or the calendar has changed since it was set.
        await set_nudge(connection, loaded.onward)
        return
    fact = nudge(standing, ladder, timer.due_at)
    await move(connection, episode, loaded, Told(fact, _moment(loaded, timer)))


async def listing_gone_fell_due(connection: Connection, timer: Timer) -> None:
    """Bring who is on the way to a listing that is gone before the worker; nothing ends by it.

    Published again, it is not gone any more, and whoever has the next move keeps it.
    """
    episode, loaded = await _found(connection, timer)
    if episode is None or loaded is None:
        return
    standing = loaded.onward.standing
    if not isinstance(standing, Held):
        return
    is_gone = await listings.is_listing_withdrawn(connection, loaded.onward.listing_id)
    if is_gone == standing.listing_gone:
        return
    # Sent before the withdrawal was known, it may stand later than the withdrawal is dated.
    happened_at = max(timer.due_at, loaded.onward.sent_at or loaded.onward.drafted_at)
    fact = Fact("listing-gone" if is_gone else "listing-back", happened_at)
    await move(connection, episode, loaded, Told(fact, _moment(loaded, timer, happened_at)))


async def answer_from_event(connection: Connection, told: AnswerTold) -> str:
    """Take an answer once, however often its event is told; a refused one is kept with why.

    Runs under the worker role. Gives what became of it: done, known, unknown or a refusal's name.
    """
    whose = await store.find_whose(connection, told.onward_referral_id)
    # A stream speaks for its own network alone.
    if whose is None or whose.pcn_code != told.pcn_code:
        return "unknown"
    episode, loaded = await open_onward_referral(connection, told.onward_referral_id)
    moment = Moment(told.occurred_at, told.recorded_at, told.origin)
    fact = fact_of_answer(told.asked, moment)
    outcome = "done"
    try:
        loaded.onward.check(fact)
    except Refused as refused:
        outcome = refused.name
    claimed = await store.claim_answer(
        connection,
        event_id=told.event_id,
        pcn_code=told.pcn_code,
        onward_referral_id=told.onward_referral_id,
        outcome=outcome,
        recorded_at=told.recorded_at,
    )
    if not claimed:
        return "known"
    if outcome == "done":
        await move(connection, episode, loaded, Told(fact, moment, told.asked.note))
    return outcome


async def withdraw_open(
    connection: Connection,
    episode: Episode,
    reason: Literal["moved", "died", "not-wanted", "other"],
    moment: Moment,
) -> int:
    """End what is open of a locked episode, as when the person moved or died; give how many.

    Where nobody says that the person goes no further, what is silent stays open: who closes support
    cannot know what became of it. The caller stores the episode afterwards; its version has moved
    on with each.
    """
    open_ids = await store.list_open_of_episode(connection, episode.id)
    withdrawn = 0
    for onward_referral_id in open_ids:
        loaded = await store.load(connection, onward_referral_id)
        if loaded is None:
            raise NothingFound
        standing = loaded.onward.standing
        if reason == "other" and isinstance(standing, Held) and standing.silent:
            continue
        withdrawn += 1
        earliest = loaded.onward.sent_at or loaded.onward.drafted_at
        fact = Fact("withdrawn", max(moment.occurred_at, earliest), told_by="worker", reason=reason)
        at = Moment(fact.occurred_at, moment.recorded_at, moment.origin)
        await move(connection, episode, loaded, Told(fact, at))
    return withdrawn


async def _found(connection: Connection, timer: Timer) -> tuple[Episode | None, Loaded | None]:
    try:
        return await open_onward_referral(connection, timer.about)
    except NothingFound:
        return None, None


def _moment(loaded: Loaded, timer: Timer, happened_at: datetime | None = None) -> Moment:
    """Give the moment a timer's step has: what was due before anybody entered it reminds nobody.

    Entered weeks late, it is where it would be by now, and the next nudge is the first to be sent.
    """
    nudges_past = timer.kind == "no-answer" and timer.due_at <= loaded.recorded_at
    is_past = nudges_past or (loaded.origin == "import" and timer.due_at <= loaded.recorded_at)
    origin: codes.Origin = "import" if is_past else "live"
    if loaded.origin == "seed":
        origin = "seed"
    occurred_at = happened_at or timer.due_at
    return Moment(occurred_at, max(clock.now(), occurred_at), origin)
