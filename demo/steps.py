"""One thing that is told of a referral through one public door, said before anything is posted.

A step names what it is about by names (`{referral}`, `{visit-1}`) that earlier answers gave ids to,
so a whole story can be drawn, counted and compared without any service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

Phase = Literal["before", "during", "after"]
"""Within one stretch of time: before its contacts, beside them, after them."""
PHASES: Final[tuple[Phase, ...]] = ("before", "during", "after")
KNOWN_ALONE: Final = frozenset({"correction", "voiding"})
"""What has no time of its own: it happens when it becomes known."""


@dataclass(frozen=True, slots=True)
class Of:
    """In a step's body: the id of what an earlier answer named."""

    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """In a step's body: a listing of the network that answers this need."""

    need: str
    pick: int


@dataclass(frozen=True, slots=True)
class Step:
    """One request, as far as it is known before the services answer."""

    at: datetime
    phase: Phase
    what: str
    """What it tells, for whoever counts."""
    path: str
    body: Mapping[str, Any]
    method: Literal["POST", "PUT"] = "POST"
    name: str | None = None
    """By what later steps know what it made."""
    version_of: str | None = None
    """What it changes, by its name: the version last heard of goes with it."""
    read_at: str | None = None
    """Where to read that version when none was heard of, or another one by now."""
    role: str | None = None
    """Who tells it; None: the worker of the story."""
    happened_at: datetime | None = None
    """When it happened, where that is not when it is told."""
    other: str | None = None
    """The reference of another story whose names it needs, each as ``other-…``."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        return self.happened_at or self.at
