"""Posting many items through the public batch forms, and insisting that each was accepted.

Price      A seed that is refused stops: its stories were drawn to be acceptable, so a refusal
           is a fault of ours and is shown, not passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import httpx

from chassis.web.problem_text import answer_in_one_line, in_one_line
from demo.access import AccessRefused, DemoAccess
from demo.members import Member

BATCH_SIZE_MAX: Final = 200
REQUEST_TIMEOUT_SECONDS: Final = 60.0
TRIES_MAX: Final = 40
PAUSE_SECONDS: Final = 0.25
_TRY_AGAIN: Final = frozenset({401, 403, 409, 429, 503})
"""A member just granted is known everywhere within seconds; until then services say 403 or 503."""


class SeedRefused(AccessRefused):
    """A service refused what the seed posted; the text names the field and the rule."""


class Poster:
    """Posts as demo members, each with a token that is kept while it works."""

    def __init__(self, access: DemoAccess, http: httpx.AsyncClient) -> None:
        self.access = access
        self._http = http
        self._tokens: dict[Member, str] = {}

    async def post_each(
        self, member: Member, url: str, items: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Post items in batches; the answers' bodies, in the order of the items."""
        bodies: list[dict[str, Any]] = []
        for start in range(0, len(items), BATCH_SIZE_MAX):
            chunk = items[start : start + BATCH_SIZE_MAX]
            answer = await self._post(member, url, {"origin": "seed", "items": chunk})
            bodies += map(_accepted, answer["items"])
        return bodies

    async def _post(self, member: Member, url: str, body: dict[str, Any]) -> Any:
        answer: httpx.Response | None = None
        for _ in range(TRIES_MAX):
            token = self._tokens.get(member) or await self.access.token(self._http, member)
            self._tokens[member] = token
            answer = await self._http.post(
                url,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=REQUEST_TIMEOUT_SECONDS,
            )
            if answer.status_code not in _TRY_AGAIN:
                break
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                del self._tokens[member]
            await asyncio.sleep(PAUSE_SECONDS)
        if answer is None or not answer.is_success:
            said = "nothing" if answer is None else answer_in_one_line(answer)
            message = f"{url.rsplit('/', 2)[-2]} batch as {member.role}: {said}"
            raise SeedRefused(message)
        return answer.json()


def _accepted(item: dict[str, Any]) -> dict[str, Any]:
    if item["status"] not in (200, 201):
        raise SeedRefused(f"{item['status']} {in_one_line(item.get('problem'))}")
    return item["body"]


__all__ = ["AccessRefused", "Poster", "SeedRefused"]
