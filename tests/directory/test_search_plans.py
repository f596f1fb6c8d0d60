"""At 50,000 listings a search goes by its indexes, whatever is asked and whoever asked before."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from bench.copies import copy_until
from chassis import clock
from chassis.database import Connection
from services.directory.domain.places import Place, Point
from services.directory.domain.search import Wanted
from services.directory.store.search import search_listings
from services.directory.use_cases.search import query_of, read_words
from tests.directory.test_search_judged import fill
from tests.directory.trial import Office

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(300)]

LISTINGS = 50_000
NEAR = Place("QZZ", "place-name", "Ashbeck", Point(54.02266, 0.95677), "N1", 1)


class Explaining:
    """A connection that says how it would answer, and answers nothing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.plan = ""

    async def fetch(self, query: str, *values: Any) -> Sequence[Any]:
        rows = await self.connection.fetch(f"explain {query}", *values)
        self.plan = "\n".join(row[0] for row in rows)
        return []


async def plan_of(office: Office, words: str | None, wanted: Wanted) -> str:
    async with office.app.state.database.transaction() as connection:
        read = await read_words(connection, words)
        explaining = Explaining(connection)
        await search_listings(
            cast("Connection", explaining),
            wanted,
            read.asked,
            query_of(read, wanted.need, "near"),
            today=clock.now().date(),
            after=None,
            rows=21,
        )
    return explaining.plan


async def test_searches_of_fifty_thousand_listings_go_by_their_indexes(office: Office) -> None:
    await fill(office)
    assert await copy_until(office.owner, LISTINGS) >= LISTINGS

    by_words = await plan_of(office, "my husband died", Wanted())
    by_need = await plan_of(office, None, Wanted(need="fuel", free=True))
    by_both = await plan_of(office, "choir", Wanted(near=NEAR, within_metres=2_000, day="WE"))
    by_place = await plan_of(office, None, Wanted(near=NEAR, within_metres=2_000))

    for plan in (by_words, by_need, by_both):
        assert "Index Scan on listing_search_document" in plan, plan
    assert "listing_search_by_point" in by_place, by_place
    for plan in (by_words, by_need, by_both, by_place):
        assert "Seq Scan on listing_search" not in plan, plan
        assert "Seq Scan on open_listing" not in plan, plan
        assert "Seq Scan on listing_time" not in plan, plan
        assert "Seq Scan on listing_point" not in plan, plan

    # What has no part in any index is the only thing that reads all of it.
    assert "Seq Scan on listing_search" in await plan_of(office, None, Wanted(free=True))
