"""The demonstration's OpenID Connect issuer, a process of its own: the code path a region uses.

Promise    It refuses to start outside demo mode. Codes are used once, within a minute, by the
           client and the address they were made for, with the proof key (PKCE) always asked for.
Price      Anybody who reaches it can be any demo member. It listens on loopback alone.
Not here   What a member may do: memberships in the register.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import uvicorn
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from demo.members import Member, member_of, member_of_subject, offered
from demo.signing import ALGORITHM, SigningKeys

MEMBER_TOKEN_SECONDS: Final = 8 * 3600
SERVICE_TOKEN_SECONDS: Final = 600
CODE_SECONDS: Final = 60
CODES_MAX: Final = 10_000
FORM_BYTES_MAX: Final = 16_384
FIELD_LENGTH_MAX: Final = 2_000
VERIFIER_LENGTH_MIN: Final = 43

PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Settings(BaseSettings):
    """What the issuer is told."""

    model_config = SettingsConfigDict(env_prefix="WAYMARK_", hide_input_in_errors=True)

    mode: Literal["demo"]
    http_host: str = "127.0.0.1"
    http_port: int
    issuer_url: str
    audience: str = "waymark"
    issuer_directory: Path
    issuer_clients: dict[str, SecretStr]
    demo_secret: SecretStr
    console_url: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A code handed out, waiting to be changed for tokens."""

    member: Member
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    ends_at: float


class Refused(Exception):
    """The request breaks the protocol; the word is one of OAuth's own."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


Fields = Mapping[str, str]


class Issuer:
    """Codes and tokens; everything here is memory but the keys."""

    def __init__(self, settings: Settings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._codes: dict[str, Grant] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/jwks", self.jwks),
            Route("/authorize", _protocol(self.choose), methods=["GET"]),
            Route("/authorize", _protocol(self.chosen), methods=["POST"]),
            Route("/token", _protocol(self.token), methods=["POST"]),
            Route("/demo/token", _protocol(self.demo_token), methods=["POST"]),
            Route("/demo/rotate", _protocol(self.rotate), methods=["POST"]),
            Route("/livez", _alive),
            Route("/readyz", _alive),
        ]

    # -- what verifiers read ---------------------------------------------------------------

    async def discovery(self, _request: Request) -> Response:
        url = self._settings.issuer_url
        return JSONResponse(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid"],
            }
        )

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse(self._keys.published())

    # -- signing in ------------------------------------------------------------------------

    async def choose(self, request: Request) -> Response:
        """The page on which a person chooses who to be."""
        wanted = self._wanted(dict(request.query_params))
        kept = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in wanted.items()
        )
        buttons = "".join(
            f'<li><button name="subject" value="{html.escape(member.subject)}">'
            f"{html.escape(member.name)}</button></li>"
            for member in offered()
        )
        return HTMLResponse(PAGE.format(kept=kept, buttons=buttons), headers=PAGE_HEADERS)

    async def chosen(self, request: Request) -> Response:
        """Send the person back with a code."""
        fields = await _form(request)
        wanted = self._wanted(fields)
        member = member_of_subject(fields.get("subject", ""))
        if member is None:
            raise Refused("access_denied")
        now = time.monotonic()
        self._codes = {code: grant for code, grant in self._codes.items() if grant.ends_at > now}
        if len(self._codes) >= CODES_MAX:
            raise Refused("temporarily_unavailable", 503)
        code = secrets.token_urlsafe(32)
        self._codes[code] = Grant(
            member=member,
            client_id=wanted["client_id"],
            redirect_uri=wanted["redirect_uri"],
            challenge=wanted["code_challenge"],
            nonce=wanted.get("nonce"),
            ends_at=now + CODE_SECONDS,
        )
        answer = {"code": code, "iss": self._settings.issuer_url}
        if "state" in wanted:
            answer["state"] = wanted["state"]
        separator = "&" if urlsplit(wanted["redirect_uri"]).query else "?"
        target = f"{wanted['redirect_uri']}{separator}{urlencode(answer)}"
        return RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})

    def _wanted(self, fields: Fields) -> dict[str, str]:
        """The parts of a sign-in request that must come back unchanged."""
        client = fields.get("client_id", "")
        target = urlsplit(fields.get("redirect_uri", ""))
        console = urlsplit(self._settings.console_url)
        # Nothing is sent anywhere but to the console: a wrong address is answered here.
        if client not in self._settings.issuer_clients:
            raise Refused("invalid_client", 401)
        if (target.scheme, target.netloc, target.fragment) != (console.scheme, console.netloc, ""):
            raise Refused("invalid_request")
        if fields.get("response_type") != "code":
            raise Refused("unsupported_response_type")
        if not fields.get("code_challenge") or fields.get("code_challenge_method") != "S256":
            raise Refused("invalid_request")
        kept = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce")
        kept += ("code_challenge", "code_challenge_method")
        return {name: fields[name] for name in kept if name in fields}

    # -- tokens ----------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        fields = await _form(request)
        client = self._client(request, fields)
        kind = fields.get("grant_type")
        if kind == "client_credentials":
            # RFC 9068: with nobody behind it, the client is the subject.
            claims = {"sub": client, "client_id": client}
            return _tokens(self._token(claims, SERVICE_TOKEN_SECONDS), SERVICE_TOKEN_SECONDS)
        if kind != "authorization_code":
            raise Refused("unsupported_grant_type")
        grant = self._codes.pop(fields.get("code", ""), None)
        if (
            grant is None
            or grant.ends_at < time.monotonic()
            or grant.client_id != client
            or grant.redirect_uri != fields.get("redirect_uri")
            or not _proves(fields.get("code_verifier", ""), grant.challenge)
        ):
            raise Refused("invalid_grant")
        subject = grant.member.subject
        identity = {"sub": subject, "aud": client, "name": grant.member.name}
        if grant.nonce is not None:
            identity["nonce"] = grant.nonce
        return _tokens(
            self._token({"sub": subject, "client_id": client}, MEMBER_TOKEN_SECONDS),
            MEMBER_TOKEN_SECONDS,
            id_token=self._token(identity, MEMBER_TOKEN_SECONDS),
            scope="openid",
        )

    async def demo_token(self, request: Request) -> Response:
        """A member's token for the command line."""
        self._demo_only(request)
        try:
            asked: object = json.loads(await _body(request))
        except (ValueError, RecursionError):
            raise Refused("invalid_request") from None
        fields = cast("dict[str, object]", asked) if isinstance(asked, dict) else {}
        member = member_of(str(fields.get("role", "")), str(fields.get("organisation_code", "")))
        if member is None:
            raise Refused("invalid_request")
        token = self._token({"sub": member.subject, "client_id": "demo"}, MEMBER_TOKEN_SECONDS)
        return _tokens(token, MEMBER_TOKEN_SECONDS, subject=member.subject)

    async def rotate(self, request: Request) -> Response:
        """Sign with a new key; tests see that verifiers follow."""
        self._demo_only(request)
        return JSONResponse({"kid": self._keys.rotate()})

    def _token(self, claims: Mapping[str, Any], seconds: int) -> str:
        now = int(time.time())
        standing = {
            "iss": self._settings.issuer_url,
            "aud": self._settings.audience,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "jti": secrets.token_urlsafe(12),
        }
        return self._keys.sign({**standing, **claims})

    def _client(self, request: Request, fields: Fields) -> str:
        client, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                pair = base64.b64decode(encoded, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise Refused("invalid_client", 401) from None
            client, _, secret = (unquote(part) for part in pair.partition(":"))
        known = self._settings.issuer_clients.get(client)
        if known is None or not _same(known.get_secret_value(), secret):
            raise Refused("invalid_client", 401)
        return client

    def _demo_only(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not _same(self._settings.demo_secret.get_secret_value(), given):
            raise Refused("access_denied", 403)


def _protocol(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Answer what breaks the protocol as OAuth does, never quoting what was sent."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except Refused as refused:
            headers = {"Cache-Control": "no-store"}
            if refused.status == 401:
                headers["WWW-Authenticate"] = 'Basic realm="waymark demo issuer"'
            return JSONResponse({"error": refused.error}, refused.status, headers)

    return guarded


async def _alive(_request: Request) -> Response:
    return JSONResponse({"status": "ready"})


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise Refused("invalid_request", 413)
    return body


async def _form(request: Request) -> dict[str, str]:
    try:
        text = (await _body(request)).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=32, errors="strict")
    except ValueError:
        raise Refused("invalid_request") from None
    if any(len(value) > FIELD_LENGTH_MAX for _, value in pairs):
        raise Refused("invalid_request")
    return dict(pairs)


def _tokens(token: str, seconds: int, **more: str) -> Response:
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": seconds, **more}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _proves(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return len(verifier) >= VERIFIER_LENGTH_MIN and _same(expected, challenge)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Choose who to be - Waymark demonstration</title>
<style>
body {{ font-family: Arial, sans-serif; line-height: 1.5; color: #212b32; background: #f0f4f5;
  margin: 0 auto; max-width: 40rem; padding: 1.5rem; }}
ul {{ list-style: none; padding: 0; }}
button {{ display: block; width: 100%; margin: 0 0 .5rem; padding: .75rem 1rem; font: inherit;
  text-align: left; color: #005eb8; background: #fff; border: 1px solid #768692; cursor: pointer; }}
button:focus {{ outline: 4px solid #ffeb3b; outline-offset: 0; color: #212b32; }}
</style>
</head>
<body>
<main>
<h1>Choose who to be</h1>
<p>This is a demonstration. Everybody in it is synthetic and nobody needs a password.</p>
<form method="post" action="/authorize">{kept}<ul>{buttons}</ul></form>
</main>
</body>
</html>
"""


def make_app(settings: Settings) -> Starlette:
    """The issuer as an ASGI application."""
    issuer = Issuer(settings, SigningKeys(settings.issuer_directory))
    return Starlette(routes=issuer.routes())


def main() -> None:
    """Serve until told to stop."""
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] - the environment fills it
    except ValidationError as fault:
        for error in fault.errors(include_input=False, include_url=False):
            key = "WAYMARK_" + str(error["loc"][0]).upper()
            print(f"{key}: {error['msg']}", file=sys.stderr)  # noqa: T201 - before any log is set up
        raise SystemExit(2) from None
    uvicorn.run(
        make_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
