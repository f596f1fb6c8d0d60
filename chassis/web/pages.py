"""Lists leave in pages: a row's key is the place to go on, so inserts shift nothing.

Promise    A page holds at most ``PAGE_SIZE_MAX`` items. A cursor is opaque, signed, and good only
           for the list and the caller it was given to: no cursor opens another's rows.
Price      No page numbers and no total; a list is walked forwards.
Not here   The ``where (a, b) > ($1, $2)`` that reads the rows: each view's own SQL.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Query
from starlette.requests import Request

from chassis.refusals import BrokenRule, RuleBroken

PAGE_SIZE_DEFAULT = 50
PAGE_SIZE_MAX = 100
CURSOR_LENGTH_MAX = 1_000

_SIGNATURE_SIZE_BYTES = 12

Key = tuple[str | int | None, ...]
Row = TypeVar("Row")


class ForeignCursor(ValueError):
    """A cursor was not given by us for this list and caller."""


class Cursors:
    """Writes and reads cursors with a key of this deployment."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"waymark cursors", "sha256")

    def write(self, key: Key, *, bound_to: str) -> str:
        """Give the cursor that continues after ``key``."""
        payload = json.dumps(key, separators=(",", ":")).encode()
        return (
            base64.urlsafe_b64encode(self._sign(payload, bound_to) + payload).decode().rstrip("=")
        )

    def read(self, cursor: str, *, bound_to: str) -> Key:
        """Give the key a cursor continues after."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise ForeignCursor from None
        signature, payload = raw[:_SIGNATURE_SIZE_BYTES], raw[_SIGNATURE_SIZE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload, bound_to)):
            raise ForeignCursor
        return tuple(cast("list[str | int | None]", json.loads(payload)))

    def _sign(self, payload: bytes, bound_to: str) -> bytes:
        message = hashlib.sha256(bound_to.encode()).digest() + payload
        return hmac.digest(self._key, message, "sha256")[:_SIGNATURE_SIZE_BYTES]


class PageRequest:
    """Which page of a list is asked for.

    The cursor is read when it is used, inside the route: by then the caller it must have been
    given to is known, whatever the order of the route's dependencies.
    """

    def __init__(self, request: Request, limit: int, cursor: str | None) -> None:
        self._request = request
        self._cursors = cast("Cursors", request.app.state.cursors)
        self._cursor = cursor
        self.limit = limit

    @property
    def limit_and_one(self) -> int:
        """How many rows to read, so that a further page is known without counting."""
        return self.limit + 1

    @property
    def after(self) -> Key | None:
        """The key to go on after; None on the first page."""
        if not self._cursor:
            return None
        try:
            return self._cursors.read(self._cursor, bound_to=_binding(self._request))
        except ForeignCursor:
            raise RuleBroken(
                BrokenRule("/cursor", "must be the `next` of a page you were given", "query")
            ) from None

    def answer(
        self,
        rows: Sequence[Row],
        *,
        key: Callable[[Row], Key],
        item: Callable[[Row], Any] | None = None,
    ) -> dict[str, Any]:
        """Give ``{items, next}`` for at most ``limit_and_one`` rows read."""
        shown = rows[: self.limit]
        following = None
        if len(rows) > self.limit:
            following = self._cursors.write(key(shown[-1]), bound_to=_binding(self._request))
        return {
            "items": list(shown) if item is None else [item(row) for row in shown],
            "next": following,
        }


def page_request(
    request: Request,
    limit: Annotated[
        int, Query(ge=1, le=PAGE_SIZE_MAX, description="Items on a page.")
    ] = PAGE_SIZE_DEFAULT,
    cursor: Annotated[
        str | None,
        Query(max_length=CURSOR_LENGTH_MAX, description="The `next` of the page before."),
    ] = None,
) -> PageRequest:
    """Read the page asked for; the dependency of every list."""
    return PageRequest(request, limit, cursor)


Page = Annotated[PageRequest, Depends(page_request)]


def _binding(request: Request) -> str:
    """Bind a cursor to the list, its filters and the caller (by the token's member)."""
    filters = sorted(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"cursor", "limit"}
    )
    caller = getattr(request.state, "caller_key", "")
    return json.dumps([request.url.path, filters, caller])
