"""Generated secrets of one platform, kept where only its owner can read them.

They are made once and survive `down`: data encrypted or signed with them (passwords of the
database cluster, cursors, member keys) must still fit after the next `up`. `reset` removes them
together with that data.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 24


class Vault:
    """Named secrets in one file."""

    def __init__(self, state: Path) -> None:
        self._file = state / "secrets.json"
        self._known: dict[str, str] = {}
        if self._file.exists():
            self._known = json.loads(self._file.read_text(encoding="utf-8"))

    def secret(self, name: str) -> str:
        """The secret of that name, made now if there is none."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(SECRET_BYTES)
            self._write()
        return self._known[name]

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(self._known, stream, indent=1)
        partial.replace(self._file)
