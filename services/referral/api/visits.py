"""Home visits: planned, begun, ended, and the list of workers who have not come out in time."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, Acting, Outcome
from services.referral.api.answers import OfReferral, Told
from services.referral.api.door import Door, answer
from services.referral.commands.visits import NewVisit, VisitExtension, VisitStep
from services.referral.use_cases.visits import (
    cancel_visit,
    check_in,
    check_out,
    extend_visit,
    plan_visit,
)
from services.referral.views.visits import list_overdue, list_visits, view_visit

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]

VISIT: Final[dict[str, Any]] = {"expected_minutes": 60, "note": "Ring twice; the bell is faint."}
EXTENSION: Final[dict[str, Any]] = {"minutes": 30}


class VisitMoved(OfReferral):
    """A visit as it now stands."""

    worker_id: UUID
    planned_for: datetime
    expected_minutes: int
    status: codes.VisitStatus
    checked_in_at: datetime | None
    due_back_at: datetime | None = Field(description="When somebody is alarmed.")
    checked_out_at: datetime | None
    begin_by: datetime | None = Field(description="When it is listed unless somebody checked in.")


class RiskFlagShown(Told):
    """What somebody who travels to the person must know."""

    id: UUID
    kind: str
    note: str | None
    raised_by: UUID | None
    raised_at: datetime
    review_by: date
    reviewed_at: datetime | None
    brought_from: str | None = Field(
        description="The network that raised it, where it came along by a handover."
    )


class VisitListed(Told):
    """A visit of the episode."""

    id: UUID
    referral_id: UUID
    worker_id: UUID
    planned_for: datetime
    expected_minutes: int
    note: str | None
    status: codes.VisitStatus
    checked_in_at: datetime | None
    due_back_at: datetime | None
    checked_out_at: datetime | None
    alarm_id: UUID | None = Field(description="The latest alarm that was raised, if one was.")
    version: int
    overdue: bool


class VisitShown(VisitListed):
    """A visit, with what must be known before anybody travels."""

    pcn_code: str
    practice_code: str
    episode_id: UUID
    person_id: UUID = Field(description="Their record holds the address.")
    risk_flags: list[RiskFlagShown]


class VisitPage(Told):
    """A page of the episode's visits, in the order in which they were planned."""

    items: list[VisitListed]
    next: str | None


class OverdueVisit(Told):
    """A visit that should have been begun, or somebody who should have checked out."""

    id: UUID
    pcn_code: str
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    worker_id: UUID
    overdue_to: Literal["begin", "end"] = Field(
        description="`begin`: nobody checked in at the door. `end`: nobody checked out."
    )
    overdue_since: datetime
    planned_for: datetime
    checked_in_at: datetime | None
    due_back_at: datetime | None
    alarm_id: UUID | None
    version: int
    minutes_overdue: int


class OverduePage(Told):
    """A page of what is overdue to begin or to end, the longest overdue first."""

    items: list[OverdueVisit]
    next: str | None


def make_router(door: Door) -> APIRouter:
    """Make the routes on home visits."""
    router = APIRouter(tags=["visits"])
    _add_plans(router, door)
    _add_steps(router, door)

    @router.get(
        "/visits/{visit_id}",
        summary="Show a visit and the risks of going",
        responses={200: {"model": VisitShown}},
    )
    async def visit(request: Request, caller: OfPcn, visit_id: UUID, reason: Reason) -> Response:
        """Show a visit, with every risk flag that stands for the person. Read it before you go."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await view_visit(connection, acting, visit_id)
        return answer(shown, version=shown["version"])

    @router.get(
        "/pcns/{pcn_code}/visits/overdue",
        summary="List who has not gone in or come out in time",
        responses={200: {"model": OverduePage}},
    )
    async def overdue(
        request: Request, caller: OfPcn, pcn_code: PcnCode, page: Page, reason: Reason
    ) -> Response:
        """List visits nobody began in time, and workers who should have checked out by now."""
        acting = await door.acting(request, caller, reason=reason)
        after = None
        if page.after:
            after = datetime.fromisoformat(str(page.after[0])), UUID(str(page.after[1]))
        async with door.transaction(acting) as connection:
            rows = await list_overdue(
                connection, acting, pcn_code, after=after, limit=page.limit_and_one
            )
        return answer(
            page.answer(
                rows, key=lambda row: (row["overdue_since"].isoformat(), str(row["id"])), item=dict
            )
        )

    _ = visit, overdue
    return router


def _add_plans(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/visits",
        status_code=201,
        summary="Plan a home visit",
        responses={201: {"model": VisitMoved}},
        **described(example=VISIT, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def plan(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewVisit,
        reason: Reason,
    ) -> Response:
        """Plan to visit the person at the address on their record."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await plan_visit(connection, acting, referral_id, body)

        return await door.create(
            acting, keyed, record, location=lambda made: f"/visits/{made['id']}"
        )

    @router.get(
        "/referrals/{referral_id}/visits",
        summary="List visits",
        responses={200: {"model": VisitPage}},
    )
    async def visits(
        request: Request, caller: OfPcn, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the visits of the referral's episode of support."""
        acting = await door.acting(request, caller, reason=reason)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_visits(
                connection, acting, referral_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = plan, visits


_Step = Callable[[Any, Acting, UUID, VisitStep], Awaitable[Outcome]]
_STEPS: Final[tuple[tuple[str, str, str, _Step], ...]] = (
    (
        "check-in",
        "Check in at the door",
        "Say that you are at the door. Somebody is alarmed unless you check out in time.",
        check_in,
    ),
    ("check-out", "Check out", "Say that you have left and are safe.", check_out),
    ("cancellation", "Cancel a visit", "Say that a planned visit does not happen.", cancel_visit),
)


def _add_steps(router: APIRouter, door: Door) -> None:
    for name, summary, description, take in _STEPS:
        router.add_api_route(
            f"/visits/{{visit_id}}/{name}",
            _taking(door, take),
            methods=["POST"],
            name=name,
            summary=summary,
            description=description,
            responses={200: {"model": VisitMoved}},
            **described(example={}, demo_role="link-worker", demo_organisation="U99001"),
        )

    @router.post(
        "/visits/{visit_id}/extension",
        summary="Say that a visit takes longer",
        responses={200: {"model": VisitMoved}},
        **described(example=EXTENSION, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def extend(
        request: Request,
        caller: OfPcn,
        visit_id: UUID,
        keyed: Keyed,
        body: VisitExtension,
        reason: Reason,
    ) -> Response:
        """Say how much longer the visit takes from now; the alarm waits accordingly."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await extend_visit(connection, acting, visit_id, body)

        return await door.create(acting, keyed, record, location=lambda _: f"/visits/{visit_id}")

    _ = extend


def _taking(door: Door, take: _Step) -> Callable[..., Awaitable[Response]]:
    async def step(
        request: Request,
        caller: OfPcn,
        visit_id: UUID,
        keyed: Keyed,
        body: VisitStep,
        reason: Reason,
    ) -> Response:
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await take(connection, acting, visit_id, body)

        return await door.create(acting, keyed, record, location=lambda _: f"/visits/{visit_id}")

    return step
