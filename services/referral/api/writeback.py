"""How far codes and messages have come into practices' records, and a receiver's word on them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.web.etags import ExpectedVersion
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.commands.writeback import Acknowledgements
from services.referral.domain.writeback import Failure, Kind, State
from services.referral.use_cases.writeback import acknowledge, hand_over_again
from services.referral.views.writeback import as_shown, codes_shown, list_items, list_status

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
AService = Annotated[Caller, Depends(require("service"))]


class CodeShown(Told):
    """A clinical code, and whether it is recorded."""

    code: str
    term: str
    recorded: bool
    verified: bool
    sources: list[str]


class PracticeStatus(Told):
    """How far what is for one practice's record has come."""

    pcn_code: str
    practice_code: str
    waiting: int = Field(description="Asked for, and not taken over yet.")
    sent: int = Field(description="Taken over, and not known to be in the record.")
    acknowledged: int = Field(description="In the record, by the receiver's word.")
    reconciled: int = Field(description="In the record, and both counts agreed.")
    failed: int = Field(description="Refused for good; somebody has to look.")
    withdrawn: int
    oldest_seconds: int | None = Field(
        description="Age of the oldest not known to be in the record."
    )
    gap_count: int = Field(
        description="How many of ours the receiver lacks; below zero, how many more it has."
    )
    gap_seconds: int | None = Field(description="For how long the counts have differed.")
    counted_here: int | None
    counted_there: int | None
    compared_at: datetime | None


class WritebackStatus(Told):
    """A page of practices, and whether anybody takes anything over."""

    receiver: Literal["on", "off"]
    codes: list[CodeShown]
    items: list[PracticeStatus]
    next: str | None


class ItemShown(Told):
    """One code or message, and how far it has come."""

    id: UUID
    kind: Kind
    code: str | None
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    state: State
    failure: Failure | None
    attempts: int
    version: int
    requested_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None


class ItemPage(Told):
    """A page of items, the latest asked for first."""

    items: list[ItemShown]
    next: str | None


class ItemGoesAgain(Told):
    """An item that goes over again."""

    id: UUID
    state: State
    version: int


class AcknowledgementHeard(Told):
    """What became of one acknowledgement."""

    id: UUID
    outcome: Literal["done", "known", "unknown"]


class AcknowledgementsHeard(Told):
    """One answer for each item, in their order."""

    items: list[AcknowledgementHeard]


def make_router(door: Door) -> APIRouter:
    """Make the routes on what goes into practices' records."""
    router = APIRouter(prefix="/writeback", tags=["closing"])

    @router.get(
        "/status",
        summary="Show how far write-back has come",
        responses={200: {"model": WritebackStatus}},
    )
    async def status(request: Request, caller: OfPcn, page: Page) -> Response:
        """Show by practice what waits, what went over and what is known to be in the record.

        While no receiver is configured this says `off`, and what was asked for waits.
        """
        acting = await door.acting(request, caller)
        after = str(page.after[0]) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_status(connection, acting, after=after, limit=page.limit_and_one)
        body = page.answer(
            rows,
            key=lambda row: (row["practice_code"],),
            item=lambda row: as_shown(row, acting.now),
        )
        return answer(
            {
                "receiver": "on" if door.has_receiver else "off",
                "codes": codes_shown(records_unverified=acting.records_unverified),
                **body,
            }
        )

    _add_items(router, door)

    @router.post(
        "/acknowledgements",
        summary="Say what became of items",
        responses={200: {"model": AcknowledgementsHeard}},
        **described(
            example={"items": [{"id": "019800000000700080000000000000e7"}]},
            demo_role="service",
            demo_organisation="-",
        ),
    )
    async def acknowledgements(
        request: Request, caller: AService, body: Acknowledgements
    ) -> Response:
        """Take the receiver's word that items are in the record, or will never be.

        Said again it changes nothing, so it needs no key.
        """
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            outcomes = await acknowledge(connection, acting, body.items)
        heard: list[dict[str, Any]] = [
            {"id": one.id, "outcome": outcome}
            for one, outcome in zip(body.items, outcomes, strict=True)
        ]
        return answer({"items": heard})

    _ = status, acknowledgements
    return router


def _add_items(router: APIRouter, door: Door) -> None:
    @router.get(
        "/items", summary="List items by how far they are", responses={200: {"model": ItemPage}}
    )
    async def items(
        request: Request,
        caller: OfPcn,
        page: Page,
        state: Annotated[State, Query(description="Only those that stand so.")] = "failed",
    ) -> Response:
        """List codes and messages, the latest asked for first: those that failed need somebody."""
        acting = await door.acting(request, caller)
        before = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_items(
                connection, acting, state=state, before=before, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.post(
        "/items/{writeback_id}/retry",
        summary="Let an item go over again",
        responses={200: {"model": ItemGoesAgain}},
    )
    async def again(
        request: Request, caller: OfPcn, writeback_id: UUID, expected: ExpectedVersion
    ) -> Response:
        """Hand over again what the receiver refused, once you have put right why."""
        acting = await door.acting(request, caller)

        async def change(connection: Any) -> Outcome:
            return await hand_over_again(connection, acting, writeback_id, expected)

        return await door.change(acting, change)

    _ = items, again
