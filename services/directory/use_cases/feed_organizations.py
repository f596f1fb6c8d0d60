"""Organisations as feeds tell of them: found, entered, and kept to what each feed says anew.

Promise    Whose word stands is decided as for listings. An organisation is known by the feed and its
           id there; a change is told once and seen at once with every listing of it. It changes at
           most once in a run, for one feed: as the first listing says that names it.
Price      All listings of an organisation that changed are copied anew with it.
Not here   Whose word stands: ``domain.field_sources``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from services.directory import published
from services.directory.domain.field_sources import Speaker, taken_from
from services.directory.domain.listing_changes import changed_content, changed_fields
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling
from services.directory.store import feed_organizations as store
from services.directory.store import many_listings as many
from services.directory.store.feed_organizations import Joining, KnownOrganization, SaidOrganization
from services.directory.store.feeds import Feed, Row, Run
from services.directory.store.listings import Organization, lock_organization
from services.directory.use_cases import open_copies
from services.directory.use_cases.listings import Missing, enter_missing, hash_of
from services.directory.use_cases.organization_changes import (
    ORGANIZATIONS_ABOVE_MAX,
    PARENT,
    renew_listings,
)

PARENTS_AT_ONCE_MAX: Final = 20
KEPT: Final = frozenset({"name", "description"})
"""What an organisation always says."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the first listing of a piece that names it says of an organisation."""

    key: str
    content: Mapping[str, Any]
    parent_key: str | None
    said_on: date

    @property
    def name(self) -> str:
        return str(self.content["name"])

    @property
    def facts(self) -> dict[str, Any]:
        """What it says; a description that repeats the name says nothing."""
        repeats = self.content.get("description") == self.name
        return {
            name: value
            for name, value in self.content.items()
            if not (repeats and name == "description")
        }


@dataclass(slots=True)
class FeedOrganizations:
    """The organisations of a piece by the feed's ids of them, and what they come to."""

    run: Run
    feed: Feed
    moment: Moment
    by_key: dict[str, Organization] = field(default_factory=dict[str, Organization])
    changed: list[Organization] = field(default_factory=list[Organization])
    said: list[SaidOrganization] = field(default_factory=list[SaidOrganization])
    events: list[NewEvent] = field(default_factory=list[NewEvent])

    def of(self, row: Row) -> Organization:
        """The organisation of a row whose listing is not known yet."""
        return self.by_key[key_of(row)]


def key_of(row: Row) -> str:
    """What a feed knows the organisation of a row by: its id there, or its name where it has none."""
    return row.organization_key or f"name:{_content(row)['name'].lower()}"


async def hear_organizations(
    connection: Connection,
    run: Run,
    feed: Feed,
    rows: Sequence[Row],
    unknown: Sequence[Row],
    moment: Moment,
) -> FeedOrganizations:
    """Store what these rows say of organisations; those of ``unknown`` listings are entered."""
    piece = FeedOrganizations(run, feed, moment)
    told: dict[str, _Told] = {}
    for row in rows:
        said_on = date.fromisoformat(cast("Mapping[str, Any]", row.entry)["said_on"])
        told.setdefault(key_of(row), _Told(key_of(row), _content(row), row.parent_key, said_on))
    known = await store.organizations_known(connection, feed.id, list(told))
    names = [one.name for one in told.values()]
    named = await many.organizations_by_names(connection, feed.region_code, names)
    entered = await _enter(
        connection, piece, [told[key_of(row)] for row in unknown if key_of(row) not in known], named
    )
    found = [*named.values(), *entered.values()]
    spoken = await store.organizations_spoken_of(connection, feed.id, [one.id for one in found])
    taken_names = {name.lower(): one.id for name, one in named.items()} | {
        name: one.id for name, one in entered.items()
    }
    for one in told.values():
        before = known.get(one.key)
        if before is None:
            organization = named.get(one.name) or entered.get(one.name.lower())
            if organization is None:
                continue
            before = KnownOrganization(organization, {}, organization.id not in spoken, None)
            spoken.add(organization.id)
        _hear(piece, one, before, taken_names)
    await _store(connection, piece)
    return piece


def _hear(
    piece: FeedOrganizations, told: _Told, known: KnownOrganization, names: dict[str, UUID]
) -> None:
    organization = known.organization
    piece.by_key[told.key] = organization
    if known.run_id == piece.run.id:
        return
    piece.said.append(
        SaidOrganization(
            foreign_id=told.key,
            organization_id=organization.id,
            facts=told.facts,
            parent_key=told.parent_key,
            speaks=known.speaks,
            said_on=told.said_on,
        )
    )
    if not known.speaks:
        return
    taken = taken_from(
        str(piece.feed.id),
        stands=organization.content,
        sources=organization.field_sources,
        says=told.facts,
        said=known.facts,
        kept=KEPT,
    )
    if "name" in taken and names.setdefault(told.name.lower(), organization.id) != organization.id:
        # Another organisation has the name: shown as what the feed says, and not taken.
        del taken["name"]
    changed = _changed(organization, taken, _speaker(piece.feed, told.said_on), piece.moment)
    if changed is not None:
        piece.by_key[told.key] = changed
        piece.changed.append(changed)
        piece.events.append(_event(organization, changed, piece.moment))


async def _enter(
    connection: Connection,
    piece: FeedOrganizations,
    told: Sequence[_Told],
    named: Mapping[str, Organization],
) -> dict[str, Organization]:
    """Enter organisations that the region has not got by name; by their names in small letters."""
    # Names that differ in capitals only are one organisation, as the first listing says.
    once = {one.name.lower(): one for one in reversed(told) if one.name not in named}
    if not once:
        return {}
    missing = {
        one.name: Missing(
            one.content,
            dict.fromkeys(one.content, _speaker(piece.feed, one.said_on).source),
            piece.moment,
        )
        for one in once.values()
    }
    entered, events = await enter_missing(connection, piece.feed.region_code, missing)
    piece.events += events
    return {name.lower(): one for name, one in entered.items()}


async def _store(connection: Connection, piece: FeedOrganizations) -> None:
    if piece.changed:
        await store.change_organizations(connection, piece.changed)
    if piece.said:
        now = piece.moment.recorded_at
        await store.feed_said_of_organizations(connection, piece.run, piece.said, now)


async def join_parents(connection: Connection, feed: Feed, moment: Moment) -> bool:
    """Put some organisations below those that the feed puts them below; whether there were any."""
    joining = await store.parents_to_join(connection, feed.id, rows=PARENTS_AT_ONCE_MAX)
    if joining:
        await open_copies.hold_order(connection, moment.recorded_at)
    for one in joining:
        await _join(connection, feed, one, moment)
        await store.parent_was_said(connection, feed.id, one)
    return bool(joining)


async def _join(connection: Connection, feed: Feed, joining: Joining, moment: Moment) -> None:
    organization = await lock_organization(connection, joining.organization_id)
    if organization is None:
        return
    taken = taken_from(
        str(feed.id),
        stands=organization.content,
        sources=organization.field_sources,
        says=_parent(joining.parent_id),
        said=_parent(joining.parent_said),
    )
    if joining.parent_id is not None and PARENT in taken:
        above = await store.organizations_above(
            connection, joining.parent_id, organizations_max=ORGANIZATIONS_ABOVE_MAX
        )
        # By its names or by another feed's word it may stand above itself: then this word is
        # kept and not taken.
        if organization.id in above or len(above) == ORGANIZATIONS_ABOVE_MAX:
            return
    changed = _changed(organization, taken, _speaker(feed, joining.said_on), moment)
    if changed is None:
        return
    await store.change_organizations(connection, [changed])
    await renew_listings(connection, changed, moment)
    await outbox.record(connection, [_event(organization, changed, moment)])


def _parent(organization_id: UUID | None) -> dict[str, Any]:
    return {} if organization_id is None else {PARENT: str(organization_id)}


def _changed(
    organization: Organization, taken: Mapping[str, Any], speaker: Speaker, moment: Moment
) -> Organization | None:
    """The organisation with these facts; nothing where it says them already."""
    content = changed_content(organization.content, taken)
    fields = changed_fields(organization.content, content)
    if not fields:
        return None
    sources = {**organization.field_sources, **dict.fromkeys(fields, speaker.source)}
    return replace(
        organization,
        name=content["name"],
        content=content,
        content_hash=hash_of(content),
        field_sources={name: one for name, one in sources.items() if name in content},
        announced=Announced(
            organization.announced.version + 1, new_id(), moment.occurred_at, moment.recorded_at
        ),
    )


def _event(before: Organization, after: Organization, moment: Moment) -> NewEvent:
    return published.organization_changed(
        Telling(after.announced.event_id, after.announced.version, moment),
        organization_id=after.id,
        region_code=after.region_code,
        changed_fields=changed_fields(before.content, after.content),
    )


def _speaker(feed: Feed, said_on: date) -> Speaker:
    return Speaker(str(feed.id), feed.name, said_on.isoformat())


def _content(row: Row) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", row.entry)["organization"]
