"""What reporting makes of the events it hears: access, facts, counts and the map of places.

Promise    All effects of a batch are in the transaction it is given, and in the database alone:
           applying the same events to empty tables again gives the same tables.
Not here   What an event means (``folds``), how rows are stored (``store``), what is heard when
           (``chassis.stream``).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.access.register import RegisterFold
from chassis.database import Connection
from chassis.stream import Event, Reader
from contracts.event import event_types
from contracts.reading import reader_for
from contracts.topics import DIRECTORY, NOTIFICATIONS, REFERRAL, REGISTER_STREAM
from services.reporting.folds import FOLDED_TYPES, ForeignStream, fold
from services.reporting.store import store

CONSUMER: Final = "reporting"
TOPICS: Final = (REFERRAL.name, DIRECTORY.name, NOTIFICATIONS.name)


class ReportingProjection:
    """The one consumer of this service, over all three topics."""

    consumer = CONSUMER
    topics: Sequence[str] = TOPICS

    def __init__(self) -> None:
        self._register = RegisterFold()
        heard = FOLDED_TYPES | self._register.types
        self.readers: Mapping[str, Reader] = {
            name: reader_for(model) for name, model in event_types().items() if name in heard
        }

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        register = [event for event in events if event.type in self._register.types]
        if not all(_is_of_the_register(event) for event in register):
            raise ForeignStream
        if register:
            await self._register.apply(connection, register)
        await store(connection, fold(event for event in events if event.type in FOLDED_TYPES))


def _is_of_the_register(event: Event) -> bool:
    return event.topic == DIRECTORY.name and event.stream == REGISTER_STREAM
