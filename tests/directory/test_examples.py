"""The description of the API keeps its word: its examples are accepted as they stand, twice."""

from uuid import UUID

import pytest

from chassis import clock
from services.directory.domain.register import ROLE_KINDS, Moment
from services.directory.use_cases.duplicates import propose_duplicates
from tests.directory.evidence import a_question
from tests.directory.trial import MANAGER, WORKER, Office, a_listing, a_membership

pytestmark = pytest.mark.postgres


async def _filled(office: Office, path: str) -> str:
    """The address with a listing in it, or with a suggestion for one or a remark on one."""
    if "{" not in path:
        return path
    if path.startswith("/register"):
        return path.format(**await _entries(office))
    name = f"Group {len(await office.rows('listing'))}"
    made = await office.made("/services", a_listing(name=name), member=MANAGER)
    listing = f"/services/{made['id']}"
    ids = {"service_id": made["id"]}
    if "{remark_id}" in path:
        told = await office.post(f"{listing}/feedback", {"kind": "full"}, member=None)
        ids["remark_id"] = told.json()["id"]
    if "{token}" in path:
        ids["token"] = (await a_question(office, made["id"]))["token"]
    if "{suggestion_id}" in path:
        body = {"fees": "£1"}
        suggested = await office.ask("PATCH", listing, body, member=WORKER, version=1)
        ids["suggestion_id"] = suggested.json()["id"]
    if "{feed_id}" in path:
        feed = {"name": name, "base_url": "https://feed.example.org/"}
        ids["feed_id"] = (await office.made("/feeds", feed))["id"]
    if "{duplicate_id}" in path:
        ids["duplicate_id"] = await _pair(office, name)
    return path.format(**ids)


async def _entries(office: Office) -> dict[str, str]:
    """A network, a practice of it and a membership in it, as the addresses of examples need them."""
    number = len(await office.rows("register_organisation"))
    pcn_code, practice_code = f"U98{number:03}", f"Y98{number:03}"
    pcn = {"pcn_code": pcn_code, "region_code": "QZZ", "name": "Example (synthetic)"}
    await office.made("/register/pcns", pcn)
    practice = {"practice_code": practice_code, "pcn_code": pcn_code, "name": "Example (synthetic)"}
    await office.made("/register/practices", {**practice, "from_date": "2024-04-01"})
    membership = await office.made("/register/memberships", a_membership(f"link-worker {pcn_code}"))
    return {
        "pcn_code": pcn_code,
        "practice_code": practice_code,
        "membership_id": membership["id"],
    }


async def _pair(office: Office, name: str) -> str:
    """Two listings of one name, which somebody has to look at."""
    place = [{"latitude": 53.0, "longitude": -2.0}]
    made = [
        await office.made(
            "/services",
            a_listing(
                name=f"Pair of {name}",
                locations=place,
                organization={"name": f"{which} of {name}", "description": "Synthetic."},
            ),
            member=MANAGER,
        )
        for which in ("One", "Other")
    ]
    now = clock.now()
    async with office.worker.transaction() as connection:
        ids = [UUID(one["id"]) for one in made]
        await propose_duplicates(connection, ids, Moment(now, now))
    pairs = {row["first_id"]: row["id"] for row in await office.rows("duplicate")}
    return str(pairs[min(ids)])


async def test_every_example_is_accepted_twice_under_the_role_it_names(office: Office) -> None:
    description = (await office.get("/openapi.json", member=None)).json()
    tried = 0
    for template, operations in description["paths"].items():
        operation = operations.get("post", {})
        if "requestBody" not in operation:
            continue
        role, code = operation["x-demo-role"], operation.get("x-demo-organisation")
        member = None if role == "anyone" else f"{role} {code}"
        path = await _filled(office, template)
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

    assert tried >= 25


async def test_every_operation_says_who_may_call_it(office: Office) -> None:
    description = (await office.get("/openapi.json", member=None)).json()
    known = {*ROLE_KINDS, "service", "anyone"}

    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            roles = operation.get("x-roles")
            assert roles, (method, path)
            assert set(roles) <= known, (method, path)
