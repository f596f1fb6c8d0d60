"""The doors to feeds of other directories: registered, run, uploaded to, and told what was wrong.

Promise    A run is asked for and answered at once; how far it has come is shown while it goes on.
Not here   Who may see listings: feeds are for those who keep the register of a region.
"""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from chassis import clock
from chassis.access import Caller, require
from chassis.database import Connection
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from chassis.web.idempotency import Answer, answer_once
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory.api import feed_forms as forms
from services.directory.api.doors import DoorDatabase, DoorSettings, enter_once, moment_of
from services.directory.api.imported import check_entry
from services.directory.api.reading import FIRST_ID
from services.directory.domain.feed_rules import is_public
from services.directory.settings import DirectorySettings
from services.directory.use_cases import corrections, feeds, uploads
from services.directory.use_cases.foreign_terms import rules_of
from services.directory.use_cases.outcome import Outcome
from services.directory.views import feeds as views

router = APIRouter(tags=["feeds"])

Registrar = Annotated[Caller, Depends(require("registrar"))]

DEMO: Final = {"demo_role": "registrar", "demo_organisation": "QZZ"}
FEED_PATH: Final = "/feeds/{id}"
REFUSED_SHOWN_MAX: Final = 100


def _region(caller: Caller) -> str:
    if len(caller.regions) != 1:
        raise RuleBroken(BrokenRule("", "can be done by a registrar of one region only"))
    return caller.regions[0]


def _check_address(field: str, address: object, settings: DirectorySettings) -> None:
    """An address that names no public place is refused before anybody goes there."""
    host = getattr(address, "host", None)
    if host is None or settings.mode == "demo":
        return
    literal = host.strip("[]")
    looks_like_one = ":" in literal or literal.replace(".", "").isdigit()
    if literal == "localhost" or (looks_like_one and not is_public(literal)):
        raise RuleBroken(BrokenRule(f"/{field}", "must be an address of the open internet"))


@router.post("/feeds", status_code=201, **described(example=forms.FEED_EXAMPLE, **DEMO))
async def register_feed(
    caller: Registrar,
    database: DoorDatabase,
    settings: DoorSettings,
    keyed: KeyedHeader,
    form: forms.NewFeed,
) -> Response:
    """Register a feed of your region; it runs when somebody asks, unless hours are given."""
    region_code = _region(caller)
    for field in ("base_url", "corrections_url"):
        _check_address(field, getattr(form, field), settings)
    entry = feeds.FeedEntry(
        region_code=region_code,
        name=form.name,
        base_url=None if form.base_url is None else str(form.base_url),
        every_hours=form.every_hours,
        corrections_url=None if form.corrections_url is None else str(form.corrections_url),
    )

    async def effect(connection: Connection) -> Outcome:
        return await feeds.register_feed(connection, entry, moment_of(form))

    return await enter_once(database, caller, keyed, [region_code], effect, path=FEED_PATH)


@router.get("/feeds")
async def list_feeds(caller: Registrar, database: DoorDatabase, page: Page) -> dict[str, Any]:
    """The feeds of your region."""
    (after,) = page.after or (str(FIRST_ID),)
    async with database.transaction(organisations=caller.regions) as connection:
        rows = await views.feeds_page(connection, after=UUID(str(after)), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (str(row["id"]),))


@router.get("/feeds/{feed_id}")
async def show_feed(caller: Registrar, database: DoorDatabase, feed_id: UUID) -> dict[str, Any]:
    """One feed, how many listings it knows, and its latest run."""
    async with database.transaction(organisations=caller.regions) as connection:
        return _found(await views.feed(connection, feed_id))


@router.post(
    "/feeds/{feed_id}/runs", status_code=202, **described(example=forms.RUN_EXAMPLE, **DEMO)
)
async def ask_for_run(
    caller: Registrar,
    database: DoorDatabase,
    keyed: KeyedHeader,
    feed_id: UUID,
    form: forms.NewRun,
) -> Response:
    """Ask for a run of a feed; what comes of it is told under the run's id."""
    async with database.transaction(organisations=caller.regions) as connection:

        async def run() -> Answer:
            run_id = await feeds.ask_for_run(connection, feed_id, whole=form.whole, now=clock.now())
            body = {"id": str(run_id), "run_id": str(run_id), "feed_id": str(feed_id)}
            place = {"Location": f"/feeds/{feed_id}/runs/{run_id}"}
            return Answer(202, {**body, "state": "waiting"}, place)

        return await answer_once(connection, caller, keyed, run)


@router.get("/feeds/{feed_id}/runs/{run_id}")
async def show_run(
    caller: Registrar, database: DoorDatabase, feed_id: UUID, run_id: UUID
) -> dict[str, Any]:
    """How far a run has come: pages, bytes, and listings new, changed, same and refused."""
    async with database.transaction(organisations=caller.regions) as connection:
        shown = _found(await views.run(connection, feed_id, run_id))
        refused = await views.refused_rows_page(
            connection, feed_id, run_id, after=0, rows=REFUSED_SHOWN_MAX
        )
    return {**shown, "refused_listings": refused}


@router.get("/feeds/{feed_id}/runs/{run_id}/refused")
async def list_refused(
    caller: Registrar, database: DoorDatabase, feed_id: UUID, run_id: UUID, page: Page
) -> dict[str, Any]:
    """What a run refused, with the reason of each; kept until the feed's next run."""
    (after,) = page.after or (0,)
    async with database.transaction(organisations=caller.regions) as connection:
        _found(await views.run(connection, feed_id, run_id))
        rows = await views.refused_rows_page(
            connection, feed_id, run_id, after=int(after or 0), rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (row["number"],))


@router.post(
    "/feeds/{feed_id}/uploads", status_code=202, **described(example=forms.UPLOAD_EXAMPLE, **DEMO)
)
async def upload(
    caller: Registrar,
    database: DoorDatabase,
    keyed: KeyedHeader,
    feed_id: UUID,
    form: forms.NewUpload,
) -> Response:
    """Upload listings as CSV or JSON; every row is answered, and what was kept is applied next."""
    async with database.transaction(organisations=caller.regions) as connection:
        await feeds.known_feed(connection, feed_id)
        rules = await rules_of(connection, feed_id)
    now = clock.now()
    # Judging two thousand rows takes a while, in which others are answered.
    rows = await asyncio.to_thread(
        uploads.read_upload,
        form.text,
        form.format,
        check=check_entry,
        rules=rules,
        read_on=now.date(),
    )
    async with database.transaction(organisations=caller.regions) as connection:

        async def run() -> Answer:
            kept = await uploads.enter_upload(connection, feed_id, rows, now)
            place = {"Location": f"/feeds/{feed_id}/runs/{kept.run_id}"}
            return Answer(202, _upload(kept), place)

        return await answer_once(connection, caller, keyed, run)


def _upload(kept: uploads.Upload) -> dict[str, Any]:
    return {
        "id": str(kept.run_id),
        "run_id": str(kept.run_id),
        "feed_id": str(kept.run.feed_id),
        "state": "applying",
        "listings": kept.run.listings,
        "same": kept.run.same,
        "refused": kept.run.refused,
        "refused_listings": [
            {"number": row.number, "foreign_id": row.foreign_id, "reason": row.reason}
            for row in kept.refused[:REFUSED_SHOWN_MAX]
        ],
    }


@router.get("/feeds/{feed_id}/corrections")
async def list_corrections(
    caller: Registrar, database: DoorDatabase, feed_id: UUID, page: Page
) -> dict[str, Any]:
    """What stands here otherwise than the feed says; sent to it after each run, if it takes that."""
    (after,) = page.after or ("",)
    async with database.transaction(organisations=caller.regions) as connection:
        await feeds.known_feed(connection, feed_id)
        found = await corrections.corrections_found(
            connection, feed_id, after=str(after or ""), wanted=page.limit_and_one
        )
    return page.answer(found, key=lambda row: (row["foreign_id"],))


def _found(shown: dict[str, Any] | None) -> dict[str, Any]:
    if shown is None:
        raise NothingFound
    return shown
