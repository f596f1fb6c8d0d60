"""Importing 50,000 listings of another directory, over HTTP, into the running platform.

The other directory is one that this measurement serves: the listings there are, copied under ids and
organisations of their own and lying all over the region, so that words, needs and parts keep
their shares. It offers its lists in full, as this platform does.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx

from bench.live import Live
from bench.requests import Connection
from bench.results import Reading

LISTINGS: Final = 50_000
SECONDS_MAX: Final = 180.0
GIVEN_UP_AFTER_SECONDS: Final = 900.0
LOOK_SECONDS: Final = 1.0
EXPORT_SECONDS_MAX: Final = 60.0
_SPREAD_DEGREES: Final = 0.5
_KEPT_IDS: Final = frozenset({"taxonomy_term", "taxonomy_term_id", "taxonomy_id"})
"""Terms are the same for every copy: they are what needs are read from."""
_ENDED: Final = frozenset({"done", "stopped"})


async def measure(live: Live) -> list[Reading]:
    """Serve a directory of 50,000 listings, have it read, and wait until it is applied."""
    url = next(e["http"] for e in live.status["services"] if e["service"] == "directory")
    token = live.verb("token", "--role", "registrar", "--region", "QZZ").strip().split()[-1]
    originals = await asyncio.to_thread(_exported, url)
    pages = _Pages(_copies(originals))
    connection = Connection(url)
    headers = {"Authorization": f"Bearer {token}"}
    async with _serving(pages) as address:
        feed = await _posted(connection, "/feeds", {"name": "Bench", "base_url": address}, headers)
        began = time.monotonic()
        asked = await _posted(connection, f"/feeds/{feed['id']}/runs", {}, headers)
        run = await _ended(connection, f"/feeds/{feed['id']}/runs/{asked['run_id']}", headers)
        seconds = time.monotonic() - began
    await connection.close()
    return [
        Reading(f"importing {LISTINGS:,} listings", seconds, "s", SECONDS_MAX),
        Reading("listings of it that were not entered", LISTINGS - run["new"], "", 0),
    ]


def _exported(url: str) -> list[dict[str, Any]]:
    """Every listing there is, in full; the last line says where to go on."""
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        answer = httpx.get(f"{url}/export", params={"after": after}, timeout=EXPORT_SECONDS_MAX)
        *lines, last = map(json.loads, answer.raise_for_status().text.splitlines())
        found += lines
        after = last["next"]
    return found


def _copies(originals: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    draw = random.Random("waymark imports")
    return [
        _copied(originals[number % len(originals)], number // len(originals), draw)
        for number in range(LISTINGS)
    ]


def _copied(original: Mapping[str, Any], copy: int, draw: random.Random) -> dict[str, Any]:
    moved = [(draw.random() - 0.5) * _SPREAD_DEGREES for _ in range(2)]
    made = cast("dict[str, Any]", _under_new_ids(original, copy, moved))
    return {**made, "name": f"{original['name']} {copy + 1}"}


def _under_new_ids(part: Any, copy: int, moved: Sequence[float]) -> Any:
    """The same part with ids of its own; what it links to within its copy stays linked."""
    if isinstance(part, list):
        return [_under_new_ids(one, copy, moved) for one in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    made: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", part).items():
        if name in _KEPT_IDS or value is None:
            made[name] = value
        elif name == "id" or name.endswith("_id"):
            made[name] = str(uuid5(NAMESPACE_URL, f"{copy} {value}"))
        elif name in {"latitude", "longitude"}:
            made[name] = value + moved[name == "longitude"]
        else:
            made[name] = _under_new_ids(value, copy, moved)
    return made


class _Pages:
    """Pages of a list as the standard has them, each written once."""

    def __init__(self, contents: Sequence[Mapping[str, Any]]) -> None:
        self._contents = [json.dumps(one) for one in contents]

    def page(self, number: int, per_page: int) -> bytes:
        shown = self._contents[(number - 1) * per_page : number * per_page]
        pages = -(-len(self._contents) // per_page)
        envelope = {
            "total_items": len(self._contents),
            "total_pages": pages,
            "page_number": number,
            "size": len(shown),
            "first_page": number == 1,
            "last_page": number == pages,
            "empty": not shown,
        }
        return f'{json.dumps(envelope)[:-1]}, "contents": [{", ".join(shown)}]}}'.encode()


@asynccontextmanager
async def _serving(pages: _Pages) -> AsyncGenerator[str]:
    """Serve these pages on a free port of the loopback interface."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            while (await reader.readline()).strip():
                pass
            asked = parse_qs(urlsplit(line.decode().split(" ")[1]).query)
            body = pages.page(int(asked["page"][0]), int(asked["per_page"][0]))
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _posted(
    connection: Connection, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
) -> dict[str, Any]:
    status, answer = await connection.post(path, body, {**headers, "Idempotency-Key": str(uuid4())})
    assert status in {201, 202}, answer
    return answer


async def _ended(connection: Connection, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """The run once it has come to its end."""
    async with asyncio.timeout(GIVEN_UP_AFTER_SECONDS):
        run: dict[str, Any] = {"state": "waiting"}
        while run["state"] not in _ENDED:
            await asyncio.sleep(LOOK_SECONDS)
            _, run = await connection.get(path, headers)
    return run
