"""Entering organisations and listings, publishing and withdrawing them.

Promise    The same organisation or listing entered again is the same one. What the public finds
           changes in the transaction that tells of it, and holds published listings alone.
Price      A changed entry under a name that is taken is refused: editing is not here yet.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from contracts import needs as catalogue
from services.directory import published
from services.directory.domain.listings import (
    ContentBroken,
    ListingNotPublished,
    PublishingNotAllowed,
    check_content,
    require_withdrawable,
    state_when_entered,
)
from services.directory.domain.open_referral import (
    organization_document,
    organization_summary,
    service_document,
    service_summary,
)
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling
from services.directory.store import listings as store
from services.directory.store.listings import Listing, OpenListing, Organization
from services.directory.use_cases.outcome import Outcome, entered, first_telling, known
from services.directory.use_cases.search_index import (
    IndexedListing,
    index_listing,
    unindex_listing,
)


@dataclass(frozen=True, slots=True)
class OrganizationEntry:
    """An organisation as entered: Open Referral UK's single values."""

    region_code: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """A listing as entered, of an organisation that is known or comes with it."""

    region_code: str
    organization_id: UUID | None
    organization: OrganizationEntry | None
    needs: Sequence[str]
    need_terms: Sequence[str]
    content: Mapping[str, Any]
    publish: bool | None


async def enter_organization(
    connection: Connection, entry: OrganizationEntry, moment: Moment
) -> Outcome:
    """Enter an organisation of a region, known there by its name."""
    organization, telling = await _enter_organization(connection, entry, moment)
    if telling is not None:
        return entered(telling, _about_organization(organization), created=True)
    if organization.content_hash != _hash(entry.content):
        raise Refusal(
            409, "name-taken", "The region has an organisation of this name that says otherwise."
        )
    return known(organization.announced, _about_organization(organization))


async def enter_listing(
    connection: Connection, roles: Collection[str], entry: ListingEntry, moment: Moment
) -> Outcome:
    """Enter a listing: published by those who may, a draft from those who suggest it."""
    try:
        state = state_when_entered(roles, publish=entry.publish)
    except PublishingNotAllowed:
        raise NotPermitted("Your role suggests listings; a manager publishes them.") from None
    try:
        check_content(entry.content)
    except ContentBroken as broken:
        raise RuleBroken(BrokenRule(broken.pointer, broken.rule)) from None
    organization = await _organization_of(connection, entry, moment)
    telling = first_telling(moment)
    listing = Listing(
        id=new_id(),
        organization_id=organization.id,
        region_code=organization.region_code,
        name=entry.content["name"],
        state=state,
        needs=broad_needs(entry.needs, entry.need_terms),
        need_terms=tuple(dict.fromkeys(entry.need_terms)),
        content=entry.content,
        content_hash=listing_hash(entry.content, entry.needs, entry.need_terms),
        version=telling.version,
        event_id=telling.event_id if state == "published" else None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    if await store.enter_listing(connection, listing) is None:
        return await _known_listing(connection, listing)
    if state == "published":
        await _show(connection, listing, organization, telling)
    return _outcome(listing, created=True)


async def publish_listing(connection: Connection, listing_id: UUID, moment: Moment) -> Outcome:
    """Put a draft, or a withdrawn listing, where the public finds it."""
    listing = await store.lock_listing(connection, listing_id)
    if listing is None:
        raise NothingFound
    if listing.state == "published":
        return _outcome(listing, created=False)
    organization = await store.organization_by_id(connection, listing.organization_id)
    if organization is None:
        raise NothingFound
    listing, telling = await _change_state(connection, listing, "published", moment)
    await _show(connection, listing, organization, telling)
    return _outcome(listing, created=False)


async def withdraw_listing(connection: Connection, listing_id: UUID, moment: Moment) -> Outcome:
    """Take a published listing away from the public."""
    listing = await store.lock_listing(connection, listing_id)
    if listing is None:
        raise NothingFound
    if listing.state == "withdrawn":
        return _outcome(listing, created=False)
    try:
        require_withdrawable(listing.state)
    except ListingNotPublished:
        raise Refusal(
            409, "not-published", "This listing is a draft: nobody has to be told it is gone."
        ) from None
    listing, telling = await _change_state(connection, listing, "withdrawn", moment)
    await store.hide_listing(connection, listing.id)
    await unindex_listing(connection, listing.id)
    event = published.listing_withdrawn(
        telling,
        listing_id=listing.id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
    )
    await outbox.record(connection, [event])
    return _outcome(listing, created=False)


async def _enter_organization(
    connection: Connection, entry: OrganizationEntry, moment: Moment
) -> tuple[Organization, Telling | None]:
    """Enter the organisation; no telling where the region has one of that name."""
    telling = first_telling(moment)
    organization = Organization(
        id=new_id(),
        region_code=entry.region_code,
        name=entry.content["name"],
        content=entry.content,
        content_hash=_hash(entry.content),
        announced=Announced(
            telling.version, telling.event_id, moment.occurred_at, moment.recorded_at
        ),
    )
    if await store.enter_organization(connection, organization) is None:
        standing = await store.organization_by_name(
            connection, region_code=entry.region_code, name=organization.name
        )
        if standing is None:
            raise NothingFound
        return standing, None
    event = published.organization_listed(
        telling, organization_id=organization.id, region_code=organization.region_code
    )
    await outbox.record(connection, [event])
    return organization, telling


async def _organization_of(
    connection: Connection, entry: ListingEntry, moment: Moment
) -> Organization:
    """The organisation named by id, or the one that came with the listing, found by its name."""
    if entry.organization is not None:
        organization, _ = await _enter_organization(connection, entry.organization, moment)
        return organization
    if entry.organization_id is not None:
        found = await store.organization_by_id(connection, entry.organization_id)
        if found is not None:
            return found
    raise RuleBroken(BrokenRule("/organization_id", "must be an organisation of your region"))


async def _known_listing(connection: Connection, wanted: Listing) -> Outcome:
    standing = await store.listing_by_name(
        connection, organization_id=wanted.organization_id, name=wanted.name
    )
    if standing is None:
        raise NothingFound
    if standing.content_hash != wanted.content_hash:
        raise Refusal(
            409, "name-taken", "The organisation has a listing of this name that says otherwise."
        )
    return _outcome(standing, created=False)


async def _change_state(
    connection: Connection, listing: Listing, state: store.ListingState, moment: Moment
) -> tuple[Listing, Telling]:
    event_id = new_id()
    version = await store.change_listing_state(
        connection, listing.id, state=state, event_id=event_id, moment=moment
    )
    changed = replace(
        listing,
        state=state,
        version=version,
        event_id=event_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    return changed, Telling(event_id, version, moment)


async def _show(
    connection: Connection, listing: Listing, organization: Organization, telling: Telling
) -> None:
    provider = organization_document(organization.id, organization.content)
    summary = organization_summary(organization.id, organization.content)
    codes = (*listing.needs, *listing.need_terms)
    words = [catalogue.TERMS[code] for code in codes]
    await store.show_listing(
        connection,
        OpenListing(
            id=listing.id,
            region_code=listing.region_code,
            needs=listing.needs,
            need_terms=listing.need_terms,
            minimum_age=listing.content.get("minimum_age"),
            maximum_age=listing.content.get("maximum_age"),
            document=service_document(
                listing.id,
                listing.content,
                provider,
                terms=catalogue.TERMS,
                needs=codes,
                last_modified=listing.recorded_at,
            ),
            summary=service_summary(
                listing.id, listing.content, summary, last_modified=listing.recorded_at
            ),
            names=f"{listing.name} {organization.name}",
            description=listing.content.get("description", ""),
            other_words=" ".join(f"{word.name} {word.description}" for word in words),
            published_at=listing.recorded_at,
        ),
    )
    await index_listing(
        connection,
        IndexedListing(
            id=listing.id,
            region_code=listing.region_code,
            organization_name=organization.name,
            needs=listing.needs,
            need_terms=listing.need_terms,
            content=listing.content,
        ),
    )
    event = published.listing_published(
        telling,
        listing_id=listing.id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        needs=listing.needs,
        need_terms=listing.need_terms,
    )
    await outbox.record(connection, [event])


def broad_needs(needs: Sequence[str], need_terms: Sequence[str]) -> tuple[str, ...]:
    """The broad needs of a listing: those it names and those its finer terms belong to."""
    derived = (catalogue.TERMS[code].need for code in need_terms)
    return tuple(dict.fromkeys((*needs, *derived))) or ("other",)


def listing_hash(
    content: Mapping[str, Any], needs: Sequence[str], need_terms: Sequence[str]
) -> bytes:
    """What a listing is known by to be the same as before."""
    return _hash([content, list(needs), *([list(need_terms)] if need_terms else [])])


def _hash(content: object) -> bytes:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def _about_organization(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "organization_id": organization.id,
        "region_code": organization.region_code,
        "name": organization.name,
    }


def _outcome(listing: Listing, *, created: bool) -> Outcome:
    return Outcome(
        created=created,
        about={
            "id": listing.id,
            "service_id": listing.id,
            "organization_id": listing.organization_id,
            "region_code": listing.region_code,
            "state": listing.state,
        },
        version=listing.version,
        event_id=listing.event_id,
        occurred_at=listing.occurred_at,
        recorded_at=listing.recorded_at,
    )
