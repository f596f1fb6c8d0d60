"""Who a bearer token speaks for, if it is one of our issuer's and still good.

Promise    A token counts only with an allowed asymmetric algorithm, a key the issuer published,
           the right issuer and audience, and a time within leeway. A member is known onward by a
           keyed hash; the subject goes no further than this module.
Price      A verified token is remembered by its hash until it ends, so a token withdrawn by the
           issuer before its end stays good; memberships, not tokens, are what is revoked here.
Not here   What the member may do: ``memberships``.
"""

import hashlib
import hmac
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from chassis.access.discovery import IssuerAway
from chassis.access.keys import SigningKeys, UnknownKey
from chassis.refusals import NotSignedIn, Unavailable

LEEWAY_SECONDS = 60
TOKEN_SIZE_MAX = 8_192
KID_LENGTH_MAX = 200
SUBJECT_LENGTH_MAX = 500
TOKENS_REMEMBERED_MAX = 10_000
ISSUER_RETRY_AFTER_SECONDS = 5
MEMBER_KEY_LENGTH = 32

_ASYMMETRIC = frozenset(
    {"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"}
)


class UnsafeAlgorithm(ValueError):
    """An algorithm with a shared secret, or none at all, can prove nothing about an issuer."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for: a member by key, or one of the platform's services."""

    member_key: str
    client_id: str | None
    is_first_registrar: bool


def member_key(secret: str, issuer: str, subject: str) -> str:
    """Give the key under which a member is known in events, tables and logs."""
    message = f"{issuer}|{subject}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()[:MEMBER_KEY_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must say to be believed."""

    issuer: str
    audience: str
    algorithms: Sequence[str]
    service_clients: Collection[str]
    member_key_secret: str
    first_registrar_subject: str | None = None

    def __post_init__(self) -> None:
        """Refuse settings that would let a caller sign for the issuer."""
        if not self.algorithms or not _ASYMMETRIC.issuperset(self.algorithms):
            raise UnsafeAlgorithm


class TokenVerifier:
    """Verifies tokens and remembers the verdict until they end."""

    def __init__(self, rules: TokenRules, keys: SigningKeys) -> None:
        self._rules = rules
        self.keys = keys
        self._generation = 0
        self._remembered: dict[bytes, tuple[float, Identity]] = {}

    async def identify(self, authorization: str | None) -> Identity:
        """Say who the ``Authorization`` header speaks for, or refuse it."""
        if not authorization:
            raise NotSignedIn(token_given=False)
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > TOKEN_SIZE_MAX:
            raise NotSignedIn(token_given=True)
        if self._generation != self.keys.generation:
            # A key may have been withdrawn: what it signed is judged again.
            self._remembered.clear()
            self._generation = self.keys.generation
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        remembered = self._remembered.get(digest)
        if remembered is not None and time.time() < remembered[0]:
            return remembered[1]
        claims = await self._verify(token)
        identity = self._identity(claims)
        self._remember(digest, float(claims["exp"]) + LEEWAY_SECONDS, identity)
        return identity

    async def _verify(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if (
                not isinstance(kid, str)
                or len(kid) > KID_LENGTH_MAX
                or not isinstance(algorithm, str)
                or algorithm not in self._rules.algorithms
            ):
                raise NotSignedIn(token_given=True)
            key = await self.keys.find(kid)
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._rules.audience,
                issuer=self._rules.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except IssuerAway:
            raise Unavailable(
                "issuer-away",
                "The sign-in service cannot be reached to check the token. Please repeat.",
                retry_after_seconds=ISSUER_RETRY_AFTER_SECONDS,
            ) from None
        except (jwt.PyJWTError, UnknownKey, ValueError, TypeError, RecursionError):
            # Which check failed is for nobody but an attacker to know.
            raise NotSignedIn(token_given=True) from None

    def _identity(self, claims: dict[str, Any]) -> Identity:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
            raise NotSignedIn(token_given=True)
        client = claims.get("client_id") or claims.get("azp")
        # Client credentials name the client as subject (RFC 9068): no member is behind them.
        if isinstance(client, str) and client == subject:
            if client not in self._rules.service_clients:
                raise NotSignedIn(token_given=True)
            return Identity(f"service:{client}", client, is_first_registrar=False)
        return Identity(
            member_key(self._rules.member_key_secret, self._rules.issuer, subject),
            None,
            is_first_registrar=subject == self._rules.first_registrar_subject,
        )

    def _remember(self, digest: bytes, until: float, identity: Identity) -> None:
        if len(self._remembered) >= TOKENS_REMEMBERED_MAX:
            self._remembered.pop(next(iter(self._remembered)), None)
        self._remembered[digest] = (until, identity)
