"""The doors for those who keep the directory of listings.

Managers of a PCN and registrars publish; a link worker suggests, and what is suggested waits as a
draft. Listings belong to a region: what one PCN publishes, its neighbours find too.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis import clock
from chassis.access import Caller, require
from chassis.database import Connection, Database
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory import views
from services.directory.api import listing_forms as forms
from services.directory.api.doors import (
    Batch,
    DoorDatabase,
    DoorSettings,
    Keyed,
    answer_of,
    enter_each_once,
    enter_once,
    moment_of,
    require_seed_allowed,
)
from services.directory.api.reading import FIRST_ID
from services.directory.domain.register import Moment
from services.directory.use_cases import listings, organisations
from services.directory.use_cases.outcome import Outcome

router = APIRouter(tags=["listings"])

Keeper = Annotated[Caller, Depends(require("pcn-manager", "registrar", "link-worker"))]
Publisher = Annotated[Caller, Depends(require("pcn-manager", "registrar"))]

ORGANIZATION_PATH: Final = "/organizations/{id}"
LISTING_PATH: Final = "/services/{id}"
DEMO: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}


class OrganizationItem(forms.NewOrganization, Keyed):
    """One organisation of a batch."""


class ListingItem(forms.NewListing, Keyed):
    """One listing of a batch."""


async def _regions_of(caller: Caller, database: Database) -> list[str]:
    """The regions a caller keeps listings of: a registrar's own, or those of their PCNs."""
    regions = list(caller.regions)
    if caller.pcns:
        async with database.transaction(organisations=caller.pcns) as connection:
            regions += await views.regions_of_pcns(connection, caller.pcns)
    return list(dict.fromkeys(regions))


class _Door:
    """Somebody who keeps listings, in the regions they keep them of."""

    def __init__(self, caller: Caller, database: Database, regions: list[str]) -> None:
        self.caller = caller
        self.database = database
        self.regions = regions

    @property
    def region_code(self) -> str:
        """The region that is entered for; with more than one, it would have to be said."""
        if len(self.regions) != 1:
            raise RuleBroken(
                BrokenRule("", "can be entered by a member of one region only"),
            )
        return self.regions[0]

    async def organization(
        self, connection: Connection, form: forms.NewOrganization, moment: Moment
    ) -> Outcome:
        """Enter an organisation."""
        entry = listings.OrganizationEntry(self.region_code, forms.content_of(form))
        return await listings.enter_organization(connection, entry, moment)

    async def listing(
        self, connection: Connection, form: forms.NewListing, moment: Moment
    ) -> Outcome:
        """Enter a listing, and its organisation where that comes with it."""
        organization = (
            None
            if form.organization is None
            else listings.OrganizationEntry(self.region_code, forms.content_of(form.organization))
        )
        entry = listings.ListingEntry(
            region_code=self.region_code,
            organization_id=form.organization_id,
            organization=organization,
            needs=form.needs,
            need_terms=form.need_terms,
            content=forms.content_of(form),
            publish=form.publish,
        )
        return await listings.enter_listing(connection, self.caller.roles, entry, moment)


async def _door(caller: Keeper, database: DoorDatabase) -> _Door:
    return _Door(caller, database, await _regions_of(caller, database))


async def _publisher_door(caller: Publisher, database: DoorDatabase) -> _Door:
    return _Door(caller, database, await _regions_of(caller, database))


Door = Annotated[_Door, Depends(_door)]
PublisherDoor = Annotated[_Door, Depends(_publisher_door)]


@router.post(
    "/organizations", status_code=201, **described(example=forms.ORGANIZATION_EXAMPLE, **DEMO)
)
async def enter_organization(
    door: Door, keyed: KeyedHeader, form: forms.NewOrganization
) -> Response:
    """Enter an organisation that offers something; known in its region by its name."""

    async def effect(connection: Connection) -> Outcome:
        return await door.organization(connection, form, moment_of(form))

    return await enter_once(
        door.database, door.caller, keyed, door.regions, effect, path=ORGANIZATION_PATH
    )


@router.post("/services", status_code=201, **described(example=forms.LISTING_EXAMPLE, **DEMO))
async def enter_listing(door: Door, keyed: KeyedHeader, form: forms.NewListing) -> Response:
    """Enter a listing: published by a manager or registrar, suggested by a link worker."""

    async def effect(connection: Connection) -> Outcome:
        return await door.listing(connection, form, moment_of(form))

    return await enter_once(
        door.database, door.caller, keyed, door.regions, effect, path=LISTING_PATH
    )


@router.post(
    "/organizations/batch",
    **described(example={"items": [{"key": "example-1", **forms.ORGANIZATION_EXAMPLE}]}, **DEMO),
)
async def enter_organizations(
    door: Door, settings: DoorSettings, batch: Batch[OrganizationItem]
) -> dict[str, Any]:
    """Enter many organisations, each answered by itself."""
    require_seed_allowed(batch, settings)
    now = clock.now()
    async with door.database.transaction(organisations=door.regions) as connection:
        await organisations.hold_regions(connection, door.regions)

        async def effect(item: OrganizationItem) -> Outcome:
            return await door.organization(
                connection, item, moment_of(item, origin=batch.origin, now=now)
            )

        return await enter_each_once(
            connection,
            door.caller,
            "POST /organizations/batch",
            batch.items,
            effect,
            path=ORGANIZATION_PATH,
        )


@router.post(
    "/services/batch",
    **described(example={"items": [{"key": "example-1", **forms.LISTING_EXAMPLE}]}, **DEMO),
)
async def enter_listings(
    door: Door, settings: DoorSettings, batch: Batch[ListingItem]
) -> dict[str, Any]:
    """Enter many listings, each answered by itself."""
    require_seed_allowed(batch, settings)
    now = clock.now()
    async with door.database.transaction(organisations=door.regions) as connection:
        await organisations.hold_regions(connection, door.regions)

        async def effect(item: ListingItem) -> Outcome:
            return await door.listing(
                connection, item, moment_of(item, origin=batch.origin, now=now)
            )

        return await enter_each_once(
            connection,
            door.caller,
            "POST /services/batch",
            batch.items,
            effect,
            path=LISTING_PATH,
        )


@router.post("/services/{service_id}/publish")
async def publish_listing(door: PublisherDoor, service_id: UUID) -> Response:
    """Put a suggested or withdrawn listing where the public finds it; again changes nothing."""
    now = clock.now()
    async with door.database.transaction(organisations=door.regions) as connection:
        outcome = await listings.publish_listing(connection, service_id, Moment(now, now))
    return _changed(outcome)


@router.post("/services/{service_id}/withdraw")
async def withdraw_listing(door: PublisherDoor, service_id: UUID) -> Response:
    """Take a published listing away from the public; again changes nothing."""
    now = clock.now()
    async with door.database.transaction(organisations=door.regions) as connection:
        outcome = await listings.withdraw_listing(connection, service_id, Moment(now, now))
    return _changed(outcome)


@router.get("/organizations/{organization_id}")
async def show_organization(door: Door, organization_id: UUID) -> dict[str, Any]:
    """One organisation of your region as it was entered."""
    async with door.database.transaction(organisations=door.regions) as connection:
        shown = await views.organization(connection, organization_id)
    if shown is None:
        raise NothingFound
    return shown


@router.get("/drafts")
async def list_drafts(door: Door, page: Page) -> dict[str, Any]:
    """The listings of your region that wait to be published."""
    (after,) = page.after or (str(FIRST_ID),)
    async with door.database.transaction(organisations=door.regions) as connection:
        rows = await views.drafts_page(connection, after=UUID(str(after)), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (str(row["id"]),))


def _changed(outcome: Outcome) -> Response:
    answer = answer_of(outcome, LISTING_PATH)
    return JSONResponse(dict(answer.body), headers={"ETag": answer.headers["ETag"]})
