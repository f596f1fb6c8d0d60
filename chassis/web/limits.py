"""What a request may cost before any of our code sees it: bytes, depth and time.

Promise    A body over its limit is refused without being kept (413), a slow one is cut off (408),
           one nested too deeply is refused unread (400), and a request whose work takes longer
           than the deadline is stopped, its transaction rolled back, and told so (503).
Price      Bodies are read whole before routing; a path that ends in ``/batch`` or ``/uploads`` may send more.
Not here   Limits on fields and pages: ``fields`` and ``pages``.
"""

import asyncio
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.web.problems import ProblemResponse, answer_status, problem

BODY_SIZE_MAX_BYTES = 256 * 1024
BATCH_BODY_SIZE_MAX_BYTES = 2 * 1024 * 1024
BATCH_PATH_SUFFIXES = ("/batch", "/uploads")
BODY_TIMEOUT_SECONDS = 10.0
DEADLINE_SECONDS = 10.0
JSON_DEPTH_MAX = 32

_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class Limits:
    """Reads the body within its limits and runs the request within its deadline."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        body_timeout_seconds: float = BODY_TIMEOUT_SECONDS,
    ) -> None:
        self._app = app
        self._deadline_seconds = deadline_seconds
        self._body_timeout_seconds = body_timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what costs too much; hand on the rest with its body in memory."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # No text we keep holds it, and Postgres refuses it: it is only ever sent to harm.
            await answer_status(400)(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            read = await self._read(scope, receive)
            if isinstance(read, ProblemResponse):
                read.headers["Connection"] = "close"
                await read(scope, receive, send)
                return
            receive = _Replay(read, receive)
        await self._run(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | ProblemResponse:
        size_max = size_max_bytes(scope["path"])
        if _declared_length(scope) > size_max:
            return answer_status(413)
        try:
            async with asyncio.timeout(self._body_timeout_seconds):
                body = await _collect(receive, size_max)
        except TimeoutError:
            return answer_status(408)
        if body is None:
            return answer_status(413)
        if is_too_deep(body):
            return problem(400, "too-deep", "The JSON is nested more deeply than we read.")
        return body

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        deadline = asyncio.timeout(self._deadline_seconds)
        try:
            async with deadline:
                await self._app(scope, receive, watched)
        except TimeoutError:
            if started or not deadline.expired():
                raise
            refused = problem(
                503,
                "deadline-passed",
                "This took too long and was stopped. Repeat it with the same Idempotency-Key.",
                headers={"Retry-After": "2"},
            )
            await refused(scope, receive, send)


class _Replay:
    """Gives the collected body once, then waits for the connection's end like the server."""

    __slots__ = ("_body", "_receive")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class ClientLeft(Exception):
    """The client closed the connection before its body was complete."""


async def _collect(receive: Receive, size_max: int) -> bytes | None:
    """Gather the body; None as soon as it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False):
        return body if len(body) <= size_max else None
    chunks = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > size_max:
            return None
        chunks.append(chunk)
    if message["type"] == "http.disconnect":
        raise ClientLeft
    return b"".join(chunks)


def size_max_bytes(path: str) -> int:
    """Give how many bytes a body sent to this path may have."""
    return BATCH_BODY_SIZE_MAX_BYTES if path.endswith(BATCH_PATH_SUFFIXES) else BODY_SIZE_MAX_BYTES


def is_too_deep(body: bytes) -> bool:
    """Whether brackets nest beyond the limit, before a parser recurses into them."""
    if body.count(b"[") + body.count(b"{") <= JSON_DEPTH_MAX:
        return False
    depth = 0
    for token in _TOKENS.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            depth += 1
            if depth > JSON_DEPTH_MAX:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
