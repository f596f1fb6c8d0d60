"""Entering listings, one or many at once, each with its organisation where that comes with it.

Promise    The same listing entered again is the same one. Each entry is answered by itself: one that
           is refused has left nothing, and does not hold up the others. What the public finds changes
           in the transaction that tells of it, and holds published listings alone.
Price      Another content under a name that is taken is refused: who means to change a listing
           says which version they saw (``listing_changes``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from services.directory import published
from services.directory.domain.listing_changes import Facts
from services.directory.domain.listings import (
    SOURCES,
    Actor,
    ListingState,
    PublishingNotAllowed,
    Standing,
    state_when_entered,
)
from services.directory.domain.register import Moment
from services.directory.published import Telling
from services.directory.store import duplicates, listing_reviews
from services.directory.store import many_listings as store
from services.directory.store.listings import Listing, Organization, Said
from services.directory.use_cases import open_copies
from services.directory.use_cases.listings import (
    Missing,
    OrganizationEntry,
    broad_needs,
    checked,
    enter_missing,
    listing_hash,
    outcome_of,
    sources,
    standing_to,
    told,
)
from services.directory.use_cases.outcome import Outcome, first_telling


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """A listing as entered, of an organisation that is known or comes with it."""

    organization_id: UUID | None
    organization: OrganizationEntry | None
    needs: Sequence[str]
    need_terms: Sequence[str]
    content: Mapping[str, Any]
    publish: bool | None
    moment: Moment


@dataclass(frozen=True, slots=True)
class _Accepted:
    """An entry that nothing but a name that is taken speaks against."""

    place: int
    entry: ListingEntry
    standing: Standing
    state: ListingState


_Key = UUID | tuple[str, str] | None
_Organizations = dict[_Key, Organization]
"""By id, or by region and name as entered."""


async def enter_listing(connection: Connection, actor: Actor, entry: ListingEntry) -> Outcome:
    """Enter a listing: published by those who may, a draft from those who suggest it."""
    (outcome,) = await enter_listings(connection, actor, [entry])
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def enter_listings(
    connection: Connection, actor: Actor, entries: Sequence[ListingEntry]
) -> list[Outcome | Refusal]:
    """Enter listings that became known together; what came of each, in their order."""
    await open_copies.hold_order(connection, _latest(entries))
    organizations = await _known_organizations(connection, entries)
    waits = await _own_changes_wait(connection, entries, organizations)
    answers: dict[int, Outcome | Refusal] = {}
    accepted: list[_Accepted] = []
    for place, entry in enumerate(entries):
        try:
            accepted.append(_accepted(actor, place, entry, organizations, waits))
        except Refusal as refusal:
            answers[place] = refusal
    await _enter_organizations(connection, accepted, organizations)
    wanted = {one.place: (_listing(one, organizations[_key(one.entry)]), one) for one in accepted}
    entered = await store.enter_listings(connection, [listing for listing, _ in wanted.values()])
    new = {place: one for place, one in wanted.items() if one[0].id in entered}
    await _keep(connection, actor, list(new.values()), organizations)
    answers |= {place: outcome_of(one[0], created=True) for place, one in new.items()}
    taken = {place: one[0] for place, one in wanted.items() if place not in new}
    answers |= await _known_listings(connection, taken)
    return [answers[place] for place in range(len(entries))]


async def _known_organizations(
    connection: Connection, entries: Sequence[ListingEntry]
) -> _Organizations:
    ids: set[UUID] = set()
    names: dict[str, set[str]] = {}
    for one in entries:
        if one.organization is not None:
            names.setdefault(one.organization.region_code, set()).add(one.organization.name)
        elif one.organization_id is not None:
            ids.add(one.organization_id)
    known: _Organizations = {**await store.organizations_by_ids(connection, list(ids))}
    for region, wanted in names.items():
        found = await store.organizations_by_names(connection, region, sorted(wanted))
        known |= {(region, name): one for name, one in found.items()}
    return known


async def _own_changes_wait(
    connection: Connection, entries: Sequence[ListingEntry], organizations: _Organizations
) -> dict[str, bool]:
    regions = {one.region_code for one in organizations.values()}
    regions |= {one.organization.region_code for one in entries if one.organization is not None}
    return {
        region: await listing_reviews.own_changes_wait(connection, region)
        for region in sorted(regions)
    }


def _accepted(
    actor: Actor,
    place: int,
    entry: ListingEntry,
    organizations: _Organizations,
    waits: Mapping[str, bool],
) -> _Accepted:
    """How a listing would stand; a refusal where it may not be entered as it is."""
    checked(entry.content)
    if entry.organization is not None and entry.organization.region_code not in actor.regions:
        raise RuleBroken(BrokenRule("/organization", "is entered by those who keep a region"))
    organization = organizations.get(_key(entry))
    if organization is not None:
        region, organization_id = organization.region_code, organization.id
    elif entry.organization is not None:
        # Nobody is the owner yet of what is not there yet.
        region, organization_id = entry.organization.region_code, None
    else:
        raise RuleBroken(
            BrokenRule("/organization_id", "must be an organisation you keep listings of")
        )
    standing = standing_to(actor, region, organization_id)
    try:
        state = state_when_entered(standing, publish=entry.publish, own_changes_wait=waits[region])
    except PublishingNotAllowed:
        raise NotPermitted(
            "You suggest listings; a manager of the region publishes them."
        ) from None
    return _Accepted(place, entry, standing, state)


async def _enter_organizations(
    connection: Connection, accepted: Sequence[_Accepted], organizations: _Organizations
) -> None:
    """Enter the organisations that came with these entries and are not there, and tell of them."""
    missing: dict[str, dict[str, Missing]] = {}
    for one in accepted:
        given = one.entry.organization
        if given is not None and (given.region_code, given.name) not in organizations:
            of_region = missing.setdefault(given.region_code, {})
            said_by = sources(given.content, one.standing, one.entry.moment)
            of_region.setdefault(given.name, Missing(given.content, said_by, one.entry.moment))
    for region, wanted in missing.items():
        found, events = await enter_missing(connection, region, wanted)
        organizations |= {(region, name): one for name, one in found.items()}
        await outbox.record(connection, events)


def _listing(one: _Accepted, organization: Organization) -> Listing:
    entry, moment = one.entry, one.entry.moment
    telling = first_telling(moment)
    terms = tuple(dict.fromkeys(entry.need_terms))
    facts = Facts(entry.content, broad_needs(entry.needs, terms), terms)
    return Listing(
        id=new_id(),
        organization_id=organization.id,
        region_code=organization.region_code,
        name=entry.content["name"],
        state=one.state,
        reason=None,
        needs=facts.needs,
        need_terms=facts.need_terms,
        content=facts.content,
        content_hash=listing_hash(entry.content, entry.needs, entry.need_terms),
        field_sources=sources(facts.by_name(), one.standing, moment),
        version=telling.version,
        event_id=telling.event_id if one.state == "published" else None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )


async def _keep(
    connection: Connection,
    actor: Actor,
    new: Sequence[tuple[Listing, _Accepted]],
    organizations: _Organizations,
) -> None:
    """Keep what new listings say as their first versions, and show and tell those published."""
    if not new:
        return
    said = [
        (
            listing.id,
            Said(step="entered", member_key=actor.member_key, source=SOURCES[one.standing]),
        )
        for listing, one in new
    ]
    await store.keep_versions(connection, said)
    await duplicates.want_compared(connection, [listing.id for listing, _ in new])
    shown = [(listing, one.entry) for listing, one in new if one.state == "published"]
    if not shown:
        return
    pairs = [(listing, organizations[_key(entry)]) for listing, entry in shown]
    await open_copies.show_all(connection, pairs, _latest([entry for _, entry in shown]))
    events = [
        published.listing_published(
            Telling(cast("UUID", listing.event_id), listing.version, entry.moment), told(listing)
        )
        for listing, entry in shown
    ]
    await outbox.record(connection, events)


async def _known_listings(
    connection: Connection, taken: Mapping[int, Listing]
) -> dict[int, Outcome | Refusal]:
    """What stands under the names that were taken: the same, or something else."""
    if not taken:
        return {}
    names = sorted({(one.organization_id, one.name) for one in taken.values()})
    standing = await store.listings_named(connection, names)
    answers: dict[int, Outcome | Refusal] = {}
    for place, wanted in taken.items():
        found = standing.get((wanted.organization_id, wanted.name))
        if found is None:
            answers[place] = NothingFound()
        elif found.content_hash != wanted.content_hash:
            answers[place] = Refusal(
                409,
                "name-taken",
                "The organisation has a listing of this name that says otherwise.",
            )
        else:
            answers[place] = outcome_of(found, created=False)
    return answers


def _key(entry: ListingEntry) -> _Key:
    if entry.organization is None:
        return entry.organization_id
    return entry.organization.region_code, entry.organization.name


def _latest(entries: Sequence[ListingEntry]) -> datetime:
    return max(entry.moment.recorded_at for entry in entries)
