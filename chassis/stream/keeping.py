"""Records that came before their turn, kept until what is missing before them has come.

Promise    Memory stays within the limits: what does not fit is let go, because the owner's
           journal has it.
Price      Two events that claim one number are both let go: the journal decides.
"""

from collections.abc import Sequence

from chassis.stream.events import Key, Record
from chassis.stream.limits import StreamLimits

# What a kept record costs beside its value, roughly: envelope, tuple and dictionary slot.
_OVERHEAD_BYTES = 2_048


class Keeper:
    """The kept records of all streams of one consumer."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._streams: dict[Key, dict[int, Record]] = {}
        self.records = 0
        self.bytes = 0

    def __contains__(self, key: Key) -> bool:
        """Whether anything of this stream is kept."""
        return key in self._streams

    def keys(self) -> list[Key]:
        """The streams of which something is kept."""
        return list(self._streams)

    def keep(self, record: Record) -> Sequence[Record]:
        """Keep ``record`` if there is room for it; give the two that claim one number, if so."""
        number = record.envelope.number
        stream = self._streams.get(record.key)
        if stream is not None and (other := stream.get(number)) is not None:
            if other.envelope.id == record.envelope.id:
                return ()
            self._remove(record.key, number)
            return other, record
        if self._fits(stream, record):
            self._streams.setdefault(record.key, {})[number] = record
            self.records += 1
            self.bytes += _size(record)
        return ()

    def take(self, key: Key, next_number: int) -> list[Record]:
        """Give up what continues the stream at ``next_number``; forget what lies before."""
        stream = self._streams.get(key)
        if stream is None:
            return []
        for number in [number for number in stream if number < next_number]:
            self._remove(key, number)
        taken: list[Record] = []
        while (record := stream.get(next_number)) is not None:
            taken.append(record)
            self._remove(key, next_number)
            next_number += 1
        return taken

    def drop(self, key: Key) -> int:
        """Forget what is kept of one stream, and say how many records that were."""
        stream = self._streams.pop(key, {})
        self.records -= len(stream)
        self.bytes -= sum(_size(record) for record in stream.values())
        return len(stream)

    def clear(self) -> None:
        """Forget everything."""
        self._streams.clear()
        self.records = self.bytes = 0

    def _fits(self, stream: dict[int, Record] | None, record: Record) -> bool:
        limits = self._limits
        return (
            (stream is None or len(stream) < limits.kept_in_stream_max)
            and self.records < limits.kept_records_max
            and self.bytes + _size(record) <= limits.kept_bytes_max
        )

    def _remove(self, key: Key, number: int) -> None:
        stream = self._streams[key]
        record = stream.pop(number)
        self.records -= 1
        self.bytes -= _size(record)
        if not stream:
            del self._streams[key]


def _size(record: Record) -> int:
    return len(record.value or b"") + _OVERHEAD_BYTES
