"""The work that time starts: firing what is due, one loop for each lane.

A part of casework puts its handlers here. A handler runs in the transaction that ends its timer,
under the worker role: it locks its aggregate, decides by what it finds, and tells what became of
it as of ``timer.due_at``. It may set the next timer of the same kind.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final, cast

from chassis.database import Database, DatabaseUnavailable
from chassis.service import Schedule, WorkerContext
from services.referral.domain.timers import LANES, Lane
from services.referral.gateways.receiver import HttpReceiver
from services.referral.settings import ReferralSettings
from services.referral.use_cases.alarms import alarm_escalation_fell_due
from services.referral.use_cases.calendar import calendar_fell_due, recount_what_is_outdated
from services.referral.use_cases.clock_steps import EarlierClock
from services.referral.use_cases.consent import consent_end_fell_due
from services.referral.use_cases.handing_over import (
    Desk,
    compare_for_ever,
    hand_over_for_ever,
)
from services.referral.use_cases.handover import handover_fell_due
from services.referral.use_cases.plans import review_fell_due
from services.referral.use_cases.practice_moves import practice_move_fell_due
from services.referral.use_cases.reallocation import reallocation_fell_due
from services.referral.use_cases.risk import risk_review_fell_due
from services.referral.use_cases.signposts import signpost_echo_fell_due
from services.referral.use_cases.silence import listing_gone_fell_due, no_answer_fell_due
from services.referral.use_cases.supervision import supervision_fell_due
from services.referral.use_cases.timers import Handlers, fire_due, observe
from services.referral.use_cases.visits import lone_worker_fell_due, visit_begin_fell_due
from services.referral.use_cases.waiting import first_contact_fell_due

POLL_SECONDS: Final = 0.5
OBSERVE_SECONDS: Final = 5.0
DATABASE_AWAY_PAUSE_SECONDS: Final = 2.0

HANDLERS: Final[Handlers] = {
    "alarm-escalation": alarm_escalation_fell_due,
    "calendar": calendar_fell_due,
    "first-contact": first_contact_fell_due,
    "handover": handover_fell_due,
    "practice-move": practice_move_fell_due,
    "lone-worker": lone_worker_fell_due,
    "visit-begin": visit_begin_fell_due,
    "listing-gone": listing_gone_fell_due,
    "consent-end": consent_end_fell_due,
    "no-answer": no_answer_fell_due,
    "review": review_fell_due,
    "reallocation": reallocation_fell_due,
    "risk-review": risk_review_fell_due,
    "supervision": supervision_fell_due,
    "signpost-echo": signpost_echo_fell_due,
}

_LOG = logging.getLogger(__name__)


def schedules(context: WorkerContext) -> Sequence[Schedule]:
    """Every schedule of the referral service."""
    lanes = (_of_lane(context.database, lane) for lane in LANES)
    return (*lanes, *_writeback(context))


def _of_lane(database: Database, lane: Lane) -> Schedule:
    async def run() -> None:
        if lane == LANES[0]:
            await _begin(database)
        await fire_for_ever(database, HANDLERS, lane)

    return Schedule(f"timers {lane}", run)


async def _begin(database: Database) -> None:
    """Do once what a new version of this service asks for, when the database is there."""
    while True:
        try:
            async with database.transaction() as connection:
                await recount_what_is_outdated(connection)
        except DatabaseUnavailable:
            await asyncio.sleep(DATABASE_AWAY_PAUSE_SECONDS)
        else:
            return


def _writeback(context: WorkerContext) -> Sequence[Schedule]:
    """Hand over to the receiver, if there is one."""
    settings = cast("ReferralSettings", context.settings)
    url, token = settings.writeback_receiver_url, settings.writeback_receiver_token
    if url is None:
        return ()
    receiver = HttpReceiver(url, token.get_secret_value() if token else None)
    desk = Desk(context.database, receiver)

    async def hand_over() -> None:
        await hand_over_for_ever(desk)

    async def compare() -> None:
        await compare_for_ever(desk)

    return (Schedule("writeback", hand_over), Schedule("writeback counts", compare))


async def fire_for_ever(database: Database, handlers: Handlers, lane: Lane) -> None:
    """Fire what is due, look again soon, and outlast a database that is away."""
    observed_at = -OBSERVE_SECONDS
    earlier_clock = EarlierClock()
    while True:
        pause_seconds = POLL_SECONDS
        try:
            fired = await fire_due(database, handlers, lane)
            if lane == "safety":
                fired += await earlier_clock.fire_due(database, handlers)
            if fired > 0:
                pause_seconds = 0.0
            if lane == LANES[0] and time.monotonic() - observed_at >= OBSERVE_SECONDS:
                await observe(database)
                observed_at = time.monotonic()
        except DatabaseUnavailable:
            _LOG.warning("timers_wait", extra={"reason": "DatabaseUnavailable"})
            pause_seconds = DATABASE_AWAY_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)
