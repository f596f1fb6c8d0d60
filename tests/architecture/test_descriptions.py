"""What the descriptions of the APIs say beyond each route's duties: doors, ids and pages."""

import re
from functools import cache
from typing import Any

import pytest

from chassis.access.caller import ANYONE, MEMBER_ROLES, SERVICE_ROLE
from tests.architecture.platform import NAMES, app

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@cache
def described(name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation, as (method, path, what is said of it)."""
    return [
        (method, path, operation)
        for path, operations in app(name).openapi()["paths"].items()
        for method, operation in operations.items()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_role_a_route_names_exists(name):
    for method, path, operation in described(name):
        known = MEMBER_ROLES | {SERVICE_ROLE, ANYONE}
        assert set(operation["x-roles"]) <= known, f"{method} {path}"


# What is asked there changes no record: it waits until somebody of the network, or of the
# listing, has looked at it. Who holds the link to a question answers that one question.
OPEN_TO_ASK = {
    "/self-referrals",
    "/services/{service_id}/feedback",
    "/listing-checks/{token}",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_open_to_anyone_changes_nothing(name):
    for method, path, operation in described(name):
        if ANYONE in operation["x-roles"]:
            assert method == "get" or path in OPEN_TO_ASK, path
            assert operation["x-roles"] == [ANYONE], path


@pytest.mark.parametrize("name", NAMES)
def test_internal_routes_are_for_services_and_operators(name):
    for method, path, operation in described(name):
        if path.startswith("/internal/"):
            assert set(operation["x-roles"]) <= {SERVICE_ROLE, "operator"}, f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_no_example_names_an_id_that_a_server_made(name):
    for method, path, operation in described(name):
        content = operation.get("requestBody", {}).get("content", {})
        shown = content.get("application/json", {}).get("example")
        if "_id}" in path:
            continue  # who fills in its address knows ids already
        assert not UUID.search(str(shown)), f"{method} {path}"


@pytest.mark.parametrize("name", NAMES)
def test_every_list_has_pages_with_a_limit(name):
    for method, path, operation in described(name):
        limits = [p for p in operation.get("parameters", []) if p["name"] in {"limit", "per_page"}]
        for limit in limits:
            bounds = [limit["schema"], *limit["schema"].get("anyOf", [])]
            assert any("maximum" in bound for bound in bounds), f"{method} {path}"
