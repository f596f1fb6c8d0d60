"""A few routes that show how every route of the platform behaves."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from chassis.database import DatabaseUnavailable
from chassis.refusals import NothingFound, Refusal
from chassis.web.etags import ExpectedVersion, check_version
from chassis.web.fields import NhsNumber, OccurredAt, PlainText, Prose, RequestModel
from chassis.web.openapi import described
from chassis.web.pages import Page

CANARY = "Zebedee Quillfeather"


class Need(RequestModel):
    code: str
    weight: Annotated[int, Field(ge=1, le=5)] = 1


class Note(RequestModel):
    name: Annotated[str, PlainText(40)]
    text: Annotated[str, Prose(200)] = "-"
    nhs_number: NhsNumber | None = None
    occurred_at: OccurredAt | None = None
    needs: tuple[Need, ...] = ()
    weights: dict[str, int] = Field(default_factory=dict[str, int])


def trial_router() -> APIRouter:
    router = APIRouter()

    @router.post("/notes", **described(example={"name": "A"}, demo_role="referrer"))
    async def note(body: Note) -> dict[str, Any]:
        return body.model_dump(mode="json")

    @router.post("/notes/batch")
    async def notes(body: list[Note]) -> dict[str, int]:
        return {"count": len(body)}

    @router.get("/notes/{note_id}")
    async def one(note_id: int) -> dict[str, int]:
        if note_id > 100:
            raise NothingFound
        return {"id": note_id}

    @router.put("/notes/{note_id}")
    async def change(note_id: int, expected: ExpectedVersion) -> dict[str, int]:
        check_version(expected, 3)
        return {"id": note_id}

    @router.get("/pages")
    async def pages(page: Page) -> dict[str, Any]:
        after = 0 if page.after is None else int(str(page.after[0]))
        rows = [number for number in range(1, 251) if number > after][: page.limit_and_one]
        return page.answer(rows, key=lambda number: (number,))

    _add_ways_to_fail(router)
    return router


def _add_ways_to_fail(router: APIRouter) -> None:
    @router.post("/fault")
    async def fault(body: Note) -> None:
        raise RuntimeError(f"cannot store {body.name}")

    @router.get("/refused")
    async def refused() -> None:
        raise Refusal(409, "still-running", "It is running.", headers={"Retry-After": "1"})

    @router.get("/away")
    async def away() -> None:
        raise DatabaseUnavailable

    @router.get("/slow")
    async def slow() -> None:
        await asyncio.Event().wait()
