"""The rules of streams as plain decisions: any interleaving has each effect exactly once.

A model journal tells events of three streams; a hostile transport delivers, drops, repeats,
reorders and forges them; the consumer crashes, is doubled, and pulls. Effects and positions
commit together or not at all, as they do in the database.
"""

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.stream.decisions import (
    STOPPED_BY_EPOCH,
    Conflict,
    Course,
    Reason,
    Sorting,
    Standing,
    sort_out,
)
from chassis.stream.events import Key, Record
from chassis.stream.keeping import Keeper
from chassis.stream.limits import StreamLimits
from contracts.envelope import read_headers
from tests.chassis.stream.trial import a_wire

TOPIC = "trial"
LIMITS = StreamLimits(
    kept_in_stream_max=4, kept_records_max=6, stop_failed_min=6, stop_window_events=20
)
FAULT = Reason("invalid-value", "of the trial")


def a_record(
    stream: str,
    number: int,
    *,
    event_id: UUID | None = None,
    subject: str = "thing/a",
    related: tuple[str, ...] = (),
    from_journal: bool = False,
    is_bad: bool = False,
    epoch: int = 1,
) -> Record:
    data = {"amount": 666 if is_bad else 1}
    wire = a_wire(
        stream, number, data, subject=subject, related=related, event_id=event_id, epoch=epoch
    )
    return Record(TOPIC, read_headers(wire.headers), wire.value, from_journal)


def is_bad(record: Record) -> bool:
    return json.loads(record.value or b"{}").get("amount") == 666


@dataclass
class Row:
    """One stream in the model database."""

    standing: Standing = field(default_factory=Standing)
    effects: list[UUID] = field(default_factory=list)
    aside: dict[int, Record] = field(default_factory=dict)
    skipped: int = 0
    duplicates: int = 0


class Member:
    """What one consumer remembers; all of it is lost in a crash."""

    def __init__(self) -> None:
        self.standings: dict[Key, Standing] = {}
        self.keeper = Keeper(LIMITS)


class Streams(RuleBasedStateMachine):
    """A journal, a transport, two members and one database."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: dict[str, list[Record]] = {}
        self.transport: list[Record] = []
        self.database: dict[Key, Row] = {}
        self.members = [Member(), Member()]

    @initialize(data=st.data())
    def begin(self, data) -> None:
        for stream in ("U99001", "U99002", "U99003"):
            self.journal[stream] = []
            self.database[TOPIC, stream] = Row()
        del data

    @rule(
        stream=st.sampled_from(["U99001", "U99002", "U99003"]),
        subject=st.sampled_from(["thing/a", "thing/b", "thing/c"]),
        related=st.sampled_from([(), ("thing/a",), ("thing/c",)]),
        bad=st.integers(0, 9).map(lambda n: n == 0),
        arrives=st.sampled_from(["well", "well", "well", "lost", "twice", "broken"]),
    )
    def tell(self, stream, subject, related, bad, arrives) -> None:
        number = len(self.journal[stream]) + 1
        told = a_record(stream, number, subject=subject, related=related, is_bad=bad)
        self.journal[stream].append(told._replace(from_journal=True))
        if arrives == "broken":
            told = told._replace(value=b'{"amount": 666}')
        self.transport += {"lost": [], "twice": [told, told]}.get(arrives, [told])

    @rule(
        stream=st.sampled_from(["U99001", "U99002"]),
        beyond=st.integers(1, 4),
        member=st.integers(0, 1),
        epoch=st.sampled_from([1, 1, 0]),
    )
    def forge(self, stream, beyond, member, epoch) -> None:
        """A record nobody told, beyond what the owner has told so far: it may well stay kept."""
        number = len(self.journal[stream]) + 1 + beyond
        self.take(member, [a_record(stream, number, epoch=epoch)])

    @rule(stream=st.sampled_from(["U99001", "U99002"]), member=st.integers(0, 1))
    def ask_how_far(self, stream, member) -> None:
        """Asked, the owner does not know a number: what claims it is refused."""
        keeper = self.members[member].keeper
        keeper.drop_beyond((TOPIC, stream), len(self.journal[stream]), keeper.moment)

    @rule(data=st.data(), member=st.integers(0, 1), size=st.integers(1, 8))
    def deliver(self, data, member, size) -> None:
        batch = data.draw(st.permutations(self.transport[:size]))
        self.transport = self.transport[size:]
        self.take(member, list(batch))

    @rule(data=st.data(), member=st.integers(0, 1))
    def deliver_again(self, data, member) -> None:
        told = [record for events in self.journal.values() for record in events]
        if told:
            batch = data.draw(st.lists(st.sampled_from(told), max_size=6))
            self.take(member, [record._replace(from_journal=False) for record in batch])

    @rule(member=st.integers(0, 1))
    def crash(self, member) -> None:
        self.members[member] = Member()

    @rule(
        stream=st.sampled_from(["U99001", "U99002", "U99003"]),
        member=st.integers(0, 1),
        size=st.integers(1, 5),
        meanwhile=st.integers(0, 6),
    )
    def pull(self, stream, member, size, meanwhile) -> None:
        """Heal a stream, while the topic goes on bringing what was told."""
        key, who = (TOPIC, stream), self.members[member]
        standing = self.database[key].standing
        asked_at = who.keeper.moment
        page = self.journal[stream][standing.number : standing.number + size]
        self.take(member, self.transport[:meanwhile])
        self.transport = self.transport[meanwhile:]
        who.keeper.settle(page)
        self.take(member, page)
        reached = self.database[key].standing
        if reached.stopped_reason is None:
            self.take(member, who.keeper.take(key, reached.number + 1, asked_at))

    @rule(stream=st.sampled_from(["U99001", "U99002", "U99003"]))
    def resume(self, stream) -> None:
        row = self.database[TOPIC, stream]
        row.standing = row.standing._replace(
            stopped_reason=None,
            hold_version=row.standing.hold_version + 1,
            counted_from=row.standing.number,
        )

    def take(self, member: int, records: list[Record]) -> None:
        who = self.members[member]
        while records:
            for record in records:
                who.standings.setdefault(record.key, self.database[record.key].standing)
            sorting = sort_out(who.standings, records)
            moved = [
                course
                for course in sorting.courses.values()
                if self.database[course.key].standing != course.standing
            ]
            if moved:
                # The comparison failed: nothing was committed, look again.
                for course in sorting.courses.values():
                    who.standings.pop(course.key, None)
                continue
            self.commit(who, sorting)
            return

    def commit(self, who: Member, sorting: Sorting) -> None:
        for course, record in sorting.order:
            if is_bad(record):
                course.faults[record.envelope.number] = FAULT
            if course.admits(record, LIMITS):
                self.database[course.key].effects.append(record.envelope.id)
        for course in sorting.courses.values():
            if course.standing.stopped_reason is not None:
                continue
            advance, row = course.advance(), self.database[course.key]
            row.standing = who.standings[course.key] = advance.standing()
            row.duplicates += advance.duplicates
            row.aside |= {number: aside.record for number, aside in course.aside.items()}
            assert advance.applied + advance.skipped + advance.quarantined == (
                advance.number - advance.expected.number
            )
            for record in course.left():
                who.keeper.keep(record)
        for record in sorting.beyond:
            who.keeper.keep(record)

    @invariant()
    def every_number_reached_had_exactly_one_effect_or_waits_in_quarantine(self) -> None:
        for (_, stream), row in self.database.items():
            reached = self.journal[stream][: row.standing.number]
            assert len(reached) == row.standing.number, "a number nobody told was taken"
            expected = [
                record.envelope.id for record in reached if record.envelope.number not in row.aside
            ]
            assert row.effects == expected

    @invariant()
    def nothing_overtakes_what_it_is_held_behind(self) -> None:
        for (_, stream), row in self.database.items():
            held: set[str] = set()
            for record in self.journal[stream][: row.standing.number]:
                number = record.envelope.number
                if number in row.aside:
                    held.update(record.subjects)
                else:
                    assert held.isdisjoint(record.subjects)
            assert held == row.standing.held

    @invariant()
    def only_what_the_journal_says_is_bad_starts_a_hold(self) -> None:
        for (_, stream), row in self.database.items():
            held: set[str] = set()
            for number in sorted(row.aside):
                record = self.journal[stream][number - 1]
                assert is_bad(record) or not held.isdisjoint(record.subjects)
                held.update(record.subjects)

    @invariant()
    def memory_is_bounded(self) -> None:
        for member in self.members:
            assert member.keeper.records <= LIMITS.kept_records_max

    def teardown(self) -> None:
        """Whatever happened, pulling brings every stream to its head, with nothing lost."""
        for stream, told in self.journal.items():
            for _ in range(len(told) * 3 + 3):
                self.resume(stream)
                self.pull(stream, 0, 5, 0)
            assert self.database[TOPIC, stream].standing.number == len(told)
        if self.journal:
            self.every_number_reached_had_exactly_one_effect_or_waits_in_quarantine()
            self.nothing_overtakes_what_it_is_held_behind()


TestStreams = Streams.TestCase
TestStreams.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def sorted_out(standing: Standing, *records: Record) -> tuple[Sorting, Course]:
    key = (TOPIC, "U99001")
    sorting = sort_out({key: standing}, records)
    return sorting, sorting.courses[key]


def test_what_is_next_is_taken_and_what_is_known_is_counted():
    first, second = a_record("U99001", 1), a_record("U99001", 2)
    sorting, course = sorted_out(Standing(), first, second, first, second)
    assert course.taken() == [first, second]
    assert course.duplicates == 2
    assert sorting.conflicts == sorting.beyond == []


def test_what_lies_beyond_a_hole_is_kept_for_later():
    third = a_record("U99001", 3)
    sorting, course = sorted_out(Standing(), a_record("U99001", 1), third)
    assert sorting.beyond == [third]
    assert course.advance().number == 1


def test_another_event_under_the_number_applied_last_is_a_conflict():
    other = a_record("U99001", 5)
    applied = uuid4()
    sorting, course = sorted_out(Standing(number=5, event_id=applied), other)
    assert sorting.conflicts == [Conflict(other, applied)]
    assert course.duplicates == 0
    assert not course.advance().moves


def test_two_events_under_the_next_number_are_both_left_to_the_journal():
    one, two = a_record("U99001", 1), a_record("U99001", 1)
    sorting, course = sorted_out(Standing(), one, two, a_record("U99001", 2))
    assert sorting.conflicts == [Conflict(one), Conflict(two)]
    assert course.needs_journal
    assert course.taken() == []


def test_an_unexpected_epoch_stops_after_what_was_good():
    sorting, course = sorted_out(
        Standing(), a_record("U99001", 1), a_record("U99001", 2, epoch=2), a_record("U99001", 3)
    )
    assert course.stopped_reason == STOPPED_BY_EPOCH
    assert course.advance().number == 1
    assert sorting.beyond == []


def test_what_is_left_of_an_epoch_that_is_over_changes_nothing():
    known, beyond = a_record("U99001", 3, epoch=1), a_record("U99001", 6, epoch=1)
    mine = a_record("U99001", 6, epoch=2)
    sorting, course = sorted_out(Standing(number=5, epoch=2), known, beyond, mine)
    assert sorting.outdated == [beyond]
    assert course.taken() == [mine]
    assert (course.duplicates, course.stopped_reason) == (1, None)


def test_a_journal_that_tells_of_an_epoch_that_is_over_stops_its_stream():
    _, course = sorted_out(Standing(epoch=2), a_record("U99001", 1, from_journal=True))
    assert course.stopped_reason == STOPPED_BY_EPOCH


def test_records_of_a_stopped_stream_are_neither_taken_nor_kept():
    sorting, course = sorted_out(
        Standing(stopped_reason="because"), a_record("U99001", 1), a_record("U99001", 7)
    )
    assert course.taken() == sorting.beyond == []
    assert not course.advance().moves


def test_a_stream_nobody_confirmed_is_left_unconfirmed():
    record = a_record("U99009", 1)
    assert sort_out({}, [record]).unconfirmed == [record]


def test_a_fault_in_the_topics_copy_condemns_nothing_but_asks_the_journal():
    record = a_record("U99001", 1, is_bad=True)
    _, course = sorted_out(Standing(), record, a_record("U99001", 2))
    course.condemn(record, FAULT, LIMITS)
    assert course.needs_journal
    assert course.aside == {}
    assert course.advance().number == 0
    assert [left.envelope.number for left in course.left()] == [2]


def test_what_was_judged_since_a_mark_can_be_judged_again():
    record = a_record("U99001", 1, from_journal=True, subject="thing/b")
    _, course = sorted_out(Standing(), record)
    mark = course.mark()
    course.condemn(record, FAULT, LIMITS)
    assert course.held == {"thing/b"}
    course.return_to(mark)
    assert course.held == frozenset()
    assert course.advance().applied == 1
