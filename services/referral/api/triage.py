"""Who could help: the rules, what they propose, who is chosen, and a wrong role put right."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, anyone, reason_header, require
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES
from services.referral.api import triage_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.triage import NewReRoute, NewRole, NewTriage
from services.referral.use_cases import triage as use_cases
from services.referral.views.triage import view_triage

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]

_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_TRIAGE: Final[dict[str, Any]] = {
    "complexity": "medium",
    "confidence": "low",
    "needs": ["isolation", "money"],
}
_ROLE: Final[dict[str, Any]] = {"role": "link-worker"}
_RE_ROUTE: Final[dict[str, Any]] = {
    "to_role": "care-navigator",
    "reason": "needs-signposting-only",
    "note": "They know what they want and only needed the number. Thank you for asking early.",
}


def make_router(door: Door) -> APIRouter:
    """Make the routes of triage."""
    router = APIRouter(tags=["triage"])
    _add_asking(router, door)
    _add_choosing(router, door)
    return router


def _add_asking(router: APIRouter, door: Door) -> None:
    @router.get(
        "/triage/rules",
        summary="Show the rules",
        responses={200: {"model": answers.RulesShown}},
        dependencies=[Depends(anyone())],
    )
    async def rules() -> Response:
        """Show by which rules a role is proposed. They need no sign-in."""
        return answer(use_cases.show_rules())

    @router.get(
        "/referrals/{referral_id}/triage",
        summary="Show who helps and why",
        responses={200: {"model": answers.HelpShown}},
    )
    async def show(request: Request, caller: Anyone, referral_id: UUID, reason: Reason) -> Response:
        """Show what was proposed and chosen. A referrer reads here why a role was wrong."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await view_triage(connection, acting, referral_id)
        return answer(shown)

    @router.post(
        "/referrals/{referral_id}/triage",
        status_code=201,
        summary="Ask who could help",
        responses={201: {"model": answers.Triaged}},
        **described(example=_TRIAGE, **_WORKER),
    )
    async def triage(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewTriage,
        reason: Reason,
    ) -> Response:
        """Let the rules propose a role of your network, and say why. Nothing is decided by it."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: use_cases.triage_referral(connection, acting, referral_id, body),
            location=lambda _: f"/referrals/{referral_id}/triage",
        )

    _ = rules, show, triage


def _add_choosing(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/role",
        status_code=201,
        summary="Choose who helps",
        responses={201: {"model": answers.RoleChosen}},
        **described(example=_ROLE, **_WORKER),
    )
    async def choose(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewRole,
        reason: Reason,
    ) -> Response:
        """Take the role that was proposed, or another and say why."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: use_cases.choose_role(connection, acting, referral_id, body),
            location=lambda _: f"/referrals/{referral_id}/triage",
        )

    @router.post(
        "/referrals/{referral_id}/re-route",
        status_code=201,
        summary="Put a wrong role right",
        responses={201: {"model": answers.RoleChosen}},
        **described(example=_RE_ROUTE, **_WORKER),
    )
    async def re_route(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewReRoute,
        reason: Reason,
    ) -> Response:
        """Send a referral to another role, once. The referrer reads the reason."""
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: use_cases.re_route(connection, acting, referral_id, body),
            location=lambda _: f"/referrals/{referral_id}/triage",
        )

    _ = choose, re_route
