"""A directory that held listings before they had a life goes on with all of them."""

import json
import shutil
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from chassis.migrations import Component, components_of, migrate
from chassis.provisioning import provision_database
from tests import environment
from tests.directory.oruk import validator

pytestmark = pytest.mark.postgres

BEFORE = "0009"
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


async def test_what_was_listed_before_keeps_its_place_and_gets_a_history(
    postgres_server: str, tmp_path: Path
) -> None:
    chassis, own = components_of("directory")
    for file in own.directory.glob("*.sql"):
        if file.name[:4] <= BEFORE:
            shutil.copy(file, tmp_path)
    made = await provision_database(
        postgres_server,
        "directory",
        environment.TEST_PASSWORDS,
        environment.unique("t_directory"),
        role_prefix=environment.TEST_ROLE_PREFIX,
    )
    prefix = environment.TEST_ROLE_PREFIX
    earlier = [chassis, Component("directory", tmp_path)]
    await migrate(made.owner_url, "directory", components=earlier, role_prefix=prefix)
    worker = await asyncpg.connect(made.worker_url)
    superuser = await asyncpg.connect(
        f"{postgres_server.rpartition('/')[0]}/{made.owner_url.rpartition('/')[2]}"
    )
    try:
        await superuser.execute(ENTERED, ORGANIZATION)
        await superuser.execute(LISTED, PUBLISHED, ORGANIZATION, "Growing", "published")
        await superuser.execute(LISTED, DRAFT, ORGANIZATION, "Thought of", "draft")
        await superuser.execute(SHOWN, PUBLISHED, *_documents())

        await migrate(made.owner_url, "directory", role_prefix=prefix)

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
    finally:
        await worker.close()
        await superuser.close()
        await environment.drop_database(postgres_server, made)
