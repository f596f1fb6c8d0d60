"""The plan, the steps towards goals, and what is to be looked at again."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.commands.plans import NewStep, PlanAsAgreed, StepChange
from services.referral.domain.calendar import LONDON
from services.referral.use_cases.plans import agree_plan
from services.referral.use_cases.steps import add_goal_step, change_goal_step
from services.referral.views.plans import list_plan_versions, list_reviews_due, view_plan

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]

PLAN: Final[dict[str, Any]] = {
    "what_matters": "To be able to walk to the shop and meet people I know.",
    "support": "We go to the walking group together the first two times.",
    "review_on": "2030-03-01",
}
STEP: Final[dict[str, Any]] = {"what": "Ring the walking group and ask when they meet."}
STEP_CHANGE: Final[dict[str, Any]] = {"done": True}


class PlanShown(Told):
    """The plan of an episode; version 0 until one is agreed."""

    episode_id: UUID
    version: int
    what_matters: str | None
    support: str | None
    review_on: date | None


class PlanAgreed(Told):
    """The plan as it was agreed."""

    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    referral_id: UUID
    worker_id: UUID | None
    what_matters: str
    support: str | None
    review_on: date | None
    first: bool = Field(description="False where it was looked at again.")
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class PlanVersion(Told):
    """A version of the plan."""

    version: int
    referral_id: UUID
    worker_id: UUID | None
    what_matters: str
    support: str | None
    review_on: date | None
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime


class PlanVersions(Told):
    """A page of the versions of a plan, the latest first."""

    items: list[PlanVersion]
    next: str | None


class StepStands(Told):
    """A step as it stands; the version is the step's."""

    goal_id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    number: int
    what: str
    done_at: datetime | None
    steps: int
    steps_done: int
    occurred_at: datetime
    recorded_at: datetime
    version: int
    event_id: UUID


class ReviewListed(Told):
    """A plan, known by its episode, or a goal to be looked at again."""

    kind: codes.ReviewKind
    about: UUID
    episode_id: UUID
    referral_id: UUID
    person_id: UUID
    review_on: date
    worker_id: UUID | None


class ReviewPage(Told):
    """A page of what is to be looked at again, the oldest first."""

    items: list[ReviewListed]
    next: str | None


def make_router(door: Door) -> APIRouter:
    """Make the routes on plans, steps and reviews."""
    router = APIRouter(tags=["plans and goals"])
    _add_plan(router, door)
    _add_steps(router, door)

    @router.get(
        "/pcns/{pcn_code}/reviews/due",
        summary="List what is to be looked at again",
        responses={200: {"model": ReviewPage}},
    )
    async def reviews(
        request: Request,
        caller: OfPcn,
        pcn_code: PcnCode,
        page: Page,
        reason: Reason,
        until: Annotated[date | None, Query(description="Up to this day; left out, today.")] = None,
        mine: Annotated[bool, Query(description="Only of people you work with.")] = False,  # noqa: FBT002 - a query parameter has a name
    ) -> Response:
        """List plans and goals whose day to look again has come, the oldest first."""
        acting = await door.acting(request, caller, reason=reason)
        after = None
        if page.after:
            after = date.fromisoformat(str(page.after[0])), UUID(str(page.after[1]))
        async with door.transaction(acting) as connection:
            rows = await list_reviews_due(
                connection,
                acting,
                pcn_code,
                until=until or acting.now.astimezone(LONDON).date(),
                mine=mine,
                after=after,
                limit=page.limit_and_one,
            )
        return answer(
            page.answer(
                rows, key=lambda row: (row["review_on"].isoformat(), str(row["about"])), item=dict
            )
        )

    _ = reviews
    return router


def _add_plan(router: APIRouter, door: Door) -> None:
    @router.get(
        "/referrals/{referral_id}/plan",
        summary="Show the plan",
        responses={200: {"model": PlanShown}},
    )
    async def plan(request: Request, caller: OfPcn, referral_id: UUID, reason: Reason) -> Response:
        """Show what was agreed with the person; version 0 where nothing was yet."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await view_plan(connection, acting, referral_id)
        return answer(shown, version=shown["version"])

    @router.get(
        "/referrals/{referral_id}/plan/history",
        summary="Show how the plan came to be",
        responses={200: {"model": PlanVersions}},
    )
    async def history(
        request: Request, caller: OfPcn, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the versions of the plan, the latest first."""
        acting = await door.acting(request, caller, reason=reason)
        after = int(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_plan_versions(
                connection, acting, referral_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (row["version"],), item=dict))

    @router.put(
        "/referrals/{referral_id}/plan",
        summary="Agree or review the plan",
        responses={200: {"model": PlanAgreed}},
        **described(example=PLAN, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def agree(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        expected: ExpectedVersion,
        body: PlanAsAgreed,
        reason: Reason,
    ) -> Response:
        """Write down the plan as agreed with the person. From the second time on it is a review."""
        acting = await door.acting(request, caller, reason=reason)

        async def change(connection: Any) -> Outcome:
            return await agree_plan(connection, acting, referral_id, expected, body)

        return await door.change(acting, change)

    _ = plan, history, agree


def _add_steps(router: APIRouter, door: Door) -> None:
    @router.post(
        "/goals/{goal_id}/steps",
        status_code=201,
        summary="Add a step",
        responses={201: {"model": StepStands}},
        **described(example=STEP, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def add(
        request: Request,
        caller: OfPcn,
        goal_id: UUID,
        keyed: Keyed,
        body: NewStep,
        reason: Reason,
    ) -> Response:
        """Write down one more step towards the goal."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await add_goal_step(connection, acting, goal_id, body)

        return await door.create(
            acting, keyed, record, location=lambda made: f"/referrals/{made['referral_id']}/goals"
        )

    @router.put(
        "/goals/{goal_id}/steps/{number}",
        summary="Say how a step stands",
        responses={200: {"model": StepStands}},
        **described(example=STEP_CHANGE, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def mark(
        request: Request,
        caller: OfPcn,
        goal_id: UUID,
        number: int,
        expected: ExpectedVersion,
        body: StepChange,
        reason: Reason,
    ) -> Response:
        """Say that a step is done, or that it is not, or what it is."""
        acting = await door.acting(request, caller, reason=reason)

        async def change(connection: Any) -> Outcome:
            return await change_goal_step(connection, acting, goal_id, number, expected, body)

        return await door.change(acting, change)

    _ = add, mark
