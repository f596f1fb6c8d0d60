"""What to do with a record: the rules of streams as plain decisions, with nothing to wait for.

Promise    Whatever arrives, however often and in whatever order, each number of a stream is
           taken once and in order; and every number reached is applied, skipped, set aside
           or discarded.
Price      One dictionary look-up and two comparisons for a record that is simply next.
Not here   Where positions live (``positions``), what is kept (``keeping``), who is asked
           when something is missing (``healing``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from chassis.stream.events import Key, Record
from chassis.stream.limits import StreamLimits

Kind = Literal["failed", "held"]

STOPPED_BY_EPOCH = "unexpected-epoch"
STOPPED_BY_CONFLICT = "conflicting-event"
STOPPED_BY_UNKNOWN_NUMBER = "number-unknown-to-owner"
STOPPED_BY_QUARANTINE = "too-many-quarantined"


class Standing(NamedTuple):
    """Where a consumer stands in one stream, as the database said last."""

    number: int = 0
    event_id: UUID | None = None
    epoch: int = 1
    hold_version: int = 0
    stopped_reason: str | None = None
    held: frozenset[str] = frozenset()
    counted_from: int = 0


class Reason(NamedTuple):
    """Why an event was set aside: a stable name, and a detail that quotes nothing of it."""

    name: str
    detail: str


class Conflict(NamedTuple):
    """A record that claims a number another event has, and the id of that one if it was applied."""

    record: Record
    applied: UUID | None = None


class Aside(NamedTuple):
    """An event that goes to quarantine instead of to the projection."""

    record: Record
    kind: Kind
    reason: Reason


@dataclass(slots=True)
class Advance:
    """How one stream's row changes, and what it must be for that to be true."""

    key: Key
    expected: Standing
    number: int
    event_id: UUID | None
    recorded_at: datetime | None
    applied: int = 0
    skipped: int = 0
    quarantined: int = 0
    duplicates: int = 0
    refused: int = 0
    holes: int = 0
    healed: int = 0
    stopped_reason: str | None = None
    held: frozenset[str] = frozenset()

    @property
    def is_more_than_progress(self) -> bool:
        """Whether others must look again before they go on with this stream."""
        return self.quarantined > 0 or self.stopped_reason != self.expected.stopped_reason

    @property
    def moves(self) -> bool:
        """Whether there is anything to compare and set; counts alone are not."""
        return self.number != self.expected.number or self.is_more_than_progress

    def standing(self) -> Standing:
        """Where the consumer stands once this is committed."""
        old = self.expected
        return Standing(
            self.number,
            self.event_id,
            old.epoch,
            old.hold_version + self.is_more_than_progress,
            self.stopped_reason,
            self.held,
            old.counted_from,
        )


@dataclass(slots=True)
class Course:
    """One stream's way through one batch: what is next, what is set aside, where it ends."""

    key: Key
    standing: Standing
    records: list[Record] = field(default_factory=list[Record])
    duplicates: int = 0
    # What reading the values already found: faults, and types nobody here listens to.
    faults: dict[int, Reason] = field(default_factory=dict[int, Reason])
    skipped: set[int] = field(default_factory=set[int])
    aside: dict[int, Aside] = field(default_factory=dict[int, Aside])
    held: frozenset[str] = frozenset()
    # The first number that is not taken now; later ones wait for it.
    cut: int | None = None
    needs_journal: bool = False
    stopped_reason: str | None = None
    # How many of this stream failed lately and wait; unknown until it matters.
    failed_before: int | None = None

    def __post_init__(self) -> None:
        self.held = self.standing.held
        self.stopped_reason = self.standing.stopped_reason

    @property
    def next_number(self) -> int:
        """The number that continues what was accepted so far."""
        return self.standing.number + len(self.records) + 1

    @property
    def is_plain(self) -> bool:
        """Whether every record simply goes to the projection or is skipped."""
        return not self.held and not self.faults and self.cut is None

    def id_at(self, number: int) -> UUID | None:
        """The id of the event taken as ``number``, where that is still remembered."""
        index = number - self.standing.number - 1
        if index == -1:
            return self.standing.event_id
        return self.records[index].envelope.id if index >= 0 else None

    def ask_journal(self, number: int) -> None:
        """Do not take ``number`` on the topic's word; its owner's journal is asked."""
        self._end_at(number)
        self.needs_journal = True

    def stop(self, reason: str, after: int) -> None:
        """Take ``after`` and nothing more until someone says ``resume``."""
        self.stopped_reason = reason
        self._end_at(after + 1)

    def admits(self, record: Record, limits: StreamLimits) -> bool:
        """Whether ``record`` goes to the projection; asked of each record, in order."""
        number = record.envelope.number
        if self.cut is not None and number >= self.cut:
            return False
        if self.held and not self.held.isdisjoint(record.subjects):
            self._set_aside(record, "held", HELD)
            return False
        fault = self.faults.get(number)
        if fault is not None:
            self.condemn(record, fault, limits)
            return False
        return True

    def condemn(self, record: Record, reason: Reason, limits: StreamLimits) -> None:
        """Say that ``record`` cannot be applied.

        A record of the topic is not yet believed: the journal's copy is. What the journal
        itself tells is set aside, with everything about the same subjects after it.
        """
        number = record.envelope.number
        if not record.from_journal:
            self.ask_journal(number)
            return
        self._set_aside(record, "failed", reason)
        if self._fails_too_often(number, limits):
            self.stop(STOPPED_BY_QUARANTINE, number)

    def mark(self) -> "Mark":
        """What to return to if the records judged from here on must be judged again."""
        return Mark(dict(self.aside), self.held, self.cut, self.needs_journal, self.stopped_reason)

    def return_to(self, mark: "Mark") -> None:
        """Forget every judgement since ``mark``."""
        self.aside = dict(mark.aside)
        self.held = mark.held
        self.cut = mark.cut
        self.needs_journal = mark.needs_journal
        self.stopped_reason = mark.stopped_reason

    def taken(self) -> list[Record]:
        """The records below the cut, in order."""
        if self.cut is None:
            return self.records
        return self.records[: max(0, self.cut - self.standing.number - 1)]

    def left(self) -> list[Record]:
        """The records beyond the one the course ends at: theirs is a later turn."""
        if self.cut is None or self.stopped_reason is not None:
            return []
        return self.records[max(0, self.cut - self.standing.number) :]

    def advance(self) -> Advance:
        """The change this course makes to its stream's row."""
        taken = self.taken()
        last = taken[-1].envelope if taken else None
        old = self.standing
        number = last.number if last else old.number
        skipped = sum(1 for at in self.skipped if at <= number and at not in self.aside)
        return Advance(
            self.key,
            old,
            number,
            last.id if last else old.event_id,
            last.recorded_time if last else None,
            applied=len(taken) - len(self.aside) - skipped,
            skipped=skipped,
            quarantined=len(self.aside),
            duplicates=self.duplicates,
            healed=sum(1 for record in taken if record.from_journal),
            stopped_reason=self.stopped_reason,
            held=self.held,
        )

    def _end_at(self, number: int) -> None:
        self.cut = number if self.cut is None else min(self.cut, number)

    def _set_aside(self, record: Record, kind: Kind, reason: Reason) -> None:
        self.aside[record.envelope.number] = Aside(record, kind, reason)
        self.held = self.held.union(record.subjects)

    def _fails_too_often(self, number: int, limits: StreamLimits) -> bool:
        failed = (self.failed_before or 0) + sum(
            1 for a in self.aside.values() if a.kind == "failed"
        )
        seen = min(limits.stop_window_events, number - self.standing.counted_from)
        return failed >= limits.stop_failed_min and failed >= limits.stop_failed_share * seen


class Mark(NamedTuple):
    """A course as it stood at some record."""

    aside: dict[int, Aside]
    held: frozenset[str]
    cut: int | None
    needs_journal: bool
    stopped_reason: str | None


HELD = Reason("held", "an earlier event about the same subject is in quarantine")


@dataclass(slots=True)
class Sorting:
    """What a batch means, stream by stream."""

    courses: dict[Key, Course] = field(default_factory=dict[Key, Course])
    order: list[tuple[Course, Record]] = field(default_factory=list[tuple[Course, Record]])
    beyond: list[Record] = field(default_factory=list[Record])
    unconfirmed: list[Record] = field(default_factory=list[Record])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    # Of an epoch that is over: what they hold is taken back, or is in the journal.
    outdated: list[Record] = field(default_factory=list[Record])


def sort_out(standings: Mapping[Key, Standing], records: Iterable[Record]) -> Sorting:
    """Say of each record whether it is next, beyond, known, contradictory or of no known stream.

    Records of stopped streams are passed over: the journal has them when it is resumed.
    """
    sorting = Sorting()
    courses = sorting.courses
    for record in records:
        envelope = record.envelope
        key = (record.topic, envelope.stream)
        course = courses.get(key)
        if course is None:
            standing = standings.get(key)
            if standing is None:
                sorting.unconfirmed.append(record)
                continue
            course = courses[key] = Course(key, standing)
        if course.stopped_reason is not None or course.cut is not None:
            # Nothing is taken from here on; what a healthy stream lacks is pulled.
            if course.stopped_reason is None:
                sorting.beyond.append(record)
        elif envelope.epoch != course.standing.epoch:
            _of_another_epoch(sorting, course, record)
        elif envelope.number == course.standing.number + len(course.records) + 1:
            course.records.append(record)
            sorting.order.append((course, record))
        elif envelope.number < course.next_number:
            _repeated(sorting, course, record)
        else:
            sorting.beyond.append(record)
    return sorting


def _of_another_epoch(sorting: Sorting, course: Course, record: Record) -> None:
    if record.from_journal or record.envelope.epoch > course.standing.epoch:
        course.stop(STOPPED_BY_EPOCH, course.next_number - 1)
    elif record.envelope.number < course.next_number:
        course.duplicates += 1
    else:
        sorting.outdated.append(record)


def _repeated(sorting: Sorting, course: Course, record: Record) -> None:
    number = record.envelope.number
    known = course.id_at(number)
    if known is None or known == record.envelope.id:
        course.duplicates += 1
    elif number > course.standing.number:
        # Two events claim a number nobody has applied yet: neither is believed.
        other = course.records[number - course.standing.number - 1]
        sorting.conflicts += Conflict(other), Conflict(record)
        course.ask_journal(number)
    else:
        sorting.conflicts.append(Conflict(record, known))
