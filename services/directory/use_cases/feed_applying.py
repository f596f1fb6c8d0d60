"""Bringing what a run read into the directory, a small piece at a time.

Promise    A piece is one transaction: its listings, what the public finds of them, their events,
           one for each fact, and the rows it takes off the pile. Ended anywhere, the next piece
           goes on where the last one was committed. Nobody's own word is overwritten.
Price      While a run is applied the directory has a part of it; what is there is right.
Not here   Reading: ``feed_reading``. Whose word stands: ``domain.field_sources``.
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
from chassis.refusals import RuleBroken
from services.directory import published
from services.directory.domain.field_sources import Speaker, taken_from
from services.directory.domain.likeness import WEIGHED
from services.directory.domain.listing_changes import (
    Facts,
    changed_content,
    changed_fields,
)
from services.directory.domain.listings import PUBLIC
from services.directory.domain.register import Moment
from services.directory.published import Telling
from services.directory.store import feed_listings as store
from services.directory.store import feeds as runs
from services.directory.store import many_listings as many
from services.directory.store.feed_listings import KnownListing, Said
from services.directory.store.feeds import Feed, Row, Run
from services.directory.store.listings import Listing, NameTaken, Organization
from services.directory.store.listings import Said as Version
from services.directory.use_cases import open_copies
from services.directory.use_cases.duplicates import propose_duplicates
from services.directory.use_cases.feed_organizations import FeedOrganizations, hear_organizations
from services.directory.use_cases.listings import broad_needs, checked, listing_hash, told
from services.directory.use_cases.organization_changes import renew_listings

ROWS_AT_ONCE_MAX: Final = 100
NAME_TAKEN: Final = "/name: another listing of the organisation has this name"
GONE_REASON: Final = "no-longer-runs"


@dataclass(slots=True)
class _Piece:
    """What one transaction comes to."""

    feed: Feed
    moment: Moment
    new: list[Listing] = field(default_factory=list[Listing])
    changed: list[Listing] = field(default_factory=list[Listing])
    left: list[Listing] = field(default_factory=list[Listing])
    said: list[Said] = field(default_factory=list[Said])
    steps: list[tuple[UUID, str]] = field(default_factory=list[tuple[UUID, str]])
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    refused: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    touched: set[UUID] = field(default_factory=set[UUID])
    to_compare: list[UUID] = field(default_factory=list[UUID])
    taken_names: set[tuple[UUID, str]] = field(default_factory=set[tuple[UUID, str]])
    same: int = 0

    def speaker(self, day: str) -> Speaker:
        """The feed as the source of what it said that day."""
        return Speaker(str(self.feed.id), self.feed.name, day)

    def change(self, listing: Listing, fields: Sequence[str], step: str) -> None:
        """Keep what a listing says now, and see whether it may be another one by that."""
        self.changed.append(listing)
        self.steps.append((listing.id, step))
        if step == "restore" or WEIGHED.intersection(fields):
            self.to_compare.append(listing.id)


async def apply_piece(
    connection: Connection, run: Run, feed: Feed, rows: Sequence[Row], moment: Moment
) -> Run:
    """Apply these rows of a held run; the run as it stands then."""
    piece = _Piece(feed, moment)
    await open_copies.hold_order(connection, moment.recorded_at)
    told_of = [row for row in rows if row.state == "staged"]
    known = await store.known_listings(
        connection, feed.id, [cast("str", row.foreign_id) for row in rows]
    )
    unknown = [row for row in told_of if row.foreign_id not in known]
    organizations = await hear_organizations(connection, run, feed, told_of, unknown, moment)
    wanted = [(organizations.of(row).id, _name(row)) for row in unknown]
    renamed = [
        (before.listing.organization_id, _name(row))
        for row in told_of
        if (before := known.get(cast("str", row.foreign_id))) is not None
    ]
    named = await store.listings_by_names(connection, feed.id, [*wanted, *renamed])
    names = {key: one.listing.id for key, one in named.items()}
    up_to = 0
    for row in rows:
        before = known.get(cast("str", row.foreign_id))
        if before is None and row.state == "staged":
            found = named.get((organizations.of(row).id, _name(row)))
            if found is not None and not found.is_known:
                before = KnownListing(found.listing, {}, b"")
        if before is not None and before.listing.id in piece.touched:
            # Two rows of one listing: the second one comes in the next piece, on top of the first.
            break
        up_to = row.number
        if row.state == "gone":
            _take_away(piece, row, before)
        elif before is not None:
            piece.touched.add(before.listing.id)
            _change(piece, row, before, names)
        else:
            _enter(piece, row, organizations.of(row), names)
    await _store(connection, run, piece, organizations)
    await runs.forget_rows(connection, run.id, up_to=up_to)
    return replace(
        run,
        added=run.added + len(piece.new),
        changed=run.changed + len(piece.changed),
        withdrawn=run.withdrawn + len(piece.left),
        same=run.same + piece.same,
        refused=run.refused + len(piece.refused),
    )


def _enter(
    piece: _Piece, row: Row, organization: Organization, named: Mapping[tuple[UUID, str], UUID]
) -> None:
    entry = _entry(row)
    name = (organization.id, _name(row).lower())
    if name in piece.taken_names or (organization.id, _name(row)) in named:
        piece.refused.append((row.number, NAME_TAKEN))
        return
    piece.taken_names.add(name)
    facts = _facts(entry)
    telling = Telling(new_id(), 1, piece.moment)
    source = piece.speaker(entry["said_on"]).source
    listing = Listing(
        id=new_id(),
        organization_id=organization.id,
        region_code=piece.feed.region_code,
        name=entry["content"]["name"],
        state="published",
        reason=None,
        needs=facts.needs,
        need_terms=facts.need_terms,
        content=facts.content,
        content_hash=listing_hash(facts.content, facts.needs, facts.need_terms),
        field_sources=dict.fromkeys(facts.by_name(), source),
        version=1,
        event_id=telling.event_id,
        occurred_at=piece.moment.occurred_at,
        recorded_at=piece.moment.recorded_at,
    )
    piece.new.append(listing)
    piece.to_compare.append(listing.id)
    piece.steps.append((listing.id, "entered"))
    piece.events.append(published.listing_published(telling, told(listing)))
    _say(piece, row, listing.id, facts.by_name())


def _change(
    piece: _Piece, row: Row, known: KnownListing, named: Mapping[tuple[UUID, str], UUID]
) -> None:
    """Bring what a feed says anew to a listing, as far as it is the feed's to say."""
    listing, entry = known.listing, _entry(row)
    says = _facts(entry).by_name()
    sources = listing.field_sources
    taken = taken_from(
        str(piece.feed.id),
        stands=listing.facts.by_name(),
        sources=sources,
        says=says,
        said=known.facts,
    )
    facts = _with(listing, taken)
    if facts is None:
        piece.refused.append((row.number, "/content: does not go with what others say of it"))
        return
    new_name = (listing.organization_id, str(facts.content["name"]))
    if "name" in taken and (
        named.get(new_name, listing.id) != listing.id
        or (new_name[0], new_name[1].lower()) in piece.taken_names
    ):
        piece.refused.append((row.number, NAME_TAKEN))
        return
    piece.taken_names.add((new_name[0], new_name[1].lower()))
    _say(piece, row, listing.id, says)
    comes_back = not known.facts and known.said_hash != b"" and listing.state == "withdrawn"
    fields = changed_fields(listing.facts.by_name(), facts.by_name())
    if not fields and not comes_back:
        piece.same += 1
        return
    state = "published" if comes_back else listing.state
    source = piece.speaker(entry["said_on"]).source
    still = facts.by_name().keys()
    kept = {**sources, **dict.fromkeys(fields, source)}
    changed = replace(
        listing,
        name=facts.content["name"],
        state=state,
        reason=None if comes_back else listing.reason,
        needs=facts.needs,
        need_terms=facts.need_terms,
        content=facts.content,
        content_hash=listing_hash(facts.content, facts.needs, facts.need_terms),
        field_sources={name: one for name, one in kept.items() if name in still},
        version=listing.version + 1,
        event_id=new_id() if state in PUBLIC else None,
        occurred_at=piece.moment.occurred_at,
        recorded_at=piece.moment.recorded_at,
    )
    piece.change(changed, fields, "restore" if comes_back else "changed")
    if changed.event_id is not None:
        telling = Telling(changed.event_id, changed.version, piece.moment)
        piece.events.append(
            published.listing_published(telling, told(changed))
            if comes_back
            else published.listing_changed(telling, told(changed), fields)
        )


def _take_away(piece: _Piece, row: Row, known: KnownListing | None) -> None:
    """Withdraw what a feed tells as gone, if it is nobody else's word that it is there."""
    if known is None:
        piece.same += 1
        return
    listing = known.listing
    spoken = {one.get("feed_id") for one in listing.field_sources.values()}
    if listing.state not in PUBLIC or spoken != {str(piece.feed.id)}:
        _say(piece, row, listing.id, known.facts)
        piece.same += 1
        return
    changed = replace(
        listing,
        state="withdrawn",
        reason=GONE_REASON,
        version=listing.version + 1,
        event_id=new_id(),
        occurred_at=piece.moment.occurred_at,
        recorded_at=piece.moment.recorded_at,
    )
    piece.left.append(changed)
    piece.steps.append((listing.id, "withdraw"))
    telling = Telling(cast("UUID", changed.event_id), changed.version, piece.moment)
    piece.events.append(published.listing_withdrawn(telling, told(changed), GONE_REASON))
    # Nothing is said of it any more: by this its coming back is known.
    _say(piece, row, listing.id, {})


async def _store(connection: Connection, run: Run, piece: _Piece, heard: FeedOrganizations) -> None:
    now = piece.moment.recorded_at
    if piece.new:
        entered = await many.enter_listings(connection, piece.new)
        if len(entered) < len(piece.new):
            raise NameTaken
    if changed := [*piece.changed, *piece.left]:
        await many.change_listings(connection, changed)
    if piece.steps:
        await many.keep_versions(
            connection,
            [
                (
                    listing_id,
                    Version(step=step, member_key=None, source="feed", note=piece.feed.name),
                )
                for listing_id, step in piece.steps
            ],
        )
    if piece.said:
        await store.feed_said(connection, piece.feed.id, piece.feed.region_code, piece.said, now)
    for number, reason in piece.refused:
        await runs.refuse_row(connection, run.id, number, reason)
    await _show(connection, piece, heard)
    await outbox.record(connection, [*heard.events, *piece.events])
    if piece.to_compare:
        await propose_duplicates(connection, piece.to_compare, piece.moment)


async def _show(connection: Connection, piece: _Piece, heard: FeedOrganizations) -> None:
    """Renew what the public finds of all that this piece changed."""
    now = piece.moment.recorded_at
    shown = [*piece.new, *(one for one in piece.changed if one.state in PUBLIC)]
    organizations = await many.organizations_by_ids(
        connection, list({one.organization_id for one in [*shown, *piece.left]})
    )
    if shown:
        pairs = [(one, organizations[one.organization_id]) for one in shown]
        await open_copies.show_all(connection, pairs, now)
    for one in piece.left:
        await open_copies.take_away(connection, one, organizations[one.organization_id], now)
    for one in heard.changed:
        await renew_listings(connection, one, piece.moment)


def _say(piece: _Piece, row: Row, listing_id: UUID, facts: Mapping[str, Any]) -> None:
    said_on = date.fromisoformat((row.entry or {})["said_on"])
    hashed = cast("bytes", row.said_hash)
    piece.said.append(Said(cast("str", row.foreign_id), listing_id, hashed, facts, said_on))


def _with(listing: Listing, taken: Mapping[str, Any]) -> Facts | None:
    """What the listing says with these facts; nothing where they do not go together."""
    content = {name: value for name, value in taken.items() if name not in {"needs", "need_terms"}}
    terms = tuple(taken.get("need_terms", listing.need_terms) or ())
    needs = tuple(taken.get("needs", listing.needs) or ())
    try:
        merged = checked(changed_content(listing.content, content))
    except RuleBroken:
        return None
    return Facts(merged, broad_needs(needs, terms), terms)


def _facts(entry: Mapping[str, Any]) -> Facts:
    terms = tuple(dict.fromkeys(entry["need_terms"]))
    return Facts(entry["content"], broad_needs(entry["needs"], terms), terms)


def _entry(row: Row) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", row.entry)


def _name(row: Row) -> str:
    return str(_entry(row)["content"]["name"])
