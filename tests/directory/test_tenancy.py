"""Nobody learns from an answer whether something they may not see exists."""

from typing import Any
from uuid import uuid4

import pytest

from tests.directory.trial import (
    FOREIGN_ANALYST,
    FOREIGN_MANAGER,
    FOREIGN_REGISTRAR,
    FOREIGN_WORKER,
    MANAGER,
    OTHER_WORKER,
    REGISTRAR,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

SERVICE = "service notifications"


async def _things(office: Office) -> dict[str, str]:
    worker = {
        "pcn_code": "U99001",
        "name": "Robin Example",
        "email": "robin@pcn.example.org",
        "roles": ["link-worker"],
    }
    draft = await office.made("/services", a_listing(), member=WORKER)
    return {
        "worker": (await office.made("/register/workers", worker))["id"],
        "listing": draft["id"],
        "organization": draft["organization_id"],
        "membership": (await office.found("/register/memberships"))["items"][0]["id"],
    }


async def test_another_regions_things_answer_exactly_as_random_ones(office: Office) -> None:
    await fill_foreign_region(office)
    things = await _things(office)
    random = str(uuid4())
    routes: list[tuple[str, str, str, str, str, tuple[str, ...]]] = [
        ("GET", "/register/pcns/{}", "U99001", "U98765", REGISTRAR, (FOREIGN_REGISTRAR, FOREIGN_ANALYST)),
        ("GET", "/register/practices/{}", "Y99001", "Y98765", REGISTRAR, (FOREIGN_REGISTRAR, FOREIGN_ANALYST)),
        ("GET", "/register/memberships/{}", things["membership"], random, REGISTRAR, (FOREIGN_REGISTRAR,)),
        ("GET", "/workers/{}", things["worker"], random, MANAGER, (FOREIGN_MANAGER, FOREIGN_WORKER, OTHER_WORKER)),
        ("GET", "/organizations/{}/entry", things["organization"], random, WORKER, (FOREIGN_MANAGER, FOREIGN_WORKER)),
        ("POST", "/services/{}/publish", things["listing"], random, MANAGER, (FOREIGN_MANAGER, FOREIGN_REGISTRAR)),
        ("POST", "/services/{}/withdraw", things["listing"], random, MANAGER, (FOREIGN_MANAGER, FOREIGN_REGISTRAR)),
        ("GET", "/pcns/{}/needs", "U99001", "U98765", MANAGER, (FOREIGN_MANAGER, FOREIGN_ANALYST)),
        ("GET", "/register/practices/{}/networks", "Y99001", "Y98765", REGISTRAR, (FOREIGN_REGISTRAR, FOREIGN_ANALYST)),
        ("GET", "/register/pcns/{}/practices", "U99001", "U98765", REGISTRAR, (FOREIGN_REGISTRAR, FOREIGN_ANALYST)),
        ("GET", "/register/pcns/{}/merge-into", "U99001", "U98765", "", (FOREIGN_REGISTRAR,)),
        ("DELETE", "/register/memberships/{}", things["membership"], random, "", (FOREIGN_REGISTRAR,)),
    ]  # fmt: skip

    for method, path, own_id, random_id, owner, strangers in routes:
        for stranger in strangers:
            other = await office.ask(method, path.format(own_id), member=stranger)
            unknown = await office.ask(method, path.format(random_id), member=stranger)

            assert other.status_code == unknown.status_code == 404, (method, path, stranger)
            assert _without_trace(other) == _without_trace(unknown)
            assert len(other.content) == len(unknown.content)
        if owner:
            own = await office.ask(method, path.format(own_id), member=owner)
            assert own.status_code == 200, (method, path, own.text)


async def test_what_changes_in_another_regions_register_answers_exactly_as_a_random_one(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    things = await _things(office)
    random = str(uuid4())
    merging = {"into_pcn_code": "U99901", "memberships": "ended"}
    routes: list[tuple[str, str, str, dict[str, Any]]] = [
        ("/register/practices/{}/leave", "Y99001", "Y98765", {}),
        ("/register/pcns/{}/merge-into", "U99001", "U98765", merging),
        ("/register/memberships/{}/role", things["membership"], random, {"role": "health-coach"}),
    ]

    for path, own_id, random_id, body in routes:
        other = await office.post(path.format(own_id), body, member=FOREIGN_REGISTRAR)
        unknown = await office.post(path.format(random_id), body, member=FOREIGN_REGISTRAR)

        assert other.status_code == unknown.status_code == 404, (path, other.text)
        assert _without_trace(other) == _without_trace(unknown)
        assert len(other.content) == len(unknown.content)


async def test_lists_hold_nothing_of_another_region(office: Office) -> None:
    await fill_foreign_region(office)
    await _things(office)

    for path in ("regions", "pcns", "practices", "populations"):
        for member in (FOREIGN_REGISTRAR, FOREIGN_ANALYST):
            page = await office.found(f"/register/{path}", member=member)
            assert "QZZ" not in str(page)
            assert "U99001" not in str(page)
    for path in ("/register/workers", "/register/memberships"):
        page = await office.found(path, member=FOREIGN_REGISTRAR)
        assert "U99001" not in str(page)
    assert (await office.found("/drafts", member=FOREIGN_MANAGER))["items"] == []


async def test_the_practice_card_is_for_services(office: Office) -> None:
    card = await office.found("/internal/practices/Y99001/card", member=SERVICE)

    assert card == {
        "practice_code": "Y99001",
        "pcn_code": "U99001",
        "name": "Y99001 Surgery (synthetic)",
        "contact_email": "y99001@practice.example.org",
    }
    assert (await office.get("/internal/practices/Y98765/card", member=SERVICE)).status_code == 404
    for member in (REGISTRAR, MANAGER, WORKER):
        refused = await office.get("/internal/practices/Y99001/card", member=member)
        assert refused.status_code == 403


async def test_every_table_of_a_tenant_forces_its_row_policies(office: Office) -> None:
    forced = {
        row["relname"]
        for row in await office.owner.fetch(
            "select relname from pg_class where relrowsecurity and relforcerowsecurity"
        )
    }

    assert {
        "register_organisation",
        "practice_belonging",
        "practice_contact",
        "population",
        "worker",
        "membership",
        "pcn_merge",
        "population_part",
        "relation",
        "organization",
        "listing",
        "referred_need",
    } <= forced


def _without_trace(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "trace_id"}
