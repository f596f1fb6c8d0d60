"""Risk flags: raised with an author and a day of review, reviewed, ended with a reason.

Promise    A flag whose review day passes is told as due once, and stays on its network's list
           until somebody reviews or ends it.
Not here   Showing them before travel: ``store.risk.active_risk_flags``.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis import clock
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.risk import NewRiskFlag, RiskEnding, RiskReview
from services.referral.domain.refusals import Refused
from services.referral.domain.risk import (
    RiskFlag,
    RiskFlagStands,
    check_review_day,
    overdue_from,
)
from services.referral.domain.timers import Kind, Timer
from services.referral.published import Moment
from services.referral.published import risk as published
from services.referral.store import risk as store
from services.referral.store import timers
from services.referral.store.onward import is_deceased
from services.referral.use_cases.about_person import AboutPerson, open_record, record_at

TIMER: Final[Kind] = "risk-review"


async def raise_flag(
    connection: Connection, acting: Acting, person_id: UUID, asked: NewRiskFlag
) -> Outcome:
    """Raise a flag; a person has one of a kind."""
    try:
        about = await open_record(connection, acting, person_id, asked, is_new=True)
        check_review_day(asked.review_by, about.moment.occurred_at)
        if await store.has_flag(connection, person_id, asked.kind):
            raise RiskFlagStands("The person has a flag of this kind. Review or end that one.")
    except Refused as refused:
        return refusal_of(refused)
    moment = about.moment
    flag = RiskFlag(
        id=new_id(),
        person_id=person_id,
        pcn_code=about.record.pcn_code,
        kind=asked.kind,
        raised_by=acting.author_id,
        raised_at=moment.occurred_at,
        review_by=asked.review_by,
    )
    row = {
        "id": flag.id,
        "pcn_code": flag.pcn_code,
        "person_id": flag.person_id,
        "kind": flag.kind,
        "note": asked.note,
        "raised_by": flag.raised_by,
        "raised_at": flag.raised_at,
        "review_by": flag.review_by,
        "origin": moment.origin,
        "recorded_at": moment.recorded_at,
        "version": flag.version,
    }
    step = _step(flag, "raised", about, acting, review_by=flag.review_by, note=asked.note)
    await store.insert_flag(connection, row, step)
    await _set_timer(connection, flag)
    await about.tell(connection, published.raised(flag))
    await about.audit(connection, acting, "risk-flag.raise", f"risk-flag/{flag.id}")
    return Done(201, _answer(flag, about), flag.version)


async def review_flag(
    connection: Connection,
    acting: Acting,
    flag_id: UUID,
    expected_version: int,
    asked: RiskReview,
) -> Outcome:
    """Write down that somebody looked at it again, and that it stands."""
    try:
        about, flag = await _open(connection, acting, flag_id, asked, expected_version)
        was_overdue = flag.is_overdue(about.moment.occurred_at)
        flag.review(asked.review_by, about.moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    step = _step(flag, "reviewed", about, acting, review_by=flag.review_by, note=asked.note)
    await store.write_flag(connection, flag, step)
    await _set_timer(connection, flag)
    await about.tell(connection, published.reviewed(flag, was_overdue=was_overdue))
    await about.audit(connection, acting, "risk-flag.review", f"risk-flag/{flag.id}")
    return Done(201, _answer(flag, about), flag.version)


async def end_flag(
    connection: Connection,
    acting: Acting,
    flag_id: UUID,
    expected_version: int,
    asked: RiskEnding,
) -> Outcome:
    """End a flag, and say why."""
    try:
        about, flag = await _open(connection, acting, flag_id, asked, expected_version)
        flag.end(asked.reason, about.moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    step = _step(flag, "ended", about, acting, end_reason=flag.end_reason, note=asked.note)
    await store.write_flag(connection, flag, step)
    await timers.clear(connection, kind=TIMER, about=flag.id)
    await about.tell(connection, published.ended(flag))
    await about.audit(connection, acting, "risk-flag.end", f"risk-flag/{flag.id}")
    return Done(201, _answer(flag, about), flag.version)


async def risk_review_fell_due(connection: Connection, timer: Timer) -> None:
    """Tell that nobody reviewed a flag in time; it stands, and stays on the list."""
    found = await store.find_flag(connection, timer.about)
    if found is None:
        return
    known_at = max(clock.now(), timer.due_at)
    about = await record_at(connection, found["person_id"], Moment(timer.due_at, known_at))
    flag = await store.lock_flag(connection, timer.about)
    if about is not None and flag is not None and flag.is_overdue(timer.due_at):
        await about.tell(connection, published.review_due(flag))


async def _open(
    connection: Connection,
    acting: Acting,
    flag_id: UUID,
    asked: RiskReview | RiskEnding,
    expected_version: int,
) -> tuple[AboutPerson, RiskFlag]:
    found = await store.find_flag(connection, flag_id)
    if found is None:
        raise NothingFound
    about = await open_record(connection, acting, found["person_id"], asked)
    flag = await store.lock_flag(connection, flag_id)
    if flag is None:
        raise NothingFound
    check_version(expected_version, flag.version)
    return about, flag


async def _set_timer(connection: Connection, flag: RiskFlag) -> None:
    if await is_deceased(connection, flag.person_id):
        return  # nobody goes to see who died; taking the death back sets it again
    await timers.set(
        connection,
        kind=TIMER,
        about=flag.id,
        pcn_code=flag.pcn_code,
        due_at=overdue_from(flag.review_by),
    )


def _step(
    flag: RiskFlag,
    step: str,
    about: AboutPerson,
    acting: Acting,
    *,
    review_by: date | None = None,
    end_reason: str | None = None,
    note: str | None,
) -> dict[str, Any]:
    moment = about.moment
    return {
        "id": new_id(),
        "pcn_code": flag.pcn_code,
        "risk_flag_id": flag.id,
        "number": flag.version,
        "step": step,
        "review_by": review_by,
        "end_reason": end_reason,
        "note": note,
        "worker_id": acting.author_id,
        "origin": moment.origin,
        "event_id": about.event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }


def _answer(flag: RiskFlag, about: AboutPerson) -> dict[str, Any]:
    return {
        "id": flag.id,
        "person_id": flag.person_id,
        "pcn_code": flag.pcn_code,
        "kind": flag.kind,
        "raised_by": flag.raised_by,
        "raised_at": flag.raised_at,
        "review_by": flag.review_by,
        "reviewed_at": flag.reviewed_at,
        "ended_at": flag.ended_at,
        "end_reason": flag.end_reason,
        "version": flag.version,
        "event_id": about.event_id,
        "occurred_at": about.moment.occurred_at,
        "recorded_at": about.moment.recorded_at,
    }
