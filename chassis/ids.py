"""Identifiers: random enough to say nothing, ordered enough to index well."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUIDv7: sorted by the millisecond it was made, random below that."""
    return uuid7()
