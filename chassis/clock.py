"""Time: the one place that reads the machine's clock, so that tests can hand in another."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Anything that answers the present as an aware UTC time."""


def now() -> datetime:
    """Return the present, aware and in UTC."""
    return datetime.now(UTC)
