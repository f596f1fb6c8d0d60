"""Routes: each says who may call it, shows what it takes, and keeps people out of its address."""

import re
from functools import cache
from typing import Any

import jsonschema
import pytest

from chassis.access.caller import ANYONE, MEMBER_ROLES, SERVICE_ROLE
from chassis.web.openapi import operations, roles_of
from tests.architecture.platform import NAMES, app

KNOWN_ROLES = MEMBER_ROLES | {SERVICE_ROLE, ANYONE}
# Whatever identifies a person is searched for by POST, never asked for in an address.
IDENTIFYING = re.compile(r"nhs|birth|phone|mail|postcode|address|surname|(first|last|given)_name")


@cache
def document(name: str) -> dict[str, Any]:
    return app(name).openapi()


def described(name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation, as (method, path, what is said of it)."""
    return [
        (method, path, operation)
        for path, operations_of_path in document(name)["paths"].items()
        for method, operation in operations_of_path.items()
    ]


def headers(operation: dict[str, Any]) -> set[str]:
    return {
        parameter["name"].lower()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_route_says_who_may_call_it(name):
    found = list(operations(app(name)))
    assert found
    unsaid = [f"{method} {path}" for method, path, route in found if not roles_of(route)]
    assert unsaid == []


@pytest.mark.parametrize("name", NAMES)
def test_every_role_a_route_names_exists(name):
    for method, path, operation in described(name):
        assert set(operation["x-roles"]) <= KNOWN_ROLES, f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_open_to_anyone_changes_nothing(name):
    for method, path, operation in described(name):
        if ANYONE in operation["x-roles"]:
            assert method == "get", path
            assert operation["x-roles"] == [ANYONE], path


@pytest.mark.parametrize("name", NAMES)
def test_internal_routes_are_for_services_and_operators(name):
    for method, path, operation in described(name):
        if path.startswith("/internal/"):
            assert set(operation["x-roles"]) <= {SERVICE_ROLE, "operator"}, f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_no_address_has_a_place_for_what_identifies_a_person(name):
    for method, path, operation in described(name):
        inputs = [p["name"] for p in operation.get("parameters", []) if p["in"] != "header"]
        assert not [one for one in inputs if IDENTIFYING.search(one)], f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_every_body_shows_an_example_that_meets_its_own_schema(name):
    components = {"components": document(name)["components"]}
    for method, path, operation in described(name):
        body = operation.get("requestBody")
        if body is None:
            continue
        content = body["content"]["application/json"]
        assert "example" in content, f"{method} {path}"
        assert operation["x-demo-role"] in operation["x-roles"], f"{method} {path}"
        jsonschema.validate(content["example"], {**content["schema"], **components})


@pytest.mark.parametrize("name", NAMES)
def test_no_example_of_one_thing_names_an_id_that_a_server_made(name):
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    for method, path, operation in described(name):
        if path.endswith("/batch"):
            continue  # each item says what it belongs to, where one thing says it in its address
        content = operation.get("requestBody", {}).get("content", {})
        shown = content.get("application/json", {}).get("example")
        assert not uuid.search(str(shown)), f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_every_route_that_creates_takes_an_idempotency_key(name):
    for method, path, operation in described(name):
        if method == "post" and "201" in operation["responses"]:
            assert "idempotency-key" in headers(operation), f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_every_route_that_replaces_or_amends_takes_the_version_it_means(name):
    for method, path, operation in described(name):
        if method in {"put", "patch"}:
            assert "if-match" in headers(operation), f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_every_list_has_pages_with_a_limit(name):
    for method, path, operation in described(name):
        limits = [p for p in operation.get("parameters", []) if p["name"] in {"limit", "per_page"}]
        for limit in limits:
            bounds = [limit["schema"], *limit["schema"].get("anyOf", [])]
            assert any("maximum" in bound for bound in bounds), f"{method} {path}"
