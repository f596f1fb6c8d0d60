"""What the public finds of listings: copied when they are published, emptied when they leave.

Promise    Numbers are given under one lock, held before anything else is: so they rise in the
           order of commits, whoever walks the pages meets no row twice and misses none, and two
           who publish at once never wait for each other in a ring. What left stays for
           ``DEFUNCT_DAYS``, as a name with status ``defunct``, and goes with the first change of
           a later day.
Price      Publishing, changing and hiding follow one another over the whole directory.
Not here   Who may: ``listing_life``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis.database import Connection
from contracts import needs as catalogue
from services.directory.domain.listings import PUBLIC, days_of, with_assurance, with_doubt
from services.directory.domain.open_referral import (
    capacity_documents,
    location_document,
    organization_document,
    organization_summary,
    place_id,
    service_document,
    service_remains,
    service_summary,
)
from services.directory.store import listings
from services.directory.store import open_copies as store
from services.directory.store.listing_checks import Assurance, assurances
from services.directory.store.listings import Listing, Organization
from services.directory.store.many_listings import doubts
from services.directory.store.open_copies import OpenListing, OpenLocation, OpenOrganization
from services.directory.store.standing import Told, told_capacities
from services.directory.use_cases.search_index import (
    IndexedListing,
    index_listings,
    unindex_listing,
)

DEFUNCT_DAYS: Final = 90


async def hold_order(connection: Connection, now: datetime) -> None:
    """Hold the order of the public lists until the transaction ends."""
    today = now.date()
    if await store.hold_order(connection, today) < today:
        before = now - timedelta(days=DEFUNCT_DAYS)
        await store.forget_gone(connection, before=before, today=today)


async def show(
    connection: Connection, listing: Listing, organization: Organization, now: datetime
) -> None:
    """Copy a listing to where the public finds it, or renew it there."""
    await show_all(connection, [(listing, organization)], now)


async def show_all(
    connection: Connection, shown: Sequence[tuple[Listing, Organization]], now: datetime
) -> None:
    """Copy listings to where the public finds them, or renew them there."""
    once = {organization.id: organization for _, organization in shown}
    await store.show_organizations(
        connection,
        [
            OpenOrganization(
                id=one.id,
                region_code=one.region_code,
                document=organization_document(one.id, one.content, one.field_sources),
                words=one.name,
                shown_at=now,
            )
            for one in once.values()
        ],
    )
    ids = [listing.id for listing, _ in shown]
    confirmed = await assurances(connection, ids)
    doubted = await doubts(connection, [one.id for one, _ in shown if one.state == "doubted"])
    told = await told_capacities(connection, ids)
    await store.show_listings(
        connection,
        [
            _open_listing(
                listing,
                organization,
                Known(confirmed.get(listing.id), told.get(listing.id), doubted.get(listing.id, {})),
                now,
            )
            for listing, organization in shown
        ],
    )
    await index_listings(
        connection,
        [
            IndexedListing(
                id=listing.id,
                region_code=listing.region_code,
                organization_name=organization.name,
                needs=listing.needs,
                need_terms=listing.need_terms,
                content=listing.content,
            )
            for listing, organization in shown
        ],
    )


async def show_again(connection: Connection, listing_id: UUID, now: datetime) -> None:
    """Renew what the public has of a listing, if it has it: what is known beside it has changed."""
    listing = await listings.lock_listing(connection, listing_id)
    if listing is None or listing.state not in PUBLIC:
        return
    organization = await listings.organization_by_id(connection, listing.organization_id)
    if organization is not None:
        await show(connection, listing, organization, now)


async def take_away(
    connection: Connection, listing: Listing, organization: Organization, now: datetime
) -> None:
    """Leave nothing of a listing but that it was there."""
    await store.take_listing_away(
        connection,
        listing.id,
        remains=service_remains(
            listing.id,
            listing.name,
            organization_summary(organization.id, organization.content),
            last_modified=now,
        ),
        gone_at=now,
    )
    await unindex_listing(connection, listing.id)


class Known(NamedTuple):
    """What is known of a listing beside what was entered of it."""

    assurance: Assurance | None
    capacity: Told | None
    doubted_by: Mapping[str, str]


def _open_listing(
    listing: Listing, organization: Organization, known: Known, now: datetime
) -> OpenListing:
    confirmed = known.assurance
    content, field_sources = with_assurance(
        *with_doubt(listing.content, listing.field_sources, listing.state, known.doubted_by),
        None if confirmed is None else confirmed.closed_at.date().isoformat(),
        None if confirmed is None else confirmed.sent_to,
    )
    return OpenListing(
        id=listing.id,
        region_code=listing.region_code,
        organization_id=listing.organization_id,
        needs=listing.needs,
        need_terms=listing.need_terms,
        minimum_age=content.get("minimum_age"),
        maximum_age=content.get("maximum_age"),
        days=days_of(content),
        document={
            **service_document(
                listing.id,
                content,
                organization_document(
                    organization.id, organization.content, organization.field_sources
                ),
                terms=catalogue.TERMS,
                needs=(*listing.needs, *listing.need_terms),
                field_sources=field_sources,
                last_modified=now,
            ),
            **_capacities(listing.id, known.capacity, now),
        },
        summary=service_summary(
            listing.id,
            content,
            organization_summary(organization.id, organization.content),
            last_modified=now,
        ),
        locations=[
            _open_location(listing.id, index, location)
            for index, location in enumerate(content.get("locations", ()))
        ],
        shown_at=now,
    )


def _capacities(listing_id: UUID, told: Told | None, now: datetime) -> dict[str, Any]:
    if told is None or told.status is None:
        return {}
    return {
        "capacities": capacity_documents(
            listing_id,
            status=told.status,
            source=told.source,
            confidence=told.confidence,
            as_of=told.as_of or now,
        )
    }


def _open_location(listing_id: UUID, index: int, location: dict[str, Any]) -> OpenLocation:
    codes = [address["postal_code"] for address in location.get("addresses", ())]
    return OpenLocation(
        id=place_id(listing_id, index),
        document=location_document(listing_id, index, location),
        latitude=location.get("latitude"),
        longitude=location.get("longitude"),
        postcode=codes[0].replace(" ", "").upper() if codes else None,
    )
