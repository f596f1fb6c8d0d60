"""A network says what its roles are; what would mislead people is refused by name."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.directory.api.role_forms import CATALOGUE_EXAMPLE, RoleCatalogue, roles_of
from services.directory.domain.roles import check_catalogue
from services.directory.use_cases.roles import default_roles
from tests.directory.trial import (
    ANALYST,
    FOREIGN_MANAGER,
    FOREIGN_REGISTRAR,
    MANAGER,
    OTHER_MANAGER,
    REFERRER,
    REGISTRAR,
    WORKER,
    Office,
    fill_foreign_region,
)

PATH = "/register/pcns/U99001/roles"
Change = Callable[[list[dict[str, Any]]], object]


async def put(
    office: Office,
    roles: Any,
    *,
    member: str = MANAGER,
    version: int | None = None,
    path: str = PATH,
) -> httpx.Response:
    if version is None:
        version = (await office.found(PATH))["version"]
    headers = {"Authorization": f"Bearer {office.token(member)}", "If-Match": f'"{version}"'}
    return await office.http.put(path, json={"roles": roles}, headers=headers)


def a_catalogue(change: Change = lambda roles: None) -> list[dict[str, Any]]:
    roles = copy.deepcopy(CATALOGUE_EXAMPLE["roles"])
    change(roles)
    return roles


def test_what_networks_begin_with_keeps_every_rule() -> None:
    check_catalogue(default_roles())
    assert [one.role for one in default_roles()] == [
        "link-worker",
        "care-navigator",
        "health-coach",
        "care-coordinator",
    ]
    said = [{"role": one.role, **one.content} for one in default_roles()]
    assert roles_of(RoleCatalogue(roles=said)) == list(default_roles())


@pytest.mark.postgres
async def test_a_new_network_has_its_roles_at_once(office: Office) -> None:
    shown = await office.found(PATH, member=WORKER)
    told = [one for one in await office.events("role-described") if "U99001" in one["subject"]]

    assert [one["role"] for one in shown["roles"]] == [one["data"]["role"] for one in told]
    assert shown["version"] == 1
    assert {one["stream"] for one in told} == {"register"}
    assert [one["aggregate_version"] for one in told] == [2, 3, 4, 5]
    assert told[0]["data"]["caseload_max"] == 250


@pytest.mark.postgres
async def test_each_role_that_changed_is_told_and_one_left_out_is_withdrawn(
    office: Office,
) -> None:
    before = len(await office.events())
    described = await put(office, a_catalogue())
    told = (await office.events())[before:]

    assert described.status_code == 200, described.text
    assert [(one["type"].split(".")[1], one["data"]["role"]) for one in told] == [
        ("role-described", "link-worker"),
        ("role-described", "care-navigator"),
        ("role-withdrawn", "care-coordinator"),
        ("role-withdrawn", "health-coach"),
    ]
    assert described.json()["version"] == 2
    assert described.json()["event_id"] == str(told[-1]["event_id"])
    shown = await office.found(PATH, member=ANALYST)
    assert [one["local_title"] for one in shown["roles"]] == [
        "Community link worker",
        "Care navigator",
    ]


@pytest.mark.postgres
async def test_the_same_catalogue_again_tells_nothing(office: Office) -> None:
    first = await put(office, a_catalogue(), member=REGISTRAR)
    before = len(await office.events())
    again = await put(office, a_catalogue())

    assert again.status_code == 200
    assert (again.json()["version"], again.json()["event_id"]) == (
        first.json()["version"],
        first.json()["event_id"],
    )
    assert len(await office.events()) == before


@pytest.mark.postgres
async def test_of_two_who_describe_at_once_one_reads_again(office: Office) -> None:
    other = a_catalogue(lambda roles: roles[0].update(local_title="Connector"))
    answers = await asyncio.gather(
        put(office, a_catalogue(), version=1), put(office, other, version=1)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


def _without_link_worker(roles: list[dict[str, Any]]) -> None:
    del roles[0]


def _hard(roles: list[dict[str, Any]]) -> None:
    roles[1]["explanations"][0]["words"] = (
        "They tell you where to go. Multidisciplinary practitioners facilitate "
        "personalised interventions addressing psychosocial determinants of wellbeing."
    )


BROKEN: dict[str, tuple[Change, str, str]] = {
    "no link worker": (_without_link_worker, "link-worker-missing", "/roles"),
    "a link worker's code for another": (
        lambda roles: roles[1].update(clinical_codes=["871731000000106"]),
        "code-not-of-role",
        "/roles/1/clinical_codes/0",
    ),
    "a code with a slip in it": (
        lambda roles: roles[0].update(clinical_codes=["871731000000107"]),
        "rule-broken",
        "/roles/0/clinical_codes/0",
    ),
    "a number that is no concept": (
        lambda roles: roles[0].update(clinical_codes=["123456"]),
        "rule-broken",
        "/roles/0/clinical_codes/0",
    ),
    "a code nobody verified": (
        lambda roles: roles[0].update(clinical_codes=["871691000000100"]),
        "code-not-of-role",
        "/roles/0/clinical_codes/0",
    ),
    "hard words": (_hard, "too-hard-to-read", "/roles/1/explanations/0/words"),
    "a hard purpose": (
        lambda roles: roles[0].update(purpose="Facilitates personalised interventions for people."),
        "too-hard-to-read",
        "/roles/0/purpose",
    ),
    "hard words on what it does": (
        lambda roles: roles[0]["does"].append("Coordinates multidisciplinary community provision"),
        "too-hard-to-read",
        "/roles/0/does",
    ),
    "hard words on what it does not do": (
        lambda roles: roles[1].update(does_not=["Administers no pharmaceutical interventions"]),
        "too-hard-to-read",
        "/roles/1/does_not",
    ),
    "English said twice": (
        lambda roles: roles[0]["explanations"][0].update(purpose="Helps you."),
        "rule-broken",
        "/roles/0/explanations/0/purpose",
    ),
    "no English": (
        lambda roles: roles[0]["explanations"][0].update(language="pl"),
        "rule-broken",
        "/roles/0/explanations",
    ),
    "a role twice": (
        lambda roles: roles[1].update(role="link-worker"),
        "rule-broken",
        "/roles/1/role",
    ),
    "a post said of one role only": (
        lambda roles: roles[0].update(combined_with=["care-navigator"]),
        "rule-broken",
        "/roles/0/combined_with/0",
    ),
    "a post with itself": (
        lambda roles: roles[0].update(combined_with=["link-worker"]),
        "rule-broken",
        "/roles/0/combined_with/0",
    ),
    "a band upside down": (
        lambda roles: roles[0].update(caseload_min=300),
        "rule-broken",
        "/roles/0/caseload_max",
    ),
    "half a band": (
        lambda roles: roles[0].update(contacts_min=None),
        "rule-broken",
        "/roles/0/contacts_max",
    ),
}


@pytest.mark.postgres
async def test_what_a_role_does_may_be_said_in_other_languages_which_are_not_measured(
    office: Office,
) -> None:
    polish = {
        "language": "pl",
        "words": "Masz czas, aby porozmawiać.",
        "purpose": "Pomaga znaleźć wsparcie w pobliżu.",
        "does": ["Układa z Tobą plan"],
    }
    described = await put(
        office, a_catalogue(lambda roles: roles[0]["explanations"].append(polish))
    )
    assert described.status_code == 200, described.text

    shown = (await office.found(PATH, member=ANALYST))["roles"][0]["explanations"]
    told = (await office.events("role-described"))[-2]["data"]["explanations"]

    assert shown[1] == polish
    assert told[1] == {**polish, "does_not": None}
    assert told[0]["purpose"] is None


@pytest.mark.postgres
@pytest.mark.parametrize("fault", BROKEN)
async def test_what_would_mislead_is_refused_and_changes_nothing(
    office: Office, fault: str
) -> None:
    change, name, pointer = BROKEN[fault]
    before = await office.found(PATH)
    answer = await put(office, a_catalogue(change))

    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith(f"/{name}")
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert await office.found(PATH) == before


@pytest.mark.postgres
async def test_hard_words_are_answered_with_the_sentence_to_rewrite(office: Office) -> None:
    answer = await put(office, a_catalogue(_hard))
    assert "its sentence 2" in answer.json()["errors"][0]["rule"]
    assert "Multidisciplinary" not in answer.text


@pytest.mark.postgres
async def test_two_roles_of_one_post_say_so_of_each_other(office: Office) -> None:
    def combined(roles: list[dict[str, Any]]) -> None:
        roles[0]["combined_with"] = ["care-navigator"]
        roles[1]["combined_with"] = ["link-worker"]

    assert (await put(office, a_catalogue(combined))).status_code == 200


@pytest.mark.postgres
async def test_only_its_registrar_and_its_manager_describe_a_networks_roles(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    for member in (OTHER_MANAGER, FOREIGN_MANAGER, FOREIGN_REGISTRAR):
        theirs = await put(office, a_catalogue(), member=member, version=1)
        nobodys = await put(
            office, a_catalogue(), member=member, version=1, path="/register/pcns/U98765/roles"
        )
        assert theirs.status_code == nobodys.status_code == 404, member
        assert len(theirs.content) == len(nobodys.content)
    for member in (WORKER, ANALYST, REFERRER):
        assert (await put(office, a_catalogue(), member=member, version=1)).status_code == 403
    assert (await office.get(PATH, member=FOREIGN_MANAGER)).status_code == 404
    assert (await office.get("/register/pcns/U98765/roles", member=MANAGER)).status_code == 404


@pytest.mark.postgres
async def test_a_renamed_network_keeps_its_own_roles(office: Office) -> None:
    await put(office, a_catalogue())
    await office.post(
        "/register/pcns",
        {"pcn_code": "U99001", "region_code": "QZZ", "name": f"Renamed {uuid4()}"},
    )
    assert (await office.found(PATH))["version"] == 2
