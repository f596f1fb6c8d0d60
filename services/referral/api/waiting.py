"""Waiting: the list with its reasons, both clocks, pauses, and a network's own days."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES
from services.referral.api import waiting_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.triage import HelpingRole
from services.referral.commands.waiting import FirstContactTarget, NewClosure, NewPause, PauseEnd
from services.referral.use_cases import calendar
from services.referral.use_cases.waiting import pause_wait, resume_wait
from services.referral.views.waiting import (
    list_days_closed,
    list_waiting,
    place_of,
    view_wait,
)

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Manager = Annotated[Caller, Depends(require("pcn-manager"))]
Reason = Annotated[str | None, Depends(reason_header)]
OfRole = Annotated[HelpingRole | None, Query(description="The role chosen last to help.")]

_MANAGER: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}
_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_PAUSE: Final[dict[str, Any]] = {"reason": "person-away"}
_TARGET: Final[dict[str, Any]] = {"first_contact_working_days": 10}
_CLOSURE: Final[dict[str, Any]] = {"reason": "training"}


def make_router(door: Door) -> APIRouter:
    """Make the routes of waiting."""
    router = APIRouter(tags=["waiting"])
    _add_lists(router, door)
    _add_pauses(router, door)
    _add_rules(router, door)
    _add_closures(router, door)
    return router


def _add_lists(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/waiting-list",
        summary="List who waits",
        responses={200: {"model": answers.WaitPage}},
    )
    async def waiting_list(
        request: Request, caller: OfPcn, pcn_code: PcnCode, page: Page, role: OfRole = None
    ) -> Response:
        """List who waits for a first contact, who comes next first, each with the reasons.

        With `role`, those for whom that role was chosen to help.
        """
        acting = await door.acting(request, caller)
        after = (int(page.after[0] or 0), UUID(str(page.after[1]))) if page.after else None
        async with door.transaction(acting) as connection:
            shown = await list_waiting(
                connection, acting, pcn_code, role=role, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(shown, key=place_of))

    @router.get(
        "/referrals/{referral_id}/waiting",
        summary="Show a wait by both clocks",
        responses={200: {"model": answers.WaitShown}},
    )
    async def show_wait(
        request: Request, caller: OfPcn, referral_id: UUID, reason: Reason
    ) -> Response:
        """Show how long the person waits, what the service counts, and why they differ."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await view_wait(connection, acting, referral_id)
        return answer(shown)

    _ = waiting_list, show_wait


def _add_pauses(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/pauses",
        status_code=201,
        summary="Pause the service's clock",
        responses={201: {"model": answers.WaitMoved}},
        **described(example=_PAUSE, **_WORKER),
    )
    async def pause(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewPause,
        reason: Reason,
    ) -> Response:
        """Say why nobody is meant to contact the person for now. They may see the reason."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: pause_wait(connection, acting, referral_id, body),
            location=lambda _: f"/referrals/{referral_id}/waiting",
        )

    @router.post(
        "/referrals/{referral_id}/pauses/{pause_id}/end",
        summary="End a pause",
        responses={200: {"model": answers.WaitMoved}},
        **described(example={}, **_WORKER),
    )
    async def resume(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        pause_id: UUID,
        keyed: Keyed,
        body: PauseEnd,
        reason: Reason,
    ) -> Response:
        """Let the service's clock go on. The first contact is due as many working days later."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: resume_wait(connection, acting, referral_id, pause_id, body),
            location=lambda _: f"/referrals/{referral_id}/waiting",
        )

    _ = pause, resume


def _add_rules(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/waiting-rules",
        summary="Show by which rules people wait",
        responses={200: {"model": answers.WaitingRules}},
    )
    async def show_rules(request: Request, caller: OfPcn, pcn_code: PcnCode) -> Response:
        """Show the target for first contacts, the calendar, and what the order weighs."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await calendar.view_rules(connection, acting, pcn_code)
        return answer(shown, version=shown["version"])

    @router.put(
        "/pcns/{pcn_code}/waiting-rules",
        summary="Set the target for first contacts",
        responses={200: {"model": answers.WaitingRules}},
        **described(example=_TARGET, **_MANAGER),
    )
    async def set_target(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        expected_version: ExpectedVersion,
        body: FirstContactTarget,
    ) -> Response:
        """Say within how many working days you mean to speak with somebody first.

        It holds for those referred from now on.
        """
        acting = await door.acting(request, caller)
        return await door.change(
            acting,
            lambda connection: calendar.set_target(
                connection, acting, pcn_code, expected_version, body
            ),
        )

    _ = show_rules, set_target


def _add_closures(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/closures",
        summary="List the days on which a network does not work",
        responses={200: {"model": answers.ClosurePage}},
    )
    async def closures(request: Request, caller: OfPcn, pcn_code: PcnCode, page: Page) -> Response:
        """List the days beside weekends and bank holidays on which nobody works."""
        acting = await door.acting(request, caller)
        after = date.fromisoformat(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_days_closed(
                connection, acting, pcn_code, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (row["day"].isoformat(),), item=dict))

    @router.put(
        "/pcns/{pcn_code}/closures/{day}",
        summary="Close on a day",
        responses={200: {"model": answers.ClosureMoved}},
        **described(example=_CLOSURE, **_MANAGER),
    )
    async def close_on(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        day: date,
        expected_version: ExpectedVersion,
        body: NewClosure,
    ) -> Response:
        """Say that nobody works on a day. What falls due moves with it.

        `If-Match` takes the version of the waiting rules.
        """
        acting = await door.acting(request, caller)
        return await door.change(
            acting,
            lambda connection: calendar.set_closure(
                connection, acting, pcn_code, day, expected_version, body
            ),
        )

    @router.delete(
        "/pcns/{pcn_code}/closures/{day}",
        summary="Open on a day after all",
        responses={200: {"model": answers.ClosureMoved}},
    )
    async def open_on(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        day: date,
        expected_version: ExpectedVersion,
    ) -> Response:
        """Say that you work on a day on which you meant not to. What falls due moves with it."""
        acting = await door.acting(request, caller)
        return await door.change(
            acting,
            lambda connection: calendar.lift_closure(
                connection, acting, pcn_code, day, expected_version
            ),
        )

    _ = closures, close_on, open_on
