"""The folds: a batch of events becomes the rows it adds and the sums it raises.

Promise    Pure: the same events give the same rows, in whatever batches and whichever topic or
           stream comes first. Times are those the events carry, never a clock of our own.
           An event may speak only for its own stream and only from its owner's topic.
Price      A fold cannot look anything up; what it must know of earlier batches it asks of the
           store, as ``Rows.earlier_episodes`` and the two tables of changes.
Not here   Storing (``store``), order, duplicates and holes (``chassis.stream``).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from chassis.stream import Event, EventRefused
from contracts.codes import GoalStatus
from contracts.notifications.v1 import MessageFailed, MessageSent, MessageSuppressed
from contracts.referral.v1 import (
    ContactMade,
    GoalSet,
    GoalUpdated,
    ReferralCreated,
    ReferralStatusChanged,
)
from contracts.register.v1 import PcnRegistered, PracticeRegistered, RegionRegistered
from contracts.topics import DIRECTORY, NOTIFICATIONS, REFERRAL, REGISTER_STREAM, Topic
from services.reporting.rows import (
    Activity,
    Delta,
    Key,
    PlaceChange,
    PracticeDay,
    Rows,
    Standing,
)
from services.reporting.working_days import local_date, working_days_between

GOAL_MET: Final[GoalStatus] = "met"
FIRST_CONTACT: Final = 1
NO_VALUE: Final = ""
"""What stands in a dimension that a measure does not have."""


class ForeignStream(EventRefused):
    """An event speaks of a network whose stream it does not stand in, or from a foreign topic."""

    def __init__(self) -> None:
        super().__init__("its stream may not speak for this")


class AlreadyKnown(EventRefused):
    """An event makes something that the same stream has made before."""

    def __init__(self) -> None:
        super().__init__("what it makes has been made before")


class OutOfTurn(EventRefused):
    """An event changes something to a version it has passed."""

    def __init__(self) -> None:
        super().__init__("what it changes has passed that version")


def fold(events: Iterable[Event]) -> Rows:
    """Turn events, in the order of their streams, into what they change."""
    rows = Rows()
    for event in events:
        handle = _HANDLERS.get((event.topic, event.type))
        if handle is None:
            raise ForeignStream
        handle(rows, event)
    return rows


def _referral_created(rows: Rows, event: Event) -> None:
    stream, data = _own_stream(event)
    referral, episode = (stream, data["referral_id"]), (stream, data["episode_id"])
    if referral in rows.referrals:
        raise AlreadyKnown
    practice, route, age_band = data["practice_code"], data["route"], data["age_band"]
    needs = list(dict.fromkeys(data["needs"]))
    happened_on, known_on = _dates(event)
    if data["opened_episode"]:
        if episode in rows.episodes:
            raise AlreadyKnown
        rows.episodes[episode] = (
            stream,
            data["episode_id"],
            data["person_id"],
            practice,
            event.occurred_at,
            event.number,
            event.aggregate_version,
        )
    elif episode not in rows.episodes:
        rows.earlier_episodes.add(episode)
    columns = (
        stream,
        data["referral_id"],
        data["episode_id"],
        data["person_id"],
        practice,
        data["referrer_code"],
        route,
        needs,
        data["urgency"],
        data["opened_episode"],
        age_band,
        data["sex"],
        data["ethnicity_category"],
        data["deprivation_decile"],
        data["language"],
        event.origin,
        event.occurred_at,
        event.recorded_at,
        happened_on,
        event.number,
    )
    rows.referrals[referral] = (columns, Standing("received", None, event.aggregate_version))
    counts = rows.referral_counts
    _add(counts, (stream, practice, route, NO_VALUE, age_band, happened_on, known_on))
    for need in needs:
        _add(counts, (stream, practice, NO_VALUE, need, NO_VALUE, happened_on, known_on))


def _referral_status_changed(rows: Rows, event: Event) -> None:
    stream, data = _own_stream(event)
    referral: Key = (stream, data["referral_id"])
    made = rows.referrals.get(referral)
    standing = made[1] if made else rows.referral_changes.get(referral)
    moved = _moved(standing, event, data["status"], data["reason"])
    if made is None:
        rows.referral_changes[referral] = moved


def _contact_made(rows: Rows, event: Event) -> None:
    stream, data = _own_stream(event)
    episode: Key = (stream, data["episode_id"])
    if episode not in rows.episodes:
        rows.earlier_episodes.add(episode)
    practice = data["practice_code"]
    happened_on, known_on = _dates(event)
    rows.contacts.append(
        (
            stream,
            data["contact_id"],
            data["episode_id"],
            data["referral_id"],
            practice,
            data["mode"],
            data["minutes"],
            data["role"],
            data["worker_id"],
            data["contact_number"],
            event.origin,
            event.occurred_at,
            event.recorded_at,
            happened_on,
            event.number,
            event.aggregate_version,
        )
    )
    _activity(rows, (stream, practice, happened_on, known_on)).contacts += 1
    if data["contact_number"] == FIRST_CONTACT:
        waited = working_days_between(local_date(data["referred_at"]), happened_on)
        _add(rows.wait_counts, (stream, practice, waited, happened_on, known_on))


def _goal_set(rows: Rows, event: Event) -> None:
    stream, data = _own_stream(event)
    goal, episode = (stream, data["goal_id"]), (stream, data["episode_id"])
    if goal in rows.goals:
        raise AlreadyKnown
    if episode not in rows.episodes:
        rows.earlier_episodes.add(episode)
    practice = data["practice_code"]
    happened_on, known_on = _dates(event)
    columns = (
        stream,
        data["goal_id"],
        data["episode_id"],
        data["referral_id"],
        practice,
        data["need"],
        data["target_date"],
        data["worker_id"],
        event.origin,
        event.occurred_at,
        event.recorded_at,
        happened_on,
        event.number,
    )
    rows.goals[goal] = (columns, Standing("set", None, event.aggregate_version))
    _activity(rows, (stream, practice, happened_on, known_on)).goals_set += 1


def _goal_updated(rows: Rows, event: Event) -> None:
    stream, data = _own_stream(event)
    goal: Key = (stream, data["goal_id"])
    status, previous, practice = data["status"], data["previous_status"], data["practice_code"]
    made = rows.goals.get(goal)
    standing = made[1] if made else rows.goal_changes.get(goal)
    moved = _moved(standing, event, status, None)
    if made is None:
        rows.goal_changes[goal] = moved
    activity = _activity(rows, (stream, practice, *_dates(event)))
    activity.goal_updates += 1
    activity.goals_met += (status == GOAL_MET) - (previous == GOAL_MET)


def _message(measure: str) -> "Handler":
    def handle(rows: Rows, event: Event) -> None:
        data = event.data
        happened_on, known_on = _dates(event)
        _add(
            rows.message_counts,
            (
                event.stream,
                measure,
                data["practice_code"],
                data["rule"],
                data["channel"],
                data["recipient_kind"],
                data.get("reason", NO_VALUE),
                happened_on,
                known_on,
            ),
        )

    return handle


def _region_registered(rows: Rows, event: Event) -> None:
    data = _register(event)
    rows.regions.append(
        PlaceChange(
            data["region_code"],
            NO_VALUE,
            data["name"],
            local_date(event.occurred_at),
            event.number,
        )
    )


def _pcn_registered(rows: Rows, event: Event) -> None:
    data = _register(event)
    rows.pcns.append(
        PlaceChange(
            data["pcn_code"],
            data["region_code"],
            data["name"],
            local_date(event.occurred_at),
            event.number,
        )
    )


def _practice_registered(rows: Rows, event: Event) -> None:
    data = _register(event)
    rows.practices.append(
        PlaceChange(
            data["practice_code"],
            data["pcn_code"],
            data["name"],
            data["from_date"],
            event.number,
        )
    )


def _own_stream(event: Event) -> tuple[str, dict[str, Any]]:
    """The third wall of tenancy: a PCN's stream speaks for that PCN and no other."""
    data = event.data
    if data["pcn_code"] != event.stream:
        raise ForeignStream
    return event.stream, data


def _register(event: Event) -> dict[str, Any]:
    if event.stream != REGISTER_STREAM:
        raise ForeignStream
    return event.data


def _moved(standing: Standing | None, event: Event, status: str, reason: str | None) -> Standing:
    """Where something stands after ``event``, given where earlier events of the batch left it."""
    if standing is None:
        return Standing(status, reason, event.aggregate_version, changes=1)
    if event.aggregate_version <= standing.version:
        raise OutOfTurn
    standing.status, standing.reason = status, reason
    standing.version = event.aggregate_version
    standing.changes += 1
    return standing


def _dates(event: Event) -> tuple[date, date]:
    """The day it happened and the day it became known."""
    return local_date(event.occurred_at), local_date(event.recorded_at)


def _activity(rows: Rows, practice_day: PracticeDay) -> Activity:
    activity = rows.activity.get(practice_day)
    if activity is None:
        activity = rows.activity[practice_day] = Activity()
    return activity


def _add(delta: Delta, key: tuple[str | int | date, ...]) -> None:
    delta[key] = delta.get(key, 0) + 1


Handler: TypeAlias = Callable[[Rows, Event], None]


def _from(topic: Topic, handlers: Mapping[str, Handler]) -> dict[tuple[str, str], Handler]:
    """A derived table is written from one topic: the same type elsewhere is not heard."""
    return {(topic.name, event_type): handler for event_type, handler in handlers.items()}


_HANDLERS: Final = {
    **_from(
        REFERRAL,
        {
            ReferralCreated.type: _referral_created,
            ReferralStatusChanged.type: _referral_status_changed,
            ContactMade.type: _contact_made,
            GoalSet.type: _goal_set,
            GoalUpdated.type: _goal_updated,
        },
    ),
    **_from(
        NOTIFICATIONS,
        {
            MessageSent.type: _message("messages-sent"),
            MessageSuppressed.type: _message("messages-suppressed"),
            MessageFailed.type: _message("messages-failed"),
        },
    ),
    **_from(
        DIRECTORY,
        {
            RegionRegistered.type: _region_registered,
            PcnRegistered.type: _pcn_registered,
            PracticeRegistered.type: _practice_registered,
        },
    ),
}

FOLDED_TYPES: Final = frozenset(event_type for _, event_type in _HANDLERS)
"""What reporting makes rows of. Everything else in the register is for ``chassis.access``."""
