"""Who works with whom: caseloads, one episode at a time, and whole caseloads."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES
from services.referral.api import allocation_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.allocation import NewComplexity, NewReallocation, NewWorker
from services.referral.use_cases.allocation import assign_worker, change_complexity
from services.referral.use_cases.reallocation import begin_reallocation, view_reallocation
from services.referral.views.allocation import list_caseloads, view_worker

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Manager = Annotated[Caller, Depends(require("pcn-manager"))]
Reason = Annotated[str | None, Depends(reason_header)]

_MANAGER: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}
_OF_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_COMPLEXITY: Final[dict[str, Any]] = {"complexity": "high"}
_REALLOCATION: Final[dict[str, Any]] = {"reason": "left"}


def make_router(door: Door) -> APIRouter:
    """Make the routes of who works with whom."""
    router = APIRouter(tags=["allocation"])
    _add_worker(router, door)
    _add_caseloads(router, door)
    _add_reallocations(router, door)
    return router


def _add_worker(router: APIRouter, door: Door) -> None:
    @router.get(
        "/referrals/{referral_id}/worker",
        summary="Show who works with the person",
        responses={200: {"model": answers.WorkerShown}},
    )
    async def show_worker(
        request: Request, caller: OfPcn, referral_id: UUID, reason: Reason
    ) -> Response:
        """Show whose the episode is, and who has the least load to take it on."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await view_worker(connection, acting, referral_id)
        return answer(shown, version=shown["version"])

    @router.put(
        "/referrals/{referral_id}/worker",
        summary="Assign a worker",
        responses={200: {"model": answers.WorkerChanged}},
        **described(example={}, **_OF_WORKER),
    )
    async def assign(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        expected_version: ExpectedVersion,
        body: NewWorker,
        reason: Reason,
    ) -> Response:
        """Say whose the episode is. A manager names anybody of the network, a worker themselves.

        Somebody of another role than the one that was chosen takes a reason.
        """
        acting = await door.acting(request, caller, reason=reason)
        return await door.change(
            acting,
            lambda connection: assign_worker(
                connection, acting, referral_id, expected_version, body
            ),
        )

    @router.put(
        "/referrals/{referral_id}/complexity",
        summary="Say how complex it is",
        responses={200: {"model": answers.WorkerChanged}},
        **described(example=_COMPLEXITY, **_MANAGER),
    )
    async def complexity(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        expected_version: ExpectedVersion,
        body: NewComplexity,
        reason: Reason,
    ) -> Response:
        """Say how much work the episode is; the caseload counts it so."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.change(
            acting,
            lambda connection: change_complexity(
                connection, acting, referral_id, expected_version, body
            ),
        )

    _ = show_worker, assign, complexity


def _add_caseloads(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/caseloads",
        summary="List caseloads",
        responses={200: {"model": answers.CaseloadPage}},
    )
    async def caseloads(request: Request, caller: OfPcn, pcn_code: PcnCode, page: Page) -> Response:
        """List what each worker has in hand and took on within a year, and who is nearly full.

        A manager sees everybody, a worker their own.
        """
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            shown = await list_caseloads(
                connection, acting, pcn_code, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(shown, key=lambda one: (str(one["worker_id"]),)))

    _ = caseloads


def _add_reallocations(router: APIRouter, door: Door) -> None:
    @router.post(
        "/pcns/{pcn_code}/workers/{worker_id}/reallocations",
        status_code=201,
        summary="Reallocate a caseload",
        responses={201: {"model": answers.ReallocationShown}},
        **described(example=_REALLOCATION, **_MANAGER),
    )
    async def reallocate(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        worker_id: UUID,
        keyed: Keyed,
        body: NewReallocation,
    ) -> Response:
        """Move every open episode of a worker to others, whoever has the least load first.

        Without names it goes to those of the same role, and each episode to the role that was
        chosen for it, as far as somebody of these has it.
        It goes on after this answer, in batches; look at it again to see how far it is.
        """
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: begin_reallocation(connection, acting, pcn_code, worker_id, body),
            location=lambda made: f"/pcns/{pcn_code}/reallocations/{made['id']}",
        )

    @router.get(
        "/pcns/{pcn_code}/reallocations/{reallocation_id}",
        summary="Show how far a reallocation is",
        responses={200: {"model": answers.ReallocationShown}},
    )
    async def show_reallocation(
        request: Request, caller: Manager, pcn_code: PcnCode, reallocation_id: UUID
    ) -> Response:
        """Show how many were moved and how many are still to be."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await view_reallocation(connection, acting, pcn_code, reallocation_id)
        return answer(shown, version=shown["version"])

    _ = reallocate, show_reallocation
