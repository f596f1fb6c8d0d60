"""Streams, consumed: what a service imports to make a projection of other services' events."""

from chassis.stream.consumer import StreamConsumer
from chassis.stream.events import Event, EventRefused, Projection, Reader
from chassis.stream.limits import StreamLimits
from chassis.stream.owner import Head, Journal
from chassis.stream.positions import position_of
from chassis.stream.watchdog import NothingMoves

__all__ = [
    "Event",
    "EventRefused",
    "Head",
    "Journal",
    "NothingMoves",
    "Projection",
    "Reader",
    "StreamConsumer",
    "StreamLimits",
    "position_of",
]
