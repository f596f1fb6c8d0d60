"""Past a record that the broker's client itself cannot take apart.

A header whose *name* is not UTF-8 makes aiokafka raise while it unpacks a batch, before any
parser of ours sees the record; asked again it unpacks the same batch and raises again, so
one such record would hold up its partition for ever.

Promise    Every record before it is handed over; it is told by its place; reading goes on
           behind it. What lay with it in one batch heals by pull.
Price      A few requests per such record.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from aiokafka import TopicPartition

STEP_TIMEOUT_MILLISECONDS = 500
# A batch holds at most as many records as bytes allow; behind it, reading succeeds again.
STEPS_MAX = 20_000

Fetched: TypeAlias = dict[TopicPartition, list[Any]]
GetMany: TypeAlias = Callable[..., Awaitable[Fetched]]


class Client(Protocol):
    """What is used of the broker's client."""

    def assignment(self) -> set[TopicPartition]: ...
    async def position(self, partition: TopicPartition) -> int: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...
    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]: ...
    async def commit(self, offsets: dict[TopicPartition, int]) -> None: ...
    def partitions_for_topic(self, topic: str) -> set[int] | None: ...

    getmany: "GetMany"


async def step_over(
    client: Client,
    getmany: GetMany,
    tell: Callable[[TopicPartition, int, int], Awaitable[None]],
) -> Fetched:
    """Read each partition by itself; where that fails, record by record up to the fault.

    ``tell`` is given the partition, the record's offset and the offset read from next.
    """
    fetched: Fetched = {}
    for partition in sorted(client.assignment()):
        try:
            found = await getmany(partition, timeout_ms=STEP_TIMEOUT_MILLISECONDS)
        except UnicodeDecodeError:
            found = await _up_to_fault(client, getmany, partition, tell)
        for where, records in found.items():
            fetched.setdefault(where, []).extend(records)
    return fetched


async def _up_to_fault(
    client: Client,
    getmany: GetMany,
    partition: TopicPartition,
    tell: Callable[[TopicPartition, int, int], Awaitable[None]],
) -> Fetched:
    fetched: list[Any] = []
    for _ in range(STEPS_MAX):
        try:
            found = await getmany(partition, timeout_ms=STEP_TIMEOUT_MILLISECONDS, max_records=1)
        except UnicodeDecodeError:
            break
        if not found:
            return {partition: fetched}
        fetched.extend(found[partition])
    broken = await client.position(partition)
    end = (await client.end_offsets([partition]))[partition]
    offset = broken
    while offset + 1 < end and offset - broken < STEPS_MAX:
        offset += 1
        client.seek(partition, offset)
        try:
            found = await getmany(partition, timeout_ms=STEP_TIMEOUT_MILLISECONDS, max_records=1)
        except UnicodeDecodeError:
            continue
        fetched.extend(found.get(partition, []))
        break
    else:
        offset += 1
        client.seek(partition, offset)
    await tell(partition, broken, offset)
    return {partition: fetched}
