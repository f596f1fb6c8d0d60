"""A stream's owner, asked over HTTP: how far its streams go, and any part of their journal.

Promise    What cannot be had whole and plausible is ``OwnerUnavailable``: half an answer never
           moves a position.
Price      Nothing is remembered here; each question is a request, bounded in time.
Not here   Whom to ask when: ``healing`` and ``heads``.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, ValidationError

from chassis.stream.blame import OwnerUnavailable
from chassis.stream.events import Record
from chassis.stream.limits import StreamLimits
from contracts.envelope import UnreadableEnvelope, read_headers

PAGES_MAX = 1_000
OK = 200


@dataclass(frozen=True, slots=True)
class Head:
    """How far a stream is published, by which event, and how far it is numbered."""

    epoch: int
    number: int
    event_id: UUID | None
    numbered: int


class _HeadItem(BaseModel):
    stream: str
    epoch: int
    head: Annotated[int, Field(ge=0)]
    event_id: UUID | None
    numbered: Annotated[int, Field(ge=0)]


class _HeadPage(BaseModel):
    items: list[_HeadItem]
    next: str | None


class _EventItem(BaseModel):
    number: int
    headers: dict[str, str]
    value: str


class _EventPage(BaseModel):
    items: list[_EventItem]


_Page = TypeVar("_Page", bound=BaseModel)


class Journal:
    """The journal of the service that owns ``topic``."""

    def __init__(
        self, topic: str, base_url: str, client: httpx.AsyncClient, limits: StreamLimits
    ) -> None:
        self.topic = topic
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._limits = limits

    async def heads(self) -> dict[str, Head]:
        """How far each stream goes."""
        found: dict[str, Head] = {}
        after = ""
        for _ in range(PAGES_MAX):
            body = await self._get(
                "/internal/streams", {"after": after, "limit": self._limits.heads_page_max}
            )
            page = _read(_HeadPage, body)
            for item in page.items:
                found[item.stream] = Head(item.epoch, item.head, item.event_id, item.numbered)
            if page.next is None:
                return found
            after = page.next
        raise OwnerUnavailable("more pages of heads than there can be streams")

    async def events(self, stream: str, after: int, limit: int) -> list[Record]:
        """What the journal holds of ``stream`` behind ``after``: contiguous, perhaps nothing."""
        path = f"/internal/streams/{quote(stream, safe='')}/events"
        body = await self._get(path, {"after": after, "limit": limit})
        page = _read(_EventPage, body)
        records: list[Record] = []
        for number, item in enumerate(page.items, start=after + 1):
            record = self._record(item)
            if (record.envelope.stream, record.envelope.number) != (stream, number):
                raise OwnerUnavailable("the journal answered with another range")
            records.append(record)
        return records

    def _record(self, item: _EventItem) -> Record:
        headers = [(name, value.encode()) for name, value in item.headers.items()]
        try:
            envelope = read_headers(headers)
        except UnreadableEnvelope as fault:
            raise OwnerUnavailable("the journal answered without an envelope") from fault
        return Record(self.topic, envelope, item.value.encode(), from_journal=True)

    async def _get(self, path: str, query: dict[str, str | int]) -> bytes:
        try:
            seconds = self._limits.owner_timeout_seconds
            # The client's own timeout bounds each step of an answer, not the whole.
            async with asyncio.timeout(seconds):
                answer = await self._client.get(
                    self._base_url + path, params=query, timeout=seconds
                )
        except Exception as fault:
            # The client also fetches tokens: whatever keeps it from asking, the owner is away.
            raise OwnerUnavailable(type(fault).__name__) from fault
        if answer.status_code != OK:
            raise OwnerUnavailable(f"HTTP {answer.status_code}")
        return answer.content


def _read(page: type[_Page], body: bytes) -> _Page:
    try:
        return page.model_validate_json(body)
    except ValidationError as fault:
        raise OwnerUnavailable("the journal's answer is malformed") from fault
