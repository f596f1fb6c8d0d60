"""With 50,000 listings and thirty networks a page of unmet need reads a page, and no listing."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, cast

import pytest

from bench.copies import copy_until
from chassis import clock
from chassis.database import Connection
from demo.geography import COUNTY, places, towns
from services.directory.domain.unmet_need import AskedKey, LackKey, Scope
from services.directory.use_cases import lacking, unmet_need
from tests.directory.plans import Measuring
from tests.directory.test_search_judged import fill
from tests.directory.trial import Office

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(600)]

LISTINGS = 50_000
ROWS = 101
ROWS_READ_MAX = 15_000
"""For one page: the counts of twelve months of those few areas and networks that fill it."""
SINCE = date(2025, 12, 1)


async def _fill(office: Office) -> None:
    """Thirty networks of ten small areas, every need asked for in vain in each of fifteen months."""
    await fill(office)
    assert await copy_until(office.owner, LISTINGS) >= LISTINGS
    for town in towns():
        if town.pcn_code not in {"U99001", "U99002"}:
            pcn = {"pcn_code": town.pcn_code, "region_code": "QZZ", "name": f"{town.pcn_code} PCN"}
            await office.made("/register/pcns", pcn)
        areas = [
            {"code": one.code, "pcn_code": one.pcn_code, "name": one.name, "persons": one.persons,
             "within": [COUNTY]}
            for one in town.neighbourhoods
        ]  # fmt: skip
        answer = await office.ask("PUT", "/neighbourhoods/batch", {"items": areas})
        assert answer.status_code == 200, answer.text
    found = [one for one in places("region") if one.is_postcode][::12]
    for start in range(0, len(found), 1_000):
        items = [
            {"kind": "postcode", "text": one.name, "latitude": one.latitude,
             "longitude": one.longitude, "neighbourhood_code": one.neighbourhood_code}
            for one in found[start : start + 1_000]
        ]  # fmt: skip
        answer = await office.ask("PUT", "/places/batch", {"items": items})
        assert answer.status_code == 200, answer.text
    for statement in (
        """
        insert into unmet_search (month, need_term, neighbourhood_code, reason, searches)
        select month, need, code, reason, 1 + random() * 20
        from neighbourhood,
            generate_series(date '2025-09-01', date '2026-11-01', interval '1 month') as month,
            (select distinct unnest(need_terms) as need from listing_search) as needs,
            unnest(array['nothing-there', 'too-far']) as reason
        """,
        """
        insert into failed_placement (stream, month, need, reason, failures, last_recorded_at)
        select code, month, need, reason, 3, now()
        from register_organisation,
            generate_series(date '2025-09-01', date '2026-11-01', interval '1 month') as month,
            unnest(array['money', 'housing', 'isolation', 'caring', 'work']) as need,
            unnest(array['full', 'cost', 'too-far']) as reason
        where kind = 'pcn'
        """,
        """
        insert into search_without_place (region_code, pcn_code, need_term, reason, month, searches)
        select 'QZZ', code, need, 'nothing-there', month, 4
        from (select code from register_organisation where kind = 'pcn' union all select '') as pcns,
            generate_series(date '2025-09-01', date '2026-11-01', interval '1 month') as month,
            (select distinct unnest(need_terms) as need from listing_search) as needs
        """,
        "vacuum analyze unmet_search, failed_placement, search_without_place, neighbourhood, place",
    ):
        await office.owner.execute(statement, timeout=300)


async def _rows_read(
    office: Office, scope: Scope, ask: Callable[[Connection], Awaitable[Any]]
) -> tuple[int, Any]:
    """How many rows of the database an answer read, none of which is a listing's."""
    database = office.app.state.database
    async with database.transaction(organisations=["QZZ", *scope.pcn_codes]) as connection:
        measuring = Measuring(connection)
        answer = await ask(cast("Connection", measuring))
    assert not {name for name in measuring.relations if "listing" in name}, measuring.relations
    return sum(measuring.rows), answer


async def test_a_page_of_unmet_need_reads_few_rows_and_no_listing(office: Office) -> None:
    await _fill(office)
    assert await lacking.reckon_due(office.worker, clock.now())
    await office.owner.execute("vacuum analyze need_lacking, network_lacking")
    counts: int = await office.owner.fetchval(
        "select count(*) from unmet_search where month >= $1", SINCE
    )
    lacks: int = await office.owner.fetchval("select count(*) from need_lacking")
    assert counts > 25 * ROWS_READ_MAX
    assert lacks > 20 * ROWS
    whole = Scope("QZZ", [town.pcn_code for town in towns()], is_region=True)

    for scope in (whole, Scope("QZZ", ["U99017"], is_region=False)):

        def asked(after: AskedKey, scope: Scope = scope) -> Callable[[Connection], Awaitable[Any]]:
            return lambda connection: unmet_need.asked_page(
                connection, scope, first_month=SINCE, exact=False, after=after, rows=ROWS
            )

        def lack(after: LackKey, scope: Scope = scope) -> Callable[[Connection], Awaitable[Any]]:
            return lambda connection: lacking.lacking_page(
                connection, scope, after=after, rows=ROWS
            )

        for ask in (
            asked(AskedKey()),
            asked(AskedKey("U99017", "Z99017005", "small-area", "debt", "too-far")),
            lack(LackKey()),
            lack(LackKey("U99017", "Z99017005", "debt")),
        ):
            read, rows = await _rows_read(office, scope, ask)
            assert len(rows) > ROWS // 2
            assert read < ROWS_READ_MAX, (scope.is_region, read)

    # The totals read every count of the months, once, and nothing beside.
    read, in_all = await _rows_read(
        office, whole,
        lambda connection: unmet_need.asked_in_all(connection, whole, first_month=SINCE, exact=False),
    )  # fmt: skip
    assert in_all["times"] > counts
    assert read < 2 * counts
