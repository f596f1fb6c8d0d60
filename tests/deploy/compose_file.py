"""The Compose file as Compose reads it: merged, with every variable at its default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
DATABASES: Final = ("directory", "referral", "notifications", "reporting")
_VARIABLE: Final = re.compile(r"\$\{(\w+):-([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One service of the file."""

    name: str
    raw: dict[str, Any]

    @property
    def image(self) -> str:
        return self.raw["image"]

    @property
    def is_ours(self) -> bool:
        return self.image.startswith("waymark/")

    @property
    def package(self) -> str:
        """What the image is made of: the SERVICE it is built with."""
        return self.image.removeprefix("waymark/").partition(":")[0]

    @property
    def environment(self) -> dict[str, str]:
        return self.raw.get("environment", {})

    @property
    def command(self) -> list[str]:
        return self.raw.get("command", [])

    @property
    def entrypoint(self) -> list[str]:
        return self.raw.get("entrypoint", [])

    @property
    def volumes(self) -> list[str]:
        return self.raw.get("volumes", [])

    @property
    def ports(self) -> list[str]:
        return self.raw.get("ports", [])

    @property
    def waits_for(self) -> dict[str, str]:
        """What must be there before it, and in which condition."""
        needed = self.raw.get("depends_on", {})
        return {name: wanted["condition"] for name, wanted in needed.items()}


def read() -> dict[str, Entry]:
    """Every service of the file by its name."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    document = cast("dict[str, Any]", _at_defaults(yaml.safe_load(text)))
    return {name: Entry(name, raw) for name, raw in document["services"].items()}


def _at_defaults(value: object) -> object:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: found[2], value)
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return {name: _at_defaults(inner) for name, inner in pairs}
    if isinstance(value, list):
        return [_at_defaults(inner) for inner in cast("list[object]", value)]
    return value
