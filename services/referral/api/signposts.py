"""Signposting: one call that names nobody, and the answer to what came of it."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES, Outcome
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.commands.signposts import EchoAnswer, NewSignpost
from services.referral.use_cases import signposts as use_cases

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
AnyoneOrService = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES, "service"))]
AService = Annotated[Caller, Depends(require("service"))]

_NAVIGATOR: Final = {"demo_role": "care-navigator", "demo_organisation": "Y99001"}
_SIGNPOST: Final[dict[str, Any]] = {
    "practice_code": "Y99001",
    "need": "money",
    "echo": {"channel": "sms", "phone": "07700 900123"},
}
_ECHO: Final[dict[str, Any]] = {"answer": "got-there"}


class SignpostListed(Told):
    """One time that somebody was told where to turn."""

    id: UUID
    pcn_code: str
    practice_code: str
    need: codes.Need
    listing_id: UUID | None
    role: codes.SignposterRole
    echo_agreed: bool
    asked_at: datetime | None = Field(description="When they were asked what came of it.")
    echo: codes.SignpostEcho | None
    version: int
    occurred_at: datetime
    recorded_at: datetime


class SignpostPage(Told):
    """A page of signposts, the latest logged first."""

    items: list[SignpostListed]
    next: str | None


class SignpostMade(Told):
    """A signpost as it was logged."""

    id: UUID
    pcn_code: str
    practice_code: str
    need: codes.Need
    listing_id: UUID | None
    role: codes.SignposterRole
    echo_agreed: bool
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class EchoHeard(Told):
    """What came of a signpost."""

    id: UUID
    pcn_code: str
    practice_code: str
    answer: codes.SignpostEcho
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class EchoAddress(Told):
    """Where to ask what came of a signpost."""

    id: UUID
    pcn_code: str
    need: codes.Need
    listing_id: UUID | None
    channel: codes.EchoChannel
    address: str


def make_router(door: Door) -> APIRouter:
    """Make the routes of signposting."""
    router = APIRouter(tags=["signposts"])
    _add_signposts(router, door)
    _add_echoes(router, door)
    return router


def _add_signposts(router: APIRouter, door: Door) -> None:
    @router.post(
        "/signposts",
        status_code=201,
        summary="Log a signpost",
        responses={201: {"model": SignpostMade}},
        **described(example=_SIGNPOST, **_NAVIGATOR),
    )
    async def log(request: Request, caller: Anyone, keyed: Keyed, body: NewSignpost) -> Response:
        """Log that somebody was told where to turn. It is no referral and names nobody.

        Those who agree are asked after two weeks whether they got there.
        """
        acting = await door.acting(
            request, caller, practices=[body.practice_code], origin=body.origin
        )
        acting.check_origin()

        async def write(connection: Any) -> Outcome:
            return await use_cases.log_signpost(connection, acting, body)

        return await door.create(
            acting, keyed, write, location=lambda _: "/signposts", whole_pcn=True
        )

    @router.get("/signposts", summary="List signposts", responses={200: {"model": SignpostPage}})
    async def list_all(request: Request, caller: Anyone, page: Page) -> Response:
        """List the signposts of your network, or of your practice, the latest logged first."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await use_cases.list_signposts(
                connection, acting, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = log, list_all


def _add_echoes(router: APIRouter, door: Door) -> None:
    @router.post(
        "/signposts/{signpost_id}/echo-answer",
        status_code=201,
        summary="Say what came of a signpost",
        responses={201: {"model": EchoHeard}},
        **described(example=_ECHO, **_NAVIGATOR),
    )
    async def hear(
        request: Request,
        caller: AnyoneOrService,
        signpost_id: UUID,
        keyed: Keyed,
        body: EchoAnswer,
    ) -> Response:
        """Say whether they got there. It can be said once; their address is forgotten with it."""
        acting = await door.acting(request, caller, origin=body.origin)
        acting.check_origin()

        async def write(connection: Any) -> Outcome:
            return await use_cases.hear_echo(connection, acting, signpost_id, body)

        return await door.create(
            acting, keyed, write, location=lambda _: "/signposts", whole_pcn=True
        )

    @router.get(
        "/internal/signposts/{signpost_id}/echo",
        summary="Where to ask what came of a signpost",
        responses={200: {"model": EchoAddress}},
        tags=["internal"],
    )
    async def echo_address(request: Request, caller: AService, signpost_id: UUID) -> Response:
        """Give the address while somebody is to be asked; afterwards there is nothing here."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await use_cases.view_echo_address(connection, acting, signpost_id)
        return answer(shown)

    _ = hear, echo_address
