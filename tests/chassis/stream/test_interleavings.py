"""Any interleaving, over the real database and the real journal: each effect exactly once, nothing lost."""

import asyncio
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.stream.events import Record
from contracts.envelope import read_headers
from tests.chassis.stream.test_consumer import PATIENCE_SECONDS, is_conserved
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

GOOD, BAD = {"amount": 1}, {"amount": 666}

_names = count(1)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, 1), st.lists(st.booleans(), max_size=6)),
        st.tuples(st.just("deliver"), st.integers(0, 1), st.randoms(use_true_random=False)),
        st.tuples(st.just("deliver at once"), st.integers(0, 1), st.integers(1, 9)),
        st.tuples(st.just("crash"), st.integers(0, 1), st.none()),
        st.tuples(st.just("lose"), st.integers(0, 1), st.integers(1, 3)),
    ),
    min_size=4,
    max_size=14,
)


class World:
    """Two members of one group, a transport that does as it likes, and two streams."""

    def __init__(self, trial) -> None:
        self.trial = trial
        number = next(_names)
        self.streams = [f"U{number:04d}0", f"U{number:04d}1"]
        self.members = [trial.consumer().desk, trial.consumer().desk]
        self.transport: list[Record] = []
        self.all: list[Record] = []
        self.told = dict.fromkeys(self.streams, 0)

    async def step(self, kind, which, detail) -> None:
        if kind == "tell" and detail:
            stream = self.streams[which]
            wires = await self.trial.owner.tell(
                stream,
                [GOOD if is_good else BAD for is_good in detail],
                subjects=[f"thing/{index % 2}" for index in range(len(detail))],
            )
            self.told[stream] += len(wires)
            sent = [
                Record(self.trial.topic.name, read_headers(w.headers), w.value, from_journal=False)
                for w in wires
            ]
            self.transport += sent
            self.all += sent
        elif kind == "deliver":
            batch = detail.sample(self.all, min(len(self.all), detail.randrange(8)))
            await self.take(which, batch)
        elif kind == "deliver at once":
            batch, self.transport = self.transport[:detail], self.transport[detail:]
            await asyncio.gather(self.take(0, batch), self.take(1, batch))
        elif kind == "crash":
            await self.members[which].let_go()
            self.members[which] = self.trial.consumer().desk
        elif kind == "lose":
            del self.transport[:detail]

    async def take(self, which: int, records: list[Record]) -> None:
        desk = self.members[which]
        heads = await self.trial.owner.journal(self.trial.topic.name).heads()
        async with desk.lock:
            await desk.confirm(self.trial.topic.name, heads, set())
            await desk.take(records)

    async def end(self) -> None:
        """Compare heads, as every consumer does every few seconds, until all is healed."""
        heads = await self.trial.owner.journal(self.trial.topic.name).heads()
        desk = self.members[0]
        for stream, told in self.told.items():
            if not told:
                continue
            key = (self.trial.topic.name, stream)
            async with desk.lock:
                await desk.confirm(self.trial.topic.name, heads, {stream})
            desk.positions.forget([key])
            desk.healer.ask(key, until=told)

            async def reached(stream=stream, told=told) -> bool:
                return await self.trial.books.reached(stream, told)

            await until(reached, what=f"{stream} at {told}", timeout_seconds=PATIENCE_SECONDS)
        for member in self.members:
            await member.let_go()

    async def check(self) -> None:
        for stream, told in self.told.items():
            position = await self.trial.books.position(stream)
            if not told:
                assert not position or position["number"] == 0
                continue
            applied = await self.trial.books.applied(stream)
            aside = [entry["number"] for entry in await self.trial.books.quarantined(stream)]
            assert applied == sorted(set(applied)), "in order, and once"
            assert sorted(applied + aside) == list(range(1, told + 1)), "nothing lost or doubled"
            assert position["stopped_reason"] is None
            assert is_conserved(position)
            assert (position["applied"], position["quarantined"]) == (len(applied), len(aside))


async def test_every_interleaving_has_each_effect_once_and_loses_nothing(trial):
    loop = asyncio.get_running_loop()

    async def play(script) -> None:
        world = World(trial)
        for step in script:
            await world.step(*step)
        await world.end()
        await world.check()

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
        # Each example waits for servers: what fails is told as it was found, not shrunk.
        phases=[Phase.generate],
    )
    @given(script=steps)
    def examples(script) -> None:
        asyncio.run_coroutine_threadsafe(play(script), loop).result(timeout=60)

    await asyncio.to_thread(examples)
