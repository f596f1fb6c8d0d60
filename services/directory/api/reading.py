"""The register as those who keep it, or look at a whole region, may read it."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from chassis.access import Caller, require
from chassis.refusals import NothingFound
from chassis.web.fields import PcnCode, PracticeCode
from chassis.web.pages import Page
from services.directory import views
from services.directory.api import forms
from services.directory.api.doors import DoorDatabase

router = APIRouter(tags=["register"])

Registrar = Annotated[Caller, Depends(require("registrar"))]
RegionReader = Annotated[Caller, Depends(require("registrar", "region-analyst"))]
Colleague = Annotated[
    Caller,
    Depends(require("link-worker", "health-coach", "care-coordinator", "pcn-manager", "registrar")),
]

FIRST_ID: Final = UUID(int=0)
FIRST_DAY: Final = date(1, 1, 1)


def _found(shown: dict[str, Any] | None) -> dict[str, Any]:
    if shown is None:
        raise NothingFound
    return shown


@router.get("/register/regions")
async def list_regions(caller: RegionReader, database: DoorDatabase, page: Page) -> dict[str, Any]:
    """The regions you keep or look at."""
    (after,) = page.after or ("",)
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.regions_page(connection, after=str(after), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (row["id"],))


@router.get("/register/pcns")
async def list_pcns(caller: RegionReader, database: DoorDatabase, page: Page) -> dict[str, Any]:
    """The PCNs of your region."""
    (after,) = page.after or ("",)
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.pcns_page(connection, after=str(after), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (row["id"],))


@router.get("/register/pcns/{pcn_code}")
async def show_pcn(
    caller: RegionReader, database: DoorDatabase, pcn_code: PcnCode
) -> dict[str, Any]:
    """One PCN of your region."""
    async with database.transaction(organisations=caller.organisations) as connection:
        return _found(await views.pcn(connection, pcn_code))


@router.get("/register/practices")
async def list_practices(
    caller: RegionReader, database: DoorDatabase, page: Page
) -> dict[str, Any]:
    """The practices of your region, with the PCN each belongs to now."""
    (after,) = page.after or ("",)
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.practices_page(connection, after=str(after), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (row["id"],))


@router.get("/register/practices/{practice_code}")
async def show_practice(
    caller: RegionReader, database: DoorDatabase, practice_code: PracticeCode
) -> dict[str, Any]:
    """One practice of your region."""
    async with database.transaction(organisations=caller.organisations) as connection:
        return _found(await views.practice(connection, practice_code))


@router.get("/register/organisations")
async def list_referrers(
    caller: RegionReader, database: DoorDatabase, page: Page
) -> dict[str, Any]:
    """The hospitals, councils and voluntary groups of your region that refer."""
    (after,) = page.after or ("",)
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.referrers_page(connection, after=str(after), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (row["id"],))


@router.get("/register/organisations/{organisation_code}")
async def show_referrer(
    caller: RegionReader, database: DoorDatabase, organisation_code: forms.CodeOrId
) -> dict[str, Any]:
    """One organisation of your region that refers, by its code or its id."""
    async with database.transaction(organisations=caller.organisations) as connection:
        return _found(await views.referrer(connection, organisation_code))


@router.get("/register/populations")
async def list_populations(
    caller: RegionReader, database: DoorDatabase, page: Page
) -> dict[str, Any]:
    """How many people were registered, by PCN, practice and day."""
    pcn_code, practice_code, as_of = page.after or ("", "", FIRST_DAY.isoformat())
    after = (str(pcn_code), str(practice_code), date.fromisoformat(str(as_of)))
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.populations_page(connection, after=after, rows=page.limit_and_one)
    return page.answer(
        rows,
        key=lambda row: (row["pcn_code"], row["practice_code"] or "", row["as_of"].isoformat()),
    )


@router.get("/register/workers")
async def list_workers(caller: Registrar, database: DoorDatabase, page: Page) -> dict[str, Any]:
    """The workers of your region's PCNs."""
    pcn_code, worker_id = page.after or ("", str(FIRST_ID))
    after = (str(pcn_code), UUID(str(worker_id)))
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.workers_page(connection, after=after, rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (row["pcn_code"], str(row["id"])))


@router.get("/pcns/{pcn_code}/workers")
async def list_colleagues(
    caller: Colleague, database: DoorDatabase, pcn_code: PcnCode, page: Page
) -> dict[str, Any]:
    """The workers of a PCN of yours, by name; what else is known of one is read under their id."""
    (after,) = page.after or (str(FIRST_ID),)
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.workers_page(
            connection, after=(pcn_code, UUID(str(after))), rows=page.limit_and_one
        )
    # The list is of all that is seen, one PCN after the other: what follows this one is left.
    own = [row for row in rows if row["pcn_code"] == pcn_code]
    return page.answer(
        own,
        key=lambda row: (str(row["id"]),),
        item=lambda row: {name: row[name] for name in ("id", "pcn_code", "name", "roles")},
    )


@router.get("/workers/{worker_id}")
async def show_worker(caller: Colleague, database: DoorDatabase, worker_id: UUID) -> dict[str, Any]:
    """A colleague of your PCN, by the id their work is told under."""
    async with database.transaction(organisations=caller.organisations) as connection:
        return _found(await views.worker(connection, worker_id))


@router.get("/register/memberships")
async def list_memberships(
    caller: Registrar,
    database: DoorDatabase,
    page: Page,
    *,
    ended: Annotated[bool, Query(description="Those that ended too.")] = False,
) -> dict[str, Any]:
    """The memberships held in your region, and who granted each. Members are shown by key."""
    (after,) = page.after or (str(FIRST_ID),)
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await views.memberships_page(
            connection, after=UUID(str(after)), rows=page.limit_and_one, ended=ended
        )
    return page.answer(rows, key=lambda row: (str(row["id"]),))


@router.get("/register/memberships/{membership_id}")
async def show_membership(
    caller: Registrar, database: DoorDatabase, membership_id: UUID
) -> dict[str, Any]:
    """One membership of your region, held or ended."""
    async with database.transaction(organisations=caller.organisations) as connection:
        return _found(await views.membership(connection, membership_id))
