"""Changing what a listing says: at once by those who may, else as a suggestion that waits.

Promise    A change names the version it was made from, and is one version with who, when and why.
           What the public finds changes with it and is told by one event; nothing is told of a
           draft or of what is hidden. A suggestion is accepted once, never over what changed since.
Price      A list of parts changes whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from chassis.web.etags import check_version
from services.directory import published
from services.directory.domain.likeness import WEIGHED
from services.directory.domain.listing_changes import (
    Facts,
    changed_content,
    changed_fields,
    collide,
)
from services.directory.domain.listings import (
    PUBLIC,
    SOURCES,
    Actor,
    may_decide,
    speaks_alone,
)
from services.directory.domain.register import Moment
from services.directory.published import Telling
from services.directory.store import duplicates
from services.directory.store import listing_reviews as reviews
from services.directory.store import listings as store
from services.directory.store.listing_reviews import Decision, Suggestion
from services.directory.store.listings import Listing, NameTaken, Said
from services.directory.store.many_listings import keep_versions
from services.directory.use_cases import open_copies
from services.directory.use_cases.listing_life import renew_copies
from services.directory.use_cases.listings import (
    broad_needs,
    checked,
    listing_hash,
    outcome_of,
    standing_to,
    told,
)
from services.directory.use_cases.outcome import Outcome

SUGGESTIONS_WAITING_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ListingChange:
    """The facts that are to be otherwise; None takes a fact away. Needs are facts too."""

    facts: Mapping[str, Any]
    expected_version: int
    note: str | None


async def change_listing(
    connection: Connection, actor: Actor, listing_id: UUID, change: ListingChange, moment: Moment
) -> Outcome | Suggestion:
    """Change a listing, or keep the change as a suggestion where somebody has to approve it."""
    await open_copies.hold_order(connection, moment.recorded_at)
    listing = await store.lock_listing(connection, listing_id)
    if listing is None:
        raise NothingFound
    standing = standing_to(actor, listing.region_code, listing.organization_id)
    check_version(change.expected_version, listing.version)
    waits = await reviews.own_changes_wait(connection, listing.region_code)
    changed = _changed(listing, change.facts)
    if changed is None:
        return outcome_of(listing, created=False)
    source = SOURCES[standing]
    if speaks_alone(standing, own_changes_wait=waits) or listing.state == "draft":
        said = Said(step="changed", member_key=actor.member_key, source=source, note=change.note)
        return await _store(connection, listing, changed, said, moment)
    if await reviews.suggestions_waiting(connection, listing.id) >= SUGGESTIONS_WAITING_MAX:
        raise Refusal(
            409, "too-many-suggestions", "Too many suggestions wait for this listing already."
        )
    suggestion = Suggestion(
        id=new_id(),
        listing_id=listing.id,
        organization_id=listing.organization_id,
        region_code=listing.region_code,
        base_version=listing.version,
        changes=change.facts,
        note=change.note,
        member_key=actor.member_key,
        source=source,
        state="waiting",
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    await reviews.keep_suggestion(connection, suggestion)
    return suggestion


async def decide_suggestion(
    connection: Connection,
    actor: Actor,
    suggestion_id: UUID,
    *,
    accept: bool,
    why: str | None,
    moment: Moment,
) -> Outcome | Suggestion:
    """Accept a suggestion, which changes the listing, or reject it with a reason."""
    await open_copies.hold_order(connection, moment.recorded_at)
    suggestion = await reviews.lock_suggestion(connection, suggestion_id)
    if suggestion is None:
        raise NothingFound
    standing = standing_to(actor, suggestion.region_code, suggestion.organization_id)
    waits = await reviews.own_changes_wait(connection, suggestion.region_code)
    if not may_decide(standing, suggestion.source, own_changes_wait=waits):
        raise NotPermitted("Somebody who publishes listings of the region decides this.")
    listing = await store.lock_listing(connection, suggestion.listing_id)
    if listing is None:
        raise NothingFound
    state = "accepted" if accept else "rejected"
    if suggestion.state != "waiting":
        if suggestion.state == state:
            return outcome_of(listing, created=False) if accept else suggestion
        raise Refusal(409, "decided-already", "This was decided otherwise before.")
    decision = Decision(state, actor.member_key, why, moment.recorded_at)
    await reviews.decide_suggestion(connection, suggestion.id, decision)
    if not accept:
        return replace(suggestion, state=state)
    await _require_untouched(connection, suggestion, listing)
    changed = _changed(listing, suggestion.changes)
    if changed is None:
        return outcome_of(listing, created=False)
    said = Said(
        step="changed",
        member_key=suggestion.member_key,
        source=suggestion.source,
        approved_by=actor.member_key,
        note=suggestion.note,
    )
    return await _store(connection, listing, changed, said, moment)


async def _require_untouched(
    connection: Connection, suggestion: Suggestion, listing: Listing
) -> None:
    base = await store.version_facts(connection, listing.id, suggestion.base_version)
    since = changed_fields(base.by_name() if base else {}, listing.facts.by_name())
    touched = collide(suggestion.changes.keys(), since)
    if touched:
        rules = [
            BrokenRule(f"/{field}", "has changed since this was suggested") for field in touched
        ]
        raise Refusal(409, "suggestion-outdated", "What it changes was changed meanwhile.", rules)


def _changed(listing: Listing, facts: Mapping[str, Any]) -> Facts | None:
    """What the listing says with these facts; nothing where that is what it says already."""
    before = listing.facts
    content = {name: value for name, value in facts.items() if name not in {"needs", "need_terms"}}
    terms = tuple(dict.fromkeys(facts.get("need_terms", before.need_terms) or ()))
    # Needs that are not named again are those of the finer terms, when these are.
    kept = () if "need_terms" in facts else before.needs
    needs = broad_needs(facts.get("needs", kept) or (), terms)
    after = Facts(checked(changed_content(before.content, content)), needs, terms)
    if "name" not in after.content:
        raise RuleBroken(BrokenRule("/name", "is required"))
    return None if after.by_name() == before.by_name() else after


async def _store(
    connection: Connection, listing: Listing, facts: Facts, said: Said, moment: Moment
) -> Outcome:
    fields = changed_fields(listing.facts.by_name(), facts.by_name())
    is_public = listing.state in PUBLIC
    day = moment.occurred_at.date().isoformat()
    said_by = {field: {"source": said.source, "day": day} for field in fields}
    still = {*facts.content, "needs", "need_terms"}
    kept = {**listing.field_sources, **said_by}
    changed = replace(
        listing,
        name=facts.content["name"],
        needs=facts.needs,
        need_terms=facts.need_terms,
        content=facts.content,
        content_hash=listing_hash(facts.content, facts.needs, facts.need_terms),
        field_sources={field: source for field, source in kept.items() if field in still},
        event_id=new_id() if is_public else None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    try:
        version = await store.change_listing(connection, changed)
    except NameTaken:
        raise Refusal(
            409, "name-taken", "The organisation has another listing of this name."
        ) from None
    changed = replace(changed, version=version)
    await keep_versions(connection, [(listing.id, said)])
    if WEIGHED.intersection(fields):
        await duplicates.want_compared(connection, [listing.id])
    if is_public:
        await renew_copies(connection, changed, moment)
        telling = Telling(cast("UUID", changed.event_id), version, moment)
        event = published.listing_changed(telling, told(changed), fields)
        await outbox.record(connection, [event])
    return outcome_of(changed, created=False)
