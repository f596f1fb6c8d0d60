"""The doors for what anybody knows of a listing, and for what a region lets its groups do.

Promise    Whoever tells something needs no token and learns nothing but that it was taken. It is
           read by the listing's group and region alone.
Price      The pace is kept by each process for itself, by the address that the request came from:
           behind a proxy, the ingress keeps it too.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis import clock
from chassis.access import anyone, require
from chassis.access.caller import Caller
from chassis.access.pace import Pace
from chassis.refusals import NothingFound
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.fields import RegionCode
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory.api import listing_change_forms as forms
from services.directory.api.doors import DoorDatabase, moment_of
from services.directory.api.listing_doors import ListingDoor, OwnerDoor
from services.directory.domain.listings import Actor
from services.directory.domain.register import Moment
from services.directory.use_cases import listing_reviews
from services.directory.views import listings as views
from services.directory.views import open_referral as open_views

REMARKS_PER_SECOND_MAX: Final = 1
REMARKS_AT_ONCE_MAX: Final = 10
DEMO: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}

Registrar = Annotated[Caller, Depends(require("registrar"))]


def make_router() -> APIRouter:
    """Make the open door, and what the group and the region do about what comes in."""
    router = APIRouter(tags=["listings"])
    _open_door(router)
    router.include_router(_judging)
    return router


def _open_door(router: APIRouter) -> None:
    pace = Pace(REMARKS_PER_SECOND_MAX, REMARKS_AT_ONCE_MAX)

    @router.post(
        "/services/{service_id}/feedback",
        status_code=202,
        dependencies=[Depends(anyone())],
        **described(example=forms.REMARK_EXAMPLE, demo_role="anyone"),
    )
    async def tell(
        request: Request, database: DoorDatabase, service_id: UUID, form: forms.RemarkForm
    ) -> dict[str, Any]:
        """Tell the group what you know of its listing, without signing in."""
        pace.check(request.client.host if request.client else "")
        now = clock.now()
        async with database.transaction() as connection:
            found = await open_views.region_of(connection, service_id)
        if found is None:
            raise NothingFound
        region_code, organization_id = found
        async with database.transaction(organisations=[region_code]) as connection:
            remark_id = await listing_reviews.remark(
                connection,
                service_id,
                region_code=region_code,
                organization_id=organization_id,
                kind=form.kind,
                words=form.words,
                moment=Moment(now, now),
            )
        return {"id": remark_id, "service_id": service_id, "state": "waiting"}

    _ = tell


_judging = APIRouter()


@_judging.get("/services/{service_id}/feedback")
async def list_remarks(door: OwnerDoor, service_id: UUID, page: Page) -> dict[str, Any]:
    """What was told of a listing, for its group and its region."""
    (after,) = page.after or (str(UUID(int=0)),)
    async with door.database.transaction(organisations=door.organisations) as connection:
        if await views.entered_listing(connection, service_id) is None:
            raise NothingFound
        rows = await views.remarks_page(
            connection, service_id, after=UUID(str(after)), rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (str(row["id"]),))


@_judging.post("/feedback/{remark_id}/accept", **described(example=forms.DECISION_EXAMPLE, **DEMO))
async def accept_remark(
    door: OwnerDoor, remark_id: UUID, form: forms.DecisionForm
) -> dict[str, Any]:
    """Take what was told as true; the listing changes by a change of its own."""
    return await _decide(door, remark_id, accept=True, why=form.why)


@_judging.post("/feedback/{remark_id}/reject", **described(example=forms.DECISION_EXAMPLE, **DEMO))
async def reject_remark(
    door: OwnerDoor, remark_id: UUID, form: forms.RejectionForm
) -> dict[str, Any]:
    """Put aside what was told, and say why."""
    return await _decide(door, remark_id, accept=False, why=form.why)


@_judging.get("/register/regions/{region_code}/listing-rules")
async def show_rule(caller: Registrar, database: DoorDatabase, region_code: RegionCode) -> Response:
    """What holds for listings in your region."""
    if region_code not in caller.regions:
        raise NothingFound
    async with database.transaction(organisations=caller.organisations) as connection:
        shown = await views.listing_rule(connection, region_code)
    return JSONResponse(shown, headers={"ETag": etag(shown["version"])})


@_judging.put(
    "/register/regions/{region_code}/listing-rules",
    **described(example=forms.RULE_EXAMPLE, demo_role="registrar", demo_organisation="QZZ"),
)
async def set_rule(
    caller: Registrar,
    database: DoorDatabase,
    region_code: RegionCode,
    expected_version: ExpectedVersion,
    form: forms.ListingRuleForm,
) -> Response:
    """Say whether a group's own changes wait until somebody who publishes approves them."""
    actor = Actor(member_key=caller.member_key, keeps=frozenset(caller.regions))
    async with database.transaction(organisations=caller.organisations) as connection:
        outcome = await listing_reviews.set_rule(
            connection,
            actor,
            region_code,
            own_changes_wait=form.own_changes_wait,
            expected_version=expected_version,
            moment=moment_of(form),
        )
    return JSONResponse(jsonable_encoder(outcome.body), headers={"ETag": etag(outcome.version)})


async def _decide(
    door: ListingDoor, remark_id: UUID, *, accept: bool, why: str | None
) -> dict[str, Any]:
    now = clock.now()
    async with door.database.transaction(organisations=door.organisations) as connection:
        remark = await listing_reviews.decide_remark(
            connection, door.actor, remark_id, accept=accept, why=why, moment=Moment(now, now)
        )
    return {"id": remark.id, "service_id": remark.listing_id, "state": remark.state}
