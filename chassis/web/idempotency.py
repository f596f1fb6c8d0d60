"""A creating request may be repeated: its answer is stored with what it created.

Promise    Same caller, route, key and body: the same answer, byte for byte, also after a restart,
           and the effect happened once. Another body under the key answers 422; a second request
           while the first still runs answers 409. The answer commits with the effect or not at all.
Price      Two small statements in each creating transaction, or one, where the answer is stored
           with the rest of what a change leaves beside itself (``chassis.ledger``). Answers to
           single requests are forgotten after ``KEPT_HOURS``; the keys of batch items, which are a
           sender's names for its records, are kept.
Not here   A practice's own reference, which makes an import unique for ever: the referral service.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from chassis.access.caller import Caller
from chassis.database import Connection, Database, DatabaseUnavailable
from chassis.ids import new_id
from chassis.ledger import Answered, Ledger
from chassis.refusals import RUNNING_RETRY_AFTER_SECONDS, Refusal
from chassis.sql import Queries

KEY_LENGTH_MAX = 200
KEPT_HOURS = 24
FORGET_BATCH_SIZE_MAX = 5_000
FORGET_INTERVAL_SECONDS = 600.0

_KEY_TAKEN = "idempotency_key_pkey"

_SQL = Queries("chassis.web")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a creating request is told, stored so that it can be told again."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """One creating request under the key its caller gave it."""

    key: str
    route: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer given before."""

    status: int
    body: str
    headers: Mapping[str, str]
    body_hash: bytes


class KeyInUse(Refusal):
    """The same key is being worked on at this moment, or was finished a moment ago."""

    def __init__(self) -> None:
        super().__init__(
            409,
            "still-running",
            "A request with this Idempotency-Key is still being worked on. Repeat it shortly.",
            headers={"Retry-After": str(RUNNING_RETRY_AFTER_SECONDS)},
        )


class KeyReused(Refusal):
    """The key stands for a request with another body."""

    def __init__(self) -> None:
        super().__init__(
            422, "key-reused", "This Idempotency-Key was used for a request with another body."
        )


async def keyed_request(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            max_length=KEY_LENGTH_MAX,
            description="A name of yours for this request, such as a UUID; send it again to retry"
            " safely. Without one, a request sent again is another request.",
        ),
    ] = None,
) -> KeyedRequest:
    """Read the key; the dependency of every POST that creates.

    A request without one gets a key that nobody else knows: it works, and cannot be repeated.
    """
    key = (idempotency_key or "").strip() or str(new_id())
    return KeyedRequest(
        key=key,
        # The path, not its template: the same key under another referral is another request.
        route=f"{request.method} {request.url.path}",
        body_hash=hashlib.sha256(await request.body()).digest(),
    )


Keyed = Annotated[KeyedRequest, Depends(keyed_request)]


async def answer_once(
    connection: Connection,
    caller: Caller,
    keyed: KeyedRequest,
    effect: Callable[[], Awaitable[Answer]],
    *,
    ledger: Ledger | None = None,
) -> Response:
    """Run ``effect`` in this transaction unless its answer is known; give the answer.

    A refusal raised by ``effect`` rolls back with it and is not remembered. What ``effect`` left
    in the ``ledger`` is written with the answer.
    """
    known = await recall(connection, caller, keyed)
    if known is not None:
        return _response(known.status, known.body, {**known.headers, "Idempotent-Replay": "true"})
    answer = await effect()
    body = _as_json(answer.body)
    stored = (
        _digest(caller, keyed.route, keyed.key),
        keyed.body_hash,
        answer.status,
        body,
        answer.headers,
    )
    if ledger is None:
        await _store(connection, [stored], kept=False)
    else:
        answered = Answered(*stored[:4], json.dumps(dict(answer.headers)))
        try:
            await ledger.write(connection, answered)
        except asyncpg.UniqueViolationError as fault:
            if fault.constraint_name != _KEY_TAKEN:
                raise
            raise KeyInUse from None
    return _response(answer.status, body, answer.headers)


async def recall(connection: Connection, caller: Caller, keyed: KeyedRequest) -> Remembered | None:
    """Claim the key for this transaction; give its answer if it has one already."""
    digest = _digest(caller, keyed.route, keyed.key)
    row = await connection.fetchrow(_SQL["claim_idempotency_key"], digest)
    if row is None or not row["claimed"]:
        raise KeyInUse
    if row["body_hash"] is None:
        return None
    if row["body_hash"] != keyed.body_hash:
        raise KeyReused
    return _remembered(row)


async def remembered(
    connection: Connection, caller: Caller, route: str, keys: Sequence[str]
) -> dict[str, Remembered]:
    """Give the answers known for these keys of batch items."""
    digests = {_digest(caller, route, key): key for key in keys}
    rows = await connection.fetch(_SQL["recall_idempotency_keys"], list(digests))
    return {digests[row["id"]]: _remembered(row) for row in rows}


async def remember(
    connection: Connection,
    caller: Caller,
    route: str,
    answers: Sequence[tuple[str, bytes, Answer]],
) -> None:
    """Store the answers of batch items as (key, hash of the item, answer), for good.

    A key stored meanwhile by another transaction refuses the whole batch: repeat it.
    """
    rows = [
        (
            _digest(caller, route, key),
            body_hash,
            answer.status,
            _as_json(answer.body),
            answer.headers,
        )
        for key, body_hash, answer in answers
    ]
    await _store(connection, rows, kept=True)


def hash_item(item: BaseModel) -> bytes:
    """Give the hash by which a batch item is known to be the same as before.

    Without its defaults: an item sent before its form gained a field is still the same item.
    """
    return hashlib.sha256(item.model_dump_json(exclude_defaults=True).encode()).digest()


async def forget_in_time(database: Database) -> None:
    """Delete answers past their time, every while, until cancelled; any worker role may run it."""
    while True:
        try:
            forgotten = FORGET_BATCH_SIZE_MAX
            while forgotten == FORGET_BATCH_SIZE_MAX:
                async with database.transaction() as connection:
                    forgotten = await forget_expired(connection)
        except DatabaseUnavailable:
            _LOG.warning("forgetting_waits")
        await asyncio.sleep(FORGET_INTERVAL_SECONDS)


async def forget_expired(connection: Connection) -> int:
    """Delete one batch of answers past their time; give how many."""
    return await connection.fetchval(
        _SQL["forget_expired_idempotency_keys"], KEPT_HOURS, FORGET_BATCH_SIZE_MAX
    )


def _digest(caller: Caller, route: str, key: str) -> bytes:
    parts = (caller.member_key, route, key)
    return hashlib.sha256(json.dumps(parts).encode()).digest()


_Stored = tuple[bytes, bytes, int, str, Mapping[str, str]]


async def _store(connection: Connection, rows: Sequence[_Stored], *, kept: bool) -> None:
    if not rows:
        return
    ids, hashes, statuses, bodies, headers = zip(*rows, strict=True)
    try:
        await connection.execute(
            _SQL["store_idempotency_keys"],
            list(ids),
            list(hashes),
            list(statuses),
            list(bodies),
            [json.dumps(dict(given)) for given in headers],
            kept,
        )
    except asyncpg.UniqueViolationError:
        raise KeyInUse from None


def _remembered(row: asyncpg.Record) -> Remembered:
    return Remembered(row["status"], row["body"], json.loads(row["headers"]), row["body_hash"])


def _as_json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    """Write what JSON has no form for as the rest of the platform writes it (RFC 3339 for times)."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    message = f"an answer cannot hold a {type(value).__name__}"
    raise TypeError(message)


def _response(status: int, body: str, headers: Mapping[str, str]) -> Response:
    return Response(body, status_code=status, media_type="application/json", headers=dict(headers))
