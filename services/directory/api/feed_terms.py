"""The doors to the terms of feeds: what each is read as, with counts, and what a registrar says it is.

Not here   How terms are read: ``domain.foreign_terms``.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory.api import feed_forms as forms
from services.directory.api.doors import DoorDatabase, moment_of
from services.directory.use_cases import feeds, foreign_terms

router = APIRouter(tags=["feeds"])

Registrar = Annotated[Caller, Depends(require("registrar"))]
DEMO: Final = {"demo_role": "registrar", "demo_organisation": "QZZ"}


@router.get("/feeds/{feed_id}/terms")
async def list_terms(
    caller: Registrar, database: DoorDatabase, feed_id: UUID, page: Page
) -> dict[str, Any]:
    """Terms of other taxonomies as the last run left them, and the needs each speaks of from now on.

    The most used come first; up to 2,000 are counted.
    """
    (after,) = page.after or (0,)
    async with database.transaction(organisations=caller.regions) as connection:
        await feeds.known_feed(connection, feed_id)
        rows = await foreign_terms.terms_page(
            connection, feed_id, after=int(after or 0), rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (row["number"],))


@router.get("/feeds/{feed_id}/term-mapping")
async def show_mapping(caller: Registrar, database: DoorDatabase, feed_id: UUID) -> Response:
    """Which terms of a feed are read as a registrar said, with the ETag to say otherwise by."""
    async with database.transaction(organisations=caller.regions) as connection:
        await feeds.known_feed(connection, feed_id)
        shown = await foreign_terms.shown_mapping(connection, feed_id)
    return JSONResponse(jsonable_encoder(shown), headers={"ETag": etag(shown["version"])})


@router.put("/feeds/{feed_id}/term-mapping", **described(example=forms.MAPPING_EXAMPLE, **DEMO))
async def map_terms(
    caller: Registrar,
    database: DoorDatabase,
    feed_id: UUID,
    expected_version: ExpectedVersion,
    form: forms.TermMapping,
) -> Response:
    """Say which terms of a feed speak of which needs; its next run reads every listing by that."""
    async with database.transaction(organisations=caller.regions) as connection:
        outcome = await foreign_terms.map_terms(
            connection, feed_id, caller.member_key, form.by_hand, expected_version, moment_of(form)
        )
    return JSONResponse(jsonable_encoder(outcome.body), headers={"ETag": etag(outcome.version)})
