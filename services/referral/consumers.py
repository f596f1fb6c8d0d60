"""What the referral service listens to: the register, listings, and what became of messages.

Promise    Each table here is written from one topic: the access tables and ``known_role`` from
           the register's stream, ``known_listing`` from the regions' streams, ``message`` from
           the notifications' streams. Applying events again, in any split, leaves the same rows.
Not here   Deciding anything: a message told of is a note on a referral, never a change of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.access.register import STREAM as REGISTER_STREAM
from chassis.access.register import RegisterFold
from chassis.database import Connection
from chassis.service import WorkerContext
from chassis.stream import Event, EventRefused, Projection, Reader
from contracts.directory.v1 import ListingHidden, ListingPublished, ListingWithdrawn
from contracts.event import event_types
from contracts.notifications.v1 import MessageFailed, MessageSent, MessageSuppressed
from contracts.reading import reader_for
from contracts.topics import DIRECTORY, NOTIFICATIONS
from services.referral.projections import MessageNote, has_foreign_note, note_messages
from services.referral.use_cases.listings import note_listings
from services.referral.use_cases.practice_moves import note_practice_moves
from services.referral.use_cases.roles import ROLE_TYPES, keep_roles
from services.referral.use_cases.supervision_intervals import follow_register

CONSUMER: Final = "referral"

_OUTCOMES: Final = {
    MessageSent.type: "sent",
    MessageSuppressed.type: "suppressed",
    MessageFailed.type: "failed",
}
_LISTINGS: Final = {
    ListingPublished.type: True,
    ListingHidden.type: False,
    ListingWithdrawn.type: False,
}


class ReferralProjection:
    """One consumer of two topics, whose tables never meet."""

    consumer: str = CONSUMER
    topics: Sequence[str] = (DIRECTORY.name, NOTIFICATIONS.name)

    def __init__(self) -> None:
        self._register = RegisterFold()
        known = event_types()
        self.readers: Mapping[str, Reader] = {
            name: reader_for(known[name])
            for name in (*RegisterFold.types, *ROLE_TYPES, *_LISTINGS, *_OUTCOMES)
        }

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Apply the events of both topics, each to its own tables."""
        told = [event for event in events if event.topic == DIRECTORY.name]
        listings = [event for event in told if event.type in _LISTINGS]
        register = [event for event in told if event.type not in _LISTINGS]
        messages = [event for event in events if event.topic == NOTIFICATIONS.name]
        if any(event.stream != REGISTER_STREAM for event in register):
            raise EventRefused("only the register's own stream may speak for the register")
        if register:
            # Asked before the register here says so.
            await note_practice_moves(connection, [(event.type, event.data) for event in register])
            await self._register.apply(connection, register)
            await keep_roles(connection, register)
            await follow_register(connection, register)
        if listings:
            await note_listings(connection, [_listing(event) for event in listings])
        if messages:
            notes = [_note(event) for event in messages]
            if await has_foreign_note(connection, notes):
                raise EventRefused("a stream may speak for referrals of its own network only")
            await note_messages(connection, notes)


def projections(_context: WorkerContext) -> Sequence[Projection]:
    """Make what the consumer role of this service feeds."""
    return (ReferralProjection(),)


def _listing(event: Event) -> Mapping[str, Any]:
    data: Mapping[str, Any] = event.data
    if data["region_code"] != event.stream:
        raise EventRefused("a stream may speak for listings of its own region only")
    return {
        "listing_id": data["listing_id"],
        "region_code": data["region_code"],
        "organization_id": data["organization_id"],
        "needs": data.get("needs"),
        "published": _LISTINGS[event.type],
        "number": event.number,
        "changed_at": event.recorded_at,
    }


def _note(event: Event) -> MessageNote:
    data: Mapping[str, Any] = event.data
    return MessageNote(
        stream=event.stream,
        number=event.number,
        message_id=data["message_id"],
        practice_code=data["practice_code"],
        referral_id=data["referral_id"],
        rule=data["rule"],
        channel=data["channel"],
        recipient_kind=data["recipient_kind"],
        outcome=_OUTCOMES[event.type],
        reason=data.get("reason"),
        occurred_at=event.occurred_at,
    )
