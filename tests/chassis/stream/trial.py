"""A trial owner with a real journal behind the real API, and a trial projection that keeps a ledger."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NotRequired
from uuid import UUID, uuid4

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from chassis.database import Connection, Database
from chassis.ids import new_id
from chassis.journal import wire_form
from chassis.stream import Event, EventRefused, Journal, StreamConsumer, StreamLimits
from chassis.stream.heads import partition_of
from contracts.envelope import Envelope
from tests.waiting import until

TYPE = "waymark.thing-counted.v1"
A_TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

# More than all its limits for ending together.
END_SECONDS_MAX = 60

# Everything a second or more waits for is quicker here; what a rule rests on is as it is.
QUICK = StreamLimits(
    heads_interval_seconds=0.4,
    watch_interval_seconds=0.1,
    unknown_number_patience_seconds=0.3,
    wish_interval_seconds=0.1,
    offset_commit_interval_seconds=0.3,
    backoff_max_seconds=0.3,
    batch_timeout_milliseconds=5,
)


class Thing(TypedDict):
    amount: int
    name: NotRequired[str]
    pcn_code: NotRequired[str]


READERS = {TYPE: TypeAdapter(list[Thing])}


@dataclass(frozen=True, slots=True)
class Wire:
    """One event as topic and journal hold it."""

    stream: str
    number: int
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None
    other_key: tuple[bytes | None] | None = None

    @property
    def key(self) -> bytes | None:
        """The key of the record: the stream's name, unless another was given."""
        return self.stream.encode() if self.other_key is None else self.other_key[0]

    def changed(self, **headers: bytes | None) -> "Wire":
        """The same event with other headers."""
        kept = [(name, value) for name, value in self.headers if name not in headers]
        return replace(self, headers=[*kept, *headers.items()])

    def without(self, *names: str) -> "Wire":
        """The same event lacking headers."""
        kept = [(name, value) for name, value in self.headers if name not in names]
        return replace(self, headers=kept)

    def saying(self, value: bytes | None) -> "Wire":
        """The same event with another value."""
        return replace(self, value=value)

    def keyed(self, key: bytes | None) -> "Wire":
        """The same event under another key."""
        return replace(self, other_key=(key,))


def a_wire(
    stream: str,
    number: int,
    data: Any = None,
    *,
    subject: str = "",
    related: Sequence[str] = (),
    event_id: UUID | None = None,
    epoch: int = 1,
    type_: str = TYPE,
) -> Wire:
    """An event nobody's journal has."""
    envelope = Envelope(
        event_id or new_id(),
        type_,
        "/trial",
        subject or f"thing/{uuid4()}",
        A_TIME,
        A_TIME,
        "https://waymark.example/schemas/x.json",
        stream,
        epoch,
        number,
        1,
        tuple(related),
    )
    value = data if isinstance(data, bytes) else json.dumps(data or {"amount": 1}).encode()
    return Wire(stream, number, envelope.to_headers(), value)


class _Line(httpx.AsyncBaseTransport):
    """The line to an owner, which a test can cut."""

    def __init__(self, inner: httpx.AsyncBaseTransport, owner: "Owner") -> None:
        self._inner = inner
        self._owner = owner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._owner.asked += 1
        if self._owner.away:
            raise httpx.ConnectError("the line is cut", request=request)
        return await self._inner.handle_async_request(request)


class Owner:
    """A service that owns a topic: its journal is the real table behind the real API."""

    def __init__(self, database: Database, app: Any, token: str) -> None:
        self.database = database
        self.away = False
        self.asked = 0
        self.http = httpx.AsyncClient(
            transport=_Line(httpx.ASGITransport(app=app), self),
            headers={"Authorization": f"Bearer {token}"},
        )
        self.heads: dict[str, int] = {}

    def journal(self, topic: str, limits: StreamLimits = QUICK) -> Journal:
        return Journal(topic, "http://owner", self.http, limits)

    async def tell(
        self,
        stream: str,
        data: Sequence[Any],
        *,
        subjects: Sequence[str] | None = None,
        related: Sequence[Sequence[str]] | None = None,
        type_: str = TYPE,
        published: bool = True,
    ) -> list[Wire]:
        """Number events into the journal and note them as published; give what the topic gets."""
        first = self.heads.get(stream, 0) + 1
        rows = [
            (
                stream,
                first + index,
                1,
                new_id(),
                type_,
                "/trial",
                "https://waymark.example/schemas/x.json",
                subjects[index] if subjects else f"thing/{uuid4()}",
                ",".join(related[index]) if related else "",
                1,
                A_TIME,
                A_TIME,
                "live",
                one.decode() if isinstance(one, bytes) else json.dumps(one),
            )
            for index, one in enumerate(data)
        ]
        last = rows[-1]
        async with self.database.transaction() as connection:
            await connection.copy_records_to_table("journal", records=rows, columns=_COLUMNS)
            await connection.execute(
                """
                insert into stream_head (stream, head, head_event_id) values ($1, $2, $3)
                on conflict (stream) do update set head = $2, head_event_id = $3
                """,
                stream,
                last[1],
                last[3],
            )
        self.heads[stream] = last[1]
        if published:
            await self.publish(stream)
        async with self.database.transaction() as connection:
            held = await connection.fetch(
                """
                select
                    event_id, type, source, subject, occurred_at, recorded_at, data_schema,
                    stream, epoch, number, aggregate_version, related_subjects, origin,
                    correlation_id, causation_id, traceparent, data
                from journal where stream = $1 and number >= $2 order by number
                """,
                stream,
                first,
            )
        return [Wire(stream, row["number"], *wire_form(row)) for row in held]

    async def publish(self, stream: str) -> None:
        """Note everything of a stream as published."""
        async with self.database.transaction() as connection:
            await connection.execute(
                """
                update stream_head set published = head, published_event_id = head_event_id
                where stream = $1
                """,
                stream,
            )

    async def close(self) -> None:
        await self.http.aclose()


_COLUMNS = [
    "stream",
    "number",
    "epoch",
    "event_id",
    "type",
    "source",
    "data_schema",
    "subject",
    "related_subjects",
    "aggregate_version",
    "occurred_at",
    "recorded_at",
    "origin",
    "data",
]


class Topic:
    """A topic and a producer that puts what it is told to where a relay would."""

    def __init__(self, name: str, partitions: int, producer: AIOKafkaProducer) -> None:
        self.name = name
        self.partitions = partitions
        self._producer = producer

    async def send(self, *wires: Wire) -> None:
        """Send in order; answer once the broker has them."""
        sent = [
            await self._producer.send(
                self.name,
                wire.value,
                key=wire.key,
                headers=wire.headers,
                partition=partition_of(wire.stream, self.partitions),
            )
            for wire in wires
        ]
        await asyncio.gather(*sent)

    async def send_raw(
        self,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        partition: int = 0,
    ) -> None:
        await self._producer.send_and_wait(
            self.name, value, key=key, headers=list(headers), partition=partition
        )


LEDGER = """
create table effect (
    place bigint generated always as identity primary key,
    topic text not null,
    stream text not null,
    number bigint not null,
    event_id uuid not null,
    subject text not null,
    amount integer not null constraint amount_is_small check (amount < 1000)
);
-- No key keeps an event from being applied twice: only the position does.
grant select, insert on effect to waymark_test_worker;
"""


@dataclass
class Ledger:
    """A projection that writes one row per event, and fails in every way a fold can."""

    topics: Sequence[str]
    consumer: str
    readers: dict[str, Any] = field(default_factory=lambda: dict(READERS))
    batches: list[int] = field(default_factory=list)
    repaired: bool = False
    gate: asyncio.Event | None = None

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        self.batches.append(len(events))
        if self.gate is not None:
            await self.gate.wait()
        rows = []
        for event in events:
            amount = event.data["amount"]
            if not self.repaired:
                if amount == 666:
                    raise KeyError("a name that must not be told")
                if event.data.get("pcn_code", event.stream) != event.stream:
                    raise EventRefused("another stream's subject")
            rows.append(
                (
                    event.topic,
                    event.stream,
                    event.number,
                    event.event_id,
                    event.subject,
                    min(amount, 999) if self.repaired else amount,
                )
            )
        await connection.copy_records_to_table(
            "effect",
            records=rows,
            columns=["topic", "stream", "number", "event_id", "subject", "amount"],
        )


@dataclass
class Books:
    """What the consumer's database says."""

    url: str
    consumer: str

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url, command_timeout=20)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def applied(self, stream: str) -> list[int]:
        """Numbers applied, in the order they were."""
        rows = await self.fetch(
            "select number from effect where stream = $1 order by place", stream
        )
        return [row["number"] for row in rows]

    async def position(self, stream: str) -> dict[str, Any]:
        rows = await self.fetch(
            "select * from consumer_position where stream = $1 and consumer = $2",
            stream,
            self.consumer,
        )
        return dict(rows[0]) if rows else {}

    async def reached(self, stream: str, number: int) -> bool:
        return (await self.position(stream)).get("number", 0) >= number

    async def quarantined(self, stream: str | None = None) -> list[dict[str, Any]]:
        rows = await self.fetch(
            """
            select * from quarantine
            where $1::text is null or stream = $1 order by number, record_offset
            """,
            stream,
        )
        return [dict(row) for row in rows]

    async def wish(self, action: str, entry: UUID | None = None, *where: str) -> UUID:
        wish_id = new_id()
        topic, stream = where or (None, None)
        await self.fetch(
            """
            insert into stream_wish
                (id, consumer, action, quarantine_id, topic, stream, member_key, reason)
            values ($1, $2, $3, $4, $5, $6, 'a member', 'because')
            """,
            wish_id,
            self.consumer,
            action,
            entry,
            topic,
            stream,
        )
        return wish_id

    async def outcome(self, wish_id: UUID) -> str | None:
        rows = await self.fetch("select outcome from stream_wish where id = $1", wish_id)
        return rows[0]["outcome"]

    async def carried_out(self, wish_id: UUID) -> str:
        async def answered() -> str | None:
            return await self.outcome(wish_id)

        return await until(answered, what="the wish is carried out") or ""


@asynccontextmanager
async def running(consumer: StreamConsumer) -> AsyncIterator[StreamConsumer]:
    """Run a consumer for the length of a block."""
    task = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    """End a consumer; one that does not end shows where each of its tasks waits."""
    task.cancel()
    await asyncio.wait({task}, timeout=END_SECONDS_MAX)
    if not task.done():
        for one in asyncio.all_tasks():
            one.print_stack()
        raise AssertionError(f"the consumer did not end within {END_SECONDS_MAX} s")
    if not task.cancelled():
        # A consumer that ended by itself says why here.
        task.result()
