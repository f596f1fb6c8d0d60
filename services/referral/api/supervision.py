"""Supervision and training: what workers had, and what they are due."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.web.etags import ExpectedVersion
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.commands.supervision import (
    HadVoiding,
    NewIntervals,
    NewSupervision,
    NewTraining,
)
from services.referral.use_cases.supervision import (
    record_supervision,
    record_training,
    void_record,
)
from services.referral.use_cases.supervision_intervals import set_intervals, view_intervals
from services.referral.views import supervision as views

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Manager = Annotated[Caller, Depends(require("pcn-manager"))]
Anyone = Annotated[Caller, Depends(require(*PCN_ROLES, *PRACTICE_ROLES))]

_MANAGER: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}
_SUPERVISION: Final[dict[str, Any]] = {"supervision": "clinical", "minutes": 60}
_INTERVALS: Final[dict[str, Any]] = {
    "intervals": [
        {"role": "link-worker", "kind": "supervision", "what": "clinical", "every_weeks": 6}
    ]
}
_VOIDING: Final[dict[str, Any]] = {"reason": "mistyped"}
_TRAINING: Final[dict[str, Any]] = {"topic": "local-resources", "minutes": 120}


class OwedShown(Told):
    """One thing a worker is entitled to, and how it stands."""

    kind: Literal["supervision", "training"]
    what: str
    every_weeks: int
    last_on: date | None
    next_by: date | None
    state: Literal["done", "due", "overdue", "never"] = Field(
        description="Due within two weeks; never: nothing was recorded."
    )


class WorkerSupervised(Told):
    """A worker with what they are entitled to. The directory knows the name."""

    worker_id: UUID
    pcn_code: str
    roles: list[codes.WorkerRole]
    owed: list[OwedShown]


class SupervisionPage(Told):
    """A page of a network's workers."""

    items: list[WorkerSupervised]
    next: str | None


class HadTold(Told):
    """What a worker had, and by when the next is due."""

    id: UUID
    pcn_code: str
    worker_id: UUID
    kind: Literal["supervision", "training"]
    what: str
    minutes: int | None
    last_on: date
    next_by: date | None = Field(description="Null where the role names none.")
    was_overdue: bool
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class HadShown(Told):
    """One thing a worker had."""

    id: UUID
    pcn_code: str
    worker_id: UUID
    kind: Literal["supervision", "training"]
    what: str
    minutes: int | None
    note: str | None
    recorded_by: UUID | None
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime
    voided_at: datetime | None = Field(description="When it became known that it was not so.")
    void_reason: codes.CorrectionReason | None


class HadNotTold(Told):
    """What a worker did not have after all, and by when the next is due by what stands."""

    id: UUID
    pcn_code: str
    worker_id: UUID
    kind: Literal["supervision", "training"]
    what: str
    last_on: date | None
    next_by: date | None
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class HadPage(Told):
    """A page of what a worker had, the latest entered first."""

    items: list[HadShown]
    next: str | None


class IntervalShown(Told):
    """How often everybody in a role has something here."""

    role: codes.WorkerRole
    kind: Literal["supervision", "training"]
    what: str
    every_weeks: int
    said_by: Literal["network", "role"] = Field(
        description="`network`: set here. `role`: from the network's catalogue of roles."
    )


class IntervalsShown(Told):
    """How often a network's workers have what."""

    pcn_code: str
    version: int
    intervals: list[IntervalShown]


class IntervalsSet(IntervalsShown):
    """How often from now on, and how much that moved."""

    moved: int = Field(description="How many days by which something is due moved.")
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


def make_router(door: Door) -> APIRouter:
    """Make the routes of supervision and training."""
    router = APIRouter(tags=["supervision"])
    _add_recording(router, door)
    _add_intervals(router, door)
    _add_reading(router, door)
    return router


def _add_recording(router: APIRouter, door: Door) -> None:
    @router.post(
        "/workers/{worker_id}/supervisions",
        status_code=201,
        summary="Write down supervision a worker had",
        responses={201: {"model": HadTold}},
        **described(example=_SUPERVISION, **_MANAGER),
    )
    async def supervised(
        request: Request, caller: Anyone, worker_id: UUID, keyed: Keyed, body: NewSupervision
    ) -> Response:
        """Write down supervision that you or a worker of your network had."""
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: record_supervision(connection, acting, worker_id, body),
            location=_location,
            whole_pcn=True,
        )

    @router.post(
        "/workers/{worker_id}/trainings",
        status_code=201,
        summary="Write down training a worker completed",
        responses={201: {"model": HadTold}},
        **described(example=_TRAINING, **_MANAGER),
    )
    async def trained(
        request: Request, caller: Anyone, worker_id: UUID, keyed: Keyed, body: NewTraining
    ) -> Response:
        """Write down training that you or a worker of your network completed."""
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: record_training(connection, acting, worker_id, body),
            location=_location,
            whole_pcn=True,
        )

    @router.post(
        "/workers/{worker_id}/supervisions/{record_id}/voiding",
        status_code=201,
        summary="Say that a worker did not have something after all",
        responses={201: {"model": HadNotTold}},
        **described(example=_VOIDING, **_MANAGER),
    )
    async def voided(
        request: Request,
        caller: Anyone,
        worker_id: UUID,
        record_id: UUID,
        keyed: Keyed,
        body: HadVoiding,
    ) -> Response:
        """Put aside supervision or training that was not so; what is due follows what stands."""
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: void_record(connection, acting, worker_id, record_id, body),
            location=_location,
            whole_pcn=True,
        )

    _ = supervised, trained, voided


def _add_intervals(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/supervision-intervals",
        summary="Show how often workers have supervision and training",
        responses={200: {"model": IntervalsShown}},
    )
    async def intervals(request: Request, caller: OfPcn, pcn_code: PcnCode) -> Response:
        """Show how often each role has what, and whether the network or its catalogue says so."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await view_intervals(connection, acting, pcn_code)
        return answer(shown, version=shown["version"])

    @router.put(
        "/pcns/{pcn_code}/supervision-intervals",
        summary="Set how often workers have supervision and training",
        responses={200: {"model": IntervalsSet}},
        **described(example=_INTERVALS, **_MANAGER),
    )
    async def change_intervals(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        expected_version: ExpectedVersion,
        body: NewIntervals,
    ) -> Response:
        """Set how often, in place of what was set before; what is left out follows the catalogue.

        What is due moves with it.
        """
        acting = await door.acting(request, caller)
        return await door.change(
            acting,
            lambda connection: set_intervals(connection, acting, pcn_code, expected_version, body),
        )

    _ = intervals, change_intervals


def _add_reading(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/supervision",
        summary="Show what supervision and training is done, due and overdue",
        responses={200: {"model": SupervisionPage}},
    )
    async def supervision(
        request: Request, caller: Anyone, pcn_code: PcnCode, page: Page
    ) -> Response:
        """Show what each worker is entitled to by their roles. A worker sees themselves alone."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting, whole_pcn=True) as connection:
            rows = await views.list_supervision(
                connection, acting, pcn_code, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["worker_id"]),), item=dict))

    @router.get(
        "/workers/{worker_id}/supervisions",
        summary="List the supervision and training a worker had",
        responses={200: {"model": HadPage}},
    )
    async def records(
        request: Request,
        caller: Anyone,
        worker_id: UUID,
        page: Page,
        pcn_code: Annotated[
            PcnCode | None, Query(description="In this network alone; left out, in all you share.")
        ] = None,
    ) -> Response:
        """List what you, or a worker of the network you manage, had."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting, whole_pcn=True) as connection:
            rows = await views.list_records(
                connection,
                acting,
                worker_id,
                pcn_code=pcn_code,
                after=after,
                limit=page.limit_and_one,
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = supervision, records


def _location(made: Any) -> str:
    return f"/workers/{made['worker_id']}/supervisions"
