"""A walk through the whole interface: each operation's example, with something to recognise in every text.

Requests are sent in rounds, each round about a story of its own, with the ids that earlier answers
gave, so that a door that is built later is walked through without anybody listing it. Reads are asked
with something to recognise in the address as well, and every request that makes something has it in
its key.
"""

import copy
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from chassis.access.workers import worker_id_of
from tests.referral.onward_trial import provider_of, publish
from tests.referral.trial import (
    ANALYST,
    ANOTHER_WORKER,
    COLLEAGUE,
    MANAGER,
    REFERRER,
    REGISTRAR,
    WORKER,
    Clinic,
    joined,
)

CANARY = "Quillfeather"
PLANTED = {
    "nhs_number": "9990000018",
    "postcode": "QF1 9QF",
    "email": "quillfeather@people.example.org",
    "address": "quillfeather@people.example.org",
    "phone": "07700900742",
}
NOT_TEXT = ("format", "enum", "const", "pattern")
ROUNDS_MAX = 6
VERSIONS_MAX = 20
# What finds again what was made before: another word in each round.
MARKS = {"reference", "referral_reference", "fingerprint"}
KNOWN = {"pcn_code": "U99001", "practice_code": "Y99001", "number": "1", "day": "2026-12-24"}
SERVICE = "service notifications"
# What ends a story is sent after what needs it open.
ENDING = re.compile(
    r"closing|death|handover|merge|void|revoc|ending|cancel|check-out|status/batch|re-?open|acknowledgements"
)
EARLY = re.compile("pauses|/worker$|triage")
AT_THE_END = 3
IN_PATH = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class Walked:
    """How far a walk came: what did as asked, why the rest did not, and the first id of each kind."""

    reached: set[str] = field(default_factory=set[str])
    missed: dict[str, str] = field(default_factory=dict[str, str])
    ids: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Walk:
    """One walk: the interface, who acts in which role, and what is known by now."""

    clinic: Clinic
    document: dict[str, Any]
    provider: str
    worker_id: str
    walked: Walked = field(default_factory=Walked)
    known: dict[str, str] = field(default_factory=dict[str, str])
    word: str = CANARY

    async def round(self, number: int) -> None:
        """Send everything about one story, which ends in another way each time."""
        self.known, self.word = {**KNOWN, "worker_id": self.worker_id}, f"{CANARY}{number}"
        operations = sorted(_operations(self.document), key=_when)
        endings = [one for one in operations if _when(one) == AT_THE_END]
        turn = number * len(endings) // ROUNDS_MAX
        told = operations[: -len(endings)] + endings[turn:] + endings[:turn]
        for method, path, operation in told:
            name = f"{method} {path}"
            why = await self._sent(method, path, operation)
            if why is None:
                self.walked.reached.add(name)
                self.walked.missed.pop(name, None)
            elif name not in self.walked.reached:
                self.walked.missed[name] = why

    async def ask_for_what_nobody_has(self) -> None:
        """Put something to recognise into every place of every address that is read."""
        for method, path, operation in _operations(self.document):
            names = IN_PATH.findall(path)
            for name in names if method == "GET" else ():
                places = {one: CANARY if one == name else self.known.get(one, "1") for one in names}
                address = IN_PATH.sub(lambda match, places=places: places[match[1]], path)
                answer = await self.clinic.get(address, member=self._member(operation))
                assert answer.status_code < 500, (address, answer.text)

    async def _sent(self, method: str, path: str, operation: dict[str, Any]) -> str | None:
        """Send one request, if what its path names is known by now; say why it did nothing."""
        unknown = [name for name in IN_PATH.findall(path) if name not in self.known]
        if unknown:
            return f"nothing gave {unknown}"
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema, example = content.get("schema", {}), content.get("example")
        address = IN_PATH.sub(lambda match: self.known[match[1]], path) + self._query(operation)
        # What excludes each other cannot all be there: then nothing is added to the example.
        bodies = [
            _marked(_planted(self.document, schema, example, adds=adds), self.word)
            for adds in (True, False)
        ]
        answer = await self._ask(operation, method, address, bodies[0])
        if answer.status_code == 422 and example is not None:
            answer = await self._ask(operation, method, address, bodies[1])
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        if answer.is_success and is_json:
            _remember(path, answer.json(), self.known)
        return None if answer.is_success else f"{answer.status_code} {answer.text[:200]}"

    async def _ask(
        self, operation: Mapping[str, Any], method: str, address: str, body: Any
    ) -> httpx.Response:
        for version in range(VERSIONS_MAX):
            headers = {"If_Match": f'"{version}"', "Waymark_Reason": CANARY}
            answer = await self.clinic.ask(
                method,
                address,
                body,
                member=self._member(operation),
                key=f"{CANARY}-{uuid4()}",
                **headers,
            )
            assert answer.status_code < 500, (method, address, body, answer.text)
            if answer.status_code not in {412, 428}:
                return answer
        return answer

    def _query(self, operation: Mapping[str, Any]) -> str:
        texts = [
            one["name"]
            for one in operation.get("parameters", ())
            if one["in"] == "query"
            and one.get("required")
            and _is_text(_resolved(self.document, one["schema"], ""))
        ]
        return "?" + "&".join(f"{name}={CANARY}" for name in texts) if texts else ""

    def _member(self, operation: Mapping[str, Any]) -> str:
        roles = operation["x-roles"]
        members = (MANAGER, WORKER, COLLEAGUE, REFERRER, REGISTRAR, ANALYST)
        demo = f"{operation.get('x-demo-role')} {operation.get('x-demo-organisation')}"
        if demo in members:
            return demo
        if roles == ["provider"] or operation.get("x-demo-role") == "provider":
            return self.provider
        if "service" in roles:
            return SERVICE
        return next((member for member in members if member.split()[0] in roles), MANAGER)


async def walk(clinic: Clinic) -> Walked:
    """Send everything that can be sent; the group of the examples has its listing and a member."""
    document = (await clinic.http.get("/openapi.json")).json()
    sent = _example(document, "/referrals/{referral_id}/onward-referrals")
    agreed = _example(document, "/people/{person_id}/consents")
    _, organization_id = await publish(
        clinic,
        listing_id=UUID(sent["listing_id"]),
        organization_id=UUID(agreed["recipient"]["id"]),
    )
    # Whose caseload is given away has somebody of their role to take it over.
    await joined(clinic, ANOTHER_WORKER)
    worker_id = str(worker_id_of(clinic.member_key(WORKER)))
    way = Walk(clinic, document, await provider_of(clinic, organization_id), worker_id)
    for number in range(ROUNDS_MAX):
        await way.round(number)
        way.walked.ids = {**way.known, **way.walked.ids}
    await way.ask_for_what_nobody_has()
    return way.walked


def _when(operation: tuple[str, str, Any]) -> int:
    """What needs nothing comes first, what waits for a first contact before that, endings last."""
    method, path, _ = operation
    if ENDING.search(path):
        return AT_THE_END
    if not IN_PATH.search(path) and method != "GET":
        return 0
    return 1 if EARLY.search(path) else 2


def _example(document: dict[str, Any], path: str) -> Any:
    return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]


def _remember(path: str, answer: Any, known: dict[str, str]) -> None:
    if not isinstance(answer, dict):
        return
    items = answer.get("items")
    if isinstance(items, list):
        for one in itertools.islice(items, 1):
            _remember(path, one, known)
        return
    for name, value in answer.items():
        if name.endswith("_id") and isinstance(value, str):
            known.setdefault(name, value)
    if isinstance(answer.get("id"), str):
        # `/referrals/{referral_id}/contacts` makes a contact: its id is `contact_id` elsewhere.
        kind = path.rstrip("/").rpartition("/")[2].removesuffix("s").replace("-", "_")
        kind = {"people": "person", "item": "writeback", "supervision": "record"}.get(kind, kind)
        known.setdefault(f"{kind}_id", answer["id"])


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "x-roles" in operation:
                yield method.upper(), path, operation


def _planted(document: dict[str, Any], schema: dict[str, Any], example: Any, *, adds: bool) -> Any:
    """The example with something to recognise wherever its schema takes any text."""
    schema = _resolved(document, schema, example)
    if isinstance(example, dict):
        fields = schema.get("properties", {})
        planted = {
            name: PLANTED[name]
            if name in PLANTED and value is not None
            else _planted(document, fields.get(name, {}), value, adds=adds)
            for name, value in example.items()
        }
        for name, field in fields.items() if adds else ():
            if name not in planted and _is_text(_resolved(document, field, "")):
                planted[name] = PLANTED.get(name, CANARY)
        return planted
    if isinstance(example, list):
        return [_planted(document, schema.get("items", {}), one, adds=adds) for one in example]
    if isinstance(example, str) and _is_text(schema):
        return CANARY[: schema.get("maxLength", len(CANARY))]
    return copy.deepcopy(example)


def _marked(body: Any, word: str) -> Any:
    if isinstance(body, dict):
        return {
            name: word if name in MARKS and value is not None else _marked(value, word)
            for name, value in body.items()
        }
    return [_marked(one, word) for one in body] if isinstance(body, list) else body


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
