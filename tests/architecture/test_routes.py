"""Each route of each service says who may call it, shows what to send, and can be repeated."""

import importlib
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts

from chassis.access import require
from chassis.process import make_app
from chassis.provisioning import Provisioned
from chassis.service import Service
from chassis.web.app import bare_app
from chassis.web.fields import RequestModel
from chassis.web.health import Readiness
from chassis.web.openapi import described
from tests.interface import faults_of

SERVICES = ("referral", "directory", "notifications", "reporting")

SETTINGS = {
    "mode": "demo",
    "kafka": "127.0.0.1:1",
    "database_api_url": "postgresql://127.0.0.1:1/none",
    "database_worker_url": "postgresql://127.0.0.1:1/none",
    "issuer_url": "http://127.0.0.1:1",
    "client_id": "trial",
    "client_secret": "a-client-secret-of-tests",
    "member_key_secret": "a-member-key-secret-of-tests",
    "referral_url": "http://127.0.0.1:1",
    "directory_url": "http://127.0.0.1:1",
    "notifications_url": "http://127.0.0.1:1",
    "reporting_url": "http://127.0.0.1:1",
    "mail_smtp": "127.0.0.1:1",
}

# Served by every process to machines and readers; they tell nothing of any organisation.
UNDESCRIBED = {
    "/docs",
    "/docs/{name}",
    "/livez",
    "/metrics",
    "/openapi.json",
    "/problems/{name}",
    "/readyz",
    "/readyz/{role}",
    "/version",
}


@cache
def _app(service: str) -> FastAPI:
    declared: Service = importlib.import_module(f"services.{service}.main").SERVICE
    return make_app(declared, declared.settings_type(**SETTINGS))


@pytest.mark.parametrize("service", SERVICES)
def test_the_interface_of_a_service_keeps_the_platforms_word(service: str) -> None:
    assert faults_of(_app(service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_but_health_and_pages_is_left_undescribed(service: str) -> None:
    hidden = {
        route.path
        for route in iter_route_contexts(_app(service).routes)
        if not getattr(route, "include_in_schema", False) or route.path == "/openapi.json"
    }

    assert hidden == UNDESCRIBED


@pytest.mark.parametrize("service", SERVICES)
def test_the_doors_of_a_service_hold_an_api_database_and_no_other(service: str) -> None:
    app = _app(service)

    assert app.state.database.role == "api"
    assert app.state.access.memberships._database.role == "api"
    for route in iter_route_contexts(app.routes):
        held = [cell.cell_contents for cell in getattr(route.endpoint, "__closure__", None) or ()]
        roles = {one.role for one in held if type(one).__name__ == "Database"}
        assert roles <= {"api"}


@pytest.mark.postgres
async def test_the_database_itself_says_that_the_doors_are_the_api_role(
    make_database: Callable[[str], Awaitable[Provisioned]],
) -> None:
    made = await make_database("chassis")
    declared: Service = importlib.import_module("services.referral.main").SERVICE
    settings = declared.settings_type(**{**SETTINGS, "database_api_url": made.api_url})
    database = make_app(declared, settings).state.database

    await database.open()
    async with database.transaction() as connection:
        user = await connection.fetchval("select current_user")
        bypasses = await connection.fetchval(
            "select rolbypassrls from pg_roles where rolname = current_user"
        )
    await database.close()

    assert user.endswith("_api")
    assert bypasses is False


class Thing(RequestModel):
    name: str


def test_a_route_that_forgets_its_duties_is_found() -> None:
    router = APIRouter()

    @router.post("/things", status_code=201)
    async def create(body: Thing) -> dict[str, Any]:
        return {"name": body.name}

    @router.put("/things/{nhs_number}", **described(example={"title": "A"}, demo_role="operator"))
    async def change(
        nhs_number: str, body: Thing, _caller: Annotated[Any, Depends(require("referrer"))]
    ) -> dict[str, Any]:
        return {"name": body.name, "number": nhs_number}

    app = bare_app(service="trial", release="1", routers=[router], readiness=Readiness())

    assert faults_of(app) == [
        "POST /things: it does not say who may call it",
        "POST /things: its body has no example",
        "POST /things: it creates and cannot be repeated safely",
        "PUT /things/{nhs_number}: its example is for operator, who may not call it",
        "PUT /things/{nhs_number}: its example breaks a rule at ('body', 'name'): missing",
        "PUT /things/{nhs_number}: its example breaks a rule at ('body', 'title'): extra_forbidden",
        "PUT /things/{nhs_number}: it changes and does not ask which version",
        "PUT /things/{nhs_number}: its address would hold nhs_number",
    ]
