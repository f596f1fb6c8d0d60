"""The folds of contacts: counted when made, and counted otherwise once they turn out otherwise.

Promise    The sum over everything known is what stands; the sum up to a day of knowing is what
           was thought to stand on that day. A correction says what it puts aside, so nothing is
           looked up to take it back.
Price      A fact that was corrected holds the number and the times of what corrected it.
"""

from datetime import date, datetime
from typing import Any, Final

from chassis.stream import Event
from contracts.codes import ContactOutcome
from services.reporting.folds.hearing import (
    AlreadyKnown,
    OutOfTurn,
    activity_of,
    add,
    dates,
    own_stream,
)
from services.reporting.rows import ContactKey, Rows
from services.reporting.working_days import local_date, working_days_between

FIRST_CONTACT: Final = 1
MADE: Final[ContactOutcome] = "made"
MISSED: Final[ContactOutcome] = "missed"
ATTEMPTED: Final[ContactOutcome] = "attempted"


def contact_made(rows: Rows, event: Event) -> None:
    """A worker and the person spoke."""
    stream, data = _of_known_episode(rows, event)
    first = data.get("first_contact")
    if first is None:
        # Told before contacts could be put right: then the first one stayed the first.
        first = data["contact_number"] == FIRST_CONTACT
    happened_on, known_on = dates(event)
    key = stream, data["episode_id"], data["contact_number"]
    if key in rows.contacts:
        raise AlreadyKnown
    _stand(rows, event, key, event.occurred_at, is_first=first)
    _count(rows, stream, data["practice_code"], MADE, happened_on, known_on)
    if first:
        _wait(rows, stream, data["practice_code"], data["referred_at"], happened_on, known_on)


def contact_missed(rows: Rows, event: Event) -> None:
    """A contact had been agreed, and the person was not there."""
    stream, data = _of_known_episode(rows, event)
    _count(rows, stream, data["practice_code"], MISSED, *dates(event))


def contact_attempted(rows: Rows, event: Event) -> None:
    """A worker tried to reach the person and did not."""
    stream, data = _of_known_episode(rows, event)
    _count(rows, stream, data["practice_code"], ATTEMPTED, *dates(event))


def contact_corrected(rows: Rows, event: Event) -> None:
    """A contact was otherwise: take back what was counted of it, and count what now stands."""
    stream, data = _of_known_episode(rows, event)
    known_on = local_date(event.recorded_at)
    _take_back(rows, stream, data, known_on)
    practice, happened_on = data["practice_code"], local_date(data["contact_at"])
    _count(rows, stream, practice, data["outcome"], happened_on, known_on)
    if data["contact_number"] is not None:
        key = stream, data["episode_id"], data["contact_number"]
        _stand(rows, event, key, data["contact_at"], is_first=data["is_first"])
    if data["is_first"]:
        _wait(rows, stream, practice, data["referred_at"], happened_on, known_on)


def contact_voided(rows: Rows, event: Event) -> None:
    """A contact never was."""
    stream, data = _of_known_episode(rows, event)
    _take_back(rows, stream, data, local_date(event.recorded_at))


def _take_back(rows: Rows, stream: str, data: dict[str, Any], known_on: date) -> None:
    practice, happened_on = data["practice_code"], local_date(data["previous_contact_at"])
    _count(rows, stream, practice, data["previous_outcome"], happened_on, known_on, amount=-1)
    if data["previous_contact_number"] is not None:
        _fall(rows, (stream, data["episode_id"], data["previous_contact_number"]))
    if data["was_first"]:
        _wait(rows, stream, practice, data["referred_at"], happened_on, known_on, amount=-1)
    if data["next_first_number"] is not None:
        _follow(rows, (stream, data["episode_id"], data["next_first_number"]))
        follows_on = local_date(data["next_first_at"])
        practice = data["next_first_practice_code"]
        _wait(rows, stream, practice, data["referred_at"], follows_on, known_on)


def _of_known_episode(rows: Rows, event: Event) -> tuple[str, dict[str, Any]]:
    stream, data = own_stream(event)
    episode = stream, data["episode_id"]
    if episode not in rows.episodes:
        rows.earlier_episodes.add(episode)
    return stream, data


def _stand(
    rows: Rows, event: Event, key: ContactKey, contact_at: datetime, *, is_first: bool
) -> None:
    """A contact made stands as this event says it was."""
    data = event.data
    rows.contacts[key] = (
        event.stream,
        data["contact_id"],
        data["episode_id"],
        data["referral_id"],
        data["practice_code"],
        data["mode"],
        data["minutes"],
        data["role"],
        data["worker_id"],
        data["contact_number"],
        event.origin,
        contact_at,
        event.recorded_at,
        local_date(contact_at),
        event.number,
        event.aggregate_version,
        is_first,
    )


def _fall(rows: Rows, key: ContactKey) -> None:
    """A contact made no longer stands as it did."""
    rows.first_contacts.discard(key)
    if rows.contacts.pop(key, None) is not None:
        return
    if key in rows.fallen_contacts:
        raise OutOfTurn
    rows.fallen_contacts.add(key)


def _follow(rows: Rows, key: ContactKey) -> None:
    """A contact is the first now that the one before it fell."""
    stands = rows.contacts.get(key)
    if stands is None:
        rows.first_contacts.add(key)
    else:
        rows.contacts[key] = (*stands[:-1], True)


def _count(
    rows: Rows,
    stream: str,
    practice: str,
    outcome: str,
    happened_on: date,
    known_on: date,
    *,
    amount: int = 1,
) -> None:
    activity = activity_of(rows, (stream, practice, happened_on, known_on))
    if outcome == MADE:
        activity.contacts += amount
    elif outcome == MISSED:
        activity.contacts_missed += amount
    elif outcome == ATTEMPTED:  # an outcome of later versions is read as another, and not counted
        activity.contacts_attempted += amount


def _wait(
    rows: Rows,
    stream: str,
    practice: str,
    referred_at: datetime,
    happened_on: date,
    known_on: date,
    *,
    amount: int = 1,
) -> None:
    waited = working_days_between(local_date(referred_at), happened_on)
    add(rows.wait_counts, (stream, practice, waited, happened_on, known_on), amount)
