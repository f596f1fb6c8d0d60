"""The description of the API keeps its word: its examples are accepted as they stand, twice."""

import pytest

from services.directory.domain.register import ROLE_KINDS
from tests.directory.trial import Office, a_membership

pytestmark = pytest.mark.postgres


async def test_every_example_is_accepted_twice_under_the_role_it_names(office: Office) -> None:
    description = (await office.get("/openapi.json", member=None)).json()
    tried = 0
    for path, operations in description["paths"].items():
        operation = operations.get("post", {})
        if "requestBody" not in operation:
            continue
        role, code = operation["x-demo-role"], operation["x-demo-organisation"]
        member = f"{role} {code}"
        if role != "registrar":
            await office.post("/register/memberships", a_membership(member))
        example = operation["requestBody"]["content"]["application/json"]["example"]

        first = await office.post(path, example, member=member)
        again = await office.post(path, example, member=member)

        tried += 1
        assert first.status_code in {200, 201}, (path, first.text)
        assert again.status_code in {200, 201}, (path, again.text)
        for answer in (first, again):
            statuses = {item["status"] for item in answer.json().get("items", [])}
            assert statuses <= {200, 201}, (path, answer.text)

    assert tried >= 14


async def test_every_operation_says_who_may_call_it(office: Office) -> None:
    description = (await office.get("/openapi.json", member=None)).json()
    known = {*ROLE_KINDS, "service", "anyone"}

    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            roles = operation.get("x-roles")
            assert roles, (method, path)
            assert set(roles) <= known, (method, path)
