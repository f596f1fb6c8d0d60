"""What notifications listens to: referrals, that somebody may have to be told of; the register."""

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.access.register import RegisterFold
from chassis.database import Connection
from chassis.stream import Event, Projection, Reader
from contracts.event import event_types
from contracts.reading import reader_for
from contracts.referral.v1 import PersonDied, ReferralCreated
from contracts.topics import DIRECTORY, REFERRAL
from services.notifications.use_cases import keep_intents, suppress_of_the_dead

_REGISTER: Final = {
    name: reader_for(model)
    for name, model in event_types(DIRECTORY.owner).items()
    if name in RegisterFold.types
}


class Messages:
    """Keeps the messages that events ask for, and the register that says who may see them."""

    consumer: str = "notifications"
    topics: Sequence[str] = (REFERRAL.name, DIRECTORY.name)
    readers: Mapping[str, Reader] = {
        ReferralCreated.type: reader_for(ReferralCreated),
        PersonDied.type: reader_for(PersonDied),
        **_REGISTER,
    }

    def __init__(self, *, demo: bool) -> None:
        self._demo = demo
        self._register = RegisterFold()

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Keep what these events ask for."""
        referrals = [event for event in events if event.type == ReferralCreated.type]
        deaths = [event for event in events if event.type == PersonDied.type]
        register = [event for event in events if event.type in RegisterFold.types]
        if register:
            await self._register.apply(connection, register)
        if referrals:
            await keep_intents(connection, referrals, demo=self._demo)
        # After keeping: what a referral of this batch asked for before the death is stopped too.
        if deaths:
            await suppress_of_the_dead(connection, deaths)


def projections(*, demo: bool) -> Sequence[Projection]:
    """Every projection of notifications."""
    return (Messages(demo=demo),)
