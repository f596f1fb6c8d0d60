"""The flow of events, judged: what every service says of itself becomes one verdict and a list.

Promise    A service that does not answer is unknown, never zero. What a service says is waiting is
           held against what the others have seen of the same stream, so one whose consumer died
           cannot look up to date. The worst comes first, and the first sentence says what it is.
Not here   Asking the services: ``pages.operations``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

State: TypeAlias = Literal["well", "waiting", "undelivered", "stopped", "unknown"]
BEHIND_EVENTS_MIN: Final = 1
TOPIC_WORDS: Final = {
    "referral.events.v1": "referral",
    "directory.events.v1": "directory",
    "notifications.events.v1": "notifications",
}
BESIDE: Final = {"safety": "alarms"}
"""What a stream beside a network's own one carries."""
STATE_WORDS: Final[Mapping[State, tuple[str, str]]] = {
    "well": ("Up to date", "green"),
    "waiting": ("Waiting", "blue"),
    "undelivered": ("Not delivered", "red"),
    "stopped": ("Stopped", "red"),
    "unknown": ("Not known", "grey"),
}
_WELL: Final[State] = "well"
_SEVERITY: Final[Mapping[State, int]] = {
    "unknown": 0,
    "stopped": 1,
    "undelivered": 2,
    "waiting": 3,
    "well": 4,
}


@dataclass(frozen=True, slots=True)
class Stream:
    """How far one service has come with one stream."""

    service: str
    consumer: str
    topic: str
    stream: str
    head: int
    number: int
    applied: int
    skipped: int
    quarantined: int
    held: int
    unreadable: int
    holes: int
    stopped_reason: str | None
    last_recorded_at: datetime | None

    @property
    def waiting(self) -> int:
        """How many events were sent and have not been reached yet."""
        return max(self.head - self.number, 0)

    @property
    def sender(self) -> str:
        """Whose events they are."""
        return TOPIC_WORDS.get(self.topic, self.topic)

    @property
    def name(self) -> str:
        """What the stream stands for."""
        if self.stream == "register":
            return "Register"
        network, beside, what = self.stream.partition(".")
        return f"{network}, {BESIDE.get(what, what)}" if beside else network

    @property
    def state(self) -> State:
        if self.stopped_reason is not None:
            return "stopped"
        if self.quarantined or self.unreadable:
            return "undelivered"
        return "waiting" if self.waiting >= BEHIND_EVENTS_MIN else "well"


@dataclass(frozen=True, slots=True)
class Service:
    """What one service says of all its streams; ``streams`` is None when it does not answer."""

    name: str
    streams: Sequence[Stream] | None

    @property
    def state(self) -> State:
        if self.streams is None:
            return "unknown"
        found: list[State] = [one.state for one in self.streams]
        return worst(found)

    def total(self, counter: str) -> int | None:
        """The sum of one counter over the streams; None when nobody knows."""
        if self.streams is None:
            return None
        return sum(int(getattr(one, counter)) for one in self.streams)

    @property
    def last_recorded_at(self) -> datetime | None:
        """When the newest event that was applied became known."""
        times = [one.last_recorded_at for one in self.streams or () if one.last_recorded_at]
        return max(times, default=None)


def read_service(name: str, items: Sequence[Mapping[str, Any]] | None) -> Service:
    """Read a service's answer; None is no answer."""
    if items is None:
        return Service(name, None)
    return Service(name, [_stream(name, item) for item in items])


def worst(states: Sequence[State]) -> State:
    """The most troubled of some states; of none, that all is well."""
    return min([*states, _WELL], key=severity)


def severity(state: State) -> int:
    """Sorts the most troubled first."""
    return _SEVERITY[state]


def held_against_each_other(services: Sequence[Service]) -> list[Service]:
    """The same services, each stream with the furthest head that any of them has seen."""
    furthest: dict[tuple[str, str], int] = {}
    for service in services:
        for one in service.streams or ():
            key = (one.topic, one.stream)
            furthest[key] = max(furthest.get(key, 0), one.head)
    return [
        Service(
            service.name,
            None
            if service.streams is None
            else [replace(one, head=furthest[one.topic, one.stream]) for one in service.streams],
        )
        for service in services
    ]


def worst_first(services: Sequence[Service]) -> list[Stream]:
    """All streams that are known, the most troubled first."""
    return sorted(
        (one for service in services for one in service.streams or ()),
        key=lambda one: (
            severity(one.state),
            -(one.quarantined + one.unreadable),
            -one.waiting,
            one.service,
            one.stream,
            one.topic,
        ),
    )


def verdict(services: Sequence[Service]) -> tuple[State, str]:
    """The state of the whole, and the one sentence that says it."""
    silent = [service.name for service in services if service.streams is None]
    known = [one for service in services for one in service.streams or ()]
    stopped = [one for one in known if one.state == "stopped"]
    undelivered = sum(one.quarantined - one.held + one.unreadable for one in known)
    held = sum(one.held for one in known)
    waiting = sum(one.waiting for one in known)
    if silent:
        return (
            "unknown",
            f"{_names(silent)} did not answer, so nobody can tell whether all is well.",
        )
    if stopped:
        return "stopped", f"{_many(len(stopped), 'stream')} stopped and will not go on by itself."
    if undelivered:
        behind = (
            f", and {_many(held, 'other')} {'waits' if held == 1 else 'wait'} behind"
            if held
            else ""
        )
        return "undelivered", f"{_many(undelivered, 'message')} could not be delivered{behind}."
    if waiting:
        return "waiting", f"{_many(waiting, 'message')} on the way, none lost."
    return "well", "Everything that was sent has arrived."


def _stream(service: str, item: Mapping[str, Any]) -> Stream:
    at = item["last_recorded_at"]
    return Stream(
        service=service,
        consumer=item["consumer"],
        topic=item["topic"],
        stream=item["stream"],
        head=item["head"],
        number=item["number"],
        applied=item["applied"],
        skipped=item["skipped"],
        quarantined=item["quarantined"],
        held=item["held"],
        unreadable=item["unreadable"],
        holes=item["holes"],
        stopped_reason=item["stopped_reason"],
        last_recorded_at=None if at is None else datetime.fromisoformat(at),
    )


def _names(names: Sequence[str]) -> str:
    words = [name.capitalize() if place == 0 else name for place, name in enumerate(names)]
    return " and ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + " and " + words[-1]


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
