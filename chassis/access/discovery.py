"""What the issuer says of itself: where its keys and its token endpoint are.

Promise    The document's issuer is the configured one, its addresses are no weaker than the
           issuer's own (https stays https), answers are small and arrive in time or not at all.
Not here   What is done with the keys: ``keys``. Fetching tokens: ``service_client``.
"""

import json
import time
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

DOCUMENT_PATH = "/.well-known/openid-configuration"
KEPT_SECONDS = 300.0
ANSWER_SIZE_MAX_BYTES = 256 * 1024
TIMEOUT = httpx.Timeout(3.0, connect=2.0)


class IssuerAway(Exception):
    """The issuer did not answer, or answered what no issuer of ours would."""


async def fetch_json(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """Get one small JSON object, following no redirect."""
    try:
        async with http.stream("GET", url, timeout=TIMEOUT, follow_redirects=False) as answer:
            if answer.status_code != 200:
                raise IssuerAway
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_SIZE_MAX_BYTES:
                    raise IssuerAway
        found: object = json.loads(body)
    except (httpx.HTTPError, ValueError, RecursionError) as fault:
        raise IssuerAway from fault
    if not isinstance(found, dict):
        raise IssuerAway
    return cast("dict[str, Any]", found)


class Discovery:
    """The issuer's discovery document, read again after a while."""

    def __init__(self, issuer_url: str, http: httpx.AsyncClient) -> None:
        self._issuer_url = issuer_url
        self._http = http
        self._document: dict[str, Any] = {}
        self._read_at = -KEPT_SECONDS

    async def address(self, name: str) -> str:
        """Give one address of the document, such as ``jwks_uri``."""
        if time.monotonic() - self._read_at >= KEPT_SECONDS:
            document = await fetch_json(self._http, self._issuer_url.rstrip("/") + DOCUMENT_PATH)
            if str(document.get("issuer", "")).rstrip("/") != self._issuer_url.rstrip("/"):
                raise IssuerAway
            self._document, self._read_at = document, time.monotonic()
        found = self._document.get(name)
        allowed = {"https"} if self._issuer_url.startswith("https:") else {"http", "https"}
        if not isinstance(found, str) or urlsplit(found).scheme not in allowed:
            raise IssuerAway
        return found
