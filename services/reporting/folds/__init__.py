"""The folds: a batch of events becomes the rows it adds and the sums it raises.

Promise    Pure: the same events give the same rows, in whatever batches and whichever topic or
           stream comes first. Times are those the events carry, never a clock of our own.
           An event may speak only for its own stream and only from its owner's topic.
Price      A fold cannot look anything up; what it must know of earlier batches it asks of the
           store, as ``Rows.earlier_episodes`` and the two tables of changes.
Not here   Storing (``store``), order, duplicates and holes (``chassis.stream``).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from chassis.stream import Event
from contracts.codes import GoalStatus
from contracts.notifications.v1 import MessageFailed, MessageSent, MessageSuppressed
from contracts.referral.v1 import (
    ContactAttempted,
    ContactCorrected,
    ContactMade,
    ContactMissed,
    ContactVoided,
    GoalSet,
    GoalUpdated,
    OfferAnswered,
    PersonMerged,
    PersonUnmerged,
    ReferralCreated,
    ReferralStatusChanged,
    SupportOffered,
)
from contracts.register.v1 import PcnRegistered, PracticeRegistered, RegionRegistered
from contracts.topics import DIRECTORY, NOTIFICATIONS, REFERRAL, Topic
from services.reporting.folds.cohorts import support_answered, support_offered
from services.reporting.folds.contacts import (
    contact_attempted,
    contact_corrected,
    contact_made,
    contact_missed,
    contact_voided,
)
from services.reporting.folds.hearing import (
    AlreadyKnown,
    ForeignStream,
    OutOfTurn,
    activity_of,
    add,
    dates,
    moved,
    of_register,
    own_stream,
)
from services.reporting.rows import Key, PlaceChange, Rows, Standing
from services.reporting.working_days import local_date

__all__ = (
    "FOLDED_TYPES",
    "GOAL_MET",
    "NO_VALUE",
    "AlreadyKnown",
    "ForeignStream",
    "OutOfTurn",
    "fold",
)

GOAL_MET: Final[GoalStatus] = "met"
NO_VALUE: Final = ""
"""What stands in a dimension that a measure does not have."""


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
    stream, data = own_stream(event)
    referral, episode = (stream, data["referral_id"]), (stream, data["episode_id"])
    if referral in rows.referrals:
        raise AlreadyKnown
    practice, route, age_band = data["practice_code"], data["route"], data["age_band"]
    needs = list(dict.fromkeys(data["needs"]))
    happened_on, known_on = dates(event)
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
    add(counts, (stream, practice, route, NO_VALUE, age_band, happened_on, known_on))
    for need in needs:
        add(counts, (stream, practice, NO_VALUE, need, NO_VALUE, happened_on, known_on))


def _referral_status_changed(rows: Rows, event: Event) -> None:
    stream, data = own_stream(event)
    referral: Key = (stream, data["referral_id"])
    made = rows.referrals.get(referral)
    standing = made[1] if made else rows.referral_changes.get(referral)
    stands = moved(standing, event, data["status"], data["reason"])
    if made is None:
        rows.referral_changes[referral] = stands


def _goal_set(rows: Rows, event: Event) -> None:
    stream, data = own_stream(event)
    goal, episode = (stream, data["goal_id"]), (stream, data["episode_id"])
    if goal in rows.goals:
        raise AlreadyKnown
    if episode not in rows.episodes:
        rows.earlier_episodes.add(episode)
    practice = data["practice_code"]
    happened_on, known_on = dates(event)
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
    activity_of(rows, (stream, practice, happened_on, known_on)).goals_set += 1


def _goal_updated(rows: Rows, event: Event) -> None:
    stream, data = own_stream(event)
    goal: Key = (stream, data["goal_id"])
    status, previous, practice = data["status"], data["previous_status"], data["practice_code"]
    made = rows.goals.get(goal)
    standing = made[1] if made else rows.goal_changes.get(goal)
    stands = moved(standing, event, status, None)
    if made is None:
        rows.goal_changes[goal] = stands
    activity = activity_of(rows, (stream, practice, *dates(event)))
    activity.goal_updates += 1
    activity.goals_met += (status == GOAL_MET) - (previous == GOAL_MET)


def _message(measure: str) -> "Handler":
    def handle(rows: Rows, event: Event) -> None:
        data = event.data
        happened_on, known_on = dates(event)
        add(
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
    data = of_register(event)
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
    data = of_register(event)
    rows.pcns.append(
        PlaceChange(
            data["pcn_code"],
            data["region_code"],
            data["name"],
            local_date(event.occurred_at),
            event.number,
        )
    )


def _person_merged(rows: Rows, event: Event) -> None:
    stream, data = own_stream(event)
    rows.merged_people[stream, data["merged_person_id"]] = (data["person_id"], event.number)


def _person_unmerged(rows: Rows, event: Event) -> None:
    stream, data = own_stream(event)
    rows.merged_people[stream, data["merged_person_id"]] = (None, event.number)


def _practice_registered(rows: Rows, event: Event) -> None:
    data = of_register(event)
    rows.practices.append(
        PlaceChange(
            data["practice_code"],
            data["pcn_code"],
            data["name"],
            data["from_date"],
            event.number,
        )
    )


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
            ContactAttempted.type: contact_attempted,
            ContactCorrected.type: contact_corrected,
            ContactMade.type: contact_made,
            ContactMissed.type: contact_missed,
            ContactVoided.type: contact_voided,
            GoalSet.type: _goal_set,
            GoalUpdated.type: _goal_updated,
            SupportOffered.type: support_offered,
            OfferAnswered.type: support_answered,
            PersonMerged.type: _person_merged,
            PersonUnmerged.type: _person_unmerged,
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
