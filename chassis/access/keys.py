"""The issuer's signing keys, held in memory and renewed as it rotates them.

Promise    A key is found by its id in what the issuer published, nowhere else. A new key is
           accepted within one fetch, a withdrawn one for at most ``REFRESH_SECONDS`` more while
           the issuer answers. With the issuer away, the keys we hold go on working.
Price      Unknown key ids cause at most one fetch each ``FETCH_INTERVAL_MIN_SECONDS``.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, cast

import httpx
import jwt

from chassis.access.discovery import Discovery, IssuerAway, fetch_json

REFRESH_SECONDS = 300.0
FETCH_INTERVAL_MIN_SECONDS = 5.0
KEYS_MAX = 64

_KINDS = {"EC", "RSA", "OKP"}


class UnknownKey(Exception):
    """The issuer published no key of that id."""


class SigningKeys:
    """The published keys by id."""

    def __init__(self, issuer_url: str, http: httpx.AsyncClient) -> None:
        self._discovery = Discovery(issuer_url, http)
        self._http = http
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = 0.0
        self._tried_at = -FETCH_INTERVAL_MIN_SECONDS
        self._away = False
        self._fetching = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None
        self.generation = 0

    async def readiness(self) -> str | None:
        """Say why no token can be judged yet; asking also fetches the first keys."""
        if not self._keys:
            await self.fetch()
        return None if self._keys else "the issuer's keys are not known"

    async def find(self, kid: str) -> jwt.PyJWK:
        """Give the key of that id; ``IssuerAway`` if it is unknown and cannot be asked for."""
        found = self._keys.get(kid)
        if found is None:
            await self.fetch(unless_known=kid)
            found = self._keys.get(kid)
        elif self._due(REFRESH_SECONDS, since=self._fetched_at):
            self._renew_aside()
        if found is not None:
            return found
        if self._away:
            raise IssuerAway
        raise UnknownKey

    async def fetch(self, *, unless_known: str | None = None) -> None:
        """Read the keys again, unless that was tried a moment ago."""
        async with self._fetching:
            if unless_known in self._keys or not self._due(
                FETCH_INTERVAL_MIN_SECONDS, since=self._tried_at
            ):
                return
            self._tried_at = time.monotonic()
            try:
                address = await self._discovery.address("jwks_uri")
                document = await fetch_json(self._http, address)
            except IssuerAway:
                self._away = True
                return
            self._away = False
            self._fetched_at = time.monotonic()
            keys = _usable(document.get("keys"))
            if keys.keys() != self._keys.keys():
                self.generation += 1
            self._keys = keys

    def _renew_aside(self) -> None:
        """Renew without making the request at hand wait for it."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self.fetch())

    @staticmethod
    def _due(interval_seconds: float, *, since: float) -> bool:
        return time.monotonic() - since >= interval_seconds


def _usable(published: Any) -> dict[str, jwt.PyJWK]:
    """Keep public signature keys with an id; a shared secret is no key of an issuer."""
    keys: dict[str, jwt.PyJWK] = {}
    if not isinstance(published, list):
        return keys
    for entry in cast("Sequence[Any]", published)[:KEYS_MAX]:
        if not isinstance(entry, dict):
            continue
        described = cast("dict[str, Any]", entry)
        kid = described.get("kid")
        if (
            not isinstance(kid, str)
            or described.get("kty") not in _KINDS
            or described.get("use", "sig") != "sig"
        ):
            continue
        try:
            keys[kid] = jwt.PyJWK.from_dict(described)
        except (jwt.PyJWTError, ValueError):
            continue
    return keys
