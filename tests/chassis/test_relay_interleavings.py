"""Any interleaving of slow writers and two numberers: once each, gapless, in order."""

import asyncio
from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chassis.database import Database
from chassis.outbox import NewEvent, record
from chassis.relay.numbering import Numberer
from tests import environment
from tests.chassis.events import a_new_event

pytestmark = pytest.mark.postgres

OPEN_MAX = 4


class Interleavings(RuleBasedStateMachine):
    """Transactions that stay open while others commit and while events are numbered."""

    database: Database
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        mark = uuid4().hex[:8]
        self.streams = [f"{mark}-{number}" for number in range(3)]
        self.committed: dict[str, list[Any]] = defaultdict(list)
        self.open: dict[str, Any] = {}
        # Small windows, so that rounds are cut short and begin in the middle.
        self.numberers = [
            Numberer(self.database, window_max=2, round_size_max=3),
            Numberer(self.database, window_max=1, round_size_max=50),
        ]

    @precondition(lambda self: len(self.open) < OPEN_MAX)
    @rule(aggregate=st.integers(1, 9), count=st.integers(1, 4))
    def begin(self, aggregate: int, count: int) -> None:
        subject = f"episode/{aggregate}"
        if subject in self.open:
            return  # its lock is taken
        version = len(self.committed[subject])
        stream = self.streams[aggregate % len(self.streams)]
        events = [
            a_new_event(stream, subject=subject, version=version + step)
            for step in range(1, count + 1)
        ]
        self.open[subject] = self.runner.run(self._begin(events))

    async def _begin(self, events: list[NewEvent]) -> tuple[Any, list[UUID]]:
        transaction = self.database.transaction()
        connection = await transaction.__aenter__()
        return transaction, await record(connection, events)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        subject = data.draw(st.sampled_from(sorted(self.open)))
        transaction, ids = self.open.pop(subject)
        self.runner.run(transaction.__aexit__(None, None, None))
        self.committed[subject] += ids

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        transaction, _ = self.open.pop(data.draw(st.sampled_from(sorted(self.open))))
        self.runner.run(self._take_back(transaction))

    async def _take_back(self, transaction: Any) -> None:
        # What it gives back says that the exception goes on, as in an ``async with``.
        assert not await transaction.__aexit__(TakenBack, TakenBack(), None)

    @rule(which=st.sampled_from([0, 1]))
    def number(self, which: int) -> None:
        self.runner.run(self.numberers[which].number())

    @rule()
    def both_number(self) -> None:
        async def both() -> None:
            await asyncio.gather(*(numberer.number() for numberer in self.numberers))

        self.runner.run(both())

    @invariant()
    def nothing_is_lost_doubled_or_reordered(self) -> None:
        numbered, waiting = self.runner.run(self._seen())
        assert sorted([row["event_id"] for row in numbered] + waiting) == sorted(
            event_id for ids in self.committed.values() for event_id in ids
        )
        by_stream: dict[str, list[int]] = defaultdict(list)
        by_subject: dict[str, list[int]] = defaultdict(list)
        for row in numbered:
            by_stream[row["stream"]].append(row["number"])
            by_subject[row["subject"]].append(row["aggregate_version"])
        for some in (*by_stream.values(), *by_subject.values()):
            assert some == list(range(1, len(some) + 1))

    async def _seen(self) -> tuple[list[asyncpg.Record], list[UUID]]:
        async with self.database.transaction() as connection:
            numbered = await connection.fetch(
                "select * from journal where stream = any ($1) order by stream, number",
                self.streams,
            )
            waiting = await connection.fetch(
                "select event_id from outbox where stream = any ($1)", self.streams
            )
        return numbered, [row["event_id"] for row in waiting]

    def teardown(self) -> None:
        for transaction, _ in self.open.values():
            self.runner.run(self._take_back(transaction))
        while self.runner.run(Numberer(self.database).number()).is_full:
            pass


class TakenBack(Exception):
    pass


def test_slow_writers_and_two_numberers_lose_double_and_reorder_nothing(postgres_server):
    with asyncio.Runner() as runner:
        provisioned = runner.run(environment.make_database(postgres_server, "chassis"))
        database = Database(provisioned.worker_url, "worker", OPEN_MAX + 4)
        runner.run(database.open())

        class OnThisDatabase(Interleavings):
            pass

        OnThisDatabase.database = database
        OnThisDatabase.runner = runner
        try:
            run_state_machine_as_test(
                OnThisDatabase,
                settings=settings(
                    max_examples=15,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(database.close())
            runner.run(environment.drop_database(postgres_server, provisioned))
