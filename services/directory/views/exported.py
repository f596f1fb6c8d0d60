"""The whole directory as anybody may take it along."""

from chassis.database import Connection
from services.directory.store import feed_listings


async def listings(connection: Connection, *, after: int, rows: int) -> list[tuple[int, str]]:
    """The next listings in their order, each by its number, in full."""
    return await feed_listings.export_page(connection, after=after, rows=rows)
