"""Safety: where to turn in a crisis, alarms and who answers them, people under 18."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chassis.access import Caller, anyone, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.fields import PcnCode
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES
from services.referral.api import safety_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.safety import (
    AlarmAnswer,
    AlarmEnd,
    NewAlarm,
    PeopleUnder18,
    SafeguardingLeads,
)
from services.referral.domain.safety import crisis_help
from services.referral.use_cases import alarms
from services.referral.use_cases import safety as use_cases

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Manager = Annotated[Caller, Depends(require("pcn-manager"))]
Reason = Annotated[str | None, Depends(reason_header)]
Closed = Annotated[bool, Query(description="Those that were closed too.")]

_MANAGER: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}
_DANGER: Final[dict[str, Any]] = {"dangers": ["self-harm"]}
_END: Final[dict[str, Any]] = {
    "outcome": "passed-on",
    "note": "Spoke to them by phone. The practice's own doctor rings back today.",
}
_LEADS: Final[dict[str, Any]] = {"membership_ids": [], "escalate_after_minutes": 15}
_UNDER_18: Final[dict[str, Any]] = {
    "rule": "guardian-consent",
    "better_route": "children-and-young-people",
}


def make_router(door: Door) -> APIRouter:
    """Make the routes of safety."""
    router = APIRouter(tags=["safety"])
    _add_alarms(router, door)
    _add_answers(router, door)
    _add_settings(router, door)

    @router.get(
        "/public/crisis-help",
        summary="Show where to turn in a crisis",
        responses={200: {"model": answers.CrisisHelp}},
        dependencies=[Depends(anyone())],
    )
    async def show_crisis_help() -> Response:
        """Show which numbers answer at any hour. It needs no sign-in."""
        return answer(crisis_help())

    _ = show_crisis_help
    return router


def _add_alarms(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/alarms",
        status_code=201,
        summary="Say that somebody may be in danger",
        responses={201: {"model": answers.AlarmTold}},
        **described(example=_DANGER, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def raise_alarm(
        request: Request, caller: Anyone, referral_id: UUID, keyed: Keyed, body: NewAlarm
    ) -> Response:
        """Alarm a named human of the network at once. In an emergency call 999 first."""
        acting = await door.acting(request, caller)
        heard: list[str] = []
        if acting.places.referring:
            # Who refers from outside sees their own referral alone; it says where alarms are heard.
            async with door.transaction(acting) as connection:
                heard = await alarms.networks_of_referral(connection, referral_id)
        return await door.create(
            acting,
            keyed,
            lambda connection: alarms.raise_alarm_of_referral(
                connection, acting, referral_id, body
            ),
            location=lambda _: "/alarms",
            whole_pcn=True,
            also=heard,
        )

    @router.get("/alarms", summary="List alarms", responses={200: {"model": answers.AlarmPage}})
    async def list_alarms(
        request: Request, caller: OfPcn, page: Page, *, closed: Closed = False
    ) -> Response:
        """List the alarms you are to act on, as a safeguarding lead or a manager, oldest first."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await alarms.list_alarms(
                connection, acting, closed=closed, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = raise_alarm, list_alarms


def _add_answers(router: APIRouter, door: Door) -> None:
    @router.post(
        "/alarms/{alarm_id}/acknowledge",
        summary="Answer an alarm",
        responses={200: {"model": answers.AlarmTold}},
        **described(example={}, **_MANAGER),
    )
    async def acknowledge(
        request: Request, caller: OfPcn, alarm_id: UUID, keyed: Keyed, body: AlarmAnswer
    ) -> Response:
        """Say that you act on it now; the first to answer has it.

        It is silent for a day. Close it by then, or everybody is asked again.
        """
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: alarms.acknowledge_alarm(connection, acting, alarm_id, body),
            location=lambda _: "/alarms",
        )

    @router.post(
        "/alarms/{alarm_id}/close",
        summary="Close an alarm",
        responses={200: {"model": answers.AlarmTold}},
        **described(example=_END, **_MANAGER),
    )
    async def close(
        request: Request, caller: OfPcn, alarm_id: UUID, keyed: Keyed, body: AlarmEnd
    ) -> Response:
        """Say what came of an alarm that somebody answered."""
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: alarms.close_alarm(connection, acting, alarm_id, body),
            location=lambda _: "/alarms",
        )

    _ = acknowledge, close


def _add_settings(router: APIRouter, door: Door) -> None:
    @router.get(
        "/pcns/{pcn_code}/safeguarding",
        summary="Show who is alarmed, and what is done for people under 18",
        responses={200: {"model": answers.Safeguarding}},
    )
    async def show(request: Request, caller: OfPcn, pcn_code: PcnCode) -> Response:
        """Show what your network said of its safeguarding, or what holds where it said nothing."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            shown = await use_cases.view_safeguarding(connection, acting, pcn_code)
        return answer(shown, version=shown["version"])

    @router.put(
        "/pcns/{pcn_code}/safeguarding-leads",
        summary="Name who is alarmed",
        responses={200: {"model": answers.Safeguarding}},
        **described(example=_LEADS, **_MANAGER),
    )
    async def name_leads(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        expected_version: ExpectedVersion,
        body: SafeguardingLeads,
    ) -> Response:
        """Name the safeguarding leads in the order in which they are alarmed.

        Past the last of them an alarm goes to all of them and to every manager.
        """
        acting = await door.acting(request, caller)
        return await door.change(
            acting,
            lambda connection: use_cases.name_leads(
                connection, acting, pcn_code, expected_version, body
            ),
        )

    @router.put(
        "/pcns/{pcn_code}/under-18-rule",
        summary="Say what is done for people under 18",
        responses={200: {"model": answers.Safeguarding}},
        **described(example=_UNDER_18, **_MANAGER),
    )
    async def set_age_rule(
        request: Request,
        caller: Manager,
        pcn_code: PcnCode,
        expected_version: ExpectedVersion,
        body: PeopleUnder18,
    ) -> Response:
        """Say whether your network helps people under 18, and where they are better helped."""
        acting = await door.acting(request, caller)
        return await door.change(
            acting,
            lambda connection: use_cases.set_age_rule(
                connection, acting, pcn_code, expected_version, body
            ),
        )

    _ = show, name_leads, set_age_rule
