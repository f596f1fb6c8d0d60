"""How one service speaks to another: as a client of the issuer, never for a member.

Promise    Every call carries a token that is renewed before it ends, has a time limit, follows no
           redirect and continues the running trace.
Price      The first call, and one each token's life, also asks the issuer.
Not here   Retries: the caller knows whether its call may be repeated.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx

from chassis import telemetry
from chassis.access.discovery import ANSWER_SIZE_MAX_BYTES, TIMEOUT, Discovery, IssuerAway
from chassis.settings import ServiceSettings

RENEW_BEFORE_END_SECONDS = 30.0
TOKEN_LIFE_DEFAULT_SECONDS = 60.0
CALL_TIMEOUT = httpx.Timeout(5.0, connect=2.0, pool=2.0)
CONNECTIONS = httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30)


class ServiceToken(httpx.Auth):
    """Puts this service's own bearer token on each request and renews it in time."""

    def __init__(self, settings: ServiceSettings, http: httpx.AsyncClient) -> None:
        self._discovery = Discovery(settings.issuer_url, http)
        self._http = http
        self._client_id = settings.client_id
        self._client_secret = settings.client_secret
        self._audience = settings.audience
        self._token = ""
        self._renew_at = 0.0
        self._asking = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token; if that was refused, once more with a fresh one."""
        token = await self.token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {await self.token(instead_of=token)}"
            yield request

    async def token(self, *, instead_of: str | None = None) -> str:
        """Give a token that is good for a while, and is not the one that was refused."""
        if self._is_good(instead_of):
            return self._token
        async with self._asking:
            if not self._is_good(instead_of):
                await self._ask()
        return self._token

    def _is_good(self, instead_of: str | None) -> bool:
        return time.monotonic() < self._renew_at and self._token != instead_of

    async def _ask(self) -> None:
        address = await self._discovery.address("token_endpoint")
        asked_at = time.monotonic()
        try:
            answer = await self._http.post(
                address,
                data={"grant_type": "client_credentials", "audience": self._audience},
                auth=httpx.BasicAuth(self._client_id, self._client_secret.get_secret_value()),
                timeout=TIMEOUT,
                follow_redirects=False,
            )
            answer.raise_for_status()
            if len(answer.content) > ANSWER_SIZE_MAX_BYTES:
                raise IssuerAway
            given: Mapping[str, Any] = answer.json()
            token, life = given["access_token"], given.get("expires_in", TOKEN_LIFE_DEFAULT_SECONDS)
            life_seconds = float(life)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as fault:
            raise IssuerAway from fault
        if not isinstance(token, str):
            raise IssuerAway
        # A short-lived token is renewed at half its life rather than at once.
        margin = min(RENEW_BEFORE_END_SECONDS, life_seconds / 2)
        self._token, self._renew_at = token, asked_at + life_seconds - margin


class ServiceClient:
    """HTTP calls to the other services, with this service's own token.

    ``IssuerAway`` and ``httpx.HTTPError`` mean that the call may be tried again later.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._issuer_http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self.token = ServiceToken(settings, self._issuer_http)
        self.http = httpx.AsyncClient(
            auth=self.token,
            timeout=CALL_TIMEOUT,
            limits=CONNECTIONS,
            trust_env=False,
            event_hooks={"request": [_continue_trace]},
        )

    async def get(
        self, url: str, *, params: Mapping[str, str | int] | None = None
    ) -> httpx.Response:
        """Get a resource of another service."""
        return await self.http.get(url, params=params)

    async def post(self, url: str, *, json: Any) -> httpx.Response:
        """Send something to another service."""
        return await self.http.post(url, json=json)

    async def close(self) -> None:
        """Give back every connection."""
        await self.http.aclose()
        await self._issuer_http.aclose()


async def _continue_trace(request: httpx.Request) -> None:
    traceparent = telemetry.current_traceparent()
    if traceparent is not None:
        request.headers["traceparent"] = traceparent
