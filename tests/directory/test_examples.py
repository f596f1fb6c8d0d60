"""The description of the API keeps its word: its examples are accepted as they stand, twice."""

import pytest

from services.directory.domain.register import ROLE_KINDS
from tests.directory.evidence import a_question
from tests.directory.trial import MANAGER, WORKER, Office, a_listing, a_membership

pytestmark = pytest.mark.postgres


async def _things(office: Office, address: str) -> dict[str, str]:
    """A listing, a suggestion for it and a remark on it, as the addresses of examples need them."""
    name = f"Group {len(await office.rows('listing'))}"
    made = await office.made("/services", a_listing(name=name), member=MANAGER)
    path = f"/services/{made['id']}"
    feedback_id = ""
    # That door has a pace: only who needs a remark makes one.
    if "{feedback_id}" in address:
        told = await office.post(f"{path}/feedback", {"kind": "full"}, member=None)
        feedback_id = told.json()["id"]
    suggested = await office.ask("PATCH", path, {"fees": "£1"}, member=WORKER, version=1)
    return {
        "service_id": made["id"],
        "token": (await a_question(office, made["id"]))["token"],
        "feedback_id": feedback_id,
        "suggestion_id": suggested.json()["id"],
    }


async def test_every_example_is_accepted_twice_under_the_role_it_names(office: Office) -> None:
    description = (await office.get("/openapi.json", member=None)).json()
    tried = 0
    for path, operations in description["paths"].items():
        operation = operations.get("post", {})
        if "requestBody" not in operation:
            continue
        role, code = operation["x-demo-role"], operation.get("x-demo-organisation")
        member = None if role == "anyone" else f"{role} {code}"
        if "{" in path:
            path = path.format(**await _things(office, path))  # noqa: PLW2901
        if member is not None and role != "registrar":
            await office.post("/register/memberships", a_membership(member))
        example = operation["requestBody"]["content"]["application/json"]["example"]

        first = await office.post(path, example, member=member)
        again = await office.post(path, example, member=member)

        tried += 1
        assert first.status_code in {200, 201, 202}, (path, first.text)
        assert again.status_code in {200, 201, 202}, (path, again.text)
        for answer in (first, again):
            statuses = {item["status"] for item in answer.json().get("items", [])}
            assert statuses <= {200, 201}, (path, answer.text)

    assert tried >= 22


async def test_every_operation_says_who_may_call_it(office: Office) -> None:
    description = (await office.get("/openapi.json", member=None)).json()
    known = {*ROLE_KINDS, "service", "anyone"}

    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            roles = operation.get("x-roles")
            assert roles, (method, path)
            assert set(roles) <= known, (method, path)
