"""A walk through the whole interface: each operation's example, with something to recognise in every text.

Requests are sent in rounds, each round about a story of its own, with the ids that earlier answers
gave, so that a door that is built later is walked through without anybody listing it.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.referral.trial import ANALYST, COLLEAGUE, MANAGER, REFERRER, REGISTRAR, WORKER, Clinic

CANARY = "Quillfeather"
PLANTED = {
    "nhs_number": "9990000018",
    "postcode": "QF1 9QF",
    "email": "quillfeather@people.example.org",
    "address": "quillfeather@people.example.org",
    "phone": "07700900742",
}
NOT_TEXT = ("format", "enum", "const", "pattern")
ROUNDS_MAX = 3
KNOWN = {"pcn_code": "U99001", "practice_code": "Y99001", "number": "1", "day": "2026-12-24"}
# What ends a story is sent after what needs it open.
ENDING = re.compile(
    r"closing|death|handover|merge|void|revoc|ending|cancel|check-out|status|re-?open"
)
IN_PATH = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class Walked:
    """How far a walk came, and the ids it met: the first of each kind."""

    operations: int = 0
    reached: set[str] = field(default_factory=set[str])
    ids: dict[str, str] = field(default_factory=dict[str, str])


async def walk(clinic: Clinic) -> Walked:
    """Send everything that can be sent."""
    document = (await clinic.http.get("/openapi.json")).json()
    operations = list(_operations(document))
    operations.sort(key=lambda one: bool(ENDING.search(one[1])))
    walked = Walked(len(operations))
    for _ in range(ROUNDS_MAX):
        known = dict(KNOWN)
        for method, path, operation in operations:
            if await _sent(clinic, document, method, path, operation, known):
                walked.reached.add(f"{method} {path}")
        walked.ids = {**known, **walked.ids}
    return walked


async def _sent(
    clinic: Clinic,
    document: dict[str, Any],
    method: str,
    path: str,
    operation: dict[str, Any],
    known: dict[str, str],
) -> bool:
    """Send one request, if what its path names is known by now; remember what it made."""
    if not all(name in known for name in IN_PATH.findall(path)):
        return False
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = _planted(document, content.get("schema", {}), content.get("example"))
    address = IN_PATH.sub(lambda match: known[match[1]], path)
    for version in ("0", "1", "2", "3", "4", "5", "6"):
        headers = {"If_Match": f'"{version}"', "Waymark_Reason": CANARY}
        answer = await clinic.ask(method, address, body, member=_member(operation), **headers)
        if answer.status_code not in {412, 428}:
            break
    assert answer.status_code < 500, (method, path, body, answer.text)
    if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
        _remember(path, answer.json(), known)
    return answer.is_success


def _remember(path: str, answer: Any, known: dict[str, str]) -> None:
    if not isinstance(answer, dict):
        return
    for name, value in answer.items():
        if name.endswith("_id") and isinstance(value, str):
            known.setdefault(name, value)
    if isinstance(answer.get("id"), str):
        # `/referrals/{referral_id}/contacts` makes a contact: its id is `contact_id` elsewhere.
        kind = path.rstrip("/").rpartition("/")[2].removesuffix("s").replace("-", "_")
        kind = {"people": "person", "people/merge": "merge"}.get(kind, kind)
        known.setdefault(f"{kind}_id", answer["id"])


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"post", "put", "patch"} and "service" not in operation["x-roles"]:
                yield method.upper(), path, operation


def _member(operation: dict[str, Any]) -> str:
    roles = operation["x-roles"]
    members = (MANAGER, WORKER, COLLEAGUE, REFERRER, REGISTRAR, ANALYST)
    demo = f"{operation.get('x-demo-role')} {operation.get('x-demo-organisation')}"
    if demo in members:
        return demo
    return next((member for member in members if member.split()[0] in roles), MANAGER)


def _planted(document: dict[str, Any], schema: dict[str, Any], example: Any) -> Any:
    """The example with something to recognise wherever its schema takes any text."""
    schema = _resolved(document, schema, example)
    if isinstance(example, dict):
        fields = schema.get("properties", {})
        planted = {
            name: PLANTED[name]
            if name in PLANTED and value is not None
            else _planted(document, fields.get(name, {}), value)
            for name, value in example.items()
        }
        for name, field in fields.items():
            if name not in planted and _is_text(_resolved(document, field, "")):
                planted[name] = PLANTED.get(name, CANARY)
        return planted
    if isinstance(example, list):
        return [_planted(document, schema.get("items", {}), one) for one in example]
    if isinstance(example, str) and _is_text(schema):
        return CANARY[: schema.get("maxLength", len(CANARY))]
    return copy.deepcopy(example)


def _is_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and not any(name in schema for name in NOT_TEXT)


def _resolved(document: dict[str, Any], schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """The part of a schema that is about a value like this one."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = {str: "string", dict: "object", list: "array"}.get(type(value))
    for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        part = _resolved(document, one, value)
        if part.get("type") == kind:
            return part
    return schema
