"""Entering organisations, and what all that is done with listings has in common.

Promise    The same organisation entered again is the same one.
Price      Another content under a name that is taken is refused: who means to change an
           organisation says which version they saw (``organization_changes``).
Not here   Entering listings: ``listing_entry``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from contracts import needs as catalogue
from services.directory import published
from services.directory.domain.listings import (
    SOURCES,
    Actor,
    ContentBroken,
    Standing,
    check_content,
)
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling, ToldListing
from services.directory.store import listings as store
from services.directory.store import many_listings as many
from services.directory.store.listings import Listing, Organization
from services.directory.use_cases.outcome import Outcome, created, known


@dataclass(frozen=True, slots=True)
class OrganizationEntry:
    """An organisation as entered: Open Referral UK's single values, and what others know it by."""

    region_code: str
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What its region knows it by."""
        return self.content["name"]


class Missing(NamedTuple):
    """An organisation that is not there yet, who says each of its facts, and when it came to be."""

    content: Mapping[str, Any]
    field_sources: Mapping[str, Any]
    moment: Moment


async def enter_organization(
    connection: Connection, actor: Actor, entry: OrganizationEntry, moment: Moment
) -> Outcome:
    """Enter an organisation of a region, known there by its name."""
    # Nobody is the owner yet of what is not there yet.
    said_by = sources(entry.content, standing_to(actor, entry.region_code, None), moment)
    missing = {entry.name: Missing(entry.content, said_by, moment)}
    found, events = await enter_missing(connection, entry.region_code, missing)
    organization = found.get(entry.name)
    if organization is None:
        raise NothingFound
    if events:
        await outbox.record(connection, events)
        return created(organization.announced, about_organization(organization))
    if organization.content_hash != hash_of(entry.content):
        raise Refusal(
            409, "name-taken", "The region has an organisation of this name that says otherwise."
        )
    return known(organization.announced, about_organization(organization))


async def organization_of(connection: Connection, listing: Listing) -> Organization:
    """The organisation of a listing that is there."""
    organization = await store.organization_by_id(connection, listing.organization_id)
    if organization is None:
        raise NothingFound
    return organization


def standing_to(actor: Actor, region_code: str, organization_id: UUID | None) -> Standing:
    """How somebody stands to a listing; whoever has nothing to do with it finds nothing.

    None stands for an organisation that is not there yet, and so is nobody's.
    """
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


def sources(fields: Iterable[str], standing: Standing, moment: Moment) -> dict[str, dict[str, str]]:
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


async def enter_missing(
    connection: Connection, region_code: str, missing: Mapping[str, Missing]
) -> tuple[dict[str, Organization], list[NewEvent]]:
    """Enter organisations a region was seen not to have; those by the names given, and what to tell."""
    # Names that differ in capitals only are one organisation.
    once = {name.lower(): (name, one) for name, one in missing.items()}
    new = [
        Organization(
            id=new_id(),
            region_code=region_code,
            name=name,
            content=one.content,
            content_hash=hash_of(one.content),
            field_sources=one.field_sources,
            announced=Announced(1, new_id(), one.moment.occurred_at, one.moment.recorded_at),
        )
        for name, one in once.values()
    ]
    entered_ids = await many.enter_organizations(connection, new)
    events = [
        published.organization_listed(
            Telling(organization.announced.event_id, 1, one.moment),
            organization_id=organization.id,
            region_code=region_code,
        )
        for organization, (_, one) in zip(new, once.values(), strict=True)
        if organization.id in entered_ids
    ]
    return await many.organizations_by_names(connection, region_code, list(missing)), events


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
