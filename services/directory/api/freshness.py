"""The doors for how fresh a listing is and what room it has, and for those who know.

Promise    Every part of a score is shown with its day and whose word it is. Whoever was sent a
           question answers it by its link alone, and learns the name of their own listing, no more.
Price      The pace of the open door is kept by each process for itself, by address.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from chassis import clock
from chassis.access import Caller, anyone, require
from chassis.access.pace import Pace
from chassis.refusals import NothingFound
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.fields import RegionCode, RequestModel
from chassis.web.openapi import described
from services.directory.api.doors import DoorDatabase, DoorSettings, moment_of
from services.directory.api.forms import Timed
from services.directory.api.listing_change_forms import Note
from services.directory.api.listing_doors import KeeperDoor
from services.directory.domain.capacity import Status, Word
from services.directory.use_cases import listing_checks
from services.directory.use_cases import standing_shown as views
from services.directory.use_cases.listing_checks import Check, CheckAnswer

# The page behind the links asks for everybody, from one address.
ANSWERS_PER_SECOND_MAX: Final = 50
ANSWERS_AT_ONCE_MAX: Final = 200
TOKEN_LENGTH_MAX: Final = 64
LISTINGS_AT_ONCE_MAX: Final = 100
DEMO: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}

router = APIRouter(tags=["listings"])
internal = APIRouter(prefix="/internal", tags=["internal"])

Service = Annotated[Caller, Depends(require("service"))]
Token = Annotated[
    str,
    PathParameter(
        min_length=20, max_length=TOKEN_LENGTH_MAX, description="From the link that was sent."
    ),
]


class MarkForm(Timed):
    """What somebody who works with listings says is wrong with one."""

    kind: Literal["wrong-details", "no-longer-runs"]
    note: Note | None = None


class CapacityForm(Timed):
    """What room there is, in the group's own word."""

    status: Status
    until: date | None = Field(
        None, description="Holds until this day; left out, for 60 days, and less and less surely."
    )


class CheckForm(RequestModel):
    """The answer of whoever was asked."""

    answer: CheckAnswer


@router.get("/services/{service_id}/freshness")
async def show_freshness(door: KeeperDoor, service_id: UUID) -> dict[str, Any]:
    """How fresh a listing is now, each part with its day and source, and what is asked of whom."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.freshness_shown(connection, service_id, clock.now())
    if shown is None:
        raise NothingFound
    return shown


@router.get("/freshness")
async def show_freshness_of_several(
    door: KeeperDoor,
    service_id: Annotated[
        list[UUID],
        Query(min_length=1, max_length=LISTINGS_AT_ONCE_MAX, description="One for each listing."),
    ],
) -> dict[str, Any]:
    """How fresh several listings are, in short; those you do not keep are left out."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.freshness_in_short(connection, service_id, clock.now())
    return {"items": shown, "next": None}


@router.get("/services/{service_id}/capacity")
async def show_capacity(door: KeeperDoor, service_id: UUID) -> Response:
    """What room a listing has now, how sure that is, and by whose word."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.capacity_shown(connection, service_id, clock.now())
    if shown is None:
        raise NothingFound
    return JSONResponse(jsonable_encoder(shown), headers={"ETag": etag(shown["version"])})


@router.put(
    "/services/{service_id}/capacity",
    **described(example={"status": "waitlist", "until": "2030-01-01"}, **DEMO),
)
async def say_capacity(
    door: KeeperDoor, service_id: UUID, expected_version: ExpectedVersion, form: CapacityForm
) -> Response:
    """Say what room there is, for your own listing or on the group's behalf.

    Name the ETag of `GET /services/{service_id}/capacity`: "0" where nobody has said anything.
    """
    moment = moment_of(form)
    word = Word(form.status, moment.occurred_at, "group", form.until)
    async with door.database.transaction(organisations=door.organisations) as connection:
        outcome = await listing_checks.say_capacity(
            connection, door.actor, service_id, word, expected_version, moment
        )
    return JSONResponse(jsonable_encoder(outcome.body), headers={"ETag": etag(outcome.version)})


@router.post(
    "/services/{service_id}/marks",
    status_code=202,
    **described(example={"kind": "wrong-details", "note": "It is on Tuesdays now."}, **DEMO),
)
async def mark_wrong(door: KeeperDoor, service_id: UUID, form: MarkForm) -> dict[str, Any]:
    """Say that something of a listing is wrong; the same again on one day is said once."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        await listing_checks.mark_wrong(
            connection,
            door.actor,
            service_id,
            kind=form.kind,
            note=form.note,
            moment=moment_of(form),
        )
    return {"id": service_id, "service_id": service_id, "kind": form.kind}


@internal.post("/regions/{region_code}/listing-checks/{check_id}/link")
async def give_link(
    _caller: Service,
    database: DoorDatabase,
    settings: DoorSettings,
    region_code: RegionCode,
    check_id: UUID,
) -> dict[str, Any]:
    """The link that answers a question, and the address it goes to; for the service that sends it."""
    secret = settings.client_secret.get_secret_value()
    async with database.transaction(organisations=[region_code]) as connection:
        link = await listing_checks.give_link(
            connection, region_code, check_id, clock.now(), secret=secret
        )
    return {
        "id": check_id,
        "service_id": link.check.listing_id,
        "name": link.check.name,
        "reason": link.check.reason,
        "answer_until": link.check.answer_until,
        "token": link.token,
        "email": link.email,
    }


def make_open_router() -> APIRouter:
    """Make the doors that a link opens."""
    opened = APIRouter(tags=["listings"], dependencies=[Depends(anyone())])
    pace = Pace(ANSWERS_PER_SECOND_MAX, ANSWERS_AT_ONCE_MAX)

    @opened.get("/listing-checks/{token}")
    async def show_question(request: Request, database: DoorDatabase, token: Token) -> Response:
        """What is asked about which listing; asking to see it answers nothing."""
        pace.check(request.client.host if request.client else "")
        async with database.transaction() as connection:
            check_id, region_code = await listing_checks.region_of_token(connection, token)
        async with database.transaction(organisations=[region_code]) as connection:
            return _of_check(await listing_checks.question(connection, check_id))

    @opened.post(
        "/listing-checks/{token}", **described(example={"answer": "runs"}, demo_role="anyone")
    )
    async def answer_question(
        request: Request, database: DoorDatabase, token: Token, form: CheckForm
    ) -> Response:
        """Answer with one tap whether a listing runs; the same again changes nothing."""
        pace.check(request.client.host if request.client else "")
        async with database.transaction() as connection:
            check_id, region_code = await listing_checks.region_of_token(connection, token)
        async with database.transaction(organisations=[region_code]) as connection:
            return _of_check(
                await listing_checks.answer_check(connection, check_id, form.answer, clock.now())
            )

    _ = show_question, answer_question
    return opened


def _of_check(check: Check) -> Response:
    shown = {
        "id": check.id,
        "service_id": check.listing_id,
        "name": check.name,
        "answer": check.answer,
        "answer_until": check.answer_until,
        "closed": check.closed_at is not None or check.answer_until <= clock.now(),
    }
    # The address is a secret: nobody between keeps it or tells it to the next page.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return JSONResponse(jsonable_encoder(shown), headers=headers)
