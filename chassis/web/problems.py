"""Every refusal and every fault leaves as one RFC 9457 problem.

Promise    Whatever goes wrong, also outside a route (404, 405, 413, 422, a fault of ours), the
           body is ``application/problem+json`` with a stable ``type``, the trace id to quote, and
           never a value, a field name or a path the caller sent.
Price      An unknown field is reported at the object that holds it, not by its name.
Not here   What each type means: ``problem_pages``.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis import telemetry
from chassis.refusals import BrokenRule, Part, Refusal

MEDIA_TYPE = "application/problem+json"
ERRORS_MAX = 20

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_PARTS: frozenset[str] = frozenset({"body", "path", "query", "header", "cookie"})

BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("unreadable", "The request cannot be read."),
    401: ("not-signed-in", "A valid bearer token is needed."),
    403: ("not-permitted", "None of your roles may do this."),
    404: ("not-found", "There is nothing here that you may see."),
    405: ("method-not-allowed", "This path does not take that method; see the Allow header."),
    408: ("request-too-slow", "The request did not arrive in time."),
    413: ("too-large", "The request body is larger than this route takes."),
    415: ("not-json", "The request body must be JSON, sent as application/json."),
    422: ("rule-broken", "The request breaks a rule."),
    429: ("too-many-requests", "You ask faster than you may."),
    500: ("fault", "The fault is ours. It was recorded under the trace id given here."),
    503: ("unavailable", "The service cannot answer just now. Please repeat the request."),
}
"""What stands for a status that a framework, and not a refusal of ours, decided on."""

RULES: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "holds a field that is not known here",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode",
    "string_too_short": "must be at least {min_length} characters long",
    "string_too_long": "must be at most {max_length} characters long",
    "string_pattern_mismatch": "does not have the form described for this field",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "date_type": "must be a date such as 2026-03-31",
    "date_parsing": "must be a date such as 2026-03-31",
    "date_from_datetime_parsing": "must be a date such as 2026-03-31",
    "date_from_datetime_inexact": "must be a date without a time",
    "datetime_type": "must be a time such as 2026-03-31T09:30:00Z",
    "datetime_parsing": "must be a time such as 2026-03-31T09:30:00Z",
    "datetime_from_date_parsing": "must be a time such as 2026-03-31T09:30:00Z",
    "timezone_aware": "must say its offset from UTC",
    "url_type": "must be a web address such as https://example.org/",
    "url_parsing": "must be a web address such as https://example.org/",
    "url_scheme": "must begin with http:// or https://",
    "json_invalid": "is not valid JSON",
}
"""The sentence for each kind of breach; only limits and choices of ours are filled in."""

RULE_OF_OURS = "rule"
"""The type of the errors our own validators raise (``chassis.web.fields.broken``)."""


class ProblemResponse(Response):
    """A problem as it goes out; never kept by a cache."""

    media_type = MEDIA_TYPE


def problem(
    status: int,
    name: str,
    detail: str,
    *,
    errors: Sequence[BrokenRule] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """Build the answer for one problem."""
    return ProblemResponse(
        json.dumps(problem_body(status, name, detail, errors=errors), ensure_ascii=False),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def problem_body(
    status: int, name: str, detail: str, *, errors: Sequence[BrokenRule] = ()
) -> dict[str, Any]:
    """Give the members of one problem, as batch items carry them too."""
    body: dict[str, Any] = {
        "type": f"/problems/{name}",
        "title": name.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [
            {"in": error.part, "pointer": error.pointer, "rule": error.rule}
            for error in errors[:ERRORS_MAX]
        ]
    trace_id = telemetry.current_trace_id()
    if trace_id is not None:
        body["trace_id"] = trace_id
    return body


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """Give a refusal as the problem inside one item of a batch answer."""
    return problem_body(refusal.status, refusal.name, refusal.detail, errors=refusal.errors)


def answer_refusal(refusal: Refusal) -> ProblemResponse:
    """Give the answer that carries a refusal."""
    return problem(
        refusal.status,
        refusal.name,
        refusal.detail,
        errors=refusal.errors,
        headers=refusal.headers,
    )


def answer_status(status: int, headers: Mapping[str, str] | None = None) -> ProblemResponse:
    """Give the answer for a bare status."""
    name, detail = BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]
    return problem(status, name, detail, headers=headers)


def broken_rules(errors: Iterable[Mapping[str, Any]]) -> list[BrokenRule]:
    """Turn pydantic's findings into rules, leaving every value behind."""
    return [_broken_rule(error) for error, _ in zip(errors, range(ERRORS_MAX), strict=False)]


def _broken_rule(error: Mapping[str, Any]) -> BrokenRule:
    kind = str(error["type"])
    location = list(cast("Sequence[int | str]", error["loc"]))
    part = location.pop(0) if location and location[0] in _PARTS else "body"
    if kind in {"json_invalid", "extra_forbidden"} and location:
        location.pop()
    return BrokenRule(
        pointer=_pointer(location), rule=_sentence(kind, error), part=cast("Part", part)
    )


def _pointer(location: Sequence[int | str]) -> str:
    return "".join(
        f"/{step.replace('-', '_') if isinstance(step, str) else step}"
        for step in location
        if isinstance(step, int) or _FIELD_NAME.fullmatch(step.lower().replace("-", "_"))
    )


def _sentence(kind: str, error: Mapping[str, Any]) -> str:
    if kind == RULE_OF_OURS:
        return str(error["msg"])
    sentence = RULES.get(kind)
    if sentence is None:
        return "breaks a rule of this field"
    return sentence.format_map(_Limits(cast("Mapping[str, Any]", error.get("ctx") or {})))


class _Limits(dict[str, Any]):
    """The limits of a rule; one that pydantic does not give is left unsaid."""

    def __missing__(self, key: str) -> str:
        return "the limit"


async def on_refusal(_request: Request, exc: Exception) -> Response:
    """Answer a refusal of ours."""
    return answer_refusal(cast("Refusal", exc))


async def on_http_exception(_request: Request, exc: Exception) -> Response:
    """Answer what the framework refused: unknown paths, methods, bodies too large."""
    refused = cast("HTTPException", exc)
    return answer_status(refused.status_code, refused.headers)


async def on_invalid_request(request: Request, exc: Exception) -> Response:
    """Answer a request that broke its schema, naming places and rules only."""
    found = cast("Sequence[Mapping[str, Any]]", cast("RequestValidationError", exc).errors())
    if any(error["type"] == "json_invalid" for error in found):
        return problem(400, "unreadable", "The request body is not valid JSON.")
    if _has_foreign_body(request, found):
        return answer_status(415)
    return problem(422, "rule-broken", BY_STATUS[422][1], errors=broken_rules(found))


def _has_foreign_body(request: Request, found: Sequence[Mapping[str, Any]]) -> bool:
    """Tell a body that is not declared as JSON: the framework hands its bytes to the model."""
    if not any(tuple(cast("Sequence[str]", error["loc"])) == ("body",) for error in found):
        return False
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "") not in {"", "0"}
    return has_body and not (media_type == "application/json" or media_type.endswith("+json"))
