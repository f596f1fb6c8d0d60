"""Another directory on a real socket: good ones, and ones that mean harm."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid5

Documents = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Request:
    """What was asked for."""

    method: str
    path: str
    parameters: dict[str, str]
    body: bytes = b""

    @property
    def page(self) -> int:
        return int(self.parameters.get("page", "1"))


@dataclass(slots=True)
class Reply:
    """What is answered; an endless body is sent piece by piece until the other side has enough."""

    body: bytes | AsyncIterator[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


Answering = Callable[[Request], Reply | Awaitable[Reply]]


@dataclass(slots=True)
class FeedServer:
    """A running server; what it answers can be changed while it runs."""

    url: str
    answer: Answering
    asked: list[Request] = field(default_factory=list[Request])
    sent_bytes: int = 0

    def serves(self, answer: Answering) -> None:
        self.answer = answer


@asynccontextmanager
async def running_feed(answer: Answering | None = None) -> AsyncIterator[FeedServer]:
    """Run a server on a free port of the loopback interface."""
    running = FeedServer("", answer or (lambda _: Reply(b"", 404)))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _request(reader)) is not None:
                running.asked.append(request)
                reply = running.answer(request)
                await _send(writer, reply if isinstance(reply, Reply) else await reply, running)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()


async def _request(reader: asyncio.StreamReader) -> Request | None:
    line = await reader.readline()
    if not line:
        return None
    length = 0
    while (header := await reader.readline()).strip():
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    method, target, _ = line.decode().split(" ")
    parts = urlsplit(target)
    parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Request(method, parts.path, parameters, await reader.readexactly(length))


async def _send(writer: asyncio.StreamWriter, reply: Reply, running: FeedServer) -> None:
    headers = {"Content-Type": "application/json", **reply.headers}
    if isinstance(reply.body, bytes):
        headers.setdefault("Content-Length", str(len(reply.body)))
    else:
        headers["Connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode())
    if isinstance(reply.body, bytes):
        writer.write(reply.body)
        running.sent_bytes += len(reply.body)
    else:
        async for piece in reply.body:
            writer.write(piece)
            await writer.drain()
            running.sent_bytes += len(piece)
        writer.close()
    await writer.drain()


def service(number: int, **changes: Any) -> dict[str, Any]:
    """A believable service of Open Referral UK, the same for the same number."""
    organization = number // 5
    own = str(uuid5(NAMESPACE_URL, f"service {number}"))
    return {
        "id": own,
        "name": f"Walking group {number}",
        "status": "active",
        "description": "A gentle walk and tea afterwards.",
        "minimum_age": 18,
        "organization": {
            "id": str(uuid5(NAMESPACE_URL, f"organization {organization}")),
            "name": f"Friends of park {organization} (synthetic)",
            "description": "Neighbours who walk.",
        },
        "schedules": [
            {
                "id": str(uuid5(NAMESPACE_URL, f"schedule {number}")),
                "freq": "WEEKLY",
                "byday": "TU",
                "opens_at": "10:00",
                "closes_at": "11:30",
            }
        ],
        "service_at_locations": [
            {
                "id": str(uuid5(NAMESPACE_URL, f"at {number}")),
                "location": {
                    "id": str(uuid5(NAMESPACE_URL, f"location {number}")),
                    "location_type": "physical",
                    "latitude": 53.0 + number % 1000 / 100,
                    "longitude": -2.0 - number // 1000 / 100,
                },
            }
        ],
        **changes,
    }


def page_of(contents: Documents, number: int, per_page: int, **changes: Any) -> dict[str, Any]:
    """A page of a list as the standard has it."""
    pages = max(1, -(-len(contents) // per_page))
    shown = contents[(number - 1) * per_page : number * per_page]
    return {
        "total_items": len(contents),
        "total_pages": pages,
        "page_number": number,
        "size": len(shown),
        "first_page": number == 1,
        "last_page": number == pages,
        "empty": not shown,
        "contents": list(shown),
        **changes,
    }


def as_json(document: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(document).encode(), status)


def good_feed(contents: Documents) -> Answering:
    """A feed that does as the standard says."""

    def answer(request: Request) -> Reply:
        per_page = int(request.parameters.get("per_page", "20"))
        return as_json(page_of(contents, request.page, per_page))

    return answer
