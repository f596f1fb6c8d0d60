"""Where what is told comes from, said of one request: live, an import or a seed.

A batch says it in its body, for all of its items. A single request says it in a header, because
most of them are told by people as they work and never name it.
"""

from collections.abc import Iterable
from typing import Any, Final, cast, get_args

from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request

from chassis.refusals import BrokenRule, RuleBroken
from contracts import codes

HEADER: Final = "Waymark-Origin"
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "`import` and `seed` send no messages; `seed` is for demonstrations.",
    "schema": {"type": "string", "enum": list(get_args(codes.Origin)), "default": "live"},
}


def origin_of(request: Request) -> codes.Origin:
    """Read where a request comes from: live, unless it says otherwise."""
    said = request.headers.get(HEADER, "live")
    if said not in get_args(codes.Origin):
        known = ", ".join(get_args(codes.Origin))
        raise RuleBroken(BrokenRule(f"/{HEADER}", f"must be one of {known}", "header"))
    return cast("codes.Origin", said)


def describe_origin(routers: Iterable[APIRouter]) -> None:
    """Say in the interface's description that whatever writes may name its origin."""
    for router in routers:
        for context in iter_route_contexts(router.routes):
            route = context.original_route
            if isinstance(route, APIRoute) and not _WRITES.isdisjoint(route.methods or ()):
                extra = route.openapi_extra or {}
                route.openapi_extra = extra | {"parameters": [_PARAMETER]}
