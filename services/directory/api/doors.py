"""What the directory's doors have in common: one entry, or many, each done once.

Promise    An answer and its effect commit together. In a batch each item is answered by itself:
           one refused, or malformed, does not hold up the others.
Not here   Which entries there are: ``register`` and ``listings`` beside this.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import Depends
from fastapi.encoders import jsonable_encoder
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from starlette.requests import Request
from starlette.responses import Response

from chassis import clock
from chassis.access import Caller
from chassis.database import Connection, Database, savepoint
from chassis.refusals import BrokenRule, Refusal, RuleBroken
from chassis.web.etags import etag
from chassis.web.fields import BATCH_ITEMS_MAX, BATCH_KEY_LENGTH_MAX, BatchKey, RequestModel
from chassis.web.idempotency import (
    Answer,
    KeyedRequest,
    KeyReused,
    answer_once,
    hash_item,
    remember,
    remembered,
)
from chassis.web.problems import broken_rules, problem_of
from contracts import codes
from services.directory.api.forms import Timed
from services.directory.domain.register import Moment
from services.directory.settings import DirectorySettings
from services.directory.use_cases.outcome import Outcome

Effect = Callable[[Connection], Awaitable[Outcome]]


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def _settings(request: Request) -> DirectorySettings:
    return cast("DirectorySettings", request.app.state.settings)


DoorDatabase = Annotated[Database, Depends(_database)]
DoorSettings = Annotated[DirectorySettings, Depends(_settings)]


def moment_of(form: Timed, *, origin: codes.Origin = "live", now: datetime | None = None) -> Moment:
    """When what was sent happened, and that it became known now."""
    known = now or clock.now()
    return Moment(form.occurred_at or known, known, origin)


def answer_of(outcome: Outcome, path: str) -> Answer:
    """The answer to one entry: 201 where it was made, 200 where it stood already."""
    body = cast("dict[str, Any]", jsonable_encoder(outcome.body))
    return Answer(
        status=201 if outcome.created else 200,
        body=body,
        headers={"Location": path.format(id=body["id"]), "ETag": etag(outcome.version)},
    )


async def enter_once(
    database: Database,
    caller: Caller,
    keyed: KeyedRequest,
    organisations: Sequence[str],
    effect: Effect,
    *,
    path: str,
) -> Response:
    """Make one entry, unless this request was answered before."""
    async with database.transaction(organisations=organisations) as connection:

        async def run() -> Answer:
            return answer_of(await effect(connection), path)

        return await answer_once(connection, caller, keyed, run)


@dataclass(frozen=True, slots=True)
class Malformed:
    """An item that breaks its form, kept so that the others can be done."""

    key: str
    errors: tuple[BrokenRule, ...]


def _kept_aside(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError as broken:
        given = cast("dict[str, Any]", value).get("key") if isinstance(value, dict) else None
        key = given[:BATCH_KEY_LENGTH_MAX] if isinstance(given, str) else ""
        # A lone surrogate can be read from JSON and never be written again.
        key = key.encode(errors="replace").decode()
        found = broken.errors(include_url=False, include_input=False)
        return Malformed(key, tuple(broken_rules([dict(error) for error in found])))


class Keyed(RequestModel):
    """What makes an entry an item of a batch."""

    key: BatchKey


Item = TypeVar("Item", bound=Keyed)


class Batch(RequestModel, Generic[Item]):
    """Many entries at once, each answered by itself."""

    origin: codes.Origin = Field("live", description="`seed` is for demonstrations.")
    items: list[Annotated[Item, WrapValidator(_kept_aside)]] = Field(
        min_length=1, max_length=BATCH_ITEMS_MAX
    )


def require_seed_allowed(batch: Batch[Any], settings: DirectorySettings) -> None:
    """A seed is something demonstrations have."""
    if batch.origin == "seed" and settings.mode != "demo":
        raise RuleBroken(BrokenRule("/origin", "can be seed in demonstrations only"))


async def enter_each_once(
    connection: Connection,
    caller: Caller,
    route: str,
    items: Sequence[Item | Malformed],
    effect: Callable[[Item], Awaitable[Outcome]],
    *,
    path: str,
) -> dict[str, Any]:
    """Make each entry in turn, unless its key was answered before."""

    async def one_by_one(asked: Sequence[Item]) -> list[Outcome | Refusal]:
        return [await _tried(connection, item, effect) for item in asked]

    return await enter_all_once(connection, caller, route, items, one_by_one, path=path)


async def enter_all_once(
    connection: Connection,
    caller: Caller,
    route: str,
    items: Sequence[Item | Malformed],
    effect: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome | Refusal]]],
    *,
    path: str,
) -> dict[str, Any]:
    """Make the entries whose keys were not answered before, together; each is answered by itself.

    ``effect`` says what came of each, in their order, and has left nothing of what it refuses.
    """
    known = await remembered(connection, caller, route, [item.key for item in items])
    answers: dict[int, dict[str, Any]] = {}
    asked: dict[int, Item] = {}
    seen: set[str] = set()
    for place, item in enumerate(items):
        try:
            if isinstance(item, Malformed):
                raise RuleBroken(*item.errors)
            if item.key in seen:
                raise RuleBroken(BrokenRule("/key", "must be used once in a batch"))
            seen.add(item.key)
            before = known.get(item.key)
            if before is None:
                asked[place] = item
                continue
            if before.body_hash != hash_item(item):
                raise KeyReused
            answers[place] = _item(item.key, before.status, json.loads(before.body))
        except Refusal as refusal:
            answers[place] = _refused(item.key, refusal)
    outcomes: Sequence[Outcome | Refusal] = await effect(list(asked.values())) if asked else ()
    new: list[tuple[str, bytes, Answer]] = []
    for (place, item), outcome in zip(asked.items(), outcomes, strict=True):
        if isinstance(outcome, Refusal):
            answers[place] = _refused(item.key, outcome)
            continue
        answer = answer_of(outcome, path)
        new.append((item.key, hash_item(item), answer))
        answers[place] = _item(item.key, answer.status, answer.body)
    await remember(connection, caller, route, new)
    return {"items": [answers[place] for place in range(len(items))]}


async def _tried(
    connection: Connection, item: Item, effect: Callable[[Item], Awaitable[Outcome]]
) -> Outcome | Refusal:
    try:
        # A savepoint: what a refused item had begun is undone, the rest is kept.
        async with savepoint(connection):
            return await effect(item)
    except Refusal as refusal:
        return refusal


def _refused(key: str, refusal: Refusal) -> dict[str, Any]:
    return {"key": key, "status": refusal.status, "problem": problem_of(refusal)}


def _item(key: str, status: int, body: Any) -> dict[str, Any]:
    return {"key": key, "status": status, "body": body}
