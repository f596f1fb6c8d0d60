"""What the directory told of listings: enough to send nobody where nothing is.

Promise    Whoever is sent to a listing was sent before it was withdrawn, or is refused; a
           withdrawal finds everybody who was sent before it.
Not here   Names, addresses and opening times: the directory is asked for those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class KnownListing:
    """Whose a listing is, and whether it can be found."""

    organization_id: UUID
    published: bool


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Somebody on the way to a listing that was withdrawn, or published again, at ``changed_at``."""

    onward_referral_id: UUID
    pcn_code: str
    changed_at: datetime


async def share_listing(connection: Connection, listing_id: UUID) -> KnownListing | None:
    """Look a listing up; until the transaction ends, it is not withdrawn."""
    await connection.execute(_SQL["share_listing"], listing_id)
    row = await connection.fetchrow(_SQL["find_listing"], listing_id)
    return KnownListing(row["organization_id"], row["published"]) if row else None


async def is_listing_withdrawn(connection: Connection, listing_id: UUID) -> bool:
    """Say whether a listing stands withdrawn."""
    return bool(await connection.fetchval(_SQL["is_listing_withdrawn"], listing_id))


async def note_listings(
    connection: Connection, listings: Sequence[Mapping[str, Any]]
) -> list[OnTheWay]:
    """Keep the latest of what was told of each listing; give whom it concerns on the way."""
    ids = [listing["listing_id"] for listing in listings]
    await connection.execute(_SQL["claim_listings"], ids)
    await connection.execute(_SQL["note_listings"], as_rows(listings))
    rows = await connection.fetch(_SQL["list_open_of_changed_listings"], ids)
    return [OnTheWay(row["id"], row["pcn_code"], row["changed_at"]) for row in rows]
