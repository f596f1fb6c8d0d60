"""Signing in: OpenID Connect's code flow with a proof key, as in a region so in the demonstration.

Promise    Only the browser that asked may come back with the answer (state), only this console can
           change the code for a token (proof key and secret), and the identity is checked for
           issuer, audience, signature, time and nonce before anybody is signed in.
Not here   What the member may do: the services read it from the register.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.access.discovery import TIMEOUT, Discovery, IssuerAway
from chassis.access.keys import SigningKeys, UnknownKey
from console.settings import ConsoleSettings

SIGNING_IN_COOKIE: Final = "waymark_signing_in"
SIGNING_IN_SECONDS: Final = 600
SECRET_BYTES: Final = 32
LEEWAY_SECONDS: Final = 60
CALLBACK_PATH: Final = "/signed-in"


class SignInFailed(Exception):
    """The answer of the issuer is not one that this browser asked for, or is not good."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser needs to prove that the answer is to its own question."""

    state: str
    nonce: str
    verifier: str
    target: str

    @classmethod
    def begin(cls, target: str) -> "Attempt":
        return cls(
            state=secrets.token_urlsafe(SECRET_BYTES),
            nonce=secrets.token_urlsafe(SECRET_BYTES),
            verifier=secrets.token_urlsafe(SECRET_BYTES),
            target=target,
        )

    def content(self) -> dict[str, str]:
        return asdict(self)


class _Tokens(BaseModel):
    """The issuer's answer, as far as we need it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str
    id_token: str
    expires_in: float = 600


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody the issuer vouches for."""

    access_token: str
    name: str
    seconds: int


class SignIn:
    """Speaks with the issuer."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self._discovery = Discovery(settings.issuer_url, self._http)
        self._keys = SigningKeys(settings.issuer_url, self._http)

    async def address(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._callback,
            "scope": "openid",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{await self._discovery.address('authorization_endpoint')}?{urlencode(asked)}"

    async def complete(self, attempt: Attempt, answer: Mapping[str, str]) -> SignedIn:
        """Change the code for a token, and the identity for a name."""
        state, code = answer.get("state", ""), answer.get("code", "")
        if not code or not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise SignInFailed
        if answer.get("iss", self._settings.issuer_url) != self._settings.issuer_url:
            raise SignInFailed
        tokens = await self._exchange(code, attempt.verifier)
        claims = await self._verified(tokens.id_token)
        if not hmac.compare_digest(str(claims.get("nonce", "")), attempt.nonce):
            raise SignInFailed
        name = claims.get("name")
        shown = name if isinstance(name, str) and name else "Signed in"
        return SignedIn(tokens.access_token, shown, int(tokens.expires_in))

    async def close(self) -> None:
        await self._http.aclose()

    @property
    def _callback(self) -> str:
        return f"{self._settings.console_url}{CALLBACK_PATH}"

    async def _exchange(self, code: str, verifier: str) -> _Tokens:
        try:
            answer = await self._http.post(
                await self._discovery.address("token_endpoint"),
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": self._callback,
                    "code_verifier": verifier,
                },
                auth=httpx.BasicAuth(
                    self._settings.client_id, self._settings.client_secret.get_secret_value()
                ),
            )
        except httpx.HTTPError:
            raise IssuerAway from None
        if answer.status_code != 200:
            raise SignInFailed
        try:
            return _Tokens.model_validate_json(answer.content)
        except ValidationError:
            raise SignInFailed from None

    async def _verified(self, id_token: str) -> dict[str, Any]:
        try:
            key = await self._keys.find(str(jwt.get_unverified_header(id_token).get("kid")))
            return jwt.decode(
                id_token,
                key,
                algorithms=list(self._settings.issuer_algorithms),
                audience=self._settings.client_id,
                issuer=self._settings.issuer_url,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, UnknownKey, ValueError):
            raise SignInFailed from None
