"""A real OpenID Connect issuer on a loopback port, whose keys and manners a test controls."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.waiting import until

AUDIENCE = "waymark"
CLIENT_SECRET = "a-client-secret-of-tests"
TOKEN_LIFE_SECONDS = 600


class Issuer:
    """Signs tokens and publishes keys; counts what it is asked."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: dict[str, Any] = {}
        self.published: list[str] = []
        self.away = False
        self.token_life_seconds = TOKEN_LIFE_SECONDS
        self.asked: dict[str, int] = {"discovery": 0, "jwks": 0, "token": 0}
        self.rotate("key-1")

    def rotate(self, kid: str, *, kind: str = "EC", keep: bool = True) -> None:
        """Sign with a new key from now on."""
        if kind == "EC":
            self.keys[kid] = ec.generate_private_key(ec.SECP256R1())
        else:
            self.keys[kid] = rsa.generate_private_key(65_537, 2_048)
        self.published = [*(self.published if keep else []), kid]
        self.current = kid

    def token(self, subject: str, **changes: Any) -> str:
        """Mint a token; a claim given as None is left out."""
        headers = {"kid": self.current, **changes.pop("headers", {})}
        key = changes.pop("key", self.keys[self.current])
        algorithm = changes.pop("algorithm", None) or (
            "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256"
        )
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + self.token_life_seconds,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key, algorithm=algorithm, headers=headers)

    def service_token(self, client_id: str) -> str:
        """Mint what client credentials give."""
        return self.token(client_id, client_id=client_id)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _discovery(self, _request: Request) -> Response:
        self.asked["discovery"] += 1
        if self.away:
            return Response(status_code=503)
        return JSONResponse(
            {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint": f"{self.url}/token",
            }
        )

    async def _jwks(self, _request: Request) -> Response:
        self.asked["jwks"] += 1
        if self.away:
            return Response(status_code=503)
        return JSONResponse({"keys": [self._jwk(kid) for kid in self.published]})

    def _jwk(self, kid: str) -> dict[str, Any]:
        key = self.keys[kid].public_key()
        algorithm = (
            jwt.algorithms.ECAlgorithm
            if isinstance(key, ec.EllipticCurvePublicKey)
            else jwt.algorithms.RSAAlgorithm
        )
        return {**json.loads(algorithm.to_jwk(key)), "kid": kid, "use": "sig"}

    async def _token(self, request: Request) -> Response:
        self.asked["token"] += 1
        if self.away:
            return Response(status_code=503)
        form = await request.form()
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        return JSONResponse(
            {
                "access_token": self.token(
                    "reporting", client_id="reporting", jti=str(self.asked["token"])
                ),
                "expires_in": self.token_life_seconds,
                "token_type": "Bearer",
            }
        )


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[str]:
    """Serve an application on a free loopback port; give its address."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
        )
    )
    running = asyncio.create_task(server._serve())
    await until(lambda: server.started or running.done(), what="the server listens")
    if running.done():
        running.result()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


class IssuerServer:
    """One listening address behind which each test has an issuer of its own."""

    def __init__(self) -> None:
        self.url = ""
        self._app = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def fresh(self) -> Issuer:
        """Put a new issuer behind the address."""
        issuer = Issuer()
        issuer.url = self.url
        self._app = issuer.app()
        return issuer


@asynccontextmanager
async def running_issuer_server() -> AsyncIterator[IssuerServer]:
    """Listen for as long as the block lasts."""
    server = IssuerServer()
    async with serve(server) as url:
        server.url = url
        yield server


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """Run one issuer for as long as the block lasts."""
    async with running_issuer_server() as server:
        yield server.fresh()
