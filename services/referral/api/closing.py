"""Ending a person's support, taking it up again, and the messages that went back about it."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES, Outcome
from services.referral.api.answers import OfReferral, Told
from services.referral.api.door import Door, answer
from services.referral.commands.closing import NewClosing, NewReopening
from services.referral.domain.message_back import MessageBack, RecipientKind
from services.referral.domain.writeback import State
from services.referral.use_cases.closing import close_episode, reopen_episode
from services.referral.use_cases.navigating import NAVIGATOR, let_navigator_in
from services.referral.views.closing import as_shown, list_messages_back

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
OrNavigator = Annotated[Caller, Depends(require(*PCN_ROLES, NAVIGATOR))]
Reason = Annotated[str | None, Depends(reason_header)]

CLOSING: Final[dict[str, Any]] = {
    "outcome": "partly-met",
    "what_next": "carries-on-in-activity",
    "summary": "Goes to the gardening group every week and feels less alone.",
    "loops": "keep",
}
REOPENING: Final[dict[str, Any]] = {"reason": "person-asked"}


class EpisodeWasClosed(OfReferral):
    """How the support ended; the version is the referral's."""

    number: int = Field(description="1 the first time this episode ended.")
    outcome: codes.ClosingOutcome
    what_next: codes.ClosingNext
    contacts_made: int
    days_open: int
    goals_set: int
    goals_met: int
    goals_dropped: int
    loops_withdrawn: int
    loops_kept: int
    worker_id: UUID | None
    status: codes.ReferralStatus = Field(description="Of the referral.")


class EpisodeWasReopened(OfReferral):
    """The support goes on; the version is the referral's."""

    reason: codes.ReopeningReason
    days_closed: int
    worker_id: UUID | None
    status: codes.ReferralStatus = Field(description="Of the referral.")


class MessageShown(Told):
    """A message, as its recipient gets it."""

    id: UUID
    closing_id: UUID
    recipient_kind: RecipientKind
    recipient_code: str
    format: str
    document: MessageBack
    content_hash: str = Field(description="SHA-256 of the document as it was sent.")
    recorded_at: datetime
    delivery: State | None = Field(
        description="How far it has come; null where nobody hands it over."
    )


class MessagePage(Told):
    """A page of messages, those of the latest closing first."""

    items: list[MessageShown]
    next: str | None


def make_router(door: Door) -> APIRouter:
    """Make the routes on the end of support."""
    router = APIRouter(prefix="/referrals/{referral_id}", tags=["closing"])

    @router.post(
        "/closing",
        status_code=201,
        summary="End the support",
        responses={201: {"model": EpisodeWasClosed}},
        **described(example=CLOSING, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def close(
        request: Request,
        caller: OrNavigator,
        referral_id: UUID,
        keyed: Keyed,
        body: NewClosing,
        reason: Reason,
    ) -> Response:
        """End the support with every open referral of it.

        Who referred and the person's practice get a message of what came of it. Where onward
        referrals are open, say whether they are withdrawn or kept. A care navigator of the
        person's practice ends what was chosen for their role.
        """
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            who = await let_navigator_in(connection, acting, referral_id, whole_episode=True)
            return await close_episode(connection, who, referral_id, body)

        return await door.create(
            acting, keyed, record, location=lambda _: _path(referral_id), whole_pcn=True
        )

    @router.post(
        "/reopening",
        status_code=201,
        summary="Take the support up again",
        responses={201: {"model": EpisodeWasReopened}},
        **described(example=REOPENING, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def reopen(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewReopening,
        reason: Reason,
    ) -> Response:
        """Take support up where it ended; what was recorded of it stays.

        For 90 days after it ended, and unless the person was referred again meanwhile.
        """
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await reopen_episode(connection, acting, referral_id, body)

        return await door.create(acting, keyed, record, location=lambda _: _path(referral_id))

    @router.get(
        "/message-back",
        summary="Show the messages that went back",
        responses={200: {"model": MessagePage}},
    )
    async def messages(
        request: Request, caller: Anyone, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """Show what the practice and the referrer were told when the support ended.

        The network sees every message; a practice sees those that went to it.
        """
        acting = await door.acting(request, caller, reason=reason)
        before = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_messages_back(
                connection, acting, referral_id, before=before, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=as_shown))

    _ = close, reopen, messages
    return router


def _path(referral_id: UUID) -> str:
    return f"/referrals/{referral_id}"
