"""What notifications listens to: referrals and questions, of which somebody is told; the register."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from chassis.access.register import RegisterFold
from chassis.database import Connection
from chassis.stream import Event, Projection, Reader
from contracts.directory.v1 import ListingCheckDue
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
        ListingCheckDue.type: reader_for(ListingCheckDue),
        **_REGISTER,
    }

    def __init__(self, *, awake: Collection[str]) -> None:
        self._awake = awake
        self._register = RegisterFold()

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Keep what these events ask for."""
        referrals = [event for event in events if event.type == ReferralCreated.type]
        deaths = [event for event in events if event.type == PersonDied.type]
        checks = [event for event in events if event.type == ListingCheckDue.type]
        register = [event for event in events if event.type in RegisterFold.types]
        if register:
            await self._register.apply(connection, register)
        if referrals or checks:
            await keep_intents(connection, referrals, checks, awake=self._awake)
        # After keeping: what a referral of this batch asked for before the death is stopped too.
        if deaths:
            await suppress_of_the_dead(connection, deaths)


def projections(*, awake: Collection[str]) -> Sequence[Projection]:
    """Every projection of notifications."""
    return (Messages(awake=awake),)
