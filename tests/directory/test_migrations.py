"""A directory that held listings before they had a life goes on with all of them."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from chassis.migrations import Component, components_of, migrate
from chassis.provisioning import Provisioned, provision_database
from tests import environment
from tests.directory.oruk import validator

pytestmark = pytest.mark.postgres

BEFORE = "0009"
BEFORE_OWNERS_ALONE_ASSURED = "0046"
ORGANIZATION = UUID(int=1)
PUBLISHED, DRAFT = UUID(int=2), UUID(int=3)
PLACE = UUID(int=4)

ENTERED = """
insert into organization
    (id, region_code, name, content, content_hash, version, event_id, occurred_at, recorded_at)
values ($1, 'QZZ', 'Gardens', '{"name": "Gardens", "description": "-"}', '', 1, $1, now(), now());
"""
LISTED = """
insert into listing
    (id, organization_id, region_code, name, state, needs, content, content_hash, version,
     event_id, occurred_at, recorded_at)
values ($1, $2, 'QZZ', $3, $4, array['money'], jsonb_build_object('name', $3::text), '', 1, $1,
    now(), now());
"""
SHOWN = """
insert into open_listing (id, region_code, needs, document, summary, search, published_at)
values ($1, 'QZZ', array['money'], $2::jsonb, $3::jsonb, to_tsvector('english', 'Growing'), now());
"""
SHOWN_LATER = """
insert into open_listing
    (id, region_code, organization_id, needs, document, summary, search, published_at, modified_at,
     number)
values ($1, 'QZZ', $2, array['money'], $3::jsonb, $3::jsonb, '', now(), now(), $4);
"""
CONFIRMED = """
insert into listing_check
    (id, listing_id, organization_id, region_code, reason, answer, asked_at, answer_until, closed_at,
     event_id)
values ($1, $1, $2, 'QZZ', 'no-news', 'runs', now(), now(), now(), $1);
"""


def _documents() -> tuple[str, str]:
    summary = {
        "id": str(PUBLISHED),
        "organization_id": str(ORGANIZATION),
        "name": "Growing",
        "status": "active",
    }
    place = {
        "id": str(PLACE),
        "service_id": str(PUBLISHED),
        "location_id": str(UUID(int=5)),
        "location": {
            "id": str(UUID(int=5)),
            "location_type": "physical",
            "latitude": 53.5,
            "longitude": -2.2,
            "addresses": [{"postal_code": "zz1 1aa"}],
        },
    }
    document = {
        **summary,
        "schedules": [{"id": str(UUID(int=6)), "byday": "MO,1TH"}],
        "service_at_locations": [place],
    }
    return json.dumps(document), json.dumps(summary)


@dataclass
class Earlier:
    """A directory of before, with what its rows can be looked at and written by."""

    made: Provisioned
    worker: "asyncpg.Connection[asyncpg.Record]"
    superuser: "asyncpg.Connection[asyncpg.Record]"

    async def goes_on(self) -> None:
        """Run the migrations that came since."""
        prefix = environment.TEST_ROLE_PREFIX
        await migrate(self.made.owner_url, "directory", role_prefix=prefix)


@asynccontextmanager
async def a_directory_of(last: str, server: str, files: Path) -> AsyncIterator[Earlier]:
    """A directory that was migrated up to this one."""
    chassis, own = components_of("directory")
    for file in own.directory.glob("*.sql"):
        if file.name[:4] <= last:
            shutil.copy(file, files)
    made = await provision_database(
        server,
        "directory",
        environment.TEST_PASSWORDS,
        environment.unique("t_directory"),
        role_prefix=environment.TEST_ROLE_PREFIX,
    )
    prefix = environment.TEST_ROLE_PREFIX
    earlier = [chassis, Component("directory", files)]
    await migrate(made.owner_url, "directory", components=earlier, role_prefix=prefix)
    worker = await asyncpg.connect(made.worker_url)
    superuser = await asyncpg.connect(
        f"{server.rpartition('/')[0]}/{made.owner_url.rpartition('/')[2]}"
    )
    try:
        yield Earlier(made, worker, superuser)
    finally:
        await worker.close()
        await superuser.close()
        await environment.drop_database(server, made)


async def test_what_was_listed_before_keeps_its_place_and_gets_a_history(
    postgres_server: str, tmp_path: Path
) -> None:
    async with a_directory_of(BEFORE, postgres_server, tmp_path) as earlier:
        worker, superuser = earlier.worker, earlier.superuser
        await superuser.execute(ENTERED, ORGANIZATION)
        await superuser.execute(LISTED, PUBLISHED, ORGANIZATION, "Growing", "published")
        await superuser.execute(LISTED, DRAFT, ORGANIZATION, "Thought of", "draft")
        await superuser.execute(SHOWN, PUBLISHED, *_documents())

        await earlier.goes_on()

        versions = await worker.fetch("select listing_id, step from listing_version order by 1")
        assert [tuple(row) for row in versions] == [(PUBLISHED, "entered"), (DRAFT, "entered")]
        shown = await superuser.fetchrow("select * from open_listing")
        assert (shown["number"], shown["organization_id"]) == (1, ORGANIZATION)
        assert sorted(shown["days"]) == ["MO", "TH"]
        place = await superuser.fetchrow("select * from open_location")
        assert (place["id"], place["listing_id"], place["latitude"]) == (PLACE, PUBLISHED, 53.5)
        assert (place["number"], place["postcode"]) == (1, "ZZ11AA")
        organization = await superuser.fetchrow("select number, document from open_organization")
        assert organization["number"] == 1
        validator("compiled/organization_list.json").validate(json.loads(organization["document"]))
        order = await superuser.fetch("select kind, last_number, listed from listing_order")
        assert {tuple(row) for row in order} == {
            ("listing", 1, 1),
            ("location", 1, 1),
            ("organization", 1, 1),
        }
        forced = await superuser.fetchval(
            "select bool_and(relforcerowsecurity) from pg_class"
            " where relname in ('listing', 'organization')"
        )
        assert forced is True


async def test_a_confirmation_that_was_shown_without_its_owner_s_word_is_shown_no_longer(
    postgres_server: str, tmp_path: Path
) -> None:
    said = {"assured_date": "2026-01-02", "assurer_email": "a@example.org"}
    shown = json.dumps({"name": "Growing", "field_sources": {**said, "name": {}}, **said})
    async with a_directory_of(BEFORE_OWNERS_ALONE_ASSURED, postgres_server, tmp_path) as earlier:
        superuser = earlier.superuser
        for number, listing_id in enumerate((PUBLISHED, DRAFT), start=1):
            await superuser.execute(SHOWN_LATER, listing_id, ORGANIZATION, shown, number)
        await superuser.execute(CONFIRMED, DRAFT, ORGANIZATION)

        await earlier.goes_on()

        rows = await superuser.fetch("select document, summary from open_listing order by number")
        (document, summary), (confirmed, _) = [
            (json.loads(row["document"]), json.loads(row["summary"])) for row in rows
        ]
        assert document.keys() == {"name", "field_sources", "last_modified"}
        assert document["field_sources"] == {"name": {}}
        assert not said.keys() & summary.keys()
        assert confirmed == json.loads(shown)
