"""The register: entered by its registrar, told on one stream, in force in the directory at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis import clock
from chassis.access.tokens import member_key
from chassis.access.workers import worker_id_of
from services.directory.domain.register import Moment
from services.directory.use_cases.beginning import begin_register
from tests.directory.trial import (
    ANALYST,
    FOREIGN_MANAGER,
    FOREIGN_REGISTRAR,
    MANAGER,
    MEMBER_KEY_SECRET,
    REGISTRAR,
    WORKER,
    Office,
    a_membership,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

A_PCN = {"pcn_code": "U99003", "region_code": "QZZ", "name": "Third PCN (synthetic)"}


async def test_the_first_start_enters_region_and_registrar_once(empty_office: Office) -> None:
    await begin_register(
        empty_office.worker, empty_office.settings, Moment(clock.now(), clock.now())
    )

    told = await empty_office.events()
    assert [event["type"] for event in told] == [
        "waymark.region-registered.v1",
        "waymark.membership-granted.v1",
    ]
    key = member_key(MEMBER_KEY_SECRET, empty_office.issuer.url, REGISTRAR)
    assert told[1]["data"]["member_key"] == key
    assert {event["stream"] for event in told} == {"register"}


async def test_an_entered_pcn_is_told_and_known_here_at_once(empty_office: Office) -> None:
    made = await empty_office.post("/register/pcns", A_PCN)

    assert made.status_code == 201
    assert made.headers["Location"] == "/register/pcns/U99003"
    assert made.headers["ETag"] == '"1"'
    (told,) = await empty_office.events("pcn-registered")
    assert told["subject"] == "organisation/U99003"
    assert told["aggregate_version"] == 1
    assert str(told["event_id"]) == made.json()["event_id"]
    assert told["data"] == A_PCN
    known = {(row["kind"], row["code"]) for row in await empty_office.rows("access_organisation")}
    assert ("pcn", "U99003") in known
    shown = await empty_office.found(made.headers["Location"])
    assert shown["name"] == A_PCN["name"]


async def test_the_same_entry_again_answers_as_before_and_tells_nothing(
    empty_office: Office,
) -> None:
    first = await empty_office.post("/register/pcns", A_PCN)
    again = await empty_office.post("/register/pcns", A_PCN)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(await empty_office.events("pcn-registered")) == 1


async def test_a_new_name_is_told_as_the_next_version(empty_office: Office) -> None:
    await empty_office.made("/register/pcns", A_PCN)

    renamed = await empty_office.post("/register/pcns", {**A_PCN, "name": "Renamed (synthetic)"})

    assert renamed.status_code == 200
    assert renamed.json()["version"] == 6  # its first four roles were told in between
    assert [event["aggregate_version"] for event in await empty_office.events("pcn-reg")] == [1, 6]


async def test_an_idempotency_key_gives_the_answer_byte_for_byte(empty_office: Office) -> None:
    first = await empty_office.post("/register/pcns", A_PCN, key="my-key")
    await empty_office.post("/register/pcns", {**A_PCN, "name": "Renamed (synthetic)"})

    repeated = await empty_office.post("/register/pcns", A_PCN, key="my-key")

    assert repeated.status_code == 201
    assert repeated.content == first.content


async def test_a_practice_moves_between_networks_on_a_day(office: Office) -> None:
    move = {
        "practice_code": "Y99002",
        "pcn_code": "U99002",
        "name": "Y99002 Surgery (synthetic)",
        "from_date": "2025-04-01",
    }

    moved = await office.post("/register/practices", move)

    assert moved.status_code == 200, moved.text
    assert moved.json()["version"] == 2
    belongings = [
        (row["pcn_code"], str(row["from_date"]), str(row["until_date"]))
        for row in await office.rows("practice_belonging", "from_date")
        if row["practice_code"] == "Y99002"
    ]
    assert belongings == [
        ("U99001", "2024-04-01", "2025-04-01"),
        ("U99002", "2025-04-01", "None"),
    ]
    shown = await office.found("/register/practices/Y99002")
    # The contact stays where nothing was said of it.
    assert (shown["pcn_code"], shown["contact_email"]) == (
        "U99002",
        "y99002@practice.example.org",
    )
    again = await office.post("/register/practices", {**move, "from_date": None})
    assert (again.status_code, again.json()["version"]) == (200, 2)


async def test_a_practice_cannot_move_before_it_joined_or_join_twice(office: Office) -> None:
    told = len(await office.events())

    for pcn_code, from_date in (("U99002", "2024-04-01"), ("U99001", "2025-01-01")):
        entry = {
            "practice_code": "Y99001",
            "pcn_code": pcn_code,
            "name": "Renamed",
            "from_date": from_date,
        }
        refused = await office.post("/register/practices", entry)

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/from_date"

    assert len(await office.events()) == told
    assert (await office.found("/register/practices/Y99001"))["name"] != "Renamed"


async def test_a_practice_does_not_move_before_its_day_has_come(office: Office) -> None:
    told = len(await office.events())
    to_come = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    entry = {
        "practice_code": "Y99001",
        "pcn_code": "U99002",
        "name": "Y99001 Surgery (synthetic)",
        "from_date": to_come,
    }

    refused = await office.post("/register/practices", entry)

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/practice-not-there-yet"
    assert len(await office.events()) == told
    assert (await office.found("/register/practices/Y99001"))["pcn_code"] == "U99001"


async def test_populations_are_versions_of_their_network(office: Office) -> None:
    figure = {
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "persons": 9_000,
        "as_of": "2026-04-01",
    }

    first = await office.made("/register/populations", figure)
    again = await office.post("/register/populations", figure)
    corrected = await office.post("/register/populations", {**figure, "persons": 9_100})

    assert (first["version"], again.json()["version"], corrected.json()["version"]) == (6, 6, 7)
    assert again.json() == first
    told = await office.events("population")
    assert [(event["data"]["persons"], event["aggregate_version"]) for event in told] == [
        (9_000, 6),
        (9_100, 7),
    ]
    assert {event["subject"] for event in told} == {"organisation/U99001"}
    (shown,) = (await office.found("/register/populations"))["items"]
    assert shown["persons"] == 9_100


async def test_a_population_needs_a_practice_of_that_network(office: Office) -> None:
    figure = {"pcn_code": "U99001", "practice_code": "Y99006", "persons": 1, "as_of": "2026-04-01"}

    refused = await office.post("/register/populations", figure)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/practice_code"


async def test_a_workers_name_stays_in_the_directory(office: Office) -> None:
    worker = {
        "pcn_code": "U99001",
        "name": "Robin Quillfeather",
        "email": "robin@pcn.example.org",
        "roles": ["link-worker"],
        "subject": WORKER,
    }

    made = await office.made("/register/workers", worker)
    again = await office.post("/register/workers", worker)

    key = member_key(MEMBER_KEY_SECRET, office.issuer.url, WORKER)
    assert made["worker_id"] == str(worker_id_of(key))
    assert again.json() == made
    (told,) = await office.events("worker-registered")
    assert "Quillfeather" not in str(told)
    assert "example.org" not in str(told)
    shown = await office.found(f"/workers/{made['id']}", member=MANAGER)
    assert shown["name"] == "Robin Quillfeather"
    assert "Quillfeather" not in str(await office.rows("idempotency_key"))


async def test_colleagues_are_listed_by_name_to_those_of_their_network(office: Office) -> None:
    for pcn, names in (("U99001", "Ana Ben Cy"), ("U99002", "Dot")):
        for name in names.split():
            body = {
                "pcn_code": pcn,
                "name": name,
                "email": f"{name}@pcn.example.org",
                "roles": ["other"],
            }
            await office.made("/register/workers", body)

    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await office.found(
            "/pcns/U99001/workers",
            member=WORKER,
            params={"limit": 2, **({"cursor": cursor} if cursor else {})},
        )
        listed += [one["name"] for one in page["items"]]
        cursor = page["next"]

    assert sorted(listed) == ["Ana", "Ben", "Cy"]
    assert page["items"][0].keys() == {"id", "pcn_code", "name", "roles"}
    registrar = await office.found("/pcns/U99001/workers", params={"limit": 100})
    assert len(registrar["items"]) == 3
    for code in ("U99002", "U98765"):
        assert (await office.found(f"/pcns/{code}/workers", member=WORKER))["items"] == []
    assert (await office.get("/pcns/U99001/workers", member=ANALYST)).status_code == 403


async def test_two_workers_of_a_network_cannot_share_an_address(office: Office) -> None:
    worker = {"pcn_code": "U99001", "name": "A", "email": "a@pcn.example.org", "roles": ["other"]}
    await office.made("/register/workers", {**worker, "subject": "first"})

    refused = await office.post("/register/workers", {**worker, "subject": "second"})

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/address-taken"


async def test_a_membership_holds_at_once_and_ends_at_once(office: Office) -> None:
    member = "pcn-manager U99002"
    newcomer = {**a_membership(member), "subject": "newcomer"}
    assert (await office.get("/drafts", member="newcomer")).status_code == 403

    granted = await office.made("/register/memberships", newcomer)
    assert (await office.get("/drafts", member="newcomer")).status_code == 200
    held = await office.post("/register/memberships", newcomer)
    ended = await office.ask("DELETE", f"/register/memberships/{granted['id']}")
    ended_again = await office.ask("DELETE", f"/register/memberships/{granted['id']}")

    assert (held.status_code, held.json()) == (200, granted)
    assert (await office.get("/drafts", member="newcomer")).status_code == 403
    assert (ended.status_code, ended.json()["version"]) == (200, 2)
    assert ended_again.json() == ended.json()
    told = [
        event for event in await office.events("membership") if granted["id"] in event["subject"]
    ]
    assert [event["aggregate_version"] for event in told] == [1, 2]
    assert "newcomer" not in str(await office.events())
    again = await office.made("/register/memberships", newcomer)
    assert again["id"] != granted["id"]


async def test_a_membership_that_does_not_fit_is_refused(office: Office) -> None:
    cases = [
        ({"role": "service"}, "/role"),
        ({"role": "person"}, "/role"),
        ({"role": "link-worker", "organisation_kind": "practice"}, "/organisation_kind"),
        ({"organisation_code": "U98765"}, "/organisation_code"),
        ({"role": "provider", "organisation_kind": "organization"}, "/organisation_code"),
    ]
    for changes, pointer in cases:
        refused = await office.post("/register/memberships", {**a_membership(MANAGER), **changes})

        assert refused.status_code == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_a_provider_is_a_member_of_an_organization(office: Office) -> None:
    organization = await office.made(
        "/organizations", {"name": "Wayford Gardens", "description": "Gardens."}, member=MANAGER
    )

    granted = await office.made(
        "/register/memberships",
        {
            "subject": "a provider",
            "role": "provider",
            "organisation_kind": "organization",
            "organisation_code": organization["id"],
        },
    )

    assert granted["organisation_code"] == organization["id"]


async def test_a_region_keeps_a_registrar(office: Office) -> None:
    memberships = (await office.found("/register/memberships"))["items"]
    (first,) = [one for one in memberships if one["role"] == "registrar"]

    refused = await office.ask("DELETE", f"/register/memberships/{first['id']}")
    await office.made("/register/memberships", a_membership(REGISTRAR, subject="second"))
    ended = await office.ask("DELETE", f"/register/memberships/{first['id']}", member="second")

    assert refused.json()["type"] == "/problems/last-registrar"
    assert ended.status_code == 200


async def test_a_registrar_reaches_no_other_region(office: Office) -> None:
    await fill_foreign_region(office)
    foreign = (await office.found("/register/memberships", member=FOREIGN_REGISTRAR))["items"][0]

    granted = await office.post("/register/memberships", a_membership(FOREIGN_MANAGER))
    unknown = await office.post("/register/memberships", a_membership("pcn-manager U98765"))
    assert granted.status_code == unknown.status_code == 422
    assert _without_trace(granted) == _without_trace(unknown)

    taken = {"pcn_code": "U99901", "region_code": "QZZ", "name": "Mine now"}
    assert (await office.post("/register/pcns", taken)).json()["type"] == "/problems/code-taken"
    other = {"pcn_code": "U99902", "region_code": "QYY", "name": "Theirs"}
    assert (await office.post("/register/pcns", other)).status_code == 422
    practice = {"practice_code": "Y99001", "pcn_code": "U99901", "name": "Taken over"}
    stolen = await office.post("/register/practices", practice, member=FOREIGN_REGISTRAR)
    assert stolen.json()["type"] == "/problems/code-taken"
    missed = await office.ask("DELETE", f"/register/memberships/{foreign['id']}")
    random = await office.ask("DELETE", f"/register/memberships/{uuid4()}")
    assert (missed.status_code, len(missed.content)) == (404, len(random.content))
    codes = [pcn["pcn_code"] for pcn in (await office.found("/register/pcns"))["items"]]
    assert "U99901" not in codes


async def test_only_registrars_write_the_register(office: Office) -> None:
    for member in (MANAGER, WORKER, ANALYST, "service reporting"):
        refused = await office.post("/register/pcns", A_PCN, member=member)
        assert refused.status_code == 403, member
    assert (await office.post("/register/pcns", A_PCN, member=None)).status_code == 401


async def test_each_item_of_a_batch_is_answered_by_itself(office: Office) -> None:
    items = [
        {"key": "good", **A_PCN},
        {"key": "refused", **A_PCN, "pcn_code": "U99004", "region_code": "QYY"},
        {"key": "malformed", **A_PCN, "pcn_code": "nonsense"},
        {"key": "good", **A_PCN, "pcn_code": "U99005"},
        {"key": "good too", **A_PCN, "pcn_code": "U99006"},
    ]

    first = (await office.post("/register/pcns/batch", {"items": items})).json()
    again = (await office.post("/register/pcns/batch", {"items": items})).json()

    assert [(item["key"], item["status"]) for item in first["items"]] == [
        ("good", 201),
        ("refused", 422),
        ("malformed", 422),
        ("good", 422),
        ("good too", 201),
    ]
    assert first["items"][2]["problem"]["errors"][0]["pointer"] == "/pcn_code"
    assert [item.get("body") for item in again["items"]] == [
        item.get("body") for item in first["items"]
    ]
    entered = {event["data"]["pcn_code"] for event in await office.events("pcn-registered")}
    assert entered == {"U99001", "U99002", "U99003", "U99006"}


async def test_a_key_used_for_another_item_is_refused(office: Office) -> None:
    await office.post("/register/pcns/batch", {"items": [{"key": "k", **A_PCN}]})

    other = {"key": "k", **A_PCN, "name": "Another"}
    answer = await office.post("/register/pcns/batch", {"items": [other]})

    assert answer.json()["items"][0]["problem"]["type"] == "/problems/key-reused"


async def test_a_seed_is_for_demonstrations(office: Office) -> None:
    body = {"origin": "seed", "items": [{"key": "k", **A_PCN}]}
    assert (await office.post("/register/pcns/batch", body)).status_code == 200
    assert (await office.events("pcn-registered"))[-1]["origin"] == "seed"

    office.app.state.settings = office.settings.model_copy(update={"mode": "region"})

    assert (await office.post("/register/pcns/batch", body)).status_code == 422


async def test_entries_at_the_same_moment_neither_deadlock_nor_lose_a_version(
    office: Office,
) -> None:
    figures = [
        {"pcn_code": code, "persons": 1_000 + number, "as_of": f"2025-{number:02d}-01"}
        for number in range(1, 9)
        for code in ("U99001", "U99002")
    ]

    async def batch(entries: list[dict[str, Any]], word: str) -> int:
        items = [{"key": f"{word}{number}", **entry} for number, entry in enumerate(entries)]
        answer = await office.post("/register/populations/batch", {"items": items})
        return answer.status_code

    answers = await asyncio.gather(
        batch(figures, "a"),
        batch(figures[::-1], "b"),
        *(office.post("/register/populations", {**figure, "persons": 7}) for figure in figures),
    )

    assert {getattr(answer, "status_code", answer) for answer in answers} <= {200, 201}
    for code in ("U99001", "U99002"):
        versions = [
            event["aggregate_version"]
            for event in await office.events()
            if event["subject"] == f"organisation/{code}"
        ]
        assert versions == list(range(1, len(versions) + 1))


async def test_lists_are_walked_page_by_page(office: Office) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = await office.found("/register/memberships", params=params)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]

    assert len(seen) == len(set(seen)) == 8
    for path in ("regions", "pcns", "practices", "populations", "workers"):
        page = await office.found(f"/register/{path}", params={"limit": 1})
        assert len(page["items"]) <= 1


def _without_trace(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "trace_id"}
