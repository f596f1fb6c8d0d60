"""Keeping what other services tell of listings, as it was told.

Promise    A row says what one event said, by the event's own times, and names nobody. Whatever the
           batches, and however often a stream is dropped and applied again, the rows are the same.
Not here   What the rows are worth: ``domain.freshness`` and ``domain.capacity``, which may change
           their minds without an event being read again.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.stream.events import Event, EventRefused
from services.directory.store import evidence as store
from services.directory.store.evidence import FailedPlacement, MessageEvidence, OnwardEvidence

PLACEMENT_FAILED: Final = "waymark.placement-failed.v1"
_LISTING_GONE: Final = "waymark.onward-referral-listing-gone.v1"
_NUDGE_DUE: Final = "waymark.onward-referral-nudge-due.v1"

# How each event is kept, and which of its fields says more.
_ONWARD: Final[Mapping[str, tuple[str, str | None]]] = {
    "waymark.onward-referral-sent.v1": ("sent", None),
    "waymark.onward-referral-answered.v1": ("answered", "answer"),
    "waymark.onward-referral-started.v1": ("started", None),
    "waymark.onward-referral-attended.v1": ("attended", None),
    "waymark.onward-referral-ended.v1": ("ended", "ending"),
    _NUDGE_DUE: ("nudge-due", "silent"),
    _LISTING_GONE: ("listing-gone", None),
    PLACEMENT_FAILED: ("placement-failed", "reason"),
}
_QUESTIONS: Final[Mapping[str, str]] = {
    "waymark.listing-check-sent.v1": "sent",
    "waymark.listing-check-failed.v1": "failed",
}


async def keep_evidence(connection: Connection, events: Sequence[Event]) -> None:
    """Keep what these events say of listings, and of needs for which there was no place."""
    onward = [row for event in events if (row := _onward(event)) is not None]
    messages = [row for event in events if (row := _message(event)) is not None]
    failures = [_failure(event) for event in events if event.type == PLACEMENT_FAILED]
    if onward:
        await store.keep_onward_evidence(connection, onward)
    if messages:
        await store.keep_message_evidence(connection, messages)
    if failures:
        await store.count_failed_placements(connection, failures)
    listing_ids = {row.listing_id for row in (*onward, *messages)}
    if listing_ids:
        await store.want_weighed(connection, listing_ids)


def _onward(event: Event) -> OnwardEvidence | None:
    if event.type not in _ONWARD:
        return None
    data = event.data
    if data["pcn_code"] != event.stream:
        raise EventRefused("the event speaks for a PCN that is not its stream's")
    kind, said_in = _ONWARD[event.type]
    listing_id: UUID | None = data["listing_id"]
    word = "" if said_in is None else data[said_in] or ""
    # Whose silence it is matters here where it is the provider's alone.
    if listing_id is None or (event.type == _NUDGE_DUE and word != "provider"):
        return None
    return OnwardEvidence(
        stream=event.stream,
        number=event.number,
        listing_id=listing_id,
        organization_id=data.get("organization_id"),
        onward_referral_id=data.get("onward_referral_id"),
        kind=kind,
        word=word,
        reason=None if event.type == PLACEMENT_FAILED else data.get("reason"),
        told_by=data.get("told_by"),
        full_until=data.get("full_until"),
        sent_at=data.get("sent_at"),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )


def _message(event: Event) -> MessageEvidence | None:
    if event.type not in _QUESTIONS:
        return None
    if event.data["region_code"] != event.stream:
        raise EventRefused("the event speaks for a region that is not its stream's")
    return MessageEvidence(
        stream=event.stream,
        number=event.number,
        listing_id=event.data["listing_id"],
        check_id=event.data["check_id"],
        kind=_QUESTIONS[event.type],
        reason=event.data.get("reason"),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )


def _failure(event: Event) -> FailedPlacement:
    if event.data["pcn_code"] != event.stream:
        raise EventRefused("the event speaks for a PCN that is not its stream's")
    return FailedPlacement(
        event.stream,
        event.occurred_at,
        event.data["need"],
        event.data["reason"],
        event.recorded_at,
    )
