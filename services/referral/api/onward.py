"""Onward referrals: send a person on, say what happened next, answer as the listing's provider."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api import onward_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.onward import (
    NewOnwardReferral,
    NewPlacementFailure,
    OnwardAnswer,
    OnwardStep,
)
from services.referral.use_cases.onward import (
    answer_as_provider,
    begin_onward_referral,
    take_step,
)
from services.referral.use_cases.placements import record_placement_failure
from services.referral.views import onward as views

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Provider = Annotated[Caller, Depends(require("provider"))]
Reason = Annotated[str | None, Depends(reason_header)]
OnlyOpen = Annotated[bool, Query(description="Only those that have not ended.")]

_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_ONWARD: Final[dict[str, Any]] = {
    "listing_id": "01980000-0000-7000-8000-0000000000ac",
    "need": "isolation",
    "shares_contact": True,
    "shared_note": "Would like to come on Thursdays and uses a walking stick.",
    "note": "Has agreed to the words above.",
}
_STEP: Final[dict[str, Any]] = {
    "step": "passed-on",
    "passed_to": "provider",
    "note": "Rang the group; they will call back on Monday.",
}
_ANSWER: Final[dict[str, Any]] = {"answer": "accepted"}
_FAILURE: Final[dict[str, Any]] = {"need": "isolation", "reason": "nothing-suitable"}


def make_router(door: Door) -> APIRouter:
    """Make the routes of onward referrals."""
    router = APIRouter(tags=["onward referrals"])
    _add_sending(router, door)
    _add_steps(router, door)
    _add_provider(router, door)
    return router


def _add_sending(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/onward-referrals",
        status_code=201,
        summary="Send a person on to a listing",
        responses={201: {"model": answers.OnwardMoved}},
        **described(example=_ONWARD, **_WORKER),
    )
    async def send_on(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewOnwardReferral,
        reason: Reason,
    ) -> Response:
        """Send a person on to a listing, or write that down as a draft.

        The provider then has the next move. That nobody answers never ends it.
        """
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        acting.check_origin()

        async def begin(connection: Any) -> Outcome:
            return await begin_onward_referral(connection, acting, referral_id, body)

        return await door.create(acting, keyed, begin, location=_location)

    @router.get(
        "/referrals/{referral_id}/onward-referrals",
        summary="List where a person was sent on to",
        responses={200: {"model": answers.OnwardPage}},
    )
    async def list_onward(
        request: Request, caller: OfPcn, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the onward referrals of the referral's episode of support, the oldest first."""
        acting = await door.acting(request, caller, reason=reason)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await views.list_of_referral(
                connection, acting, referral_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.post(
        "/referrals/{referral_id}/placement-failures",
        status_code=201,
        summary="Say that no place was found",
        responses={201: {"model": answers.PlacementFailureRecorded}},
        **described(example=_FAILURE, **_WORKER),
    )
    async def record_failure(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewPlacementFailure,
        reason: Reason,
    ) -> Response:
        """Say that nothing could take the person for a need, so that what is missing is known."""
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        acting.check_origin()

        async def record(connection: Any) -> Outcome:
            return await record_placement_failure(connection, acting, referral_id, body)

        return await door.create(
            acting, keyed, record, location=lambda _: f"/referrals/{referral_id}"
        )

    _ = send_on, list_onward, record_failure


def _add_steps(router: APIRouter, door: Door) -> None:
    @router.get(
        "/onward-referrals/{onward_referral_id}",
        summary="Open an onward referral",
        responses={200: {"model": answers.OnwardShown}},
    )
    async def open_onward(
        request: Request, caller: OfPcn, onward_referral_id: UUID, reason: Reason
    ) -> Response:
        """Show who has the next move, and every step that led there."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await views.view_onward_referral(connection, acting, onward_referral_id)
        return answer(shown, version=shown["version"])

    @router.post(
        "/onward-referrals/{onward_referral_id}/steps",
        status_code=201,
        summary="Say what happened next",
        responses={201: {"model": answers.OnwardMoved}},
        **described(example=_STEP, **_WORKER),
    )
    async def step(
        request: Request,
        caller: OfPcn,
        onward_referral_id: UUID,
        keyed: Keyed,
        expected_version: ExpectedVersion,
        body: OnwardStep,
        reason: Reason,
    ) -> Response:
        """Enter a step: what the provider or the person told you, or what you did.

        `passed-on` gives the next move back to somebody. Endings are attended, refused, declined
        by the person, unreachable and withdrawn; that nobody answered is none of them.
        """
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        acting.check_origin()

        async def take(connection: Any) -> Outcome:
            return await take_step(connection, acting, onward_referral_id, body, expected_version)

        return await door.create(acting, keyed, take, location=_location)

    _ = open_onward, step


def _add_provider(router: APIRouter, door: Door) -> None:
    @router.get(
        "/onward-referrals",
        summary="List who was sent on to your listings",
        responses={200: {"model": answers.ProviderPage}},
    )
    async def list_own(
        request: Request, caller: Provider, page: Page, *, only_open: OnlyOpen = True
    ) -> Response:
        """List the onward referrals to your organisation's listings, the latest first.

        Of the person you see what they agreed to share with you.
        """
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await views.list_of_provider(
                connection, acting, after=after, only_open=only_open, limit=page.limit_and_one
            )
        shown_rows = rows[: page.limit]
        networks = sorted({row["pcn_code"] for row in shown_rows})
        async with door.transaction(acting, also=networks) as connection:
            shown = await views.show_to_provider(connection, acting, shown_rows)
        told = page.answer(rows, key=lambda row: (str(row["id"]),))
        return answer({"items": shown, "next": told["next"]})

    @router.post(
        "/onward-referrals/{onward_referral_id}/answer",
        status_code=201,
        summary="Answer as the provider of the listing",
        responses={201: {"model": answers.OnwardStepTaken}},
        **described(example=_ANSWER, demo_role="provider"),
    )
    async def answer_for_listing(
        request: Request,
        caller: Provider,
        onward_referral_id: UUID,
        keyed: Keyed,
        body: OnwardAnswer,
    ) -> Response:
        """Say whether you take the person, whether they came, or until when you are full."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            whose = await views.whose(connection, onward_referral_id)

        async def take(connection: Any) -> Outcome:
            return await answer_as_provider(connection, acting, onward_referral_id, body)

        return await door.create(
            acting,
            keyed,
            take,
            location=lambda _: "/onward-referrals",
            also=[whose.pcn_code],
        )

    _ = list_own, answer_for_listing


def _location(made: Any) -> str:
    return f"/onward-referrals/{made['id']}"
