"""The loop ledger of a network: who has the next move, since when, and what it all came to."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.web.etags import ExpectedVersion
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api import onward_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.onward import NewLadder
from services.referral.use_cases.ladders import set_ladder
from services.referral.views import onward as views

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Manager = Annotated[Caller, Depends(require("pcn-manager"))]
EndedSince = Annotated[
    AwareDatetime | None,
    Query(description="Count endings since then; left out, those of the last 91 days."),
]
Holder = Annotated[
    codes.OnwardParty | None, Query(description="Only those where they have the next move.")
]
Stage = Annotated[
    Literal["draft", "sent", "accepted", "waiting", "started"] | None,
    Query(description="Only those that stand there."),
]
Silent = Annotated[
    Literal["provider", "person"] | None, Query(description="Only the silence of one of them.")
]

_LADDER: Final[dict[str, Any]] = {
    "provider": [3, 7, 10],
    "person": [10, 20],
    "worker": [2, 5, 10],
}


def make_router(door: Door) -> APIRouter:
    """Make the routes of the ledger."""
    router = APIRouter(prefix="/pcns/{pcn_code}", tags=["loops"])
    _add_ledger(router, door)
    _add_ladder(router, door)
    return router


def _add_ledger(router: APIRouter, door: Door) -> None:
    @router.get(
        "/loops",
        summary="Show the loop ledger",
        responses={200: {"model": answers.LoopLedger}},
    )
    async def ledger(
        request: Request, caller: OfPcn, pcn_code: str, ended_since: EndedSince = None
    ) -> Response:
        """Count a network's onward referrals: the open ones by holder and age, and the endings."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await views.view_ledger(connection, acting, pcn_code, ended_since=ended_since)
        return answer(shown)

    @router.get(
        "/loops/open",
        summary="List open loops",
        responses={200: {"model": answers.LoopPage}},
    )
    async def open_loops(
        request: Request,
        caller: OfPcn,
        pcn_code: str,
        page: Page,
        holder: Holder = None,
        stage: Stage = None,
    ) -> Response:
        """List a network's open onward referrals with their ages, the oldest first."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            rows = await views.list_open_loops(
                connection,
                acting,
                pcn_code,
                after=_after(page),
                holder=holder,
                stage=stage,
                limit=page.limit_and_one,
            )
        return answer(page.answer(rows, key=_key("drafted_at")))

    @router.get(
        "/loops/no-answer",
        summary="List loops of which nobody has heard",
        responses={200: {"model": answers.LoopPage}},
    )
    async def silent_loops(
        request: Request, caller: OfPcn, pcn_code: str, page: Page, silent: Silent = None
    ) -> Response:
        """List those where a nudge fell due and nobody has spoken since, the oldest first.

        They stay here until somebody is heard: silence is no ending.
        """
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            rows = await views.list_silent_loops(
                connection,
                acting,
                pcn_code,
                after=_after(page),
                silent=silent,
                limit=page.limit_and_one,
            )
        return answer(page.answer(rows, key=_key("sent_at")))

    _ = ledger, open_loops, silent_loops


def _add_ladder(router: APIRouter, door: Door) -> None:
    @router.get(
        "/onward-ladder",
        summary="Show when a network nudges whom",
        responses={200: {"model": answers.LadderShown}},
    )
    async def ladder(request: Request, caller: OfPcn, pcn_code: str) -> Response:
        """Show after how many working days whoever has the next move is nudged."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await views.view_ladder(connection, acting, pcn_code)
        return answer(shown, version=shown["version"])

    @router.put(
        "/onward-ladder",
        summary="Set when a network nudges whom",
        responses={200: {"model": answers.LadderWasSet}},
        **described(example=_LADDER, demo_role="pcn-manager", demo_organisation="U99001"),
    )
    async def change_ladder(
        request: Request,
        caller: Manager,
        pcn_code: str,
        expected_version: ExpectedVersion,
        body: NewLadder,
    ) -> Response:
        """Set the ladder. The last rung of a provider or a person passes the ball to the worker."""
        acting = await door.acting(request, caller)

        async def change(connection: Any) -> Outcome:
            return await set_ladder(connection, acting, pcn_code, expected_version, body)

        return await door.change(acting, change)

    _ = ladder, change_ladder


def _after(page: Page) -> tuple[datetime, UUID] | None:
    if page.after is None:
        return None
    at, last = page.after
    return datetime.fromisoformat(str(at)), UUID(str(last))


def _key(column: str) -> Any:
    def key(row: dict[str, Any]) -> tuple[str, str]:
        return row[column].isoformat(), str(row["id"])

    return key
