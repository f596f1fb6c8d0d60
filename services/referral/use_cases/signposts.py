"""Logging signposts in one call, asking later what came of them, and forgetting where it was asked.

Promise    An address is read by a service alone, only while somebody is to be asked, and is gone
           once they answered or after its time.
"""

from typing import Any, Final, cast
from uuid import UUID

from chassis import clock, outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from contracts import codes
from services.referral import acting as who
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands import Timed, happened_at
from services.referral.commands.signposts import EchoAnswer, NewSignpost
from services.referral.domain.episodes import check_happened
from services.referral.domain.refusals import Refused
from services.referral.domain.signposts import Signpost
from services.referral.domain.timers import Timer
from services.referral.published import Moment
from services.referral.published import signposts as published
from services.referral.store import signposts as store
from services.referral.store import timers
from services.referral.use_cases.listings import organization_of

_ROLES: Final = ("care-navigator", "referrer", *who.PCN_ROLES)


async def log_signpost(connection: Connection, acting: Acting, asked: NewSignpost) -> Outcome:
    """Log that somebody was told where to turn."""
    try:
        acting.check_form(recorded_at=asked.recorded_at)
        moment = _moment(acting, asked)
        practice_code = _practice(acting, asked)
        pcn_code = acting.pcn_for(practice_code)
        if asked.listing_id is not None:
            await organization_of(connection, asked.listing_id)
    except Refused as refused:
        return refusal_of(refused)
    signpost = Signpost(
        id=new_id(),
        pcn_code=pcn_code,
        practice_code=practice_code,
        need=asked.need,
        listing_id=asked.listing_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        echo_agreed=asked.echo is not None,
        origin=moment.origin,
    )
    role = next((role for role in _ROLES if acting.caller.holds(role)), "other")
    fact: dict[str, Any] = {
        "id": signpost.id,
        "pcn_code": pcn_code,
        "practice_code": practice_code,
        "need": signpost.need,
        "listing_id": signpost.listing_id,
        "role": role,
        "echo_agreed": signpost.echo_agreed,
        "version": signpost.version,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    await store.write(connection, {**fact, "origin": moment.origin})
    if asked.echo is not None:
        channel, address = asked.echo.channel, asked.echo.address
        await store.keep_address(connection, signpost, channel=channel, address=address)
        await timers.set(
            connection,
            kind="signpost-echo",
            about=signpost.id,
            pcn_code=pcn_code,
            due_at=signpost.ask_at,
        )
    event_id = new_id()
    event = published.signpost_logged(
        signpost, cast("codes.SignposterRole", role), event_id=event_id, moment=moment
    )
    await outbox.record(connection, [event])
    return Done(201, {**fact, "event_id": event_id}, signpost.version)


async def hear_echo(
    connection: Connection, acting: Acting, signpost_id: UUID, asked: EchoAnswer
) -> Outcome:
    """Take down what came of a signpost, once, and forget where it was asked."""
    signpost = await store.lock(connection, signpost_id)
    # Timers are the network's, so that a practice's request sees more here than is its own.
    if signpost is None or not acting.may_act_for(signpost.practice_code, signpost.pcn_code):
        raise NothingFound
    try:
        acting.check_form(recorded_at=asked.recorded_at)
        moment = _moment(acting, asked)
        signpost.hear(asked.answer, moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    await store.change(connection, signpost, echoed_at=moment.occurred_at)
    await store.forget_address(connection, signpost_id)
    await timers.clear(connection, kind="signpost-echo", about=signpost_id)
    event_id = new_id()
    event = published.signpost_echoed(signpost, asked.answer, event_id=event_id, moment=moment)
    await outbox.record(connection, [event])
    answer = {
        "id": signpost_id,
        "pcn_code": signpost.pcn_code,
        "practice_code": signpost.practice_code,
        "answer": asked.answer,
        "version": signpost.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    return Done(201, answer, signpost.version)


async def view_echo_address(
    connection: Connection, acting: Acting, signpost_id: UUID
) -> dict[str, Any]:
    """Give a service where to ask what came of a signpost."""
    row = await store.read_address(connection, signpost_id)
    if row is None:
        raise NothingFound
    opened = Opened(subject=f"signpost/{signpost_id}", pcn_code=row["pcn_code"])
    await record_access(connection, acting.caller, "signpost.echo", [opened])
    return dict(row)


async def list_signposts(
    connection: Connection, acting: Acting, *, after: UUID | None, limit: int
) -> list[Any]:
    """Give the signposts of the caller's networks, or else of their practices."""
    caller = acting.caller
    return await store.list_signposts(
        connection, pcns=caller.pcns, practices=caller.practices, after=after, limit=limit
    )


async def signpost_echo_fell_due(connection: Connection, timer: Timer) -> None:
    """Ask what came of it; the second time the timer fires, forget where it was asked."""
    signpost = await store.lock(connection, timer.about)
    if signpost is None:
        return
    if timer.due_at >= signpost.forget_at or not signpost.ask(timer.due_at):
        await store.forget_address(connection, signpost.id)
        return
    channel = await store.channel_of(connection, signpost.id)
    if channel is None:
        return
    await store.change(connection, signpost, echoed_at=None)
    await timers.set(
        connection,
        kind="signpost-echo",
        about=signpost.id,
        pcn_code=signpost.pcn_code,
        due_at=signpost.forget_at,
    )
    # Nobody is asked about what was only imported: the event is told, and makes no message.
    moment = Moment(timer.due_at, max(clock.now(), timer.due_at), signpost.origin)
    event = published.signpost_echo_due(
        signpost, cast("codes.EchoChannel", channel), event_id=new_id(), moment=moment
    )
    await outbox.record(connection, [event])


def _practice(acting: Acting, asked: NewSignpost) -> str:
    """Give the practice it happened at: the one named, or the only one of the caller."""
    if asked.practice_code is not None:
        return asked.practice_code
    own = acting.caller.practices
    if len(own) != 1:
        raise broken("/practice_code", "must name the practice, as you have not just one")
    return own[0]


def _moment(acting: Acting, asked: Timed) -> Moment:
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    return moment
