"""The life of a listing: published, doubted, hidden, withdrawn and brought back.

Promise    Each step is one event and one version that says who took it and why; the same step
           again is the same step. What is doubted is still found, with a warning; what is hidden
           or withdrawn is not.
Price      Whoever takes a step holds the order of the public lists first.
Not here   What a listing says: ``listings`` and ``listing_changes``.
"""

from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound, NotPermitted, Refusal
from contracts import codes
from services.directory import published
from services.directory.domain.listings import (
    PUBLIC,
    SOURCES,
    Actor,
    Step,
    StepNotAllowed,
    StepNotPossible,
    state_after,
)
from services.directory.domain.register import Moment
from services.directory.published import Telling
from services.directory.store import duplicates, listing_reviews
from services.directory.store import listings as store
from services.directory.store.listings import Listing, Said
from services.directory.store.many_listings import keep_versions
from services.directory.use_cases import open_copies
from services.directory.use_cases.listings import (
    organization_of,
    outcome_of,
    standing_to,
    told,
)
from services.directory.use_cases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Why:
    """Why a step is taken: a code that events tell, and words that they do not."""

    reason: codes.ListingReason | None = None
    note: str | None = None


async def take_step(
    connection: Connection, actor: Actor, listing_id: UUID, step: Step, why: Why, moment: Moment
) -> Outcome:
    """Take a step in the life of a listing; one that was taken already changes nothing."""
    await open_copies.hold_order(connection, moment.recorded_at)
    listing = await store.lock_listing(connection, listing_id)
    if listing is None:
        raise NothingFound
    standing = standing_to(actor, listing.region_code, listing.organization_id)
    waits = await listing_reviews.own_changes_wait(connection, listing.region_code)
    try:
        state = state_after(step, listing.state, standing, own_changes_wait=waits)
    except StepNotAllowed:
        raise NotPermitted("This is for those who publish listings of the region.") from None
    except StepNotPossible:
        raise Refusal(
            409, "not-published", "Only what the public was shown can be doubted or taken away."
        ) from None
    if state == listing.state:
        return outcome_of(listing, created=False)
    changed = replace(
        listing,
        state=state,
        reason=None if state == "published" else why.reason,
        event_id=new_id(),
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    changed = replace(changed, version=await store.change_listing(connection, changed))
    said = Said(
        step=step, member_key=actor.member_key or None, source=SOURCES[standing], note=why.note
    )
    await keep_versions(connection, [(listing.id, said)])
    await renew_copies(connection, changed, moment)
    await outbox.record(connection, [event_of_state(changed, moment)])
    if state in PUBLIC and listing.state not in PUBLIC:
        # Only now it has a place that others can be near to.
        await duplicates.want_compared(connection, [listing.id])
    return outcome_of(changed, created=False)


async def renew_copies(connection: Connection, listing: Listing, moment: Moment) -> None:
    """Show the public what a listing now says, or take it away."""
    organization = await organization_of(connection, listing)
    if listing.state in PUBLIC:
        await open_copies.show(connection, listing, organization, moment.recorded_at)
    else:
        await open_copies.take_away(connection, listing, organization, moment.recorded_at)


def event_of_state(listing: Listing, moment: Moment) -> NewEvent:
    """Tell the state a listing has come to."""
    telling = Telling(cast("UUID", listing.event_id), listing.version, moment)
    about = told(listing)
    reason = cast("codes.ListingReason | None", listing.reason)
    if listing.state == "doubted":
        return published.listing_doubted(telling, about, reason or "other")
    if listing.state == "hidden":
        return published.listing_hidden(telling, about, reason or "other")
    if listing.state == "withdrawn":
        return published.listing_withdrawn(telling, about, reason)
    return published.listing_published(telling, about)
