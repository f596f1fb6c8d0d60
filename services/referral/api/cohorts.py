"""People at risk: name them, offer each support, keep what they answered, see how far it came."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES, Acting, Outcome
from services.referral.api.answers import BatchAnswered, Moment, Told
from services.referral.api.batches import Items, Kind, answer_each
from services.referral.api.door import Door, answer
from services.referral.api.examples import PERSON
from services.referral.commands.cohorts import MemberItem, NewCohort, NewOutcome
from services.referral.items import Batch
from services.referral.use_cases.cohorts import keep_answer, name_cohort, propose_support
from services.referral.views.cohorts import list_cohorts, list_members, view_cohort

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
Standing = Annotated[
    Literal["waiting", "accepted", "declined", "not-reached"] | None,
    Query(description="Only those who stand there now."),
]

COHORT: Any = {
    "name": "Most at risk, winter",
    "practice_code": "Y99001",
    "reason": "most-at-risk",
}
MEMBERS: Any = {
    "origin": "live",
    "items": [{"key": "winter/line-1", "person": PERSON, "mode": "phone"}],
}
OUTCOME: Any = {"outcome": "accepted", "needs": ["isolation"]}


class CohortListed(Moment):
    """People of a practice who are at risk."""

    name: str
    reason: codes.CohortReason
    event_id: UUID


class CohortPage(Told):
    """A page of cohorts, the latest first."""

    items: list[CohortListed]
    next: str | None


class CohortShown(CohortListed):
    """A cohort, and how far its offer came against everybody who was named."""

    size: int
    accepted: int
    declined: int
    not_reached: int = Field(description="Called in vain, so far.")
    waiting: int = Field(description="Not called yet.")
    reached: int = Field(description="Who answered, one way or the other.")
    reached_percent: float | None = Field(description="Of the cohort's size; null of nobody.")


class MemberListed(Told):
    """A person of a cohort and what they answered."""

    person_id: UUID
    practice_code: str
    pcn_code: str
    mode: codes.OfferMode
    answer: codes.OfferAnswer | None = Field(description="Null: not called yet.")
    referral_id: UUID | None = Field(description="What accepting opened.")
    calls: int
    offered_at: datetime
    answered_at: datetime | None


class MemberPage(Told):
    """A page of a cohort's people."""

    items: list[MemberListed]
    next: str | None


class AnswerKept(Moment):
    """What a person answered; the version is the cohort's."""

    event_id: UUID
    person_id: UUID
    outcome: codes.OfferAnswer
    previous_outcome: codes.OfferAnswer | None
    referral_id: UUID | None
    calls: int


def _as_practice(example: Any) -> dict[str, Any]:
    return described(example=example, demo_role="care-navigator", demo_organisation="Y99001")


def make_router(door: Door) -> APIRouter:
    """Make the routes on cohorts."""
    router = APIRouter(tags=["cohorts"])
    _naming(router, door)
    _members(router, door)
    _lists(router, door)
    return router


def _naming(router: APIRouter, door: Door) -> None:
    @router.post(
        "/pcns/{pcn_code}/cohorts",
        status_code=201,
        summary="Name people at risk",
        responses={201: {"model": CohortListed}},
        **_as_practice(COHORT),
    )
    async def create(
        request: Request, caller: Anyone, pcn_code: PcnCode, keyed: Keyed, body: NewCohort
    ) -> Response:
        """Begin a list of a practice's people who are at risk, to be offered support."""
        acting = await door.acting(request, caller, practices=[body.practice_code])
        _check_network(acting, pcn_code)
        return await door.create(
            acting,
            keyed,
            lambda connection: name_cohort(connection, acting, pcn_code, body),
            location=lambda made: f"/cohorts/{made['id']}",
        )

    @router.get(
        "/pcns/{pcn_code}/cohorts", summary="List cohorts", responses={200: {"model": CohortPage}}
    )
    async def list_all(request: Request, caller: Anyone, pcn_code: PcnCode, page: Page) -> Response:
        """List the cohorts of a network that you may see, the latest first."""
        acting = await door.acting(request, caller)
        _check_network(acting, pcn_code)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_cohorts(
                connection, acting, pcn_code, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = create, list_all


def _members(router: APIRouter, door: Door) -> None:
    @router.post(
        "/cohorts/{cohort_id}/members/batch",
        summary="Offer support to people of a cohort",
        responses={200: {"model": BatchAnswered}},
        **_as_practice(MEMBERS),
    )
    async def add(
        request: Request, caller: Anyone, cohort_id: UUID, body: Batch[MemberItem]
    ) -> Response:
        """Put up to 500 people in a cohort, each answered by itself; each is offered support."""
        acting = await door.acting(request, caller, origin=body.origin)

        async def take(connection: Connection, acting: Acting, items: Items) -> list[Outcome]:
            return await propose_support(connection, acting, cohort_id, items)

        kind = Kind("", "", "", MemberItem, {}, take, f"cohort {cohort_id}", of_pcn=False)
        return await answer_each(door, acting, kind, body.items)

    @router.post(
        "/cohorts/{cohort_id}/members/{person_id}/outcome",
        summary="Record what a person of a cohort answered",
        responses={200: {"model": AnswerKept}},
        **_as_practice(OUTCOME),
    )
    async def outcome(
        request: Request,
        caller: Anyone,
        cohort_id: UUID,
        person_id: UUID,
        keyed: Keyed,
        body: NewOutcome,
    ) -> Response:
        """Record that they accepted, declined or were not reached; who accepts is referred.

        Each call counts, and one that is sent again under its key counts once.
        """
        acting = await door.acting(request, caller)
        # Who accepts joins the open episode of the person's network, which a practice cannot see.
        return await door.create(
            acting,
            keyed,
            lambda connection: keep_answer(connection, acting, cohort_id, person_id, body),
            location=lambda _: f"/cohorts/{cohort_id}",
            whole_pcn=True,
        )

    _ = add, outcome


def _lists(router: APIRouter, door: Door) -> None:
    @router.get(
        "/cohorts/{cohort_id}",
        summary="Open a cohort",
        responses={200: {"model": CohortShown}},
    )
    async def show(request: Request, caller: Anyone, cohort_id: UUID) -> Response:
        """Show how far the offer came, against everybody who was named."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await view_cohort(connection, acting, cohort_id)
        return answer(shown, version=shown["version"])

    @router.get(
        "/cohorts/{cohort_id}/members",
        summary="List the people of a cohort",
        responses={200: {"model": MemberPage}},
    )
    async def members(
        request: Request, caller: Anyone, cohort_id: UUID, page: Page, standing: Standing = None
    ) -> Response:
        """List the people of a cohort, to be called or with what they answered."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_members(
                connection,
                acting,
                cohort_id,
                answer=standing,
                after=after,
                limit=page.limit_and_one,
            )
        return answer(page.answer(rows, key=lambda row: (str(row["person_id"]),), item=dict))

    _ = show, members


def _check_network(acting: Acting, pcn_code: str) -> None:
    """A network that is not the caller's answers as an unknown one."""
    if pcn_code not in {*acting.caller.pcns, *acting.places.pcns.values()}:
        raise NothingFound
