"""Ending a person's support, and taking it up again: every referral of it told one by one.

Promise    The whole of a closing is one transaction: its referrals, what becomes of onward
           referrals and planned visits, what it tells, the messages that go back and the codes.
           Of two at once, one is told that the support has ended already.
Price      Reopening locks the person before the episode, as whoever opens a new one does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import Refusal
from contracts import codes
from services.referral import published
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.closing import NewClosing, NewReopening
from services.referral.domain.closing import (
    Closed,
    ReferralEnded,
    Reopened,
    check_may_close,
    close,
    reason_of,
    reopen,
)
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.handover import GoesOnElsewhere
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published.closing import ClosingTold, episode_closed, episode_reopened
from services.referral.store import closing as store
from services.referral.store import episodes as episode_store
from services.referral.store import handover
from services.referral.store import onward as onward_store
from services.referral.store.closing import Counts
from services.referral.use_cases.alive import check_lives, who_died
from services.referral.use_cases.casework import Casework, open_referrals
from services.referral.use_cases.coding import restate_codes
from services.referral.use_cases.falling_due import falls_due_again
from services.referral.use_cases.identity import lock_known_people
from services.referral.use_cases.message_back import Ended, send_back
from services.referral.use_cases.silence import withdraw_open
from services.referral.use_cases.visits import call_off_planned

_Why: TypeAlias = Literal["moved", "died", "not-wanted", "other"]
_WITHDRAWN_FOR: Final[Mapping[str, _Why]] = {
    "moved-away": "moved",
    "died": "died",
    "declined": "not-wanted",
}


@dataclass(frozen=True, slots=True)
class _Locked:
    """One episode, as one request found it under its lock."""

    casework: Casework
    referral: Referral
    episode: Episode
    moment: Moment


@dataclass(frozen=True, slots=True)
class _Loops:
    withdrawn: int
    kept: int


async def close_episode(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewClosing
) -> Outcome:
    """End the support a referral belongs to."""
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        held = _opened(casework, referral_id, asked)
        loops = await onward_store.list_open_of_episode(connection, held.episode.id)
        check_may_close(held.episode, len(loops), asked.loops)
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    became = await _settle_loops(connection, held, asked, len(loops))
    casework.events += await call_off_planned(connection, held.episode, held.moment)
    counts = await store.count(connection, held.episode.id)
    closed = close(
        held.episode,
        await _referrals_of(connection, held),
        asked.outcome,
        held.moment.occurred_at,
    )
    row = _closing_row(held, asked, closed, counts, became)
    _tell_steps(held, closed.steps, reason_of(asked.outcome))
    event = episode_closed(
        held.episode,
        held.referral,
        closed,
        _told(asked, counts, became),
        event_id=row["event_id"],
        moment=held.moment,
    )
    casework.tell(held.episode, event, subject=f"closing/{row['id']}")
    await _write_steps(connection, held, closed.steps, reason_of(asked.outcome))
    await store.write_closing(connection, row)
    await casework.tell_all(connection, "episode.close")
    await restate_codes(connection, casework)
    await send_back(connection, _ended(held, asked, closed, counts, row))
    return Done(201, _answer(held, row), held.referral.version)


async def reopen_episode(
    connection: Connection, acting: Acting, referral_id: UUID, asked: NewReopening
) -> Outcome:
    """Take up the support that a referral belonged to."""
    who = await _lock_whoever_speaks(connection, referral_id)
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        held = _opened(casework, referral_id, asked)
        check_lives(await who_died(connection, casework), held.episode.person_id)
        if await handover.goes_on_elsewhere(connection, held.episode.id):
            raise GoesOnElsewhere("Another network goes on with this support.")
        reopened = reopen(
            held.episode,
            held.referral,
            held.moment.occurred_at,
            newer_is_open=await store.has_open_episode(connection, who),
            comes_back_unmerged=await store.comes_back_unmerged(connection, held.episode.person_id),
        )
    except Refused as refused:
        return refusal_of(refused)
    except Refusal as refusal:
        return refusal
    steps = [ReferralEnded(held.referral, reopened.change, held.referral.version)]
    row = _reopening_row(held, asked, reopened)
    _tell_steps(held, steps, None)
    event = episode_reopened(
        held.episode,
        held.referral,
        reopened,
        asked.reason,
        event_id=row["event_id"],
        moment=held.moment,
    )
    casework.tell(held.episode, event, subject=f"reopening/{row['id']}")
    await _write_steps(connection, held, steps, None)
    await store.write_reopening(connection, row)
    await falls_due_again(connection, [held.episode])
    await casework.tell_all(connection, "episode.reopen")
    await restate_codes(connection, casework)
    return Done(201, _answer(held, row), held.referral.version)


async def _lock_whoever_speaks(connection: Connection, referral_id: UUID) -> UUID | None:
    """Lock the person a referral is about, and who speaks for their record; give the latter."""
    person_id = await store.lock_person_of_referral(connection, referral_id)
    if person_id is None:
        return None
    person = (await lock_known_people(connection, ids=[person_id])).by_id(person_id)
    return person.id if person else person_id


def _opened(casework: Casework, referral_id: UUID, asked: NewClosing | NewReopening) -> _Locked:
    casework.acting.check_form(recorded_at=asked.recorded_at)
    referral, episode = casework.referral(referral_id)
    return _Locked(casework, referral, episode, casework.moment(asked, episode))


async def _settle_loops(
    connection: Connection, held: _Locked, asked: NewClosing, open_loops: int
) -> _Loops:
    if asked.loops != "withdraw" or not open_loops:
        return _Loops(withdrawn=0, kept=open_loops)
    why: _Why = _WITHDRAWN_FOR.get(asked.outcome, "other")
    withdrawn = await withdraw_open(connection, held.episode, why, held.moment)
    return _Loops(withdrawn, kept=open_loops - withdrawn)


async def _referrals_of(connection: Connection, held: _Locked) -> list[Referral]:
    """Give every referral of the episode; the one asked about as it is held already."""
    found = await store.load_referrals_of_episode(connection, held.episode.id)
    return [held.referral if one.id == held.referral.id else one for one in found]


def _tell_steps(held: _Locked, steps: Sequence[ReferralEnded], reason: str | None) -> None:
    for step in steps:
        # That it was accepted on the way needs no reason.
        why = None if step.change.status == "accepted" else reason
        event = published.referral_status_changed(
            step.referral,
            held.episode,
            step.change,
            cast("codes.StatusReason | None", why),
            event_id=new_id(),
            moment=held.moment,
        )
        held.casework.tell(held.episode, event, subject=f"referral/{step.referral.id}")
        held.casework.rows.append(
            {
                "id": new_id(),
                "pcn_code": held.episode.pcn_code,
                "practice_code": step.referral.practice_code,
                "referral_id": step.referral.id,
                "previous_status": step.change.previous_status,
                "status": step.change.status,
                "reason": why,
                **_times(held),
            }
        )


async def _write_steps(
    connection: Connection, held: _Locked, steps: Sequence[ReferralEnded], reason: str | None
) -> None:
    moved = {
        step.referral.id: {
            "id": step.referral.id,
            "status": step.referral.status,
            "status_reason": reason,
            "version": step.referral.version,
        }
        for step in steps
    }
    await episode_store.write_statuses(
        connection,
        episodes=[held.episode],
        referrals=list(moved.values()),
        steps=held.casework.rows,
    )


def _closing_row(
    held: _Locked, asked: NewClosing, closed: Closed, counts: Counts, became: _Loops
) -> dict[str, Any]:
    return {
        **_identity(held),
        "number": counts.closings + 1,
        "outcome": asked.outcome,
        "what_next": asked.what_next,
        "summary": asked.summary,
        "contacts_made": counts.contacts_made,
        "days_open": closed.days_open,
        "goals_set": counts.goals_set,
        "goals_met": counts.goals_met,
        "goals_dropped": counts.goals_dropped,
        "loops_withdrawn": became.withdrawn,
        "loops_kept": became.kept,
    }


def _reopening_row(held: _Locked, asked: NewReopening, reopened: Reopened) -> dict[str, Any]:
    return {**_identity(held), "reason": asked.reason, "days_closed": reopened.days_closed}


def _identity(held: _Locked) -> dict[str, Any]:
    return {
        "id": new_id(),
        "pcn_code": held.episode.pcn_code,
        "practice_code": held.referral.practice_code,
        "episode_id": held.episode.id,
        "referral_id": held.referral.id,
        "worker_id": held.casework.acting.worker_id,
        "event_id": new_id(),
        **_times(held),
    }


def _times(held: _Locked) -> dict[str, Any]:
    moment = held.moment
    return {
        "origin": moment.origin,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }


def _told(asked: NewClosing, counts: Counts, became: _Loops) -> ClosingTold:
    return ClosingTold(
        number=counts.closings + 1,
        outcome=asked.outcome,
        what_next=asked.what_next,
        contacts_made=counts.contacts_made,
        goals_set=counts.goals_set,
        goals_met=counts.goals_met,
        goals_dropped=counts.goals_dropped,
        loops_withdrawn=became.withdrawn,
        loops_kept=became.kept,
    )


def _ended(
    held: _Locked, asked: NewClosing, closed: Closed, counts: Counts, row: Mapping[str, Any]
) -> Ended:
    return Ended(
        closing_id=row["id"],
        episode=held.episode,
        referral=held.referral,
        closed=closed,
        outcome=asked.outcome,
        what_next=asked.what_next,
        summary=asked.summary,
        counts=counts,
        completed_by=row["worker_id"],
        moment=held.moment,
    )


def _answer(held: _Locked, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in row.items() if name not in {"summary", "origin"}},
        "person_id": held.episode.person_id,
        "status": held.referral.status,
        "version": held.referral.version,
    }
