"""Casework on a referral: contacts, goals and how the goals stand."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import VersionSeen
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api import answers, examples, goals_answers
from services.referral.api.door import Door, answer
from services.referral.commands import NewContact, NewGoal, NewGoalUpdate
from services.referral.use_cases.contacts import record_contacts
from services.referral.use_cases.goals import set_goals, update_goals
from services.referral.use_cases.navigating import NAVIGATOR, let_navigator_in
from services.referral.views import list_contacts, list_goal_updates, list_goals

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
OrNavigator = Annotated[Caller, Depends(require(*PCN_ROLES, NAVIGATOR))]
Reason = Annotated[str | None, Depends(reason_header)]


def make_router(door: Door) -> APIRouter:
    """Make the routes on what happens during an episode."""
    router = APIRouter(tags=["casework"])

    @router.post(
        "/referrals/{referral_id}/contacts",
        status_code=201,
        summary="Record a contact",
        responses={201: {"model": answers.ContactRecorded}},
        **described(example=examples.CONTACT, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def record_contact(
        request: Request,
        caller: OrNavigator,
        referral_id: UUID,
        keyed: Keyed,
        body: NewContact,
        reason: Reason,
    ) -> Response:
        """Record a conversation with the person, or an attempt at one.

        The first worker to speak with the person works with them from then on; a colleague gives
        a reason. Only conversations are counted, and only the first one ends the wait. A care
        navigator of the person's practice speaks with those for whom their role was chosen.
        """
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            who = await let_navigator_in(connection, acting, referral_id, whole_episode=True)
            (outcome,) = await record_contacts(connection, who, [(referral_id, body)])
            return outcome

        return await door.create(
            acting,
            keyed,
            record,
            location=lambda _: f"/referrals/{referral_id}",
            whole_pcn=True,
        )

    @router.get(
        "/referrals/{referral_id}/contacts",
        summary="List contacts",
        responses={200: {"model": answers.ContactPage}},
    )
    async def contacts(
        request: Request, caller: OfPcn, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the contacts of the referral's episode of support, in the order they became known."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            rows = await list_contacts(
                connection, acting, referral_id, after=_number(page), limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (row["place"],), item=_contact))

    @router.post(
        "/referrals/{referral_id}/goals",
        status_code=201,
        summary="Set a goal",
        responses={201: {"model": goals_answers.GoalWasSet}},
        **described(example=examples.GOAL, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def set_goal(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewGoal,
        reason: Reason,
    ) -> Response:
        """Write down something the person wants to reach."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            (outcome,) = await set_goals(connection, acting, [(referral_id, body)])
            return outcome

        return await door.create(
            acting, keyed, record, location=lambda _: f"/referrals/{referral_id}"
        )

    @router.get(
        "/referrals/{referral_id}/goals",
        summary="List goals",
        responses={200: {"model": goals_answers.GoalPage}},
    )
    async def goals(
        request: Request, caller: OfPcn, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the goals of the referral's episode of support, oldest first."""
        acting = await door.acting(request, caller, reason=reason)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_goals(
                connection, acting, referral_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.get(
        "/goals/{goal_id}/updates",
        summary="Show how a goal came to stand",
        responses={200: {"model": goals_answers.GoalUpdatePage}},
    )
    async def goal_updates(
        request: Request, caller: OfPcn, goal_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List what was told of a goal, in order."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            rows = await list_goal_updates(
                connection, acting, goal_id, after=_number(page), limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (row["number"],), item=dict))

    @router.post(
        "/goals/{goal_id}/updates",
        status_code=201,
        summary="Say how a goal stands",
        responses={201: {"model": goals_answers.GoalWasUpdated}},
        **described(
            example=examples.GOAL_UPDATE, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def update_goal(
        request: Request,
        caller: OfPcn,
        goal_id: UUID,
        keyed: Keyed,
        expected: VersionSeen,
        body: NewGoalUpdate,
        reason: Reason,
    ) -> Response:
        """Write down how a goal stands. One that was met or dropped has ended.

        With `If-Match`, the update is refused if somebody changed the goal meanwhile: send it
        where you change what is agreed. With a `reason`, a goal that ended by mistake goes on.
        """
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            (outcome,) = await update_goals(
                connection, acting, [(goal_id, body)], expected_version=expected
            )
            return outcome

        return await door.create(
            acting,
            keyed,
            record,
            location=lambda made: f"/referrals/{made['referral_id']}",
        )

    _ = record_contact, contacts, set_goal, goals, update_goal, goal_updates
    return router


def _contact(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "place"}


def _number(page: Page) -> int | None:
    return int(str(page.after[0])) if page.after else None
