"""Whatever is put into any place of any request, no service answers with a fault of its own."""

import copy
import importlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis.access.register import Grant, Organisation, store_membership, store_organisation
from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.process import make_app
from chassis.provisioning import Provisioned
from chassis.service import Service
from chassis.web.openapi import operations, roles_of
from tests.architecture.test_routes import SERVICES, SETTINGS
from tests.issuer import Issuer, running_issuer

pytestmark = pytest.mark.postgres

CANARY = "Quillfeather"
HOSTILE: tuple[Any, ...] = (
    f"{CANARY}\0",
    f"{CANARY}\ud800",
    f"{CANARY}\u202e",
    CANARY * 300,
    "",
    "'; drop table person; --",
    "-1",
    -1,
    2**63,
    1e308,
    True,
    None,
    [],
    {CANARY: CANARY},
    [[[[]]]],
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2024-02-30",
    "9999-12-31",
    "99999999-9999-9999-9999-999999999999",
)
IN_ADDRESSES = ("x", "'", "..", "%2e%2e%2f", "%F0%9F%98%80", "%ff", "9" * 30, "-1", "a" * 2_000)

# Whoever is not one of those who must act is turned away, whatever role they hold.
FOR_NAMED_HUMANS = {"/alarms/{alarm_id}/close", "/alarms/{alarm_id}/acknowledge"}

# Where each role is held in the little register of this test.
HELD = {
    "referrer": ("practice", "Y99001"),
    "care-navigator": ("practice", "Y99001"),
    "link-worker": ("pcn", "U99001"),
    "health-coach": ("pcn", "U99001"),
    "care-coordinator": ("pcn", "U99001"),
    "pcn-manager": ("pcn", "U99001"),
    "region-analyst": ("region", "QZZ"),
    "privacy-officer": ("region", "QZZ"),
    "registrar": ("region", "QZZ"),
    "operator": ("region", "QZZ"),
    "provider": ("organization", "-"),
    "person": ("none", "-"),
}


@dataclass
class Trial:
    """One service with its database, and a token for each role."""

    app: FastAPI
    issuer: Issuer
    http: httpx.AsyncClient

    def headers(self, roles: tuple[str, ...]) -> dict[str, str]:
        if "service" in roles and len(roles) == 1:
            token = self.issuer.service_token("reporting")
        else:
            token = self.issuer.token(next((role for role in roles if role in HELD), "nobody"))
        return {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": str(uuid4()),
            "If-Match": '"1"',
            "Waymark-Reason": "trying what happens",
        }


@pytest.fixture(params=SERVICES)
async def trial(
    request: pytest.FixtureRequest,
    make_database: Callable[[str], Awaitable[Provisioned]],
) -> AsyncIterator[Trial]:
    made = await make_database(request.param)
    declared: Service = importlib.import_module(f"services.{request.param}.main").SERVICE
    async with running_issuer() as issuer:
        settings = declared.settings_type(
            **{**SETTINGS, "database_api_url": made.api_url, "issuer_url": issuer.url}
        )
        app = make_app(declared, settings)
        secret = settings.member_key_secret.get_secret_value()
        await _fill(made, lambda role: member_key(secret, settings.issuer_url, role))
        await app.state.database.open()
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://trial") as http:
            yield Trial(app, issuer, http)
        await app.state.database.close()


async def _fill(made: Provisioned, key_of: Callable[[str], str]) -> None:
    worker = Database(made.worker_url, "worker", 1)
    await worker.open()
    async with worker.transaction() as connection:
        for organisation in (
            Organisation("region", "QZZ", "QZZ", None, "Wayford (synthetic)"),
            Organisation("pcn", "U99001", "QZZ", "U99001", "One (synthetic)"),
            Organisation("practice", "Y99001", None, "U99001", "Practice (synthetic)"),
        ):
            await store_organisation(connection, organisation)
        for role, (kind, code) in HELD.items():
            await store_membership(connection, Grant(uuid4(), key_of(role), role, kind, code))
    await worker.close()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give every place of a JSON value at which something else could stand."""
    yield path
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, part in parts:
        yield from _places(part, (*path, name))


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    changed = copy.deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = other
    return changed


def _filled(template: str, names: Iterable[str], value: str) -> str:
    for name in names:
        template = template.replace(f"{{{name}}}", value)
    return template


def _judged(answer: httpx.Response, sent: str) -> str | None:
    if answer.status_code >= 500:
        return f"{sent}: {answer.status_code}"
    if answer.status_code >= 400 and CANARY in answer.text:
        return f"{sent}: it repeats what was sent"
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith(
        "application/problem"
    ):
        return f"{sent}: {answer.status_code} is no problem"
    return None


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
async def test_no_body_makes_a_fault(stride: int, trial: Trial) -> None:
    document = trial.app.openapi()
    found: list[str | None] = []
    for method, path, route in operations(trial.app):
        content = document["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
        if example is None:
            continue
        address = _filled(path, route.param_convertors, str(uuid4()))
        # Each place meets each ``stride``th of the hostile values, and so does each value.
        for number, place in enumerate(_places(example)):
            for other in itertools.islice(HOSTILE, number % stride, None, stride):
                body = json.dumps(_with(example, place, other))
                answer = await trial.http.request(
                    method,
                    address,
                    content=body,
                    headers={**trial.headers(roles_of(route)), "content-type": "application/json"},
                )
                found.append(_judged(answer, f"{method} {path} {place} = {other!r:.40}"))
                if path not in FOR_NAMED_HUMANS:
                    assert answer.status_code not in {401, 403}, f"{method} {path} was not reached"

    assert [fault for fault in found if fault] == []


async def test_no_address_makes_a_fault(trial: Trial) -> None:
    document = trial.app.openapi()
    found: list[str | None] = []
    for method, path, route in operations(trial.app):
        operation = document["paths"][path][method.lower()]
        queries = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        for hostile in IN_ADDRESSES:
            addresses = [f"{path}?{name}={hostile}" for name in queries]
            if "{" in path:
                addresses.append(path)
            for template in addresses:
                address = _filled(template, route.param_convertors, hostile)
                headers = trial.headers(roles_of(route))
                answer = await trial.http.request(method, address, headers=headers)
                found.append(_judged(answer, f"{method} {address:.60}"))

    assert [fault for fault in found if fault] == []
