"""Batches: many items in one transaction, each answered by itself under its own key.

Promise    A refused item does not hold up the others. An item whose key was answered before gets
           that answer again, for good, marked ``replayed``; another content under the key is
           refused.
Price      Only what was done is remembered: a refused item may be sent again under its key.
Not here   The rules, which are those of single requests: ``use_cases``.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from pydantic_core import to_jsonable_python
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.database import Connection
from chassis.refusals import BrokenRule, Refusal
from chassis.web.idempotency import Answer, KeyReused, hash_item, remember, remembered
from chassis.web.openapi import described
from chassis.web.problems import broken_rules, problem_of
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES, Acting, Done, Outcome
from services.referral.api import answers, examples
from services.referral.api.door import Door, answer, stored_body
from services.referral.commands import (
    Batch,
    ContactItem,
    GoalItem,
    GoalUpdateItem,
    Malformed,
    ReferralItem,
    StatusItem,
)
from services.referral.use_cases.contacts import record_contacts
from services.referral.use_cases.goals import set_goals, update_goals
from services.referral.use_cases.referrals import receive_referrals
from services.referral.use_cases.statuses import Step, change_statuses

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]
UseCase = Callable[[Connection, Acting, Sequence[Any]], Awaitable[list[Outcome]]]


def make_router(door: Door) -> APIRouter:
    """Make the routes that take many at once."""
    router = APIRouter(tags=["batches"])

    @router.post(
        "/referrals/batch",
        summary="Refer many people",
        responses={200: {"model": answers.BatchAnswered}},
        **described(
            example=examples.REFERRAL_BATCH, demo_role="referrer", demo_organisation="Y99001"
        ),
    )
    async def referrals(request: Request, caller: Anyone, body: Batch[ReferralItem]) -> Response:
        """Receive up to 500 referrals, each as `POST /referrals` would, in the order given."""
        named = [
            code
            for item in cast("list[ReferralItem | Malformed]", body.items)
            if isinstance(item, ReferralItem)
            for code in (item.practice_code, item.referrer_code)
        ]
        acting = await door.acting(request, caller, practices=named, origin=body.origin)
        return await _answer_each(
            door, acting, "referrals", body, receive_referrals, lambda item: item, whole_pcn=True
        )

    @router.post(
        "/referrals/status/batch",
        summary="Move many referrals on",
        responses={200: {"model": answers.BatchAnswered}},
        **described(
            example=examples.STATUS_BATCH, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def statuses(
        request: Request, caller: OfPcn, body: Batch[StatusItem], reason: Reason
    ) -> Response:
        """Move up to 500 referrals on, each from where it stands when its turn comes."""
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        return await _answer_each(
            door, acting, "status", body, change_statuses, lambda item: Step(item.referral_id, item)
        )

    @router.post(
        "/contacts/batch",
        summary="Record many contacts",
        responses={200: {"model": answers.BatchAnswered}},
        **described(
            example=examples.CONTACT_BATCH, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def contacts(
        request: Request, caller: OfPcn, body: Batch[ContactItem], reason: Reason
    ) -> Response:
        """Record up to 500 contacts, each as a single one would be, in the order given."""
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        return await _answer_each(
            door, acting, "contacts", body, record_contacts, lambda item: (item.referral_id, item)
        )

    @router.post(
        "/goals/batch",
        summary="Set many goals",
        responses={200: {"model": answers.BatchAnswered}},
        **described(
            example=examples.GOAL_BATCH, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def goals(
        request: Request, caller: OfPcn, body: Batch[GoalItem], reason: Reason
    ) -> Response:
        """Set up to 500 goals, each as a single one would be, in the order given."""
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        return await _answer_each(
            door, acting, "goals", body, set_goals, lambda item: (item.referral_id, item)
        )

    @router.post(
        "/goals/updates/batch",
        summary="Say how many goals stand",
        responses={200: {"model": answers.BatchAnswered}},
        **described(
            example=examples.GOAL_UPDATE_BATCH, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def goal_updates(
        request: Request, caller: OfPcn, body: Batch[GoalUpdateItem], reason: Reason
    ) -> Response:
        """Write down how up to 500 goals stand, in the order given."""
        acting = await door.acting(request, caller, origin=body.origin, reason=reason)
        return await _answer_each(
            door, acting, "goal-updates", body, update_goals, lambda item: (item.goal_id, item)
        )

    _ = referrals, statuses, contacts, goals, goal_updates
    return router


@dataclass(frozen=True, slots=True)
class _Fresh:
    """An item that was not answered before, and where its answer belongs."""

    place: int
    item: Any
    item_hash: bytes


async def _answer_each(
    door: Door,
    acting: Acting,
    route: str,
    body: Batch[Any],
    use_case: UseCase,
    about: Callable[[Any], Any],
    *,
    whole_pcn: bool = False,
) -> Response:
    """Answer every item: what is remembered from memory, the others by the use case."""
    acting.check_origin()
    items: list[Any] = body.items
    told: list[dict[str, Any]] = [{} for _ in items]
    async with door.transaction(acting, whole_pcn=whole_pcn) as connection:
        fresh = await _set_known_aside(connection, acting, route, items, told)
        outcomes = await use_case(connection, acting, [about(one.item) for one in fresh])
        done: list[tuple[str, bytes, Answer]] = []
        for one, outcome in zip(fresh, outcomes, strict=True):
            key: str = one.item.key
            if isinstance(outcome, Done):
                plain = to_jsonable_python(outcome.body)
                told[one.place] = {"key": key, "status": outcome.status, "body": plain}
                done.append((key, one.item_hash, Answer(outcome.status, plain)))
            else:
                told[one.place] = _refused(key, outcome)
        await remember(connection, acting.caller, route, done)
    return answer({"items": told})


async def _set_known_aside(
    connection: Connection,
    acting: Acting,
    route: str,
    items: Sequence[Any],
    told: list[dict[str, Any]],
) -> list[_Fresh]:
    """Answer what needs no deciding and give the rest."""
    formed = [item for item in items if not isinstance(item, Malformed)]
    known = await remembered(connection, acting.caller, route, [item.key for item in formed])
    seen: set[str] = set()
    fresh: list[_Fresh] = []
    for place, item in enumerate(items):
        if isinstance(item, Malformed):
            errors = broken_rules(item.errors)
            broken = Refusal(422, "rule-broken", "The item breaks a rule.", errors)
            told[place] = _refused(item.key, broken)
            continue
        item_hash = hash_item(item)
        before = known.get(item.key)
        if item.key in seen:
            twice = BrokenRule("/key", "must be used once in a batch")
            refusal = Refusal(422, "rule-broken", "The item breaks a rule.", [twice])
            told[place] = _refused(item.key, refusal)
        elif before is None:
            fresh.append(_Fresh(place, item, item_hash))
        elif before.body_hash == item_hash:
            body = stored_body(before.body)
            again = {"key": item.key, "status": before.status, "body": body}
            told[place] = {**again, "replayed": True}
        else:
            told[place] = _refused(item.key, KeyReused())
        seen.add(item.key)
    return fresh


def _refused(key: str, refusal: Refusal) -> dict[str, Any]:
    return {"key": key, "status": refusal.status, "problem": problem_of(refusal)}
