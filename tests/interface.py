"""Asks the description of an HTTP interface whether it keeps the platform's word."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext
from pydantic import TypeAdapter

from chassis.access.caller import ANYONE
from chassis.web.openapi import operations, roles_of

# What would put a person into an address, a log of a proxy or a browser's history.
_PERSONAL = re.compile(r"nhs|name|birth|postcode|address|phone|email|sex|ethnic", re.IGNORECASE)
# Asked of an open list by whoever looks for something near, as the standard wants it; nobody is told.
_OF_A_STANDARD = {("/service_at_locations", "postcode")}
_MADE_BY_A_SERVER = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)


def faults_of(app: FastAPI) -> list[str]:
    """Give one line for each word that is not kept."""
    document = app.openapi()
    found: list[str] = []
    for method, path, route in operations(app):
        operation = document["paths"][path][method.lower()]
        found += [
            f"{method} {path}: {fault}"
            for check in (_roles, _body, _repeatable, _addresses, _answers)
            for fault in check(method, route, operation)
        ]
    return found


def _roles(_method: str, route: RouteContext, operation: dict[str, Any]) -> Iterator[str]:
    roles = roles_of(route)
    if not roles:
        yield "it does not say who may call it"
    if list(roles) != operation.get("x-roles"):
        yield "its description names other roles than its code"
    if ("security" in operation) != (bool(roles) and roles != (ANYONE,)):
        yield "its description is wrong about needing a token"


def _body(_method: str, route: RouteContext, operation: dict[str, Any]) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    if "example" not in content:
        yield "its body has no example"
        return
    role = operation.get("x-demo-role")
    if role not in roles_of(route):
        yield f"its example is for {role}, who may not call it"
    if any(_free_names(TypeAdapter(route.body_field.field_info.annotation).json_schema())):
        yield "its body takes free names, which would come back in pointers"
    _, errors = route.body_field.validate(content["example"], {}, loc=("body",))
    for error in errors:
        yield f"its example breaks a rule at {error['loc']}: {error['type']}"
    # Where the address takes an id, nobody can send the example as it stands.
    fits_as_it_stands = "_id}" not in (route.path_format or "")
    made = any(_MADE_BY_A_SERVER.match(text) for text in _texts(content["example"]))
    if fits_as_it_stands and made:
        yield "its example holds an id that a server made"


def _free_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if schema.get("additionalProperties", False) is not False:
            yield str(schema.get("title", "map"))
        for one in schema.values():
            yield from _free_names(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from _free_names(one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _repeatable(method: str, route: RouteContext, operation: dict[str, Any]) -> Iterator[str]:
    creates = method == "POST" and "201" in operation["responses"]
    headers = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
    if creates and "Idempotency-Key" not in headers:
        yield "it creates and cannot be repeated safely"
    # What a batch names by keys of its own is put there whatever stood before: there is no version.
    is_batch = (route.path_format or "").endswith("/batch")
    if method in {"PUT", "PATCH"} and not is_batch and "If-Match" not in headers:
        yield "it changes and does not ask which version"


def _addresses(_method: str, route: RouteContext, operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        if (route.path_format, parameter["name"]) in _OF_A_STANDARD:
            continue
        if parameter["in"] in {"path", "query"} and _PERSONAL.search(parameter["name"]):
            yield f"its address would hold {parameter['name']}"


def _answers(_method: str, _route: RouteContext, operation: dict[str, Any]) -> Iterator[str]:
    if "application/problem+json" not in operation["responses"]["default"]["content"]:
        yield "it does not say that faults are problems"
