"""What every fold begins with: whose stream it is, which days, and what has been heard before."""

from datetime import date
from typing import Any

from chassis.stream import Event, EventRefused
from contracts.topics import REGISTER_STREAM
from services.reporting.rows import Activity, Delta, PracticeDay, Rows, Standing
from services.reporting.working_days import local_date


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


def own_stream(event: Event) -> tuple[str, dict[str, Any]]:
    """The third wall of tenancy: a PCN's stream speaks for that PCN and no other."""
    data = event.data
    if data["pcn_code"] != event.stream:
        raise ForeignStream
    return event.stream, data


def of_register(event: Event) -> dict[str, Any]:
    if event.stream != REGISTER_STREAM:
        raise ForeignStream
    return event.data


def moved(standing: Standing | None, event: Event, status: str, reason: str | None) -> Standing:
    """Where something stands after ``event``, given where earlier events of the batch left it."""
    if standing is None:
        return Standing(status, reason, event.aggregate_version, changes=1)
    if event.aggregate_version <= standing.version:
        raise OutOfTurn
    standing.status, standing.reason = status, reason
    standing.version = event.aggregate_version
    standing.changes += 1
    return standing


def dates(event: Event) -> tuple[date, date]:
    """The day it happened and the day it became known."""
    return local_date(event.occurred_at), local_date(event.recorded_at)


def activity_of(rows: Rows, practice_day: PracticeDay) -> Activity:
    activity = rows.activity.get(practice_day)
    if activity is None:
        activity = rows.activity[practice_day] = Activity()
    return activity


def add(delta: Delta, key: tuple[str | int | date, ...], amount: int = 1) -> None:
    """Raise a sum; what was counted and does not stand is taken back by a negative amount."""
    delta[key] = delta.get(key, 0) + amount
