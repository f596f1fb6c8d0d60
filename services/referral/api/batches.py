"""Batches: many items in one transaction, each answered by itself under its own key.

Promise    A refused item does not hold up the others. An item whose key was answered before gets
           that answer again, for good, marked ``replayed``; another content under the key is
           refused.
Price      Only what was done is remembered: a refused item may be sent again under its key.
Not here   The rules, which are those of single requests: ``use_cases``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

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
from services.referral.items import (
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
from services.referral.use_cases.naming import goals_meant, referrals_meant
from services.referral.use_cases.referrals import receive_referrals
from services.referral.use_cases.statuses import Step, change_statuses

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]
NoReason = Annotated[None, Depends(lambda: None)]

Items = Sequence[Any]
UseCase = Callable[[Connection, Acting, Items], Awaitable[list[Outcome]]]
Meaning = Callable[[Connection, Acting, Items], Awaitable[list[UUID | None]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of batch: what its items are, who may send it, what is done with them."""

    path: str
    summary: str
    description: str
    item: type[Any]
    example: Mapping[str, Any]
    use_case: UseCase
    remembered_as: str
    """By this the answers are remembered: it stays, whatever becomes of the path."""
    of_pcn: bool = True
    """Whether only those of the network may send it; they open episodes, with a reason if need be.

    A practice's batch sees the whole network's people, because a person is matched against all.
    """

    @property
    def names(self) -> dict[str, Any]:
        """Give what the route takes, as its signature says it."""
        return {
            "caller": OfPcn if self.of_pcn else Anyone,
            "reason": Reason if self.of_pcn else NoReason,
            "body": Batch[self.item],
        }

    @property
    def demo(self) -> dict[str, Any]:
        """Give the example, and who may send it to the demo region."""
        role, place = ("link-worker", "U99001") if self.of_pcn else ("referrer", "Y99001")
        return described(example=self.example, demo_role=role, demo_organisation=place)


def _on(
    meant: Meaning, use_case: UseCase, asked: Callable[[UUID | None, Any], Any] | None = None
) -> UseCase:
    """Let a use case take items that name what they are about by id or by reference."""

    async def take(connection: Connection, acting: Acting, items: Items) -> list[Outcome]:
        ids = await meant(connection, acting, items)
        pairs = zip(ids, items, strict=True)
        return await use_case(
            connection, acting, [asked(*pair) if asked else pair for pair in pairs]
        )

    return take


KINDS: Final = (
    Kind(
        "/referrals/batch",
        "Refer many people",
        "Receive up to 500 referrals, each as `POST /referrals` would, in the order given.",
        ReferralItem,
        examples.REFERRAL_BATCH,
        receive_referrals,
        remembered_as="referrals",
        of_pcn=False,
    ),
    Kind(
        "/referrals/status/batch",
        "Move many referrals on",
        "Move up to 500 referrals on, each from where it stands when its turn comes.",
        StatusItem,
        examples.STATUS_BATCH,
        _on(referrals_meant, change_statuses, Step),
        remembered_as="status",
    ),
    Kind(
        "/contacts/batch",
        "Record many contacts",
        "Record up to 500 contacts, each as a single one would be, in the order given.",
        ContactItem,
        examples.CONTACT_BATCH,
        _on(referrals_meant, record_contacts),
        remembered_as="contacts",
    ),
    Kind(
        "/goals/batch",
        "Set many goals",
        "Set up to 500 goals, each as a single one would be, in the order given.",
        GoalItem,
        examples.GOAL_BATCH,
        _on(referrals_meant, set_goals),
        remembered_as="goals",
    ),
    Kind(
        "/goals/updates/batch",
        "Say how many goals stand",
        "Write down how up to 500 goals stand, in the order given.",
        GoalUpdateItem,
        examples.GOAL_UPDATE_BATCH,
        _on(goals_meant, update_goals),
        remembered_as="goal-updates",
    ),
)


def make_router(door: Door) -> APIRouter:
    """Make the routes that take many at once: one for each kind."""
    router = APIRouter(tags=["batches"])
    for kind in KINDS:
        router.add_api_route(
            kind.path,
            _taking(door, kind),
            methods=["POST"],
            summary=kind.summary,
            description=kind.description,
            name=kind.remembered_as,
            responses={200: {"model": answers.BatchAnswered}},
            **kind.demo,
        )
    return router


def _taking(door: Door, kind: Kind) -> Callable[..., Awaitable[Response]]:
    async def take(request: Request, caller: Any, body: Any, reason: Any) -> Response:
        practices = [code for item in body.items for code in _practices(item)]
        acting = await door.acting(
            request, caller, practices=practices, origin=body.origin, reason=reason
        )
        return await answer_each(door, acting, kind, body.items)

    # The framework reads a route's signature, and this one differs by kind.
    take.__annotations__ |= kind.names
    return take


def _practices(item: Any) -> tuple[str | None, ...]:
    return (item.practice_code, item.referrer_code) if isinstance(item, ReferralItem) else ()


@dataclass(frozen=True, slots=True)
class _Fresh:
    """An item that was not answered before, and where its answer belongs."""

    place: int
    item: Any
    item_hash: bytes


async def answer_each(door: Door, acting: Acting, kind: Kind, items: Items) -> Response:
    """Answer every item: what is remembered from memory, the others by the use case."""
    acting.check_origin()
    told: list[dict[str, Any]] = [{} for _ in items]
    widened = () if kind.of_pcn else acting.outside_networks
    async with door.transaction(acting, whole_pcn=not kind.of_pcn, also=widened) as connection:
        fresh = await _set_known_aside(connection, acting, kind.remembered_as, items, told)
        outcomes = await kind.use_case(connection, acting, [one.item for one in fresh])
        done: list[tuple[str, bytes, Answer]] = []
        for one, outcome in zip(fresh, outcomes, strict=True):
            key: str = one.item.key
            if isinstance(outcome, Done):
                plain = to_jsonable_python(outcome.body)
                told[one.place] = {"key": key, "status": outcome.status, "body": plain}
                done.append((key, one.item_hash, Answer(outcome.status, plain)))
            else:
                told[one.place] = _refused(key, outcome)
        await remember(connection, acting.caller, kind.remembered_as, done)
    return answer({"items": told})


async def _set_known_aside(
    connection: Connection, acting: Acting, route: str, items: Items, told: list[dict[str, Any]]
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
