"""Referrals: make, list, open, move on."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.ledger import Ledger
from chassis.web.etags import ExpectedVersion
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES, Outcome
from services.referral.api import answers, examples
from services.referral.api.door import Door, answer
from services.referral.commands import NewReferral, NewStatus
from services.referral.commands.triage import HelpingRole
from services.referral.use_cases.navigating import NAVIGATOR, let_navigator_in
from services.referral.use_cases.referrals import REFERRED, receive_referrals
from services.referral.use_cases.statuses import Step, change_statuses
from services.referral.views import Which, list_referrals, view_referral

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
OrNavigator = Annotated[Caller, Depends(require(*PCN_ROLES, NAVIGATOR))]
OfRole = Annotated[HelpingRole | None, Query(description="The role chosen last to help.")]
WithoutWorker = Annotated[
    bool, Query(description="Of a network: open ones whose episode belongs to nobody.")
]
Reason = Annotated[str | None, Depends(reason_header)]
Status = Annotated[
    codes.ReferralStatus | None, Query(description="Only those that stand there now.")
]


def make_router(door: Door) -> APIRouter:
    """Make the routes on referrals."""
    router = APIRouter(prefix="/referrals", tags=["referrals"])

    @router.post(
        "",
        status_code=201,
        summary="Refer a person",
        responses={201: {"model": answers.ReferralMade}},
        **described(example=examples.REFERRAL, demo_role="referrer", demo_organisation="Y99001"),
    )
    async def refer(request: Request, caller: Anyone, keyed: Keyed, body: NewReferral) -> Response:
        """Ask for support for a person, on record or described here.

        It opens an episode of support or joins the one that is open. A reference of yours makes
        it repeatable for ever: sent again, it answers 200 with `already`.

        From a hospital, a council or a voluntary group: say the practice the person is registered
        with, which tells the network that helps.
        """
        acting = await door.acting(
            request, caller, practices=[body.practice_code, body.referrer_code]
        )

        ledger = Ledger(caller, REFERRED)

        async def receive(connection: Any) -> Outcome:
            (outcome,) = await receive_referrals(connection, acting, [body], ledger=ledger)
            return outcome

        return await door.create(
            acting,
            keyed,
            receive,
            ledger=ledger,
            location=lambda made: f"/referrals/{made['id']}",
            whole_pcn=True,
            also=acting.outside_networks,
        )

    @router.get("", summary="List referrals", responses={200: {"model": answers.ReferralPage}})
    async def list_all(
        request: Request,
        caller: Anyone,
        page: Page,
        status: Status = None,
        role: OfRole = None,
        *,
        without_worker: WithoutWorker = False,
    ) -> Response:
        """List the referrals of your network, practice or organisation, latest entered first.

        A care navigator finds what was chosen for their role with `role=care-navigator`.
        """
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_referrals(
                connection,
                acting,
                which=Which(status, role, without_worker=without_worker),
                after=after,
                limit=page.limit_and_one,
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.get(
        "/{referral_id}",
        summary="Open a referral",
        responses={200: {"model": answers.ReferralShown}},
    )
    async def open_referral(
        request: Request, caller: Anyone, referral_id: UUID, reason: Reason
    ) -> Response:
        """Open a referral: where it stands, its goals, and which messages were sent about it."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            referral = await view_referral(connection, acting, referral_id)
        return answer(referral, version=referral["version"])

    @router.put(
        "/{referral_id}/status",
        summary="Move a referral on",
        responses={200: {"model": answers.ReferralMoved}},
        **described(example=examples.STATUS, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def move_on(
        request: Request,
        caller: OrNavigator,
        referral_id: UUID,
        expected_version: ExpectedVersion,
        body: NewStatus,
        reason: Reason,
    ) -> Response:
        """Accept a referral, record that the person declined, or return it to the referrer.

        With the last open referral the episode of support ends. Support that was given ends by
        `POST /referrals/{referral_id}/closing`; only imports and seeds close a referral here.
        A care navigator of the person's practice answers what was chosen for their role.
        """
        acting = await door.acting(request, caller, reason=reason)

        async def change(connection: Any) -> Outcome:
            who = await let_navigator_in(connection, acting, referral_id, whole_episode=False)
            step = Step(referral_id, body, expected_version)
            (outcome,) = await change_statuses(connection, who, [step])
            return outcome

        return await door.change(acting, change, whole_pcn=True)

    _ = refer, list_all, open_referral, move_on
    return router
