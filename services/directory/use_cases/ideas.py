"""Ideas for closing a gap: raised, backed, started, listed, each with the money that may fit.

Promise    The same idea raised again is the same one; who backs it twice backs it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from contracts.needs import TERMS
from services.directory.domain.funding import Fund, funds_for
from services.directory.domain.ideas import IdeaStep, IdeaStepNotPossible, state_after
from services.directory.domain.listings import PUBLIC, Actor
from services.directory.domain.register import Moment
from services.directory.domain.taxonomy import term_id
from services.directory.store import ideas as store
from services.directory.store import listings as listing_store
from services.directory.store import unmet_need
from services.directory.store.ideas import Idea
from services.directory.store.unmet_need import AreaAskedIn
from services.directory.use_cases.outcome import Outcome

Shown = dict[str, Any]


async def raise_idea(
    connection: Connection,
    actor: Actor,
    region_code: str,
    *,
    pcn_code: str,
    need_term: str,
    neighbourhood_code: str | None,
    title: str,
    words: str | None,
    moment: Moment,
) -> Outcome:
    """Keep an idea for a network of the region."""
    if pcn_code not in await unmet_need.pcns_of_region(connection, region_code, [pcn_code]):
        raise RuleBroken(BrokenRule("/pcn_code", "must be a network of your region"))
    if neighbourhood_code is not None and not await unmet_need.areas_asked_in(
        connection, [neighbourhood_code]
    ):
        raise RuleBroken(BrokenRule("/neighbourhood_code", "must be a small area of your region"))
    idea = Idea(
        id=new_id(),
        region_code=region_code,
        pcn_code=pcn_code,
        need_term=need_term,
        neighbourhood_code=neighbourhood_code,
        title=title,
        words=words,
        state="raised",
        listing_id=None,
        backers=0,
        version=1,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    if await store.raise_idea(connection, idea, member_key=actor.member_key):
        return _outcome(idea, created=True)
    known = await store.idea_called(connection, idea)
    if known is None:
        raise NothingFound
    return _outcome(known, created=False)


async def take_step(
    connection: Connection,
    actor: Actor,
    idea_id: UUID,
    step: IdeaStep,
    moment: Moment,
    *,
    listing_id: UUID | None = None,
) -> Outcome:
    """Move an idea on; the same step again changes nothing."""
    idea = await store.lock_idea(connection, idea_id)
    if idea is None:
        raise NothingFound
    if step == "list" and idea.state == "listed" and idea.listing_id == listing_id:
        return _outcome(idea, created=False)
    if step == "start" and idea.state == "started":
        return _outcome(idea, created=False)
    try:
        state = state_after(step, idea.state)
    except IdeaStepNotPossible:
        raise Refusal(
            409, "idea-step-not-possible", f"An idea that is {idea.state} cannot take this step."
        ) from None
    moved = replace(idea, state=state)
    if step == "back":
        if not await store.back_idea(
            connection, idea, member_key=actor.member_key, now=moment.recorded_at
        ):
            return _outcome(idea, created=False)
        moved = replace(moved, backers=idea.backers + 1)
    if step == "list" and listing_id is not None:
        await _require_answering(connection, idea, listing_id)
        moved = replace(moved, listing_id=listing_id)
    moved = replace(moved, occurred_at=moment.occurred_at, recorded_at=moment.recorded_at)
    version = await store.move_idea(connection, moved, moment)
    return _outcome(replace(moved, version=version), created=False)


async def ideas_page(
    connection: Connection, *, before: UUID, rows: int, pcn_code: str | None = None
) -> list[Shown]:
    """Ideas, the latest first, each with what its small area is called and the funds that may fit."""
    found = await store.ideas_page(connection, pcn_code=pcn_code, before=before, rows=rows)
    return await _shown(connection, found)


async def shown_idea(connection: Connection, idea_id: UUID) -> Shown | None:
    """One idea, as the list has it."""
    idea = await store.idea_by_id(connection, idea_id)
    return None if idea is None else (await _shown(connection, [idea]))[0]


async def _shown(connection: Connection, found: Sequence[Idea]) -> list[Shown]:
    codes = {idea.neighbourhood_code for idea in found if idea.neighbourhood_code is not None}
    areas = await unmet_need.areas_asked_in(connection, sorted(codes))
    return [
        {
            **asdict(idea),
            "neighbourhood": _area_name(areas, idea.neighbourhood_code),
            "need": TERMS[idea.need_term].need,
            "need_term_id": term_id(idea.need_term),
            "fund_ids": [fund.id for fund in funds_for(TERMS[idea.need_term].need)],
        }
        for idea in found
    ]


def shown_fund(fund: Fund) -> Shown:
    """A fund with what we are sure of, and since when."""
    return asdict(fund)


def _area_name(areas: Mapping[str, AreaAskedIn], code: str | None) -> str | None:
    area = None if code is None else areas.get(code)
    return None if area is None else area.name


async def _require_answering(connection: Connection, idea: Idea, listing_id: UUID) -> None:
    listing = await listing_store.lock_listing(connection, listing_id)
    if listing is None or listing.state not in PUBLIC:
        raise RuleBroken(
            BrokenRule("/service_id", "must be a listing that the public finds", "path")
        )
    if idea.need_term not in listing.need_terms:
        raise RuleBroken(BrokenRule("/service_id", "must answer the need of the idea", "path"))


def _outcome(idea: Idea, *, created: bool) -> Outcome:
    about = asdict(idea)
    for beside in ("version", "occurred_at", "recorded_at"):
        about.pop(beside)
    return Outcome(
        created=created,
        about=about,
        version=idea.version,
        event_id=None,
        occurred_at=idea.occurred_at,
        recorded_at=idea.recorded_at,
    )
