"""Support that goes on in another network: hand over, return, list."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES
from services.referral.api.answers import Moment, Told
from services.referral.api.door import Door, answer
from services.referral.commands.handover import HandoverReturn, NewHandover
from services.referral.domain.handover import HandoverStatus
from services.referral.use_cases.handover import hand_over, return_handover
from services.referral.views.handover import list_handovers, list_practice_moves

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]
Status = Annotated[HandoverStatus | None, Query(description="Only those that stand there now.")]
EXAMPLE = {"to_pcn_code": "U99002", "practice_code": "Y99006", "reason": "moved-home"}


class HandoverMade(Moment):
    """An episode that ended here, to go on in another network."""

    event_id: UUID
    to_pcn_code: str
    to_practice_code: str
    episode_id: UUID
    reason: codes.HandoverReason
    returns_id: UUID | None = Field(description="The handover that this one takes back.")
    with_record: bool = Field(description="Whether plan, goals and baselines go along.")
    status: str = Field(description="Pending until it is opened there, within seconds.")


class HandoverListed(HandoverMade):
    """A handover and what became of it."""

    problem: str | None = Field(description="Why it was refused there, as a problem's name.")
    opened_referral_id: UUID | None = Field(description="The referral it goes on under.")
    opened_episode_id: UUID | None
    opened_new_episode: bool | None
    opened_at: datetime | None


class HandoverPage(Told):
    """A page of handovers, the latest first."""

    items: list[HandoverListed]
    next: str | None


class PracticeMoveListed(Told):
    """A practice that belongs to another network now."""

    id: UUID
    practice_code: str
    pcn_code: str = Field(description="The network it left.")
    to_pcn_code: str
    moved: int = Field(description="People whose support was handed over so far.")
    status: str = Field(description="Moving or moved.")
    noted_at: datetime
    ended_at: datetime | None


class PracticeMovePage(Told):
    """A page of practices that came or left, the latest first."""

    items: list[PracticeMoveListed]
    next: str | None


def _as_network(example: Any, place: str) -> dict[str, Any]:
    return described(example=example, demo_role="link-worker", demo_organisation=place)


def make_router(door: Door) -> APIRouter:
    """Make the routes on handovers."""
    router = APIRouter(tags=["handover"])
    _changes(router, door)
    _lists(router, door)
    return router


def _changes(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/handover",
        status_code=201,
        summary="Hand a person's support over to another network",
        responses={201: {"model": HandoverMade}},
        **_as_network(EXAMPLE, "U99001"),
    )
    async def give(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewHandover,
        reason: Reason,
    ) -> Response:
        """Close the person's support here; within seconds it goes on in the other network.

        You see what becomes of it under the referral that the list of handovers names.
        """
        acting = await door.acting(request, caller, practices=[body.practice_code], reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: hand_over(connection, acting, referral_id, body),
            location=lambda _: "/handovers",
        )

    @router.post(
        "/referrals/{referral_id}/handover/return",
        status_code=201,
        summary="Return what another network handed over",
        responses={201: {"model": HandoverMade}},
        **_as_network({}, "U99002"),
    )
    async def give_back(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: HandoverReturn,
        reason: Reason,
    ) -> Response:
        """Close it here; it goes on where it came from, with the same person."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: return_handover(connection, acting, referral_id, body),
            location=lambda _: "/handovers",
        )

    _ = give, give_back


def _lists(router: APIRouter, door: Door) -> None:
    @router.get("/handovers", summary="List handovers", responses={200: {"model": HandoverPage}})
    async def list_all(
        request: Request, caller: OfPcn, page: Page, status: Status = None
    ) -> Response:
        """List what your network gave to others and took from them, the latest first."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_handovers(
                connection, acting, status=status, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.get(
        "/practice-moves",
        summary="List practices that changed network",
        responses={200: {"model": PracticeMovePage}},
    )
    async def list_moves(request: Request, caller: OfPcn, page: Page) -> Response:
        """List practices that came to your network or left it, and how far their people are."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_practice_moves(
                connection, acting, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = list_all, list_moves
