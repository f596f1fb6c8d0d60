"""Records that came before their turn, kept until what is missing before them has come.

Promise    Memory stays within the limits: what does not fit is let go, because the owner's
           journal has it. A kept record is given up on the topic's word only if it came after
           the journal was asked; what came before, the journal itself must tell.
Price      Two events that claim one number are both let go: the journal decides.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chassis.stream.events import Event, Key, Record
from chassis.stream.limits import StreamLimits

# What a kept record costs beside its value, roughly: envelope, tuple and dictionary slot.
_OVERHEAD_BYTES = 2_048


class _Kept(NamedTuple):
    record: Record
    moment: int


class Keeper:
    """The kept records of all streams of one consumer."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._streams: dict[Key, dict[int, _Kept]] = {}
        self.records = 0
        self.bytes = 0
        # Counts arrivals, so that what came before a question can be told from what came after.
        self.moment = 0

    def __contains__(self, key: Key) -> bool:
        """Whether anything of this stream is kept."""
        return key in self._streams

    def keys(self) -> list[Key]:
        """The streams of which something is kept."""
        return list(self._streams)

    def keep(self, record: Record) -> Sequence[Record]:
        """Keep ``record`` if there is room for it; give the two that claim one number, if so."""
        self.moment += 1
        number = record.envelope.number
        stream = self._streams.get(record.key)
        if stream is not None and (kept := stream.get(number)) is not None:
            if kept.record.envelope.id == record.envelope.id:
                return ()
            self._remove(record.key, number)
            return kept.record, record
        if self._fits(stream, record):
            self._streams.setdefault(record.key, {})[number] = _Kept(record, self.moment)
            self.records += 1
            self.bytes += _size(record)
        return ()

    def take(self, key: Key, next_number: int, since: int) -> list[Record]:
        """Give up what came after the moment ``since`` and continues the stream at ``next_number``.

        What lies before ``next_number`` is forgotten.
        """
        stream = self._streams.get(key)
        if stream is None:
            return []
        for number in [number for number in stream if number < next_number]:
            self._remove(key, number)
        taken: list[Record] = []
        while (kept := stream.get(next_number)) is not None and kept.moment > since:
            taken.append(kept.record)
            self._remove(key, next_number)
            next_number += 1
        return taken

    def settle(self, told: Sequence[Record]) -> int:
        """Let go of what the journal told itself, and say how many other events claimed a number."""
        others = 0
        for record in told:
            number = record.envelope.number
            kept = self._streams.get(record.key, {}).get(number)
            if kept is not None:
                others += kept.record.envelope.id != record.envelope.id
                self._remove(record.key, number)
        return others

    def passed(self, event: Event) -> Record | None:
        """Let go of what is kept under the number of an event just applied; give it if it is another."""
        key = (event.topic, event.stream)
        kept = self._streams.get(key, {}).get(event.number)
        if kept is None:
            return None
        self._remove(key, event.number)
        return None if kept.record.envelope.id == event.event_id else kept.record

    def drop_beyond(self, key: Key, number: int, until: int) -> int:
        """Forget what claims more than ``number`` and came up to the moment ``until``; count it."""
        dropped = [
            at
            for at, kept in self._streams.get(key, {}).items()
            if at > number and kept.moment <= until
        ]
        for at in dropped:
            self._remove(key, at)
        return len(dropped)

    def drop(self, key: Key) -> int:
        """Forget what is kept of one stream, and say how many records that were."""
        stream = self._streams.pop(key, {})
        self.records -= len(stream)
        self.bytes -= sum(_size(kept.record) for kept in stream.values())
        return len(stream)

    def clear(self) -> None:
        """Forget everything."""
        self._streams.clear()
        self.records = self.bytes = 0

    def _fits(self, stream: dict[int, _Kept] | None, record: Record) -> bool:
        limits = self._limits
        return (
            (stream is None or len(stream) < limits.kept_in_stream_max)
            and self.records < limits.kept_records_max
            and self.bytes + _size(record) <= limits.kept_bytes_max
        )

    def _remove(self, key: Key, number: int) -> None:
        stream = self._streams[key]
        kept = stream.pop(number)
        self.records -= 1
        self.bytes -= _size(kept.record)
        if not stream:
            del self._streams[key]


def _size(record: Record) -> int:
    return len(record.value or b"") + _OVERHEAD_BYTES
