"""What the directory tells of listings, and who is on the way to one that is gone.

Promise    Nobody is sent to a listing that is unknown here or withdrawn; whoever is on the way to
           one that is withdrawn is brought before their worker, and nothing ends by it; one that is
           published again is not marked as gone any more.
Price      A listing published a moment ago is unknown until its event has arrived.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.database import Connection
from services.referral.domain.onward import ListingIsWithdrawn, ListingNotKnown
from services.referral.store import listings as store
from services.referral.store import timers
from services.referral.store.timers import NewTimer


async def note_listings(connection: Connection, listings: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was told of listings, and have whoever is on the way to a changed one seen to.

    A timer does it: a consumer locks nobody's episode.
    """
    latest: dict[UUID, Mapping[str, Any]] = {}
    for listing in listings:
        known = latest.get(listing["listing_id"])
        if known is None or listing["number"] > known["number"]:
            latest[listing["listing_id"]] = listing
    on_the_way = await store.note_listings(connection, list(latest.values()))
    await timers.set_many(
        connection,
        [
            NewTimer(
                kind="listing-gone",
                about=one.onward_referral_id,
                pcn_code=one.pcn_code,
                due_at=one.changed_at,
            )
            for one in on_the_way
        ],
    )


async def organization_of(connection: Connection, listing_id: UUID) -> UUID:
    """Give whose the listing is, if people can be sent there."""
    listing = await known_listing(connection, listing_id)
    if not listing.published:
        raise ListingIsWithdrawn("This listing cannot be found any more.", "/listing_id")
    return listing.organization_id


async def known_listing(connection: Connection, listing_id: UUID) -> store.KnownListing:
    """Give what is known of a listing."""
    listing = await store.share_listing(connection, listing_id)
    if listing is None:
        raise ListingNotKnown("The directory has no such listing.", "/listing_id")
    return listing
