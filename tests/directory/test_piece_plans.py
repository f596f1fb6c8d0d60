"""With 50,000 listings, work that goes piece by piece reads its piece and not everything."""

from typing import cast
from uuid import UUID

import pytest

from bench.copies import copy_until
from chassis.database import Connection
from services.directory.store.duplicates import pairs_alike
from services.directory.store.lacking import reaches
from services.directory.use_cases.duplicates import (
    DEGREES_AROUND,
    LOOKED_AT_FOR_EACH_MAX,
    PAIRS_FOR_EACH_MAX,
)
from tests.directory.plans import Measuring
from tests.directory.test_search_judged import fill
from tests.directory.trial import Office

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(300)]

LISTINGS = 50_000
PIECE = 100
ROWS_OF_EACH_MAX = 60
"""What is read for one listing of a piece: what lies near it, its times, its points."""


async def _fill(office: Office) -> None:
    """Fifty thousand listings, each somewhere of its own."""
    await fill(office)
    assert await copy_until(office.owner, LISTINGS) >= LISTINGS
    for statement in (
        """
        update listing_point
        set latitude = latitude + (random() - 0.5) * 0.5,
            longitude = longitude + (random() - 0.5) * 0.8
        """,
        "vacuum analyze listing_point",
    ):
        await office.owner.execute(statement, timeout=300)


async def test_what_is_done_piece_by_piece_reads_few_rows_for_each(office: Office) -> None:
    await _fill(office)
    ids = [
        row["id"]
        for row in await office.owner.fetch(
            "select id from listing order by id desc limit $1", PIECE
        )
    ]

    async with office.worker.transaction() as connection:
        measuring = Measuring(connection)
        await pairs_alike(
            cast("Connection", measuring),
            ids,
            degrees=DEGREES_AROUND,
            name_likeness=1.0,
            looked_at=LOOKED_AT_FOR_EACH_MAX,
            pairs=PAIRS_FOR_EACH_MAX,
        )
        middle = UUID(int=1 << 127)
        read, last = await reaches(cast("Connection", measuring), "QZZ", after=middle, rows=PIECE)

    assert (len(read), last is not None) == (PIECE, True)
    assert max(measuring.rows) < PIECE * ROWS_OF_EACH_MAX, measuring.rows
