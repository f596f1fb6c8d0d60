"""In each service's database the walls between organisations stand, and a missing one is seen."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.provisioning import Provisioned
from tests.row_security import OPEN_TABLES, faults_of

pytestmark = pytest.mark.postgres

MakeDatabase = Callable[[str], Awaitable[Provisioned]]
SERVICES = ("referral", "directory", "notifications", "reporting")

OPEN_IN: dict[str, dict[str, str]] = {
    "referral": {
        "known_listing": "which listings there are, as the directory tells every service",
        "known_role": "what networks say of their roles, to anybody",
    },
    "directory": {},
    "notifications": {},
    "reporting": {
        "pcn_place": "the map, which the register tells to every service",
        "practice_place": "as the map of PCNs",
    },
}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_of_a_pcn_is_walled_off(
    service: str, make_database: MakeDatabase
) -> None:
    database = await make_database(service)

    assert await faults_of(database, {**OPEN_TABLES, **OPEN_IN[service]}) == []


async def test_a_table_without_its_wall_is_found(make_database: MakeDatabase) -> None:
    database = await make_database("chassis")
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("create table bare (pcn_code text not null)")
    await owner.execute("insert into bare values ('U99001')")
    await owner.execute(f"grant select on bare to {_api_role(database)}")

    bare = await faults_of(database)
    await owner.execute("alter table bare enable row level security")
    await owner.execute(
        "create policy all_rows on bare using (pcn_code = any ((select visible_organisations())::text[]))"
    )
    unforced = await faults_of(database)
    await owner.execute("alter table bare force row level security")
    walled = await faults_of(database)
    await owner.close()

    assert bare == [
        "bare: row-level security is not enabled",
        "bare: row-level security is not forced",
        "bare: it has no policy",
        "bare: 1 rows are seen by a transaction that names nobody",
    ]
    assert unforced == ["bare: row-level security is not forced"]
    assert walled == []


def _api_role(database: Provisioned) -> str:
    return database.api_url.partition("://")[2].partition(":")[0]
