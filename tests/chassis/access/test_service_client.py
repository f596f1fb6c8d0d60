"""One service calls another with a token of its own, renewed in time."""

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.access import service_client
from chassis.access.discovery import IssuerAway
from chassis.access.service_client import ServiceClient
from tests.issuer import CLIENT_SECRET, Issuer, serve

pytestmark = pytest.mark.loopback


@pytest.fixture
async def client(issuer: Issuer) -> AsyncIterator[ServiceClient]:
    settings: Any = SimpleNamespace(
        issuer_url=issuer.url,
        client_id="reporting",
        client_secret=SecretStr(CLIENT_SECRET),
        audience="waymark",
    )
    made = ServiceClient(settings)
    yield made
    await made.close()


class Owner:
    """The service that is called; remembers what it was sent."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.refuse_next = False

    async def answer(self, request: Request) -> Response:
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.refuse_next:
            self.refuse_next = False
            return Response(status_code=401)
        return JSONResponse({"ok": True})


@pytest.fixture
async def owner() -> AsyncIterator[tuple[Owner, str]]:
    owner = Owner()
    async with serve(Starlette(routes=[Route("/", owner.answer)])) as url:
        yield owner, url


async def test_many_calls_share_one_token(
    client: ServiceClient, owner: tuple[Owner, str], issuer: Issuer
) -> None:
    answers = await asyncio.gather(*(client.get(owner[1]) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert issuer.asked["token"] == 1
    assert len(set(owner[0].tokens)) == 1


async def test_a_token_is_renewed_before_it_ends(
    client: ServiceClient, owner: tuple[Owner, str], issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.get(owner[1])
    nearly_over = (
        time.monotonic() + issuer.token_life_seconds - service_client.RENEW_BEFORE_END_SECONDS + 1
    )
    monkeypatch.setattr(service_client, "time", SimpleNamespace(monotonic=lambda: nearly_over))

    await client.get(owner[1])

    assert issuer.asked["token"] == 2
    assert len(set(owner[0].tokens)) == 2


async def test_a_refused_token_is_replaced_once(
    client: ServiceClient, owner: tuple[Owner, str], issuer: Issuer
) -> None:
    await client.get(owner[1])
    owner[0].refuse_next = True

    answer = await client.get(owner[1])

    assert answer.status_code == 200
    assert issuer.asked["token"] == 2


async def test_with_the_issuer_away_the_call_says_so_and_recovers(
    client: ServiceClient, owner: tuple[Owner, str], issuer: Issuer
) -> None:
    issuer.away = True
    with pytest.raises(IssuerAway):
        await client.get(owner[1])
    assert owner[0].tokens == []

    issuer.away = False
    assert (await client.get(owner[1])).status_code == 200


async def test_every_call_has_a_time_limit(client: ServiceClient) -> None:
    timeout: httpx.Timeout = client.http.timeout

    assert None not in (timeout.connect, timeout.read, timeout.write, timeout.pool)
    assert client.http.follow_redirects is False
