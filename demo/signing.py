"""The demo issuer's signing keys: kept on disk, so that a restart leaves every token good.

Promise    A key is on disk before anything is signed with it; only its owner can read it. After a
           rotation tokens of the former key stay good, because its public half stays published.
Price      Two keys are published; a token of an older one is refused.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ALGORITHM: Final = "ES256"
KEYS_KEPT: Final = 2


class SigningKeys:
    """The key that signs, and those still published."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        for file in sorted(directory.glob("*.pem")):
            key = serialization.load_pem_private_key(file.read_bytes(), password=None)
            if isinstance(key, ec.EllipticCurvePrivateKey):
                self._keys[file.stem] = key
        if not self._keys:
            self.rotate()

    def rotate(self) -> str:
        """Sign with a new key from now on; its id."""
        # Ids begin with a number that grows, so that sorted names are the order of making.
        number = max((int(kid.partition("-")[0]) for kid in self._keys), default=0) + 1
        kid = f"{number:06}-{secrets.token_hex(4)}"
        key = ec.generate_private_key(ec.SECP256R1())
        self._write(kid, key)
        self._keys[kid] = key
        for old in sorted(self._keys)[:-KEYS_KEPT]:
            del self._keys[old]
            (self._directory / f"{old}.pem").unlink(missing_ok=True)
        return kid

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims."""
        kid = max(self._keys)
        return jwt.encode(dict(claims), self._keys[kid], algorithm=ALGORITHM, headers={"kid": kid})

    def published(self) -> dict[str, Any]:
        """The public halves, as a key set."""
        return {"keys": [self._public(kid) for kid in sorted(self._keys)]}

    def _public(self, kid: str) -> dict[str, Any]:
        numbers = ECAlgorithm.to_jwk(self._keys[kid].public_key(), as_dict=True)
        return {**numbers, "kid": kid, "use": "sig", "alg": ALGORITHM}

    def _write(self, kid: str, key: ec.EllipticCurvePrivateKey) -> None:
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        partial = self._directory / f"{kid}.partial"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._directory / f"{kid}.pem")
