"""Who is whom: likely duplicates of a record, merging two, undoing it; and a person's death."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES
from services.referral.api import answers, examples
from services.referral.api.door import Door, answer
from services.referral.api.people import after_score
from services.referral.commands.matching import MergeUndoing, NewMerge
from services.referral.commands.people_record import DeathWithdrawing, NewDeath
from services.referral.use_cases.deaths import record_death, withdraw_death
from services.referral.use_cases.matching import merge_people, undo_merge
from services.referral.views.matching import likely_duplicates, list_merges, page_key

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]


def _as_network(example: Any) -> dict[str, Any]:
    return described(example=example, demo_role="link-worker", demo_organisation="U99001")


def make_router(door: Door) -> APIRouter:
    """Make the routes on who is whom. The fixed path of undoing comes before those with an id."""
    router = APIRouter(prefix="/people", tags=["people"])
    _merges(router, door)
    _deaths(router, door)
    return router


def _merges(router: APIRouter, door: Door) -> None:
    @router.post(
        "/merges/{merge_id}/undo",
        summary="Unmerge two records",
        responses={200: {"model": answers.MergeShown}},
        **_as_network(examples.MERGE_UNDOING),
    )
    async def undo(
        request: Request, caller: OfPcn, merge_id: UUID, body: MergeUndoing, reason: Reason
    ) -> Response:
        """Let both records speak for themselves again.

        An episode that was closed as a duplicate is open again, every referral where it stood.
        What was recorded meanwhile stays where it was recorded.
        """
        acting = await door.acting(request, caller, reason=reason)
        return await door.change(
            acting, lambda connection: undo_merge(connection, acting, merge_id, body)
        )

    @router.post(
        "/{person_id}/merges",
        status_code=201,
        summary="Merge another record into this one",
        responses={201: {"model": answers.MergeShown}},
        **_as_network(examples.MERGE),
    )
    async def merge(
        request: Request,
        caller: OfPcn,
        person_id: UUID,
        keyed: Keyed,
        body: NewMerge,
        reason: Reason,
    ) -> Response:
        """Let this record speak for another of the same person.

        The other id stays good and answers with this record. Where both have an open episode,
        the other's is closed as a duplicate. Undoing it restores everything.
        """
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: merge_people(connection, acting, person_id, body),
            location=lambda made: f"/people/{made['person_id']}/merges",
        )

    @router.get(
        "/{person_id}/merges",
        summary="List the merges of a record",
        responses={200: {"model": answers.MergePage}},
    )
    async def list_all(request: Request, caller: OfPcn, person_id: UUID, page: Page) -> Response:
        """List what was merged into a record, or it into another, the latest first."""
        acting = await door.acting(request, caller)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_merges(
                connection, acting, person_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.get(
        "/{person_id}/duplicates",
        summary="Find records that may be the same person's",
        responses={200: {"model": answers.PeopleFound}},
    )
    async def duplicates(request: Request, caller: OfPcn, person_id: UUID, page: Page) -> Response:
        """Find records of the network that are like this one, the likest first, with reasons."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            found = await likely_duplicates(
                connection,
                acting,
                person_id,
                after=after_score(page.after),
                limit=page.limit_and_one,
            )
        return answer(page.answer(found, key=page_key, item=dict))

    _ = undo, merge, list_all, duplicates


def _deaths(router: APIRouter, door: Door) -> None:
    @router.post(
        "/{person_id}/death",
        status_code=201,
        summary="Record that a person died",
        responses={201: {"model": answers.DeathRecorded}},
        **_as_network(examples.DEATH),
    )
    async def died(
        request: Request, caller: OfPcn, person_id: UUID, keyed: Keyed, body: NewDeath
    ) -> Response:
        """Stop every message and every reminder about a person, at once."""
        acting = await door.acting(request, caller)
        return await door.create(
            acting,
            keyed,
            lambda connection: record_death(connection, acting, person_id, body),
            location=lambda made: f"/people/{made['id']}",
        )

    @router.post(
        "/{person_id}/death/withdrawal",
        summary="Take back that a person died",
        responses={200: {"model": answers.DeathRecorded}},
        **_as_network(examples.DEATH_WITHDRAWING),
    )
    async def lives(
        request: Request, caller: OfPcn, person_id: UUID, body: DeathWithdrawing
    ) -> Response:
        """Record that it was somebody else. Reminders that were stopped do not come back."""
        acting = await door.acting(request, caller)
        return await door.change(
            acting, lambda connection: withdraw_death(connection, acting, person_id, body)
        )

    _ = died, lives
