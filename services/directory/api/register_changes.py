"""The registrar's doors to what changes in the register: who left, who merged, who acts as what.

Promise    What is asked again is answered as before. A foreign code answers as one that is nobody's.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.web.fields import PcnCode, PracticeCode
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.directory import views
from services.directory.api.doors import DoorDatabase, enter_once, moment_of
from services.directory.api.forms import Timed
from services.directory.use_cases import leaving, members, merging, organisations
from services.directory.use_cases.outcome import Outcome
from services.directory.views import belonging as belonging_views

router = APIRouter(prefix="/register", tags=["register"])

Registrar = Annotated[Caller, Depends(require("registrar"))]
RegionReader = Annotated[Caller, Depends(require("registrar", "region-analyst"))]

PRACTICE_PATH: Final = "/register/practices/{id}"
MEMBERSHIP_PATH: Final = "/register/memberships/{id}"
DEMO: Final = {"demo_role": "registrar", "demo_organisation": "QZZ"}
FIRST_DAY: Final = date(1, 1, 1)

LEAVE_EXAMPLE: Final = {"until_date": "2024-09-30"}
MERGE_EXAMPLE: Final = {"into_pcn_code": "U99002", "memberships": "carried"}
ROLE_EXAMPLE: Final = {"role": "health-coach"}


class PracticeLeaving(Timed):
    """A practice leaves its PCN, and joins no other yet."""

    until_date: date | None = Field(
        None,
        description="First day it belongs there no longer, not one to come; left out, today.",
    )


class PcnMerging(Timed):
    """A PCN becomes part of another of the same region."""

    into_pcn_code: PcnCode
    merged_on: date | None = Field(
        None,
        description=(
            "First day its practices belong to the other PCN, not one to come; left out, today."
        ),
    )
    memberships: Literal["carried", "ended"] = Field(
        description=(
            "Whether people act in the same roles in the other PCN from then on, or in none."
        )
    )


class NewRole(Timed):
    """What a member may act as instead, for the same organisation."""

    role: codes.Role


@router.get("/practices/{practice_code}/networks")
async def list_networks(
    caller: RegionReader, database: DoorDatabase, practice_code: PracticeCode, page: Page
) -> dict[str, Any]:
    """The PCNs a practice belonged to, from and until which day, the present one last."""
    (after,) = page.after or (FIRST_DAY.isoformat(),)
    async with database.transaction(organisations=caller.organisations) as connection:
        if await views.practice(connection, practice_code) is None:
            raise NothingFound
        rows = await belonging_views.belongings_page(
            connection,
            practice_code,
            after=date.fromisoformat(str(after)),
            rows=page.limit_and_one,
        )
    return page.answer(rows, key=lambda row: (row["from_date"].isoformat(),))


@router.get("/pcns/{pcn_code}/practices")
async def list_practices_of_pcn(
    caller: RegionReader, database: DoorDatabase, pcn_code: PcnCode, page: Page
) -> dict[str, Any]:
    """The practices that belong to a PCN, or did, from and until which day."""
    code, day = page.after or ("", FIRST_DAY.isoformat())
    async with database.transaction(organisations=caller.organisations) as connection:
        if await views.pcn(connection, pcn_code) is None:
            raise NothingFound
        rows = await belonging_views.practices_of_pcn_page(
            connection,
            pcn_code,
            after=(str(code), date.fromisoformat(str(day))),
            rows=page.limit_and_one,
        )
    return page.answer(rows, key=lambda row: (row["practice_code"], row["from_date"].isoformat()))


@router.post("/practices/{practice_code}/leave", **described(example=LEAVE_EXAMPLE, **DEMO))
async def leave_pcn(
    caller: Registrar,
    database: DoorDatabase,
    keyed: KeyedHeader,
    practice_code: PracticeCode,
    form: PracticeLeaving,
) -> Response:
    """Let a practice belong to its PCN no longer; its people stay there till it joins another."""

    async def leave(connection: Connection) -> Outcome:
        return await leaving.leave_pcn(connection, practice_code, form.until_date, moment_of(form))

    return await _enter(caller, database, keyed, leave, PRACTICE_PATH)


@router.post(
    "/pcns/{pcn_code}/merge-into", status_code=201, **described(example=MERGE_EXAMPLE, **DEMO)
)
async def merge_pcn(
    caller: Registrar,
    database: DoorDatabase,
    keyed: KeyedHeader,
    pcn_code: PcnCode,
    form: PcnMerging,
) -> Response:
    """Make a PCN part of another: all its practices move, and what people held is settled."""

    async def merge(connection: Connection) -> Outcome:
        return await merging.merge_pcn(
            connection,
            pcn_code=pcn_code,
            into_pcn_code=form.into_pcn_code,
            merged_on=form.merged_on,
            memberships=form.memberships,
            merged_by=caller.member_key,
            moment=moment_of(form),
        )

    return await _enter(caller, database, keyed, merge, f"/register/pcns/{pcn_code}/merge-into")


@router.get("/pcns/{pcn_code}/merge-into")
async def show_merge(
    caller: Registrar, database: DoorDatabase, pcn_code: PcnCode
) -> dict[str, Any]:
    """How far it is that a PCN becomes part of another."""
    async with database.transaction(organisations=caller.organisations) as connection:
        shown = await belonging_views.merge_of_pcn(connection, pcn_code)
    if shown is None:
        raise NothingFound
    return shown


@router.post(
    "/memberships/{membership_id}/role", status_code=201, **described(example=ROLE_EXAMPLE, **DEMO)
)
async def change_role(
    caller: Registrar,
    database: DoorDatabase,
    keyed: KeyedHeader,
    membership_id: UUID,
    form: NewRole,
) -> Response:
    """Let a member act in another role instead; every service goes by it within seconds."""

    async def change(connection: Connection) -> Outcome:
        return await members.change_role(
            connection,
            membership_id,
            form.role,
            changed_by=caller.member_key,
            changed_by_role="registrar",
            moment=moment_of(form),
        )

    return await _enter(caller, database, keyed, change, MEMBERSHIP_PATH)


async def _enter(
    caller: Caller,
    database: DoorDatabase,
    keyed: KeyedHeader,
    effect: Callable[[Connection], Awaitable[Outcome]],
    path: str,
) -> Response:
    """Make one entry, holding the regions whose register it is part of."""

    async def held(connection: Connection) -> Outcome:
        await organisations.hold_regions(connection, caller.regions)
        return await effect(connection)

    return await enter_once(database, caller, keyed, caller.regions, held, path=path)
