"""The open door for people who refer themselves, and the network's list of what came in there.

Promise    Whatever is answered, and also where it is refused, says where to turn in a crisis.
Price      The pace is kept by each process for itself, by the address that the request came from:
           behind a proxy that is the proxy's, unless it hands the address on.
"""

import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.access.pace import Pace
from chassis.access.requirement import anyone
from chassis.refusals import Refusal
from chassis.web.openapi import described
from chassis.web.pages import Page
from chassis.web.problems import (
    ProblemResponse,
    on_http_exception,
    on_invalid_request,
    on_refusal,
)
from contracts import codes
from services.referral.acting import PCN_ROLES
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.api.safety_answers import CrisisHelp
from services.referral.commands import PersonFields
from services.referral.commands.self_referrals import NewSelfReferral, SelfReferralCheck
from services.referral.domain.safety import crisis_help
from services.referral.use_cases.self_referrals import (
    NOBODY,
    at_the_door,
    check_self_referral,
    refer_oneself,
)
from services.referral.views.self_referrals import list_to_check

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]
Anybody = Annotated[None, Depends(anyone())]

REQUESTS_PER_SECOND_MAX: Final = 1  # of one address, in one process
REQUESTS_AT_ONCE_MAX: Final = 10

EXAMPLE: Any = {
    "practice_code": "Y99001",
    "person": {
        "given_name": "Ada",
        "family_name": "Example",
        "birth_date": "1951-04-12",
        "postcode": "ZZ1 1AA",
        "phone": "07700 900123",
        "preferred_channel": "phone",
    },
    "needs": ["isolation"],
    "words": "I would like some company in the week.",
    "messages_consented": True,
    "safe_channel": "phone",
}


class SelfReferralTaken(Told):
    """It came in. The receipt says nothing of anybody."""

    receipt: UUID
    crisis: CrisisHelp


class SelfReferralListed(Told):
    """What came in at the open door, until somebody has checked who it is."""

    id: UUID
    pcn_code: str
    practice_code: str
    referral_id: UUID | None
    person_id: UUID | None
    entered_person: bool = Field(description="True: a new record, which may be a second one.")
    problem: str | None = Field(description="Why no referral was made.")
    messages_consented: bool = Field(description="What the person wishes.")
    safe_channel: codes.SafeChannel
    version: int
    recorded_at: datetime
    needs: list[codes.Need] | None = Field(
        description="This and the next three only where no referral was made; else they are there."
    )
    words: str | None
    dangers: list[codes.Danger] | None
    described: PersonFields | None = Field(description="The person as they described themselves.")


class SelfReferralPage(Told):
    """A page of what is to be checked, the longest waiting first."""

    items: list[SelfReferralListed]
    next: str | None


class SelfReferralWasChecked(Told):
    """Who it is was found out."""

    id: UUID
    pcn_code: str
    practice_code: str
    referral_id: UUID | None
    person_id: UUID | None
    checked_at: datetime
    version: int
    event_id: UUID | None


class WithCrisisHelp(APIRoute):
    """A route whose refusals say where to turn in a crisis, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Handle a request, and whatever is refused."""
        handle = super().get_route_handler()

        async def handle_with_help(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refused:
                return _with_help(await on_refusal(request, refused))
            except RequestValidationError as broken:
                return _with_help(await on_invalid_request(request, broken))
            except HTTPException as refused:
                return _with_help(await on_http_exception(request, refused))

        return handle_with_help


def make_router(door: Door) -> APIRouter:
    """Make the open door and what the network does about it."""
    router = APIRouter(tags=["self-referrals"])
    router.include_router(_open_door(door))
    _checking(router, door)
    return router


def _open_door(door: Door) -> APIRouter:
    router = APIRouter(route_class=WithCrisisHelp)
    pace = Pace(REQUESTS_PER_SECOND_MAX, REQUESTS_AT_ONCE_MAX)

    @router.post(
        "/self-referrals",
        status_code=202,
        summary="Ask for support for yourself",
        responses={202: {"model": SelfReferralTaken}},
        **described(example=EXAMPLE, demo_role="anyone"),
    )
    async def refer(request: Request, _anybody: Anybody, body: NewSelfReferral) -> Response:
        """Ask for support for yourself, without signing in.

        Somebody of your practice's network gets in touch. The answer says nothing about what is on
        record, and always where to turn if you cannot wait.
        """
        pace.check(request.client.host if request.client else "")
        acting = await door.acting(request, NOBODY, practices=[body.practice_code])
        acting = at_the_door(acting, body)
        async with door.transaction(acting) as connection:
            taken = await refer_oneself(connection, acting, body)
        return answer({**taken, "crisis": crisis_help()}, status=202)

    _ = refer
    return router


def _checking(router: APIRouter, door: Door) -> None:
    @router.get(
        "/self-referrals",
        summary="List self-referrals to check",
        responses={200: {"model": SelfReferralPage}},
    )
    async def list_all(request: Request, caller: OfPcn, page: Page) -> Response:
        """List what came in at the open door and nobody has checked, the longest waiting first."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_to_check(connection, acting, after=after, limit=page.limit_and_one)
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.post(
        "/self-referrals/{self_referral_id}/check",
        summary="Say who referred themselves",
        responses={200: {"model": SelfReferralWasChecked}},
        **described(
            example={"take_wishes": True}, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def check(
        request: Request,
        caller: OfPcn,
        self_referral_id: UUID,
        body: SelfReferralCheck,
        reason: Reason,
    ) -> Response:
        """Note that you spoke with them; name another record of theirs and the two are merged."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.change(
            acting,
            lambda connection: check_self_referral(connection, acting, self_referral_id, body),
        )

    _ = list_all, check


def _with_help(refused: Response) -> Response:
    told = {**json.loads(bytes(refused.body)), "crisis": crisis_help()}
    headers = {
        name: text
        for name, text in refused.headers.items()
        if name not in {"content-length", "content-type"}
    }
    return ProblemResponse(
        json.dumps(told, ensure_ascii=False), status_code=refused.status_code, headers=headers
    )
