"""Every query of the platform is understood by Postgres and asked by somebody."""

import re
from pathlib import Path

import pytest

from chassis.database import savepoint
from chassis.sql import Queries
from tests.chassis.events import opened
from tests.environment import ROOT

CHASSIS = ["chassis", "chassis.access", "chassis.relay", "chassis.stream", "chassis.web"]
SERVICES = ["directory", "notifications", "referral", "reporting"]


def directory_of(package: str) -> Path:
    return ROOT / package.replace(".", "/")


def all_packages() -> list[str]:
    return [*CHASSIS, *(f"services.{service}" for service in SERVICES)]


@pytest.mark.postgres
@pytest.mark.parametrize("service", ["chassis", *SERVICES])
async def test_postgres_understands_every_query_on_a_freshly_migrated_database(
    service, make_database
):
    packages = CHASSIS if service == "chassis" else [f"services.{service}"]
    provisioned = await make_database(service)
    misunderstood: list[str] = []
    async with opened(provisioned, "owner") as database, database.transaction() as connection:
        for package in packages:
            for name, text in Queries(package).items():
                try:
                    async with savepoint(connection):
                        for statement in text.split(";\n"):
                            await connection.prepare(statement)
                except Exception as fault:  # noqa: BLE001 - all of them are told together
                    misunderstood.append(f"{package}: {name}: {fault}")
    assert misunderstood == []


@pytest.mark.parametrize("package", all_packages())
def test_every_query_is_asked_by_the_package_it_belongs_to(package):
    code = "\n".join(file.read_text() for file in directory_of(package).rglob("*.py"))
    asked = set(re.findall(r'"([a-z][a-z0-9_]*)"', code))

    assert set(Queries(package)) - asked == set()


def test_every_file_of_queries_is_among_those_tried():
    known = {directory_of(package) for package in all_packages()}
    found = {
        file.parent if file.parent.name != "queries" else file.parent.parent
        for top in ["chassis", "services", "console"]
        for file in (ROOT / top).rglob("*.sql")
        if "migrations" not in file.parts
    }
    assert found - known == set()
