"""Posting through the public doors, many at once or one, and insisting that each was accepted.

Price      A seed that is refused stops: its stories were drawn to be acceptable, so a refusal
           is a fault of ours and is shown, not passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
_NOT_YET: Final = frozenset({"still-running", "listing-not-known"})
"""Problems of a single request that time solves: a listing is heard of within seconds."""
REASON: Final = "Synthetic: told by the seed of the demonstration"


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

    async def send(
        self,
        member: Member | None,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        """Send one request in the seed's name; the answer, unless time would change it."""
        headers = {"Waymark-Origin": "seed", "Waymark-Reason": REASON}
        if key is not None:
            headers["Idempotency-Key"] = key
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self._send(member, method, url, body, headers, _is_early)

    async def _post(self, member: Member, url: str, body: dict[str, Any]) -> Any:
        answer = await self._send(
            member, "POST", url, body, {}, lambda answer: answer.status_code in _TRY_AGAIN
        )
        if not answer.is_success:
            place, said = url.rsplit("/", 2)[-2], answer_in_one_line(answer)
            raise SeedRefused(f"{place} batch as {member.role}: {said}")
        return answer.json()

    async def _send(
        self,
        member: Member | None,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        is_early: Callable[[httpx.Response], bool],
    ) -> httpx.Response:
        tries = 0
        while True:
            tries += 1
            sent = dict(headers)
            if member is not None:
                token = self._tokens.get(member) or await self.access.token(self._http, member)
                self._tokens[member] = token
                sent["Authorization"] = f"Bearer {token}"
            answer = await self._http.request(
                method, url, json=body, headers=sent, timeout=REQUEST_TIMEOUT_SECONDS
            )
            if tries == TRIES_MAX or not is_early(answer):
                return answer
            if answer.status_code == httpx.codes.UNAUTHORIZED and member is not None:
                self._tokens.pop(member, None)
            await asyncio.sleep(PAUSE_SECONDS)


def _is_early(answer: httpx.Response) -> bool:
    if answer.status_code in {401, 403, 429, 503}:
        return True
    if answer.status_code not in {409, 422}:
        return False
    return str(answer.json().get("type", "")).rsplit("/", 1)[-1] in _NOT_YET


def _accepted(item: dict[str, Any]) -> dict[str, Any]:
    if item["status"] not in (200, 201):
        raise SeedRefused(f"{item['status']} {in_one_line(item.get('problem'))}")
    # Told again under its key, it was made before as surely as what is found by its reference.
    return item["body"] | ({"already": True} if item.get("replayed") else {})


__all__ = ["AccessRefused", "Poster", "SeedRefused"]
