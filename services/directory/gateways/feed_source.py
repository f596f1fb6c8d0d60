"""The one program that fetches from other directories, and goes to no address but a checked one.

Promise    A name is looked up once; every address it leads to has to be public, and the connection
           goes to the very address that was checked, so an answer that changes later changes
           nothing. No redirect is followed, nothing is unpacked, and bytes and seconds are counted
           while they come.
Price      A feed that moves while it is read is read again.
Not here   What a page may hold: ``domain.feed_rules``.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx
import pydantic_core

from services.directory.domain.feed_rules import FeedAway, FeedLimits, FeedStopped, is_public

CONNECT_SECONDS_MAX: Final = 5.0
CONNECTIONS_MAX: Final = 8
HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# With these a feed asks for what it may be asked for, and not for more.
_NOT_OFFERED: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED}
)
_NOT_NOW: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class NotOffered(Exception):
    """The feed knows no such parameter."""


async def looked_up(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver for every address of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to the one address of a name that was checked when it was first asked for."""

    def __init__(self, *, private_allowed: bool, resolver: Resolver = looked_up) -> None:
        self._inner = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX), trust_env=False
        )
        self._private_allowed = private_allowed
        self._resolver = resolver
        self._pinned: dict[str, str] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to where its name was found to lead."""
        host = request.url.host
        address = await self._address_of(host, request.url.port or 443)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            # The certificate has to be the name's, not the address's.
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Give back every connection."""
        await self._inner.aclose()

    async def _address_of(self, host: str, port: int) -> str:
        if host not in self._pinned:
            try:
                found = await self._resolver(host, port)
            except (OSError, UnicodeError):
                raise FeedStopped("address-unknown") from None
            if not found:
                raise FeedStopped("address-unknown")
            if not self._private_allowed and not all(is_public(one) for one in found):
                raise FeedStopped("address-refused")
            self._pinned[host] = found[0]
        return self._pinned[host]


class FeedSource:
    """Fetches the documents of one feed."""

    def __init__(
        self,
        base_url: str,
        limits: FeedLimits,
        *,
        private_allowed: bool,
        resolver: Resolver = looked_up,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._limits = limits
        self._http = httpx.AsyncClient(
            transport=PinnedTransport(private_allowed=private_allowed, resolver=resolver),
            timeout=httpx.Timeout(limits.page_seconds_max, connect=CONNECT_SECONDS_MAX),
            follow_redirects=False,
            trust_env=False,
        )
        self.bytes_read = 0

    async def close(self) -> None:
        """Give back every connection."""
        await self._http.aclose()

    async def document(self, path: str, parameters: Mapping[str, str], *, bytes_left: int) -> Any:
        """Fetch one document, trying again where the feed is away."""
        for attempt in range(1, self._limits.attempts_max + 1):
            try:
                async with asyncio.timeout(self._limits.page_seconds_max):
                    body = await self._body(path, parameters, bytes_left)
            except TimeoutError:
                raise FeedStopped("too-slow") from None
            except FeedAway:
                if attempt == self._limits.attempts_max:
                    raise FeedStopped("feed-away") from None
                await asyncio.sleep(self._limits.attempt_pause_seconds * attempt)
            else:
                return document_in(body)
        raise FeedStopped("feed-away")

    async def send(self, url: str, body: Any) -> bool:
        """Send something to an address the feed named; whether it was taken."""
        try:
            async with (
                asyncio.timeout(self._limits.page_seconds_max),
                # What is answered is not read: only whether it was taken.
                self._http.stream("POST", url, json=body) as answer,
            ):
                return answer.is_success
        except (httpx.HTTPError, TimeoutError, FeedStopped):
            return False

    async def _body(self, path: str, parameters: Mapping[str, str], bytes_left: int) -> bytes:
        url = f"{self._base_url}{path}"
        try:
            async with self._http.stream("GET", url, params=parameters, headers=HEADERS) as answer:
                _check_status(answer)
                return await self._read(answer, bytes_left)
        except httpx.HTTPError:
            # The fault may quote what was sent or answered: it goes no further.
            raise FeedAway from None

    async def _read(self, answer: httpx.Response, bytes_left: int) -> bytes:
        told = answer.headers.get("content-length", "")
        if told.isdecimal():
            self._check_size(int(told), bytes_left)
        chunks: list[bytes] = []
        size = 0
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            self.bytes_read += len(chunk)
            self._check_size(size, bytes_left)
            chunks.append(chunk)
        return b"".join(chunks)

    def _check_size(self, size: int, bytes_left: int) -> None:
        if size > self._limits.page_bytes_max:
            raise FeedStopped("page-too-large")
        if size > bytes_left:
            raise FeedStopped("run-too-large")


def _check_status(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_redirect or answer.has_redirect_location:
        raise FeedStopped("redirected")
    if status in _NOT_OFFERED:
        raise NotOffered
    if answer.is_server_error or status in _NOT_NOW:
        raise FeedAway
    if not answer.is_success:
        raise FeedStopped("feed-refused")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise FeedStopped("wrong-encoding")


def document_in(body: bytes) -> Any:
    """Read a document that is plain UTF-8 and nests no deeper than the parser goes."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FeedStopped("wrong-encoding") from None
    try:
        return pydantic_core.from_json(text, allow_inf_nan=False)
    except ValueError as fault:
        # The parser goes down 200 levels and says so by this text alone.
        too_deep = "recursion limit" in str(fault)
        raise FeedStopped("nested-too-deep" if too_deep else "not-json") from None
