"""Trying again: what waits in quarantine about the same subjects goes together, in order.

Promise    An event leaves quarantine applied, skipped or discarded, in the transaction that
           makes its effects; nothing overtakes what it was held behind.
Price      A chain is tried whole; it stays as it was if the owner cannot be asked about a copy
           that fails.
Not here   Who asked for it: ``operations``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from chassis.database import Connection, savepoint
from chassis.sql import Queries
from chassis.stream.blame import is_ground, reason_of
from chassis.stream.decisions import HELD, Kind, Reason
from chassis.stream.events import Event, Key, Projection, Record, event_of
from chassis.stream.quarantine import headers_as_json, record_of
from chassis.stream.reading import Parse, parsers_of, read_value

_SQL = Queries("chassis.stream")


class JournalNeeded(Exception):
    """A copy from the topic fails: the journal's has to be tried before it is judged."""

    def __init__(self, entry_id: UUID, number: int) -> None:
        super().__init__(number)
        self.entry_id = entry_id
        self.number = number


@dataclass(slots=True)
class Entry:
    """One event in quarantine, on its way out."""

    id: UUID
    kind: Kind
    record: Record
    event: Event | None = None
    fault: Reason | None = None


@dataclass(slots=True)
class Chain:
    """Entries bound by their subjects, walked in order."""

    entries: list[Entry]
    # What is not tried at all, and so still holds what comes after it.
    untouched: frozenset[UUID] = frozenset()
    held: set[str] = field(default_factory=set[str])
    freed: list[Entry] = field(default_factory=list[Entry])
    kept: list[tuple[Entry, Kind, Reason, bool]] = field(
        default_factory=list[tuple[Entry, Kind, Reason, bool]]
    )

    def admits(self, entry: Entry) -> bool:
        """Whether ``entry`` is tried now: not behind anything that stays."""
        if not self.held.isdisjoint(entry.record.subjects):
            self._keep(entry, "held", HELD, tried=False)
            return False
        if entry.id in self.untouched:
            self._keep(entry, entry.kind, Reason("", ""), tried=False)
            return False
        if entry.fault is not None:
            self.condemn(entry, entry.fault)
            return False
        return True

    def condemn(self, entry: Entry, reason: Reason) -> None:
        """Say that an entry fails again."""
        if not entry.record.from_journal:
            raise JournalNeeded(entry.id, entry.record.envelope.number)
        self._keep(entry, "failed", reason, tried=True)

    def _keep(self, entry: Entry, kind: Kind, reason: Reason, *, tried: bool) -> None:
        self.kept.append((entry, kind, reason, tried))
        self.held.update(entry.record.subjects)


def chain_of(entry_id: UUID, rows: Sequence[asyncpg.Record]) -> list[UUID]:
    """Every open entry that shares a subject with this one, directly or through others."""
    by_subject: dict[str, list[UUID]] = {}
    subjects: dict[UUID, list[str]] = {row["id"]: row["subjects"] for row in rows}
    for one, names in subjects.items():
        for name in names:
            by_subject.setdefault(name, []).append(one)
    found: set[UUID] = set()
    waiting = [entry_id] if entry_id in subjects else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(other for name in subjects[one] for other in by_subject.pop(name, ()))
    return [one for one in subjects if one in found]


async def load_entries(connection: Connection, topic: str, ids: Sequence[UUID]) -> list[Entry]:
    """The entries with their events, in order."""
    rows = await connection.fetch(_SQL["open_entries"], list(ids))
    return [Entry(row["id"], row["kind"], record_of(topic, row)) for row in rows]


async def try_again(connection: Connection, projection: Projection, chain: Chain) -> None:
    """Apply what can be applied of a chain, in order, and note what stays."""
    parsers = parsers_of(projection.readers)
    for entry in chain.entries:
        _read(entry, parsers)
    await _sift(connection, projection, chain, chain.entries)


async def store_outcome(
    connection: Connection, consumer: str, key: Key, chain: Chain, *, discarded: int = 0
) -> None:
    """Write what left and what stays, and let the position's counts follow."""
    skipped = sum(1 for entry in chain.freed if entry.event is None)
    applied = len(chain.freed) - skipped
    if chain.freed:
        await connection.execute(
            _SQL["close_entries"], [entry.id for entry in chain.freed], "redriven"
        )
    changed = [kept for kept in chain.kept if kept[2].name]
    if changed:
        await connection.execute(
            _SQL["keep_entries"],
            [entry.id for entry, *_ in changed],
            [kind for _, kind, _, _ in changed],
            [reason.name for _, _, reason, _ in changed],
            [reason.detail for _, _, reason, _ in changed],
            [tried for *_, tried in changed],
        )
    await connection.execute(
        _SQL["release_position"],
        consumer,
        *key,
        applied,
        skipped,
        discarded,
        False,  # noqa: FBT003 - a column of the query
    )


async def believe_journal(connection: Connection, entry_id: UUID, copy: Record) -> None:
    """Let an entry hold what the journal says instead of what the topic said."""
    headers = headers_as_json(copy.envelope.to_headers())
    await connection.execute(_SQL["believe_journal"], entry_id, headers, copy.value)


def _read(entry: Entry, parsers: Mapping[str, Parse]) -> None:
    parse = parsers.get(entry.record.envelope.type)
    if parse is None:
        return
    data = read_value(entry.record.value, parse)
    if isinstance(data, Reason):
        entry.fault = data
    else:
        entry.event = event_of(entry.record, data)


async def _sift(
    connection: Connection, projection: Projection, chain: Chain, entries: Sequence[Entry]
) -> None:
    held, kept = set(chain.held), len(chain.kept)
    flowing = [entry for entry in entries if chain.admits(entry)]
    events = [entry.event for entry in flowing if entry.event is not None]
    try:
        if events:
            async with savepoint(connection):
                await projection.apply(connection, events)
    except Exception as fault:
        if is_ground(fault):
            raise
        if len(entries) == 1:
            chain.condemn(entries[0], reason_of(fault))
            return
    else:
        chain.freed.extend(flowing)
        return
    chain.held = held
    del chain.kept[kept:]
    middle = len(entries) // 2
    await _sift(connection, projection, chain, entries[:middle])
    await _sift(connection, projection, chain, entries[middle:])
