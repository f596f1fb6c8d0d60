"""Entering organisations and listings.

Promise    The same organisation or listing entered again is the same one. What the public finds
           changes in the transaction that tells of it, and holds published listings alone.
Price      Another content under a name that is taken is refused: who means to change a listing
           says which version they saw (``listing_changes``).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from contracts import needs as catalogue
from services.directory import published
from services.directory.domain.listings import (
    SOURCES,
    Actor,
    ContentBroken,
    PublishingNotAllowed,
    Standing,
    check_content,
    state_when_entered,
)
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling, ToldListing
from services.directory.store import listing_reviews
from services.directory.store import listings as store
from services.directory.store.listings import Listing, Organization, Said
from services.directory.use_cases import open_copies
from services.directory.use_cases.outcome import Outcome, entered, first_telling, known


@dataclass(frozen=True, slots=True)
class OrganizationEntry:
    """An organisation as entered: Open Referral UK's single values, and what others know it by."""

    region_code: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """A listing as entered, of an organisation that is known or comes with it."""

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
        return entered(telling, about_organization(organization), created=True)
    if organization.content_hash != hash_of(entry.content):
        raise Refusal(
            409, "name-taken", "The region has an organisation of this name that says otherwise."
        )
    return known(organization.announced, about_organization(organization))


async def enter_listing(
    connection: Connection, actor: Actor, entry: ListingEntry, moment: Moment
) -> Outcome:
    """Enter a listing: published by those who may, a draft from those who suggest it."""
    checked(entry.content)
    await open_copies.hold_order(connection, moment.recorded_at)
    organization = await _organization_of(connection, actor, entry, moment)
    standing = standing_to(actor, organization.region_code, organization.id)
    waits = await listing_reviews.own_changes_wait(connection, organization.region_code)
    try:
        state = state_when_entered(standing, publish=entry.publish, own_changes_wait=waits)
    except PublishingNotAllowed:
        raise NotPermitted(
            "You suggest listings; a manager of the region publishes them."
        ) from None
    telling = first_telling(moment)
    listing = Listing(
        id=new_id(),
        organization_id=organization.id,
        region_code=organization.region_code,
        name=entry.content["name"],
        state=state,
        reason=None,
        needs=broad_needs(entry.needs, entry.need_terms),
        need_terms=tuple(dict.fromkeys(entry.need_terms)),
        content=entry.content,
        content_hash=listing_hash(entry.content, entry.needs, entry.need_terms),
        field_sources=sources(entry.content, standing, moment),
        version=telling.version,
        event_id=telling.event_id if state == "published" else None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    if await store.enter_listing(connection, listing) is None:
        return await _known_listing(connection, listing)
    said = Said(step="entered", member_key=actor.member_key, source=SOURCES[standing])
    await store.keep_version(connection, listing.id, said)
    if state == "published":
        await open_copies.show(connection, listing, organization, moment.recorded_at)
        await outbox.record(connection, [published.listing_published(telling, told(listing))])
    return outcome_of(listing, created=True)


async def organization_of(connection: Connection, listing: Listing) -> Organization:
    """The organisation of a listing that is there."""
    organization = await store.organization_by_id(connection, listing.organization_id)
    if organization is None:
        raise NothingFound
    return organization


def standing_to(actor: Actor, region_code: str, organization_id: UUID) -> Standing:
    """How somebody stands to a listing; whoever has nothing to do with it finds nothing."""
    standing = actor.standing(region_code, str(organization_id))
    if standing is None:
        raise NothingFound
    return standing


def checked(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content, if its facts go together."""
    try:
        check_content(content)
    except ContentBroken as broken:
        raise RuleBroken(BrokenRule(broken.pointer, broken.rule)) from None
    return content


def broad_needs(needs: Sequence[str], need_terms: Sequence[str]) -> tuple[str, ...]:
    """The broad needs of a listing: those it names and those its finer terms belong to."""
    derived = (catalogue.TERMS[code].need for code in need_terms)
    return tuple(dict.fromkeys((*needs, *derived))) or ("other",)


def listing_hash(
    content: Mapping[str, Any], needs: Sequence[str], need_terms: Sequence[str]
) -> bytes:
    """What a listing is known by to be the same as before."""
    return hash_of([content, list(needs), *([list(need_terms)] if need_terms else [])])


def sources(
    fields: Mapping[str, Any], standing: Standing, moment: Moment
) -> dict[str, dict[str, str]]:
    """Who says each of these facts, and on which day."""
    day = moment.occurred_at.date().isoformat()
    return {field: {"source": SOURCES[standing], "day": day} for field in fields}


def told(listing: Listing) -> ToldListing:
    """A listing as events say it."""
    return ToldListing(
        listing_id=listing.id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        needs=listing.needs,
        need_terms=listing.need_terms,
    )


def outcome_of(listing: Listing, *, created: bool) -> Outcome:
    """What a listing has come to."""
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
        content_hash=hash_of(entry.content),
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
    connection: Connection, actor: Actor, entry: ListingEntry, moment: Moment
) -> Organization:
    """The organisation named by id, or the one that came with the listing, found by its name."""
    if entry.organization is not None:
        if entry.organization.region_code not in actor.regions:
            raise RuleBroken(BrokenRule("/organization", "is entered by those who keep a region"))
        organization, _ = await _enter_organization(connection, entry.organization, moment)
        return organization
    if entry.organization_id is not None:
        found = await store.organization_by_id(connection, entry.organization_id)
        if found is not None:
            return found
    raise RuleBroken(BrokenRule("/organization_id", "must be an organisation you keep listings of"))


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
    return outcome_of(standing, created=False)


def hash_of(content: object) -> bytes:
    """What an entry is known by to be the same as before."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def about_organization(organization: Organization) -> dict[str, Any]:
    """An organisation as answers name it."""
    return {
        "id": organization.id,
        "organization_id": organization.id,
        "region_code": organization.region_code,
        "name": organization.name,
    }
