"""Who knows whom: kept by a network, shown to its own people, and an end that is near told once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.directory.domain.relations import (
    AGREEMENT_WARNING_DAYS,
    Party,
    PartyDoesNotFit,
    Span,
    SpanDoesNotFit,
    require_parties_fit,
    require_span_fits,
)
from services.directory.use_cases.relations import tell_agreements_ending
from tests.directory.trial import (
    ANALYST,
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

NOW = datetime.now(UTC)
TODAY = NOW.date()


def in_days(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def a_worker(office: Office, name: str, pcn: str = "U99001") -> str:
    entered = await office.made(
        "/register/workers",
        {"pcn_code": pcn, "name": name, "email": f"{name.lower()}@pcn.example.org",
         "roles": ["link-worker"]},
    )  # fmt: skip
    return entered["id"]


async def a_group(office: Office, name: str = "Wayford Gardens", member: str = MANAGER) -> str:
    listing = a_listing(organization={"name": name, "description": "Gardens."})
    return (await office.made("/services", listing, member=member))["organization_id"]


def a_relation(kind: str, who: tuple[str, str], whom: tuple[str, str], **more: Any) -> Any:
    return {
        "kind": kind,
        "who": {"kind": who[0], "id": who[1]},
        "whom": {"kind": whom[0], "id": whom[1]},
        **more,
    }


def an_agreement(group: str, ends: str, **more: Any) -> Any:
    whom = ("organization", group)
    body = a_relation("agreement", ("pcn", "U99001"), whom, from_date="2024-04-01", until_date=ends)
    return {**body, **more}


def test_each_kind_of_relation_is_between_parties_of_its_own() -> None:
    worker, practice, group = (
        Party("worker", "w"),
        Party("practice", "p"),
        Party("organization", "g"),
    )
    require_parties_fit("knows", worker, group)
    require_parties_fit("trained-by", practice, worker)

    for kind, who, whom in (
        ("visited", practice, group),
        ("agreement", worker, group),
        ("agreement", practice, worker),
        ("knows", group, worker),
        ("knows", worker, worker),
    ):
        with pytest.raises(PartyDoesNotFit):
            require_parties_fit(kind, who, whom)  # pyright: ignore[reportArgumentType]


def test_days_suit_the_kind_of_relation() -> None:
    day, later = date(2026, 5, 1), date(2026, 6, 1)
    require_span_fits("visited", Span(day, None), day)
    require_span_fits("agreement", Span(later, later), day)
    for kind, span in (
        ("visited", Span(None, None)),
        ("visited", Span(later, None)),
        ("visited", Span(day, later)),
        ("agreement", Span(None, later)),
        ("knows", Span(later, None)),
        ("agreement", Span(later, day)),
    ):
        with pytest.raises(SpanDoesNotFit):
            require_span_fits(kind, span, day)  # pyright: ignore[reportArgumentType]


async def test_a_groups_page_says_who_to_ask_nearest_first(office: Office) -> None:
    group = await a_group(office)
    knows, visited, was = [await a_worker(office, name) for name in ("Ana", "Ben", "Cy")]
    whom = ("organization", group)
    for body in (
        a_relation("visited", ("worker", visited), whom, from_date="2026-03-01"),
        a_relation("visited", ("worker", knows), whom, from_date="2026-05-01"),
        a_relation("knows", ("worker", knows), whom),
        a_relation("knows", ("worker", was), whom, until_date=in_days(-1)),
        a_relation("trained-by", ("practice", "Y99001"), ("worker", visited)),
    ):
        await office.made("/relations", body, member=WORKER)

    page = await office.found(f"/organizations/{group}/relations", member=WORKER)

    assert [
        (one["worker_id"], one["worker_name"], one["because"]) for one in page["who_to_ask"]
    ] == [
        (knows, "Ana", "knows"),
        (visited, "Ben", "visited"),
    ]
    assert len(page["items"]) == 4
    assert page["items"][0]["who"] == {"kind": "worker", "id": visited, "name": "Ben"}
    practice = await office.found("/register/practices/Y99001/relations", member=MANAGER)
    assert [(one["kind"], one["whom"]["name"]) for one in practice["items"]] == [
        ("trained-by", "Ben")
    ]
    assert "Ana" not in str(await office.events())
    assert "example.org" not in str(await office.events())


async def test_groups_of_a_relation_are_named_wherever_it_is_shown(office: Office) -> None:
    groups = [await a_group(office, name) for name in ("Gardens", "Kitchen")]
    trained = a_relation("trained-by", ("organization", groups[0]), ("organization", groups[1]))
    made = await office.made("/relations", trained, member=WORKER)

    one = await office.found(f"/relations/{made['id']}", member=ANALYST)
    (listed,) = (await office.found(f"/organizations/{groups[0]}/relations", member=WORKER))[
        "items"
    ]

    assert [one[end]["name"] for end in ("who", "whom")] == ["Gardens", "Kitchen"]
    assert listed == one


async def test_the_same_relation_again_is_the_same_one(office: Office) -> None:
    group = await a_group(office)
    body = an_agreement(group, in_days(400), about="Six places a month.")

    first = await office.post("/relations", body, member=MANAGER)
    again = await office.post("/relations", body, member=WORKER)
    other = await office.post("/relations", {**body, "about": "Seven."}, member=MANAGER)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert (other.status_code, other.json()["type"]) == (409, "/problems/relation-known")
    assert len(await office.rows("relation")) == 1


async def test_a_relation_between_those_who_are_not_here_is_refused(office: Office) -> None:
    await fill_foreign_region(office)
    group = await a_group(office)
    foreign_group = await a_group(office, "Foreign Gardens", member=FOREIGN_MANAGER)
    neighbour = await a_worker(office, "Nia", "U99002")
    whom = ("organization", group)
    cases = [
        (a_relation("knows", ("worker", neighbour), whom), "/who/id"),
        (a_relation("knows", ("worker", str(uuid4())), whom), "/who/id"),
        (a_relation("knows", ("worker", "Y99001"), whom), "/who/id"),
        (a_relation("knows", ("practice", "Y99006"), whom), "/who/id"),
        (a_relation("knows", ("practice", "Y99001"), ("organization", foreign_group)), "/whom/id"),
        (a_relation("knows", ("practice", "Y99001"), ("organization", str(uuid4()))), "/whom/id"),
        (a_relation("agreement", ("practice", "Y99001"), whom), "/from_date"),
        (a_relation("visited", ("practice", "Y99001"), whom, from_date="2026-01-01"), "/who/kind"),
        ({**an_agreement(group, in_days(9)), "pcn_code": "U99002"}, "/pcn_code"),
        (an_agreement(group, "2020-01-01"), "/until_date"),
    ]
    for body, pointer in cases:
        refused = await office.post("/relations", body, member=WORKER)
        assert refused.status_code == 422, (body, refused.text)
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    unsaid = await office.post("/relations", an_agreement(group, in_days(9)))
    assert unsaid.json()["errors"][0]["pointer"] == "/pcn_code"
    assert await office.rows("relation") == []


async def test_what_a_network_knows_its_neighbours_do_not_see(office: Office) -> None:
    group = await a_group(office)
    worker = await a_worker(office, "Ana")
    body = a_relation("knows", ("worker", worker), ("organization", group))
    made = await office.made("/relations", body, member=WORKER)

    neighbour = await office.found(f"/organizations/{group}/relations", member=OTHER_WORKER)
    analyst = await office.found(f"/organizations/{group}/relations", member=ANALYST)
    registrar = await office.found(f"/organizations/{group}/relations", member=REGISTRAR)

    assert (neighbour["items"], neighbour["who_to_ask"]) == ([], [])
    assert analyst["items"][0]["who"] == {"kind": "worker", "id": worker}
    assert analyst["who_to_ask"][0]["worker_name"] is None
    assert registrar["items"][0]["who"]["name"] == "Ana"
    shown = await office.get(made_path := f"/relations/{made['id']}", member=OTHER_WORKER)
    random = await office.get(f"/relations/{uuid4()}", member=OTHER_WORKER)
    assert (shown.status_code, len(shown.content)) == (404, len(random.content))
    assert (await office.get(made_path, member=WORKER)).headers["ETag"] == '"1"'


async def test_whoever_looks_at_a_region_and_works_in_a_network_knows_its_own_by_name(
    office: Office,
) -> None:
    group = await a_group(office)
    for name, pcn, member in (("Ana", "U99001", WORKER), ("Nia", "U99002", OTHER_WORKER)):
        worker = await a_worker(office, name, pcn)
        body = a_relation("knows", ("worker", worker), ("organization", group))
        await office.made("/relations", body, member=member)
    for role, kind, code in (("region-analyst", "region", "QZZ"), ("link-worker", "pcn", "U99001")):
        await office.made(
            "/register/memberships",
            {"subject": "both", "role": role, "organisation_kind": kind, "organisation_code": code},
        )

    page = await office.found(f"/organizations/{group}/relations", member="both")

    assert {one["pcn_code"]: one["worker_name"] for one in page["who_to_ask"]} == {
        "U99001": "Ana",
        "U99002": None,
    }
    assert {one["pcn_code"]: one["who"].get("name") for one in page["items"]} == {
        "U99001": "Ana",
        "U99002": None,
    }


async def test_what_is_another_regions_answers_exactly_as_a_random_one(office: Office) -> None:
    await fill_foreign_region(office)
    group = await a_group(office)
    made = await office.made("/relations", an_agreement(group, in_days(400)), member=MANAGER)
    random = str(uuid4())
    routes = [
        ("GET", "/relations/{}", made["id"], random),
        ("PATCH", "/relations/{}", made["id"], random),
        ("GET", "/organizations/{}/relations", group, random),
        ("GET", "/register/practices/{}/relations", "Y99001", "Y98765"),
    ]
    for method, path, own, other in routes:
        for member in (FOREIGN_MANAGER, FOREIGN_WORKER, FOREIGN_REGISTRAR):
            how: dict[str, Any] = {"member": member}
            body = None
            if method == "PATCH":
                body, how["version"] = {"until_date": None}, 1
            answers = [
                await office.ask(method, path.format(one), body, **how) for one in (own, other)
            ]
            assert [one.status_code for one in answers] == [404, 404], (method, path, member)
            assert len({len(one.content) for one in answers}) == 1
    foreign = await office.found("/agreements/ending", member=FOREIGN_REGISTRAR)
    assert foreign["items"] == []


async def test_agreements_that_end_soon_are_listed_the_next_first(office: Office) -> None:
    groups = [await a_group(office, f"Group {number}") for number in range(5)]
    ends = (AGREEMENT_WARNING_DAYS + 1, AGREEMENT_WARNING_DAYS, 3, 0, -1)
    for group, days in zip(groups, ends, strict=True):
        await office.made("/relations", an_agreement(group, in_days(days)), member=MANAGER)

    page = await office.found("/agreements/ending", member=WORKER, params={"limit": 2})
    rest = await office.found(
        "/agreements/ending", member=WORKER, params={"limit": 2, "cursor": page["next"]}
    )

    listed = [(one["whom"]["id"], one["days_left"]) for one in page["items"] + rest["items"]]
    assert listed == [(groups[3], 0), (groups[2], 3), (groups[1], AGREEMENT_WARNING_DAYS)]
    assert [one["whom"]["name"] for one in page["items"]] == ["Group 3", "Group 2"]
    assert (await office.found("/agreements/ending", member=OTHER_WORKER))["items"] == []
    assert len((await office.found("/agreements/ending", member=ANALYST))["items"]) == 3


async def test_an_end_that_is_near_is_told_once_across_restarts_and_processes(
    office: Office,
) -> None:
    groups = [await a_group(office, f"Group {number}") for number in range(7)]
    for group in groups[:6]:
        await office.made("/relations", an_agreement(group, in_days(30)), member=MANAGER)
    far = await office.made(
        "/relations", an_agreement(groups[6], in_days(AGREEMENT_WARNING_DAYS + 1)), member=MANAGER
    )

    told = await asyncio.gather(
        *(tell_agreements_ending(office.worker, NOW, at_once_max=3) for _ in range(2))
    )
    while await tell_agreements_ending(office.worker, NOW, at_once_max=3):
        pass

    assert max(told) <= 3
    events = await office.events("agreement-ending")
    assert {event["data"]["organization_id"] for event in events} == set(groups[:6])
    assert len(events) == 6
    assert {(event["stream"], event["aggregate_version"]) for event in events} == {("QZZ", 2)}
    assert events[0]["data"] == {
        "agreement_id": events[0]["subject"].removeprefix("agreement/"),
        "region_code": "QZZ",
        "pcn_code": "U99001",
        "practice_code": None,
        "organization_id": events[0]["data"]["organization_id"],
        "ends_on": in_days(30),
    }
    await tell_agreements_ending(office.worker, NOW + timedelta(days=1))
    assert (await office.events("agreement-ending"))[-1]["data"]["agreement_id"] == far["id"]


async def test_an_agreement_with_a_new_end_warns_anew_and_one_long_over_never(
    office: Office,
) -> None:
    group, old = await a_group(office), await a_group(office, "Old Gardens")
    made = await office.made("/relations", an_agreement(group, in_days(10)), member=MANAGER)
    await office.made("/relations", an_agreement(old, in_days(-100)), member=MANAGER)
    await tell_agreements_ending(office.worker, NOW)
    path = f"/relations/{made['id']}"

    outdated = await office.ask(
        "PATCH", path, {"until_date": in_days(20)}, member=MANAGER, version=1
    )
    changed = await office.ask(
        "PATCH", path, {"until_date": in_days(20)}, member=MANAGER, version=2
    )
    again = await office.ask("PATCH", path, {"until_date": in_days(20)}, member=MANAGER, version=2)
    await tell_agreements_ending(office.worker, NOW)
    await tell_agreements_ending(office.worker, NOW)

    assert (outdated.status_code, changed.status_code) == (412, 200)
    assert (changed.json()["version"], again.json()["version"]) == (3, 3)
    assert changed.json()["from_date"] == "2024-04-01"
    ends = [event["data"]["ends_on"] for event in await office.events("agreement-ending")]
    assert ends == [in_days(10), in_days(20)]


async def test_an_end_that_came_while_nothing_ran_is_told_late(office: Office) -> None:
    group = await a_group(office)
    await office.made("/relations", an_agreement(group, in_days(90)), member=MANAGER)

    assert await tell_agreements_ending(office.worker, NOW + timedelta(days=120)) == 1


async def test_what_a_merged_network_knew_is_the_others(office: Office) -> None:
    group = await a_group(office)
    worker = await a_worker(office, "Ana")
    whom = ("organization", group)
    await office.made("/relations", a_relation("knows", ("worker", worker), whom), member=WORKER)
    await office.made("/relations", an_agreement(group, in_days(400)), member=WORKER)

    body = {"into_pcn_code": "U99002", "merged_on": "2025-04-01", "memberships": "carried"}
    merged = await office.made("/register/pcns/U99001/merge-into", body)

    assert merged["state"] == "done"
    page = await office.found(f"/organizations/{group}/relations", member=OTHER_WORKER)
    assert [one["worker_name"] for one in page["who_to_ask"]] == ["Ana"]
    (agreement,) = [one for one in page["items"] if one["kind"] == "agreement"]
    assert (agreement["pcn_code"], agreement["who"]["id"]) == ("U99002", "U99002")


async def test_only_those_who_work_there_or_keep_the_register_enter_relations(
    office: Office,
) -> None:
    group = await a_group(office)
    body = {**an_agreement(group, in_days(10)), "pcn_code": "U99001"}

    for member in (ANALYST, "referrer Y99001"):
        assert (await office.post("/relations", body, member=member)).status_code == 403
    assert (await office.post("/relations", body)).status_code == 201
