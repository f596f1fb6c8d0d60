"""What the interface description adds to what types already say: examples, roles and problems.

Promise    Every operation names the roles that may call it (``x-roles``) and the problems it may
           answer; every request body carries an example a demo region accepts, with the role to
           send it under (``x-demo-role``, ``x-demo-organisation``).
Not here   Checking that this holds for each service: ``tests/architecture/test_routes.py``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from chassis.access.caller import ANYONE
from chassis.access.requirement import Open, Requirement

SCHEME = "bearer"
PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/rule-broken"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "rule"],
                "properties": {
                    "in": {"type": "string", "enum": ["body", "path", "query", "header", "cookie"]},
                    "pointer": {"type": "string"},
                    "rule": {"type": "string"},
                },
            },
        },
    },
}

_PROBLEM = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}


def described(
    *, example: Any, demo_role: str, demo_organisation: str | None = None
) -> dict[str, Any]:
    """Give what a route says of its body: ``@router.post("/people", **described(...))``."""
    extra: dict[str, Any] = {
        "requestBody": {"content": {"application/json": {"example": example}}},
        "x-demo-role": demo_role,
    }
    if demo_organisation is not None:
        extra["x-demo-organisation"] = demo_organisation
    return {"openapi_extra": extra}


def roles_of(route: RouteContext) -> tuple[str, ...]:
    """Give the roles a route names; nothing if it forgot to name any."""
    dependant = getattr(route, "dependant", None)
    if not isinstance(dependant, Dependant):
        return ()
    found = [role for requirement in _requirements(dependant) for role in requirement.roles]
    return tuple(dict.fromkeys(found))


def _requirements(dependant: Dependant) -> Iterator[Requirement | Open]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Requirement | Open):
            yield dependency.call
        yield from _requirements(dependency)


def operations(app: FastAPI) -> Iterator[tuple[str, str, RouteContext]]:
    """Give (method, path template, route) of everything an app describes."""
    for route in iter_route_contexts(app.routes):
        if getattr(route, "include_in_schema", False) and getattr(route, "dependant", None):
            for method in sorted(route.methods or ()):
                yield method, route.path_format or "", route


def describe(app: FastAPI) -> None:
    """Make the app's description say more, once, when it is first asked for."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    completed: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        nonlocal completed
        document = plain()
        # The framework describes anew when routes are added.
        if document is not completed:
            _complete(app, document)
            completed = document
        return document

    app.openapi = openapi


def _complete(app: FastAPI, document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    # The framework's own shape of a 422 is not what we answer.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM_SCHEMA
    components["securitySchemes"] = {
        SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for method, path, route in operations(app):
        operation = document.get("paths", {}).get(path, {}).get(method.lower())
        if operation is not None:
            _complete_operation(cast("dict[str, Any]", operation), roles_of(route))


def _complete_operation(operation: dict[str, Any], roles: tuple[str, ...]) -> None:
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    problems = {"default": "Any other problem, as RFC 9457 describes it."}
    if "requestBody" in operation or operation.get("parameters"):
        problems["422"] = "A rule is broken; `errors` says which and where."
    if roles and roles != (ANYONE,):
        operation["security"] = [{SCHEME: []}]
        problems["401"] = "A valid bearer token is needed."
        problems["403"] = "None of the caller's roles may do this."
    operation["x-roles"] = list(roles)
    for status, description in problems.items():
        responses.setdefault(status, {"description": description, **_PROBLEM})
