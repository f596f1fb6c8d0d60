"""At 50,000 listings a search goes by its indexes, whatever is asked and whoever asked before."""

from datetime import time
from typing import Any, cast

import pytest

from bench.copies import copy_until
from chassis import clock
from chassis.database import Connection
from services.directory.domain.paging import Search
from services.directory.domain.places import Place, Point
from services.directory.domain.search import Hours, Wanted
from services.directory.store.open_copies import listings_found, locations_found
from services.directory.store.search import search_listings
from services.directory.use_cases.search import (
    Key,
    key_of_page,
    query_of,
    read_words,
    search,
)
from tests.directory.plans import Explaining, Measuring
from tests.directory.test_search_judged import fill
from tests.directory.trial import Office

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(300)]

LISTINGS = 50_000
NEAR = Place("QZZ", "place-name", "Ashbeck", Point(54.02266, 0.95677), "N1", 1)


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


async def plans_of_lists(office: Office, search: Search) -> list[str]:
    """How the lists of Open Referral would answer: of listings, and of the places they are at."""
    plans: list[str] = []
    async with office.app.state.database.transaction() as connection:
        for found in (listings_found, locations_found):
            explaining = Explaining(connection)
            await found(cast("Connection", explaining), search, rows=20, rows_before=0, whole=False)
            plans.append(explaining.plan)
    return plans


async def planned(office: Office) -> dict[str, int]:
    """How the search was planned on one connection that was asked for everything, then for words."""
    async with office.app.state.database.transaction() as connection:
        for number in range(12):
            read = await read_words(connection, "choir" if number > 8 else None)
            await search(connection, Wanted(), read, Key(), rows=21)
        return dict(
            await connection.fetchrow(
                """
                select sum(generic_plans)::int as for_any, sum(custom_plans)::int as for_these
                from pg_prepared_statements
                where statement like 'with met as materialized%'
                """
            )
        )


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

    of_one = await office.owner.fetchval("select id from organization limit 1")
    for asked in (Search(words="'bereav'"), Search(organization_id=of_one)):
        for plan in await plans_of_lists(office, asked):
            assert "Seq Scan on open_listing" not in plan, plan
            if asked.words is not None:
                assert "Index Scan on listing_search_document" in plan, plan

    # A plan for any values could use no index, and would be kept for the connection.
    counted = await planned(office)
    assert counted["for_any"] == 0
    assert counted["for_these"] >= 12


FILTERS = {
    "nothing": Wanted(),
    "what many are": Wanted(free=True, accepting=True),
    "what few are": Wanted(language="pl", free=True),
    "what nobody is": Wanted(language="cy", day="SU", attendance="remote"),
    "an hour of the night": Wanted(hours=Hours(time(3, 0), time(3, 0, 59))),
    "a part of a day": Wanted(day="WE", hours=Hours(time(17, 0), time.max), access=("wheelchair",)),
    "an age": Wanted(age=70),
}
PAGES_MAX = 6_000
"""What looking at every listing reads more than; the candidates, with their hours, read less."""
ROWS = 21


async def test_filters_alone_read_few_of_fifty_thousand_listings_and_find_the_same_first(
    office: Office,
) -> None:
    await fill(office)
    assert await copy_until(office.owner, LISTINGS) >= LISTINGS
    # Copies are weighed like their originals: here each stands somewhere of its own.
    await office.owner.execute(
        "update listing_search set freshness = random(), capacity = random()", timeout=300
    )
    await office.owner.execute("vacuum analyze listing_search", timeout=300)

    for said, wanted in FILTERS.items():
        async with office.app.state.database.transaction() as connection:
            whole = Measuring(connection)
            expected = await search_listings(
                cast("Connection", whole), wanted, (), None, today=clock.now().date(), after=None,
                rows=2 * ROWS,
            )  # fmt: skip
            bounded = Measuring(connection)
            found: list[Any] = []
            key = Key()
            for _ in range(2):
                page = await search(
                    cast("Connection", bounded), wanted, await read_words(connection, None), key,
                    rows=ROWS,
                )  # fmt: skip
                found += page.items
                if len(page.items) < ROWS:
                    break
                key = key_of_page(page.items[-1][0])

        assert [shown["id"] for _, shown in found] == [one.listing_id for one in expected], said
        assert whole.pages[0] > 2 * PAGES_MAX, said
        assert max(bounded.pages) < PAGES_MAX, (said, bounded.pages, whole.pages)
