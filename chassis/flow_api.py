"""The operator's doors: how events flow, what is in quarantine, and what shall be done about it.

Promise    Contents are shown only to who says why, and that is recorded. A wish is written down
           with who and why, and carried out by the consumer; its row says what became of it.
Price      An operator asks for the outcome a moment later, where ``Location`` says.
Not here   Doing it: ``chassis.stream.operations``.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Path, Query
from fastapi.encoders import jsonable_encoder
from starlette.responses import Response

from chassis.access.caller import Caller
from chassis.access.requirement import needed, reason_header, require
from chassis.database import Connection, Database
from chassis.refusals import NothingFound, Refusal
from chassis.service import ApiContext
from chassis.stream import flow
from chassis.web.fields import PlainText, RequestModel
from chassis.web.idempotency import Answer, Keyed, answer_once
from chassis.web.openapi import described
from chassis.web.pages import Page

REASON_LENGTH_MIN: Final = 5
REASON_LENGTH_MAX: Final = 500

Operator = Annotated[Caller, Depends(require("operator"))]
Watcher = Annotated[Caller, Depends(require("operator", "service"))]
OpeningReason = Annotated[str | None, Depends(reason_header)]
StreamName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
TopicName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,249}$")]


class WishForm(RequestModel):
    """Why something shall be done; it is kept with who asked."""

    reason: Annotated[str, PlainText(REASON_LENGTH_MAX, min_length=REASON_LENGTH_MIN)]


_EXAMPLE: Final = described(
    example={"reason": "The fault in the fold was corrected in this release"},
    demo_role="operator",
)


class NotStopped(Refusal):
    """A stream is to be resumed that goes on anyway."""

    def __init__(self) -> None:
        super().__init__(409, "stream-not-stopped", "No consumer here has stopped this stream.")


class NotInQuarantine(Refusal):
    """An entry has left quarantine already."""

    def __init__(self) -> None:
        super().__init__(
            409, "not-in-quarantine", "This event was redriven, healed or discarded already."
        )


class NeverReadable(Refusal):
    """A record that could not be read cannot be applied; the journal has what it may have hidden."""

    def __init__(self) -> None:
        super().__init__(
            409,
            "never-readable",
            "This record cannot be read, so it can only be discarded. What it may have"
            " hidden is pulled from its owner's journal.",
        )


def flow_router(context: ApiContext) -> APIRouter:
    """The doors of one service, on its database under the api role."""
    router = APIRouter(prefix="/internal", tags=["operations"])
    _add_reading(router, context.database)
    _add_wishes(router, context.database)
    return router


def _add_reading(router: APIRouter, database: Database) -> None:
    @router.get("/flow", summary="The conservation law per consumer, topic and stream")
    async def read_flow(  # pyright: ignore[reportUnusedFunction]
        _caller: Watcher, page: Page
    ) -> dict[str, Any]:
        after = page.after or ("", "", "")
        async with database.transaction() as connection:
            rows = await flow.read_flow(
                connection, (str(after[0]), str(after[1]), str(after[2])), page.limit_and_one
            )
        return page.answer(
            rows, key=lambda row: (row["consumer"], row["topic"], row["stream"]), item=dict
        )

    @router.get("/quarantine", summary="What could not be applied, without its contents")
    async def list_quarantine(  # pyright: ignore[reportUnusedFunction]
        _caller: Operator,
        page: Page,
        stream: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = None,
    ) -> dict[str, Any]:
        after = UUID(str(page.after[0])) if page.after else None
        async with database.transaction() as connection:
            rows = await flow.list_quarantine(connection, after, stream, page.limit_and_one)
        return page.answer(rows, key=lambda row: (str(row["id"]),), item=dict)

    @router.get("/quarantine/{entry_id}", summary="One entry with its contents; needs a reason")
    async def read_entry(  # pyright: ignore[reportUnusedFunction]
        caller: Operator, entry_id: UUID, reason: OpeningReason
    ) -> dict[str, Any]:
        why = needed(reason)
        async with database.transaction() as connection:
            entry = await flow.open_entry(connection, entry_id, caller.member_key, why)
        if entry is None:
            raise NothingFound
        return _shown(entry)

    @router.get("/wishes/{wish_id}", summary="What became of a wish")
    async def read_wish(  # pyright: ignore[reportUnusedFunction]
        _caller: Operator, wish_id: UUID
    ) -> dict[str, Any]:
        async with database.transaction() as connection:
            wish = await flow.see_wish(connection, wish_id)
        if wish is None:
            raise NothingFound
        return wish


def _add_wishes(router: APIRouter, database: Database) -> None:
    @router.post("/quarantine/{entry_id}/redrive", status_code=202, **_EXAMPLE)
    async def redrive(  # pyright: ignore[reportUnusedFunction]
        caller: Operator, entry_id: UUID, form: WishForm, keyed: Keyed
    ) -> Response:
        """Apply an event again, with all that is held about the same subjects, in order."""
        async with database.transaction() as connection:

            async def effect() -> Answer:
                return await _wish(connection, caller, "redrive", entry_id, form.reason)

            return await answer_once(connection, caller, keyed, effect)

    @router.post("/quarantine/{entry_id}/discard", status_code=202, **_EXAMPLE)
    async def discard(  # pyright: ignore[reportUnusedFunction]
        caller: Operator, entry_id: UUID, form: WishForm, keyed: Keyed
    ) -> Response:
        """Give up one event for good; what was held behind it goes on."""
        async with database.transaction() as connection:

            async def effect() -> Answer:
                return await _wish(connection, caller, "discard", entry_id, form.reason)

            return await answer_once(connection, caller, keyed, effect)

    @router.post("/streams/{topic}/{stream}/resume", status_code=202, **_EXAMPLE)
    async def resume(  # pyright: ignore[reportUnusedFunction]
        caller: Operator, topic: TopicName, stream: StreamName, form: WishForm, keyed: Keyed
    ) -> Response:
        """Go on with a stopped stream, from its owner's journal."""
        async with database.transaction() as connection:

            async def effect() -> Answer:
                return await _resume(connection, caller, topic, stream, form.reason)

            return await answer_once(connection, caller, keyed, effect)


async def _wish(
    connection: Connection, caller: Caller, action: str, entry_id: UUID, reason: str
) -> Answer:
    entry = await flow.find_entry(connection, entry_id)
    if entry is None:
        raise NothingFound
    if entry["state"] != "open":
        raise NotInQuarantine
    if entry["kind"] == "unreadable" and action == "redrive":
        raise NeverReadable
    wish_id = await flow.wish_about_entry(
        connection, entry["consumer"], action, entry_id, member_key=caller.member_key, reason=reason
    )
    return await _accepted(connection, wish_id)


async def _resume(
    connection: Connection, caller: Caller, topic: str, stream: str, reason: str
) -> Answer:
    consumers = await flow.consumers_of_stream(connection, topic, stream)
    if not consumers:
        raise NothingFound
    stopped = [consumer for consumer, is_stopped in consumers.items() if is_stopped]
    if not stopped:
        raise NotStopped
    wishes = [
        await flow.wish_to_resume(
            connection, consumer, topic, stream, member_key=caller.member_key, reason=reason
        )
        for consumer in stopped
    ]
    return await _accepted(connection, wishes[0])


async def _accepted(connection: Connection, wish_id: UUID) -> Answer:
    wish = await flow.see_wish(connection, wish_id)
    assert wish is not None, "a wish was made in this transaction"
    return Answer(202, jsonable_encoder(wish), {"Location": f"/internal/wishes/{wish_id}"})


def _shown(entry: asyncpg.Record) -> dict[str, Any]:
    value: bytes | None = entry["value"]
    shown: Mapping[str, Any] = {
        **dict(entry),
        "headers": json.loads(entry["headers"]),
        # Whatever was in the record: shown as text, never interpreted.
        "value": None if value is None else value.decode(errors="backslashreplace"),
    }
    return dict(shown)
