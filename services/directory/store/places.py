"""The rows of loaded postcodes and named places."""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.sql import Queries
from services.directory.domain.places import Place, PlaceKey, Point

_SQL = Queries("services.directory")


async def load_places(
    connection: Connection, region_code: str, places: Sequence[tuple[PlaceKey, Place]]
) -> int:
    """Enter or correct these places; how many were new or different."""
    return await connection.fetchval(
        _SQL["load_places"],
        region_code,
        [key.kind for key, _ in places],
        [key.key for key, _ in places],
        [place.text for _, place in places],
        [key.outward for key, _ in places],
        [place.point.latitude for _, place in places],
        [place.point.longitude for _, place in places],
        [place.neighbourhood_code for _, place in places],
    )


async def settle_outward_codes(
    connection: Connection, region_code: str, outward_codes: Sequence[str]
) -> None:
    """Put these outward codes in the middle of their postcodes."""
    await connection.execute(_SQL["settle_outward_codes"], region_code, list(outward_codes))


async def places_called(connection: Connection, key: PlaceKey) -> list[Place]:
    """Read what regions loaded under this key."""
    rows = await connection.fetch(_SQL["places_called"], key.kind, key.key)
    return [
        Place(
            region_code=row["region_code"],
            kind=row["kind"],
            text=row["text"],
            point=Point(row["latitude"], row["longitude"]),
            neighbourhood_code=row["neighbourhood_code"],
            postcodes=row["postcodes"],
        )
        for row in rows
    ]
