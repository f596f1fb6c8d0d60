"""The lookup of deprivation deciles by postcode: loaded from outside, the same for everyone."""

from collections.abc import Collection, Sequence
from typing import Final

from chassis.database import Connection
from chassis.sql import Queries

_SQL: Final = Queries("services.referral")


def compact(postcode: str) -> str:
    """Give a postcode as the lookup holds it: capitals, no space."""
    return postcode.replace(" ", "").upper()


async def deciles_of(connection: Connection, postcodes: Collection[str]) -> dict[str, int]:
    """Give the deciles of those of these postcodes that are known, by compact postcode."""
    rows = await connection.fetch(
        _SQL["find_deciles"], sorted({compact(postcode) for postcode in postcodes})
    )
    return {row["postcode"]: row["deprivation_decile"] for row in rows}


async def load(connection: Connection, edition: str, places: Sequence[tuple[str, int]]) -> int:
    """Put postcodes in the lookup, or change their deciles; give how many are different now."""
    status: str = await connection.execute(
        _SQL["load_deciles"],
        edition,
        [compact(postcode) for postcode, _ in places],
        [decile for _, decile in places],
    )
    return int(status.rpartition(" ")[2])
