"""The doors for those who enter listings.

Managers of a network and registrars publish; other workers suggest, and what is suggested waits as
a draft; a group enters its own. Listings belong to a region: what one network publishes, its
neighbours find too.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis import clock
from chassis.database import Connection
from chassis.refusals import NothingFound, Refusal
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory import views
from services.directory.api import listing_forms as forms
from services.directory.api.doors import (
    Batch,
    DoorSettings,
    Keyed,
    enter_all_once,
    enter_each_once,
    enter_once,
    moment_of,
    require_seed_allowed,
)
from services.directory.api.listing_change_forms import (
    ORGANIZATION_CHANGE_EXAMPLE,
    OrganizationChange,
)
from services.directory.api.listing_doors import (
    LISTING_PATH,
    KeeperDoor,
    ListingDoor,
    SuggesterDoor,
    changed,
)
from services.directory.api.reading import FIRST_ID
from services.directory.domain.register import Moment
from services.directory.use_cases import (
    listing_entry,
    listings,
    organisations,
    organization_changes,
)
from services.directory.use_cases.listing_entry import ListingEntry
from services.directory.use_cases.outcome import Outcome

router = APIRouter(tags=["listings"])

ORGANIZATION_PATH: Final = "/organizations/{id}"
DEMO: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}


class OrganizationItem(forms.NewOrganization, Keyed):
    """One organisation of a batch."""


class ListingItem(forms.NewListing, Keyed):
    """One listing of a batch."""


async def _enter_organization(
    door: ListingDoor, connection: Connection, form: forms.NewOrganization, moment: Moment
) -> Outcome:
    entry = listings.OrganizationEntry(door.region_code, forms.content_of(form))
    return await listings.enter_organization(connection, door.actor, entry, moment)


def _entry(door: ListingDoor, form: forms.NewListing, moment: Moment) -> ListingEntry:
    """A listing, and its organisation where that comes with it."""
    organization = (
        None
        if form.organization is None
        else listings.OrganizationEntry(door.region_code, forms.content_of(form.organization))
    )
    return ListingEntry(
        organization_id=form.organization_id,
        organization=organization,
        needs=form.needs,
        need_terms=form.need_terms,
        content=forms.content_of(form),
        publish=form.publish,
        moment=moment,
    )


@router.post(
    "/organizations", status_code=201, **described(example=forms.ORGANIZATION_EXAMPLE, **DEMO)
)
async def enter_organization(
    door: SuggesterDoor, keyed: KeyedHeader, form: forms.NewOrganization
) -> Response:
    """Enter an organisation that offers something; known in its region by its name."""

    async def effect(connection: Connection) -> Outcome:
        return await _enter_organization(door, connection, form, moment_of(form))

    return await enter_once(
        door.database, door.caller, keyed, door.organisations, effect, path=ORGANIZATION_PATH
    )


@router.post("/services", status_code=201, **described(example=forms.LISTING_EXAMPLE, **DEMO))
async def enter_listing(door: KeeperDoor, keyed: KeyedHeader, form: forms.NewListing) -> Response:
    """Enter a listing: published by a manager or registrar, suggested by a link worker."""

    async def effect(connection: Connection) -> Outcome:
        entry = _entry(door, form, moment_of(form))
        return await listing_entry.enter_listing(connection, door.actor, entry)

    return await enter_once(
        door.database, door.caller, keyed, door.organisations, effect, path=LISTING_PATH
    )


@router.post(
    "/organizations/batch",
    **described(example={"items": [{"key": "example-1", **forms.ORGANIZATION_EXAMPLE}]}, **DEMO),
)
async def enter_organizations(
    door: SuggesterDoor, settings: DoorSettings, batch: Batch[OrganizationItem]
) -> dict[str, Any]:
    """Enter many organisations, each answered by itself."""
    require_seed_allowed(batch, settings)
    now = clock.now()
    async with door.database.transaction(organisations=door.organisations) as connection:
        await organisations.hold_regions(connection, sorted(door.actor.regions))

        async def effect(item: OrganizationItem) -> Outcome:
            return await _enter_organization(
                door, connection, item, moment_of(item, origin=batch.origin, now=now)
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
    door: KeeperDoor, settings: DoorSettings, batch: Batch[ListingItem]
) -> dict[str, Any]:
    """Enter many listings, each answered by itself."""
    require_seed_allowed(batch, settings)
    now = clock.now()
    async with door.database.transaction(organisations=door.organisations) as connection:
        await organisations.hold_regions(connection, sorted(door.actor.regions))

        async def effect(items: Sequence[ListingItem]) -> Sequence[Outcome | Refusal]:
            entries = [
                _entry(door, item, moment_of(item, origin=batch.origin, now=now)) for item in items
            ]
            return await listing_entry.enter_listings(connection, door.actor, entries)

        return await enter_all_once(
            connection,
            door.caller,
            "POST /services/batch",
            batch.items,
            effect,
            path=LISTING_PATH,
        )


@router.get("/organizations/{organization_id}/entry")
async def show_organization(door: KeeperDoor, organization_id: UUID) -> Response:
    """One organisation of your region, or your own, with the ETag to change it by."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.organization(connection, organization_id)
    if shown is None:
        raise NothingFound
    return JSONResponse(jsonable_encoder(shown), headers={"ETag": etag(shown["version"])})


@router.patch(
    "/organizations/{organization_id}",
    **described(example=ORGANIZATION_CHANGE_EXAMPLE, **DEMO),
)
async def change_organization(
    door: KeeperDoor,
    organization_id: UUID,
    expected_version: ExpectedVersion,
    form: OrganizationChange,
) -> Response:
    """Change what is said of an organisation; the public sees it with each of its listings."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        outcome = await organization_changes.change_organization(
            connection, door.actor, organization_id, form.facts, expected_version, moment_of(form)
        )
    return changed(outcome)


@router.get("/drafts")
async def list_drafts(door: KeeperDoor, page: Page) -> dict[str, Any]:
    """The listings of your region that wait to be published."""
    (after,) = page.after or (str(FIRST_ID),)
    async with door.database.transaction(organisations=door.organisations) as connection:
        rows = await views.drafts_page(connection, after=UUID(str(after)), rows=page.limit_and_one)
    return page.answer(rows, key=lambda row: (str(row["id"]),))
