"""What is sealed: the browser keeps it for us, in cookies and addresses, and can read none of it.

Promise    It opens only with this console's key, under the name it was sealed for, and before
           its end. A restart signs nobody out; nothing is kept here.
Price      It cannot be taken back before its end: signing out deletes the browser's cookie.
Not here   What is kept: ``session``, ``sign_in`` and ``pages.find_help``.
"""

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
COOKIE_BYTES_MAX: Final = 4_000
"""Browsers drop a cookie above 4,096 bytes without a word."""


class TooMuchToKeep(ValueError):
    """What was to be sealed does not fit into one cookie."""


class Seal:
    """Seals and opens cookies under a key made from the console's own secret."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"waymark console cookies").derive(
            secret.encode()
        )
        self._cipher = AESGCM(key)

    def close(self, name: str, content: Mapping[str, Any], *, seconds: int) -> str:
        """Seal ``content`` for the cookie ``name``, to be opened within ``seconds``."""
        body = json.dumps({"until": time.time() + seconds, "content": content}).encode()
        nonce = os.urandom(NONCE_BYTES)
        sealed = urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, body, name.encode()))
        if len(sealed) > COOKIE_BYTES_MAX:
            raise TooMuchToKeep
        return sealed.decode()

    def open(self, name: str, sealed: str | None) -> dict[str, Any] | None:
        """Give what was sealed, or None if it is not ours, not for this name, or too old."""
        if not sealed or len(sealed) > COOKIE_BYTES_MAX:
            return None
        try:
            raw = urlsafe_b64decode(sealed.encode("ascii"))
            body = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], name.encode())
        except (ValueError, InvalidTag):
            return None
        kept = cast("dict[str, Any]", json.loads(body))
        return kept["content"] if time.time() < kept["until"] else None
