"""Risk flags: what whoever goes to see a person must know, and when somebody looks at it again."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis import clock
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
from services.referral.commands.risk import NewRiskFlag, RiskEnding, RiskReview
from services.referral.domain.risk import RiskKind
from services.referral.use_cases import risk as use_cases
from services.referral.views import risk as views

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]
Until = Annotated[
    date | None, Query(description="Reviews due until this day; left out, until today.")
]

_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_EXAMPLE_DAYS: Final = 90


class RiskFlagKept(Told):
    """A flag as it stands."""

    id: UUID
    person_id: UUID
    pcn_code: str
    kind: RiskKind
    raised_by: UUID | None = Field(description="The worker who raised it; null: a manager.")
    raised_at: datetime
    review_by: date
    reviewed_at: datetime | None
    ended_at: datetime | None
    end_reason: codes.RiskEndReason | None
    version: int


class RiskFlagTold(RiskFlagKept):
    """A flag after what was said of it."""

    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class RiskFlagListed(RiskFlagKept):
    """A flag with the words of who raised it."""

    note: str | None
    overdue: bool
    brought_from: str | None = Field(
        description="The network that raised it, where it came along by a handover."
    )


class RiskFlagPage(Told):
    """A page of flags."""

    items: list[RiskFlagListed]
    next: str | None


class RiskStepShown(Told):
    """What was said of a flag."""

    number: int
    step: str
    review_by: date | None
    end_reason: codes.RiskEndReason | None
    note: str | None
    worker_id: UUID | None
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime


class RiskFlagShown(RiskFlagListed):
    """A flag with its history."""

    steps: list[RiskStepShown]


def make_router(door: Door) -> APIRouter:
    """Make the routes of risk flags."""
    router = APIRouter(tags=["risk"])
    _add_people(router, door)
    _add_changes(router, door)
    _add_reviews(router, door)
    return router


def _add_people(router: APIRouter, door: Door) -> None:
    review_by = clock.now().date() + timedelta(days=_EXAMPLE_DAYS)
    example: dict[str, Any] = {
        "kind": "animal",
        "review_by": review_by.isoformat(),
        "note": "A large dog, loose in the front garden. Ring from the car.",
    }

    @router.post(
        "/people/{person_id}/risk-flags",
        status_code=201,
        summary="Raise a risk flag",
        responses={201: {"model": RiskFlagTold}},
        **described(example=example, **_WORKER),
    )
    async def raise_flag(
        request: Request,
        caller: OfPcn,
        person_id: UUID,
        keyed: Keyed,
        body: NewRiskFlag,
        reason: Reason,
    ) -> Response:
        """Say what whoever goes to see the person must know first.

        Where somebody is in danger now, raise an alarm instead.
        """
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: use_cases.raise_flag(connection, acting, person_id, body),
            location=_location,
        )

    @router.get(
        "/people/{person_id}/risk-flags",
        summary="List a person's risk flags",
        responses={200: {"model": RiskFlagPage}},
    )
    async def list_flags(
        request: Request, caller: OfPcn, person_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List a person's flags, those that ended too. Look before you travel."""
        acting = await door.acting(request, caller, reason=reason)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await views.list_flags(
                connection, acting, person_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = raise_flag, list_flags


def _add_changes(router: APIRouter, door: Door) -> None:
    review_by = clock.now().date() + timedelta(days=2 * _EXAMPLE_DAYS)
    review: dict[str, Any] = {"review_by": review_by.isoformat()}
    ending: dict[str, Any] = {"reason": "no-longer-holds"}

    @router.post(
        "/risk-flags/{risk_flag_id}/reviews",
        status_code=201,
        summary="Review a risk flag",
        responses={201: {"model": RiskFlagTold}},
        **described(example=review, **_WORKER),
    )
    async def review_flag(
        request: Request,
        caller: OfPcn,
        risk_flag_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: RiskReview,
        reason: Reason,
    ) -> Response:
        """Say that you looked at it again and it stands, and by when somebody looks next."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await use_cases.review_flag(connection, acting, risk_flag_id, expected, body)

        return await door.create(acting, keyed, record, location=_location)

    @router.post(
        "/risk-flags/{risk_flag_id}/ending",
        status_code=201,
        summary="End a risk flag",
        responses={201: {"model": RiskFlagTold}},
        **described(example=ending, **_WORKER),
    )
    async def end_flag(
        request: Request,
        caller: OfPcn,
        risk_flag_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: RiskEnding,
        reason: Reason,
    ) -> Response:
        """Say that it does not hold any more, and why. It stays readable."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await use_cases.end_flag(connection, acting, risk_flag_id, expected, body)

        return await door.create(acting, keyed, record, location=_location)

    _ = review_flag, end_flag


def _add_reviews(router: APIRouter, door: Door) -> None:
    @router.get(
        "/risk-flags/{risk_flag_id}",
        summary="Show a risk flag",
        responses={200: {"model": RiskFlagShown}},
    )
    async def show(request: Request, caller: OfPcn, risk_flag_id: UUID, reason: Reason) -> Response:
        """Show a flag with what was said of it."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await views.view_flag(connection, acting, risk_flag_id)
        return answer(shown, version=shown["version"])

    @router.get(
        "/pcns/{pcn_code}/risk-flags",
        summary="List risk flags to review",
        responses={200: {"model": RiskFlagPage}},
    )
    async def to_review(
        request: Request, caller: OfPcn, pcn_code: PcnCode, page: Page, until: Until = None
    ) -> Response:
        """List your network's flags that somebody has to look at, the longest overdue first."""
        acting = await door.acting(request, caller)
        after = None
        if page.after:
            after = date.fromisoformat(str(page.after[0])), UUID(str(page.after[1]))
        async with door.transaction(acting) as connection:
            rows = await views.list_to_review(
                connection, acting, pcn_code, until=until, after=after, limit=page.limit_and_one
            )
        return answer(
            page.answer(
                rows, key=lambda row: (row["review_by"].isoformat(), str(row["id"])), item=dict
            )
        )

    _ = show, to_review


def _location(made: Any) -> str:
    return f"/risk-flags/{made['id']}"
