"""What the issuer says of itself is believed only as far as it stays itself."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chassis.access.discovery import ANSWER_SIZE_MAX_BYTES, Discovery, IssuerAway, fetch_json
from chassis.access.gate import RegisterGate
from chassis.access.keys import KEYS_MAX, SigningKeys, UnknownKey
from tests.issuer import Issuer, serve

pytestmark = pytest.mark.loopback


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


ANSWERS: dict[str, Callable[[Request], Response]] = {
    "another issuer": lambda _: JSONResponse({"issuer": "https://elsewhere.example.org"}),
    "no issuer": lambda _: JSONResponse({}),
    "no object": lambda _: JSONResponse([1]),
    "no JSON": lambda _: Response("hello"),
    "too deep": lambda _: Response("[" * 100_000),
    "too large": lambda _: Response(b" " * (ANSWER_SIZE_MAX_BYTES + 1)),
    "a redirect": lambda _: RedirectResponse("http://127.0.0.1:1/"),
    "a fault": lambda _: Response(status_code=500),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_no_issuer_gives_counts_as_none(
    answer: Callable[[Request], Response], http: httpx.AsyncClient
) -> None:
    async def respond(request: Request) -> Response:
        return answer(request)

    app = Starlette(routes=[Route("/.well-known/openid-configuration", respond)])
    async with serve(app) as url:
        with pytest.raises(IssuerAway):
            await Discovery(url, http).address("jwks_uri")


async def test_an_issuer_over_tls_cannot_send_us_elsewhere_without(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def document(_http: httpx.AsyncClient, _url: str) -> dict[str, Any]:
        return {
            "issuer": "https://issuer.example.org",
            "jwks_uri": "http://issuer.example.org/jwks",
            "token_endpoint": "https://issuer.example.org/token",
        }

    monkeypatch.setattr("chassis.access.discovery.fetch_json", document)
    discovery = Discovery("https://issuer.example.org", http)

    assert await discovery.address("token_endpoint") == "https://issuer.example.org/token"
    with pytest.raises(IssuerAway):
        await discovery.address("jwks_uri")


async def test_nobody_listening_counts_as_away(http: httpx.AsyncClient) -> None:
    with pytest.raises(IssuerAway):
        await fetch_json(http, "http://127.0.0.1:9/")


async def test_only_public_signature_keys_with_an_id_are_kept(
    issuer: Issuer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = issuer._jwk("key-1")
    published = [
        {**good, "kid": "encrypts", "use": "enc"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256"},
        {**good, "kid": "broken", "x": "!"},
        {key: value for key, value in good.items() if key != "kid"},
        "nonsense",
        good,
        *({**good, "kid": f"many-{number}"} for number in range(KEYS_MAX)),
    ]

    async def jwks(_http: httpx.AsyncClient, url: str) -> dict[str, Any]:
        return {"issuer": issuer.url, "jwks_uri": issuer.url, "keys": published} | {"url": url}

    monkeypatch.setattr("chassis.access.discovery.fetch_json", jwks)
    monkeypatch.setattr("chassis.access.keys.fetch_json", jwks)
    keys = SigningKeys(issuer.url, http)

    assert (await keys.find("key-1")).key_type == "EC"
    for kid in ("encrypts", "secret", "broken", f"many-{KEYS_MAX - 1}"):
        with pytest.raises(UnknownKey):
            await keys.find(kid)


async def test_the_gate_asks_again_until_the_directory_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.access.gate.RETRY_FIRST_SECONDS", 0.001)
    asked: list[str] = []

    async def head() -> int:
        asked.append("head")
        if asked.count("head") < 3:
            raise httpx.ConnectError("away")
        return 2

    async def position() -> int:
        asked.append("position")
        return asked.count("position")

    gate = RegisterGate(head, position)
    await gate.run()

    assert gate.is_open
    assert (asked.count("head"), asked.count("position")) == (3, 2)
