"""Numbering: committed events get the next numbers of their streams and enter the journal.

Promise    Every committed event is numbered once, without a gap, in the order in which
           its aggregate's transactions committed; a stream that floods delays the others
           by at most one window a round.
Price      One transaction of its own per round; an event has no number until then.
Not here   Who numbers: two relays at once are slower, never wrong.
"""

from dataclasses import dataclass

from chassis import faults
from chassis.database import Database
from chassis.sql import Queries

STREAM_WINDOW_MAX = 500
ROUND_SIZE_MAX = 2_000

_SQL = Queries("chassis.relay")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round numbered, by stream, and whether more was waiting than it took."""

    numbered: dict[str, int]
    is_full: bool

    @property
    def total(self) -> int:
        """Count the events of the round."""
        return sum(self.numbered.values())


class Numberer:
    """Numbers what waits, round by round; remembers only where the next round begins."""

    def __init__(
        self,
        database: Database,
        *,
        window_max: int = STREAM_WINDOW_MAX,
        round_size_max: int = ROUND_SIZE_MAX,
    ) -> None:
        self._database = database
        self._window_max = window_max
        self._round_size_max = round_size_max
        self._after = ""

    async def number(self) -> Round:
        """Number one round of events and commit."""
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["lock_numbering"])
            rows = await connection.fetch(
                _SQL["number_events"], self._after, self._window_max, self._round_size_max
            )
            faults.fault_point(faults.RELAY_IN_NUMBERING)
        numbered: dict[str, int] = {row["stream"]: row["places"] for row in rows}
        if numbered:
            faults.fault_point(faults.RELAY_AFTER_NUMBER)
        cut_short = sum(numbered.values()) >= self._round_size_max
        # What lies before the start of this walk comes first in the next one.
        wrapped = self._after != ""
        self._after = max(numbered) if cut_short else ""
        is_full = cut_short or wrapped or max(numbered.values(), default=0) >= self._window_max
        return Round(numbered, is_full)
