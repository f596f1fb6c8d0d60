"""The person's own copy of their plan, to hand over: as data, and as a page of plain text."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from chassis.access import Caller, reason_header, require
from services.referral.acting import PCN_ROLES
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.domain.copies import Copy, as_text
from services.referral.views.copies import copy_of_referral

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]

TEXT: Final = "text/plain"


class StepCopied(Told):
    """One step."""

    what: str
    done: bool


class GoalCopied(Told):
    """A goal that goes on."""

    description: str | None
    measure: str | None
    target_date: date | None
    steps: list[StepCopied]


class CopyShown(Told):
    """What was agreed with the person, as it stands."""

    name: str = Field(description="As the person likes to be called.")
    made_on: date
    who_helps: str
    what_they_do: str
    while_you_wait: str | None = Field(
        description="By when somebody will speak with them, or why not yet; null once they did."
    )
    what_matters: str | None
    support: str | None
    goals: list[GoalCopied]
    next_visit: str | None = Field(description="As people say it, by the clocks of England.")
    next_visit_at: datetime | None
    review_on: date | None


def make_router(door: Door) -> APIRouter:
    """Make the route to the person's own copy."""
    router = APIRouter(tags=["plans and goals"])

    @router.get(
        "/referrals/{referral_id}/copy",
        summary="Give the person their own copy",
        responses={200: {"model": CopyShown, "content": {TEXT: {}}}},
    )
    async def copy(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        reason: Reason,
        as_: Annotated[
            Literal["json", "text"],
            Query(alias="as", description="`text` is a page to print."),
        ] = "json",
    ) -> Response:
        """Give plan, goals, next visit and who helps, in plain words, as they stand now."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            made = await copy_of_referral(connection, acting, referral_id)
        return PlainTextResponse(as_text(made)) if as_ == "text" else answer(_shown(made))

    _ = copy
    return router


def _shown(copy: Copy) -> dict[str, object]:
    return {
        "name": copy.name,
        "made_on": copy.made_on,
        "who_helps": copy.who_helps,
        "what_they_do": copy.what_they_do,
        "while_you_wait": copy.while_you_wait,
        "what_matters": copy.what_matters,
        "support": copy.support,
        "goals": copy.goals,
        "next_visit": copy.next_visit,
        "next_visit_at": copy.next_visit_at,
        "review_on": copy.review_on,
    }
