"""Listings that are likely one and the same: proposed with reasons, merged, and parted again.

Promise    A merge takes one of the two away from the public, fills in what the other lacked, and
           lets the feeds of both speak of the one that stays. Undone, both say what they said:
           what was filled in goes, unless somebody changed it since, and that change stays.
Price      A pair is proposed once; whoever says that two are two is not asked again. What people
           enter and change is compared within seconds, by the work of the schedules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection, Database
from chassis.ids import new_id
from chassis.refusals import NothingFound, Refusal
from services.directory import published
from services.directory.domain.likeness import NAME_LIKE_MIN, Pair, likeness_of
from services.directory.domain.listing_changes import changed_content
from services.directory.domain.listings import PUBLIC, ListingState
from services.directory.domain.register import Moment
from services.directory.published import Telling
from services.directory.store import duplicates as store
from services.directory.store import listings
from services.directory.store.duplicates import Duplicate
from services.directory.store.listings import Listing, Said
from services.directory.store.many_listings import keep_versions
from services.directory.use_cases import open_copies
from services.directory.use_cases.listing_life import event_of_state, renew_copies
from services.directory.use_cases.listings import listing_hash, told
from services.directory.use_cases.outcome import Outcome

DEGREES_AROUND: Final = 0.002
LOOKED_AT_FOR_EACH_MAX: Final = 100
PAIRS_FOR_EACH_MAX: Final = 10
COMPARED_AT_ONCE_MAX: Final = 50
REST_SECONDS: Final = 60.0
REASON: Final = "duplicate"


async def compare_listings(database: Database, now: datetime) -> int:
    """Compare some listings that people entered or changed; how many changes were looked at.

    A change is seldom alone, so each rests for ``REST_SECONDS`` first. Nothing is held while it is
    compared: whoever enters or changes a listing does not wait for it.
    """
    async with database.transaction() as connection:
        waiting = await store.listings_to_compare(
            connection,
            changed_until=now - timedelta(seconds=REST_SECONDS),
            rows=COMPARED_AT_ONCE_MAX,
        )
        if not waiting:
            return 0
        there = {one.listing_id for one in waiting if one.is_there}
        likely = await _likely(connection, sorted(there), Moment(now, now)) if there else []
        # As whoever changes listings does: so no two of them wait for each other.
        await open_copies.hold_order(connection, now)
        await store.were_compared(connection, waiting)
        await store.propose_duplicates(connection, likely, now)
    return len(waiting)


async def propose_duplicates(
    connection: Connection, listing_ids: Sequence[UUID], moment: Moment
) -> None:
    """Propose what may be the same as these listings."""
    likely = await _likely(connection, listing_ids, moment)
    await store.propose_duplicates(connection, likely, moment.recorded_at)


async def _likely(
    connection: Connection, listing_ids: Sequence[UUID], moment: Moment
) -> list[Duplicate]:
    """The pairs with one of these that are likely one listing."""
    pairs = await store.pairs_alike(
        connection,
        listing_ids,
        degrees=DEGREES_AROUND,
        name_likeness=NAME_LIKE_MIN,
        looked_at=LOOKED_AT_FOR_EACH_MAX,
        pairs=PAIRS_FOR_EACH_MAX,
    )
    found: dict[tuple[UUID, UUID], Duplicate] = {}
    for pair in pairs:
        likeness = likeness_of(Pair(pair.name_likeness, pair.organization_likeness, pair.metres))
        if not likeness.is_likely:
            continue
        first, second = sorted((pair.new_id, pair.old_id))
        found[first, second] = Duplicate(
            id=new_id(),
            region_code=pair.region_code,
            first_id=first,
            second_id=second,
            score=likeness.score,
            reasons=likeness.reasons,
            state="proposed",
            kept_id=None,
            before=None,
            version=1,
            occurred_at=moment.occurred_at,
            recorded_at=moment.recorded_at,
        )
    return list(found.values())


async def merge_duplicate(
    connection: Connection,
    member_key: str,
    duplicate_id: UUID,
    keep: Literal["first", "second"],
    moment: Moment,
) -> Outcome:
    """Let one listing of a pair speak for both."""
    duplicate, by_id = await _held(connection, duplicate_id, moment)
    keep_id = duplicate.first_id if keep == "first" else duplicate.second_id
    if duplicate.state == "merged" and duplicate.kept_id == keep_id:
        return _outcome(duplicate)
    if duplicate.state != "proposed":
        raise Refusal(409, "decided-already", "This was decided otherwise before.")
    kept = by_id[keep_id]
    left = next(one for one in by_id.values() if one.id != keep_id)
    if left.state == "withdrawn" or kept.state not in PUBLIC:
        raise Refusal(
            409, "not-published", "What stays has to be public, and what goes not gone already."
        )
    filled = {name: value for name, value in left.content.items() if name not in kept.content}
    otherwise = _Otherwise(filled, left.field_sources, None)
    version = await _say_otherwise(connection, member_key, kept, otherwise, moment)
    await _become(connection, member_key, left, "withdrawn", REASON, "merged", moment)
    moved = await store.point_feeds_at(connection, listing_id=left.id, other_id=kept.id)
    before = {
        "filled": filled,
        "kept_version": version,
        "kept_hash": kept.content_hash.hex(),
        "left_state": left.state,
        "left_reason": left.reason,
        "moved": [[str(feed_id), foreign_id] for feed_id, foreign_id in moved],
    }
    return await _decide(
        connection,
        member_key,
        replace(duplicate, state="merged", kept_id=kept.id, before=before),
        moment,
    )


async def undo_merge(
    connection: Connection, member_key: str, duplicate_id: UUID, moment: Moment
) -> Outcome:
    """Part a merged pair again."""
    duplicate, by_id = await _held(connection, duplicate_id, moment)
    before = duplicate.before
    if before is None:
        return _outcome(duplicate)
    kept = by_id[cast("UUID", duplicate.kept_id)]
    left = next(one for one in by_id.values() if one.id != kept.id)
    untouched = [
        name for name, value in before["filled"].items() if kept.content.get(name) == value
    ]
    is_as_merged = kept.version == before["kept_version"]
    hashed = bytes.fromhex(before["kept_hash"]) if is_as_merged else None
    otherwise = _Otherwise(dict.fromkeys(untouched), {}, hashed)
    await _say_otherwise(connection, member_key, kept, otherwise, moment)
    if left.state == "withdrawn" and left.reason == REASON:
        state, reason = before["left_state"], before["left_reason"]
        await _become(connection, member_key, left, state, reason, "parted", moment)
    moved = [(UUID(feed_id), foreign_id) for feed_id, foreign_id in before["moved"]]
    await store.point_feeds_back(connection, listing_id=left.id, moved=moved)
    undone = replace(duplicate, state="proposed", kept_id=None, before=None)
    return await _decide(connection, member_key, undone, moment)


async def keep_apart(
    connection: Connection, member_key: str, duplicate_id: UUID, moment: Moment
) -> Outcome:
    """Say that two listings are two."""
    duplicate, _ = await _held(connection, duplicate_id, moment)
    if duplicate.state == "apart":
        return _outcome(duplicate)
    if duplicate.state == "merged":
        raise Refusal(409, "decided-already", "This was decided otherwise before.")
    return await _decide(connection, member_key, replace(duplicate, state="apart"), moment)


async def _held(
    connection: Connection, duplicate_id: UUID, moment: Moment
) -> tuple[Duplicate, dict[UUID, Listing]]:
    await open_copies.hold_order(connection, moment.recorded_at)
    duplicate = await store.lock_duplicate(connection, duplicate_id)
    if duplicate is None:
        raise NothingFound
    held: dict[UUID, Listing] = {}
    for listing_id in (duplicate.first_id, duplicate.second_id):
        listing = await listings.lock_listing(connection, listing_id)
        if listing is None:
            raise NothingFound
        held[listing.id] = listing
    return duplicate, held


@dataclass(frozen=True, slots=True)
class _Otherwise:
    """Facts to be otherwise, who says them, and what the whole was known by where that is known."""

    facts: Mapping[str, Any]
    said_by: Mapping[str, Any]
    hashed: bytes | None


async def _say_otherwise(
    connection: Connection,
    member_key: str,
    listing: Listing,
    otherwise: _Otherwise,
    moment: Moment,
) -> int:
    """Fill in facts, or take them away again; each keeps the source it has. The version then."""
    facts, said_by = otherwise.facts, otherwise.said_by
    if not facts:
        return listing.version
    content = changed_content(listing.content, facts)
    sources = {
        **{name: said_by[name] for name in facts if name in said_by},
        **listing.field_sources,
    }
    changed = replace(
        listing,
        content=content,
        content_hash=otherwise.hashed or listing_hash(content, listing.needs, listing.need_terms),
        field_sources={
            name: one
            for name, one in sources.items()
            if name in content or name in {"needs", "need_terms"}
        },
        event_id=new_id() if listing.state in PUBLIC else None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    changed = replace(changed, version=await listings.change_listing(connection, changed))
    said = Said(step="merged", member_key=member_key, source="region")
    await keep_versions(connection, [(listing.id, said)])
    if changed.event_id is not None:
        await renew_copies(connection, changed, moment)
        telling = Telling(changed.event_id, changed.version, moment)
        event = published.listing_changed(telling, told(changed), sorted(facts))
        await outbox.record(connection, [event])
    return changed.version


async def _become(
    connection: Connection,
    member_key: str,
    listing: Listing,
    state: ListingState,
    reason: str | None,
    step: str,
    moment: Moment,
) -> None:
    """Bring a listing to a state; what was never public is told to nobody."""
    is_told = "draft" not in {state, listing.state}
    changed = replace(
        listing,
        state=state,
        reason=reason,
        event_id=new_id() if is_told else None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    changed = replace(changed, version=await listings.change_listing(connection, changed))
    said = Said(step=step, member_key=member_key, source="region")
    await keep_versions(connection, [(listing.id, said)])
    if is_told:
        await renew_copies(connection, changed, moment)
        await outbox.record(connection, [event_of_state(changed, moment)])


async def _decide(
    connection: Connection, member_key: str, duplicate: Duplicate, moment: Moment
) -> Outcome:
    decided = replace(duplicate, occurred_at=moment.occurred_at, recorded_at=moment.recorded_at)
    version = await store.decide_duplicate(connection, decided, member_key)
    return _outcome(replace(decided, version=version))


def _outcome(duplicate: Duplicate) -> Outcome:
    return Outcome(
        created=False,
        about={
            "id": duplicate.id,
            "duplicate_id": duplicate.id,
            "state": duplicate.state,
            "first_id": duplicate.first_id,
            "second_id": duplicate.second_id,
            "kept_id": duplicate.kept_id,
        },
        version=duplicate.version,
        event_id=None,
        occurred_at=duplicate.occurred_at,
        recorded_at=duplicate.recorded_at,
    )
