"""The life of a listing: who changes it how, what the public sees of it, and what is told."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.access.tokens import member_key
from services.directory.domain.listings import DOUBT_ALERT
from services.directory.use_cases.listing_changes import SUGGESTIONS_WAITING_MAX
from services.directory.use_cases.listing_reviews import REMARKS_WAITING_MAX
from tests.directory.trial import (
    FOREIGN_MANAGER,
    FOREIGN_REGISTRAR,
    MANAGER,
    MEMBER_KEY_SECRET,
    OTHER_MANAGER,
    REGISTRAR,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

GROUP = "provider of the garden"
COACH = "health-coach U99001"


async def _provider(office: Office, organization_id: str, member: str = GROUP) -> str:
    await office.made(
        "/register/memberships",
        {
            "subject": member,
            "role": "provider",
            "organisation_kind": "organization",
            "organisation_code": organization_id,
        },
    )
    return member


async def _listed(office: Office, **changes: Any) -> tuple[str, str]:
    made = await office.made("/services", a_listing(**changes), member=MANAGER)
    return f"/services/{made['id']}", made["organization_id"]


async def _change(
    office: Office, path: str, body: dict[str, Any], version: int | None, member: str = MANAGER
) -> httpx.Response:
    return await office.ask("PATCH", path, body, member=member, version=version)


async def _kinds(office: Office) -> list[str]:
    return [event["type"].split(".")[1] for event in await office.events("listing-")]


async def test_a_change_is_public_at_once_and_told_once_by_its_fields_alone(
    office: Office,
) -> None:
    path, _ = await _listed(office, fees="Free")

    answer = await _change(
        office,
        path,
        {
            "fees": None,
            "description": "Now with tea.",
            "need_terms": ["nature-and-gardening"],
            "languages": [{"name": "Polish", "code": "pl"}],
        },
        1,
    )

    assert (answer.status_code, answer.json()["version"], answer.headers["ETag"]) == (200, 2, '"2"')
    shown = await office.found(path, member=None)
    assert (shown["description"], "fees" in shown) == ("Now with tea.", False)
    assert shown["languages"][0]["code"] == "pl"
    terms = [one["taxonomy_term"]["term"] for one in shown["attributes"]]
    assert terms == ["mental-wellbeing", "nature-and-gardening"]
    published, changed = await office.events("listing-")
    assert changed["type"] == "waymark.listing-changed.v1"
    assert changed["data"]["changed_fields"] == [
        "description",
        "fees",
        "languages",
        "needs",
        "need_terms",
    ]
    assert changed["data"]["needs"] == ["mental-wellbeing"]
    assert (published["aggregate_version"], changed["aggregate_version"]) == (1, 2)
    assert "tea" not in str(changed)


async def test_a_change_names_the_version_it_was_made_from(office: Office) -> None:
    path, _ = await _listed(office)

    unnamed = await _change(office, path, {"fees": "Free"}, None)
    first = await _change(office, path, {"fees": "Free"}, 1)
    outdated = await _change(office, path, {"fees": "£1"}, 1)
    same = await _change(office, path, {"fees": "Free", "name": "Growing group"}, 2)

    assert (unnamed.status_code, unnamed.json()["type"]) == (428, "/problems/version-required")
    assert (outdated.status_code, outdated.json()["type"]) == (412, "/problems/version-outdated")
    assert same.json() == first.json()
    assert await _kinds(office) == ["listing-published", "listing-changed"]


async def test_of_two_who_change_the_same_version_at_once_one_is_told(office: Office) -> None:
    path, _ = await _listed(office)

    answers = await asyncio.gather(
        *(_change(office, path, {"fees": f"£{number}"}, 1) for number in range(6))
    )

    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412, 412, 412]
    assert await _kinds(office) == ["listing-published", "listing-changed"]


async def test_batches_and_steps_at_once_wait_for_each_other_and_never_in_a_ring(
    office: Office,
) -> None:
    path, _ = await _listed(office)
    names = [f"Group {number}" for number in range(12)]
    batches = [
        [{"key": f"{who}-{name}", **a_listing(name=name)} for name in order]
        for who, order in (("a", names), ("b", list(reversed(names))))
    ]

    answers = await asyncio.gather(
        office.post("/services/batch", {"items": batches[0]}, member=MANAGER),
        office.post(f"{path}/doubt", {"reason": "other"}, member=MANAGER),
        office.post("/services/batch", {"items": batches[1]}, member=REGISTRAR),
        *(office.post("/services", a_listing(name=name), member=OTHER_MANAGER) for name in names),
        office.post(f"{path}/withdraw", member=REGISTRAR),
    )

    # Whichever step came first, the other had its place after it.
    assert answers[1].status_code in {200, 409}
    answers = [answers[0], *answers[2:]]
    assert {answer.status_code for answer in answers} <= {200, 201}
    statuses = [item["status"] for one in answers[:2] for item in one.json()["items"]]
    assert set(statuses) <= {200, 201}
    assert len(await office.rows("listing")) == 1 + len(names)


async def test_a_change_that_cannot_hold_names_the_field(office: Office) -> None:
    path, _ = await _listed(office, minimum_age=18)
    await _listed(office, name="Other group")
    for body, status, pointer in (
        ({"maximum_age": 17}, 422, "/minimum_age"),
        ({"schedules": [{"byday": "MO", "at_location": 0}]}, 422, "/schedules/0/at_location"),
        ({"name": None}, 422, ""),
        ({"status": "gone"}, 422, "/status"),
        ({"need_terms": ["luck"]}, 422, "/need_terms/0"),
        ({"url": "javascript:alert(1)"}, 422, "/url"),
        ({"note": "Only a note."}, 422, ""),
        ({"surprise": "field"}, 422, ""),
    ):
        refused = await _change(office, path, body, 1)
        assert refused.status_code == status, (body, refused.text)
        assert refused.json()["errors"][0]["pointer"] == pointer, (body, refused.text)
    taken = await _change(office, path, {"name": "other GROUP"}, 1)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/name-taken")
    assert await _kinds(office) == ["listing-published", "listing-published"]


async def test_every_step_of_a_life_is_told_by_one_event_and_kept_with_who_and_why(
    office: Office,
) -> None:
    path, _ = await _listed(office, alert="Ring the bell.")
    why = {"reason": "not-answering", "note": "Nobody picked up for two weeks."}
    steps = (
        ("doubt", MANAGER, why, "doubted"),
        ("restore", OTHER_MANAGER, {"note": "They answered."}, "published"),
        ("hide", REGISTRAR, {"reason": "unsuitable"}, "hidden"),
        ("restore", REGISTRAR, {}, "published"),
        ("withdraw", MANAGER, {"note": "It ended."}, "withdrawn"),
        ("restore", MANAGER, {}, "published"),
    )

    for step, member, body, state in steps:
        first = await office.post(f"{path}/{step}", body, member=member)
        again = await office.post(f"{path}/{step}", body, member=member)
        assert (first.status_code, first.json()["state"]) == (200, state), first.text
        assert again.json() == first.json()
        shown = await office.found(path, member=None)
        is_public = state in {"published", "doubted"}
        assert shown["status"] == ("active" if is_public else "defunct")
        found = await office.found("/services", member=None, params={"search": "growing"})
        assert found["total_items"] == int(is_public)
        if state == "doubted":
            assert shown["alert"] == f"{DOUBT_ALERT}\nRing the bell."

    assert await _kinds(office) == [
        "listing-published",
        "listing-doubted",
        "listing-published",
        "listing-hidden",
        "listing-published",
        "listing-withdrawn",
        "listing-published",
    ]
    doubted = (await office.events("listing-doubted"))[0]
    assert doubted["data"]["reason"] == "not-answering"
    assert "picked" not in str(doubted)
    history = (await office.found(f"{path}/history", member=WORKER))["items"]
    assert [one["version"] for one in history] == [7, 6, 5, 4, 3, 2, 1]
    second = history[5]
    assert (second["step"], second["reason"], second["note"]) == ("doubt", *why.values())
    key = member_key(MEMBER_KEY_SECRET, office.issuer.url, MANAGER)
    assert (second["member_key"], second["source"]) == (key, "network")
    assert [one["words"] for one in second["differences"]] == ["State: published → doubted"]
    assert history[4]["source"] == "network"
    assert history[3]["source"] == "region"


async def test_a_step_that_leads_nowhere_is_refused_by_name(office: Office) -> None:
    draft = await office.made("/services", a_listing(publish=False), member=MANAGER)
    path, _ = await _listed(office, name="Other group")
    await office.post(f"{path}/withdraw", member=MANAGER)
    reasoned = {"reason": "other"}
    for at, step, body in (
        (f"/services/{draft['id']}", "doubt", reasoned),
        (f"/services/{draft['id']}", "hide", reasoned),
        (f"/services/{draft['id']}", "restore", {}),
        (path, "doubt", reasoned),
        (path, "hide", reasoned),
    ):
        refused = await office.post(f"{at}/{step}", body, member=MANAGER)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-published")
    unreasoned = await office.post(f"{path}/hide", {}, member=MANAGER)
    assert unreasoned.json()["errors"][0]["pointer"] == "/reason"


async def test_what_is_told_of_a_draft_or_a_hidden_listing_is_nothing(office: Office) -> None:
    draft = await office.made("/services", a_listing(publish=False), member=MANAGER)
    path, _ = await _listed(office, name="Other group")
    await office.post(f"{path}/hide", {"reason": "other"}, member=MANAGER)

    of_draft = await _change(office, f"/services/{draft['id']}", {"fees": "Free"}, 1, WORKER)
    of_hidden = await _change(office, path, {"fees": "Free"}, 2)

    assert (of_draft.status_code, of_draft.json()["event_id"]) == (200, None)
    assert (of_hidden.status_code, of_hidden.json()["event_id"]) == (200, None)
    assert await _kinds(office) == ["listing-published", "listing-hidden"]
    assert "fees" not in await office.found(path, member=None)
    await office.post(f"{path}/restore", {}, member=MANAGER)
    assert (await office.found(path, member=None))["fees"] == "Free"


async def test_a_worker_suggests_and_a_publisher_accepts(office: Office) -> None:
    path, _ = await _listed(office)
    body = {"fees": "£2", "note": "The door says so."}

    waiting = await _change(office, path, body, 1, WORKER)

    assert (waiting.status_code, waiting.json()["state"]) == (202, "waiting")
    assert "fees" not in await office.found(path, member=None)
    (listed,) = (await office.found("/suggestions", member=OTHER_MANAGER))["items"]
    assert listed["id"] == waiting.json()["id"]
    assert [one["words"] for one in listed["differences"]] == ["Fees: £2 (new)"]
    at = f"/suggestions/{listed['id']}"
    by_worker = await office.post(f"{at}/accept", {}, member=WORKER)
    accepted = await office.post(f"{at}/accept", {}, member=OTHER_MANAGER)
    again = await office.post(f"{at}/accept", {}, member=OTHER_MANAGER)
    otherwise = await office.post(f"{at}/reject", {"why": "No."}, member=MANAGER)

    assert by_worker.status_code == 403
    assert (accepted.status_code, accepted.json()["version"]) == (200, 2)
    assert again.json() == accepted.json()
    assert (otherwise.status_code, otherwise.json()["type"]) == (409, "/problems/decided-already")
    assert (await office.found(path, member=None))["fees"] == "£2"
    assert (await office.found("/suggestions", member=MANAGER))["items"] == []
    latest = (await office.found(f"{path}/history", member=MANAGER))["items"][0]
    keys = [
        member_key(MEMBER_KEY_SECRET, office.issuer.url, one) for one in (WORKER, OTHER_MANAGER)
    ]
    assert [latest["member_key"], latest["approved_by"]] == keys
    assert await _kinds(office) == ["listing-published", "listing-changed"]


async def test_a_suggestion_never_goes_over_what_changed_since(office: Office) -> None:
    path, _ = await _listed(office)
    touching = (await _change(office, path, {"fees": "£2"}, 1, WORKER)).json()["id"]
    beside = (await _change(office, path, {"alert": "Closed in May."}, 1, WORKER)).json()["id"]
    await _change(office, path, {"fees": "£3"}, 1)

    refused = await office.post(f"/suggestions/{touching}/accept", {}, member=MANAGER)
    accepted = await office.post(f"/suggestions/{beside}/accept", {}, member=MANAGER)
    rejected = await office.post(
        f"/suggestions/{touching}/reject", {"why": "It is three."}, member=MANAGER
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/suggestion-outdated")
    assert refused.json()["errors"][0]["pointer"] == "/fees"
    assert (accepted.status_code, rejected.json()["state"]) == (200, "rejected")
    shown = await office.found(path, member=None)
    assert (shown["fees"], shown["alert"]) == ("£3", "Closed in May.")


async def test_only_so_many_suggestions_wait_for_one_listing(office: Office) -> None:
    path, _ = await _listed(office)
    for number in range(SUGGESTIONS_WAITING_MAX):
        one = await _change(office, path, {"fees": f"£{number}"}, 1, WORKER)
        assert one.status_code == 202

    refused = await _change(office, path, {"fees": "£99"}, 1, WORKER)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-suggestions")


async def test_a_group_keeps_its_own_and_nobody_elses(office: Office) -> None:
    path, organization = await _listed(office)
    other, _ = await _listed(office, organization={"name": "Someone else", "description": "Else."})
    group = await _provider(office, organization)

    changed = await _change(office, path, {"fees": "Free"}, 1, group)
    foreign = await _change(office, other, {"fees": "Free"}, 1, group)
    own = await office.post(
        "/services",
        a_listing(organization=None, organization_id=organization, name="New group"),
        member=group,
    )
    for_others = await office.post(
        "/services", a_listing(organization={"name": "Mine", "description": "."}), member=group
    )

    assert (changed.status_code, foreign.status_code) == (200, 404)
    assert (own.status_code, own.json()["state"]) == (201, "published")
    assert for_others.status_code == 422
    entry = await office.found(f"{path}/entry", member=group)
    assert entry["field_sources"]["fees"]["source"] == "group"
    assert entry["field_sources"]["name"]["source"] == "network"
    shown = await office.found(path, member=None)
    assert shown["field_sources"] == entry["field_sources"]
    for step, body, status in (
        ("doubt", {"reason": "other"}, 403),
        ("hide", {"reason": "other"}, 403),
        ("withdraw", {}, 200),
        ("restore", {}, 200),
    ):
        assert (await office.post(f"{path}/{step}", body, member=group)).status_code == status
    # What somebody else has hidden, the group does not bring back.
    await office.post(f"{path}/hide", {"reason": "unsuitable"}, member=MANAGER)
    for step, status in (("restore", 403), ("publish", 403)):
        assert (await office.post(f"{path}/{step}", {}, member=group)).status_code == status
    for at in ("entry", "history"):
        assert (await office.get(f"{other}/{at}", member=group)).status_code == 404


async def test_a_region_may_ask_that_a_groups_own_changes_wait(office: Office) -> None:
    path, organization = await _listed(office)
    group = await _provider(office, organization)
    rules = "/register/regions/QZZ/listing-rules"
    before = await office.found(rules)
    assert (before["own_changes_wait"], before["version"]) == (False, 0)

    body = {"own_changes_wait": True}
    by_manager = await office.ask("PUT", rules, body, member=MANAGER, version=0)
    answer = await office.ask("PUT", rules, body, version=0)
    again = await office.ask("PUT", rules, body, version=1)
    waiting = await _change(office, path, {"fees": "Free"}, 1, group)

    assert (by_manager.status_code, answer.json()["version"]) == (403, 1)
    assert again.json() == answer.json()
    assert (waiting.status_code, waiting.json()["state"]) == (202, "waiting")
    by_group = await office.post(f"/suggestions/{waiting.json()['id']}/accept", {}, member=group)
    by_registrar = await office.post(f"/suggestions/{waiting.json()['id']}/accept", {})
    assert (by_group.status_code, by_registrar.status_code) == (403, 200)
    entry = await office.found(f"{path}/entry", member=group)
    assert entry["field_sources"]["fees"]["source"] == "group"
    own = a_listing(organization=None, organization_id=organization, name="New group")
    assert (await office.made("/services", own, member=group))["state"] == "draft"
    assert (await office.post(f"{path}/withdraw", {}, member=group)).status_code == 200
    assert (await office.post(f"{path}/restore", {}, member=group)).status_code == 403


async def test_a_group_decides_what_workers_suggest_of_its_own(office: Office) -> None:
    path, organization = await _listed(office)
    group = await _provider(office, organization)
    suggested = (await _change(office, path, {"fees": "Free"}, 1, WORKER)).json()["id"]

    (listed,) = (await office.found("/suggestions", member=group))["items"]
    accepted = await office.post(f"/suggestions/{suggested}/accept", {}, member=group)

    assert (listed["id"], accepted.status_code) == (suggested, 200)


async def test_other_pcn_roles_suggest_and_practices_do_not(office: Office) -> None:
    path, _ = await _listed(office)
    await office.made(
        "/register/memberships",
        {
            "subject": COACH,
            "role": "health-coach",
            "organisation_kind": "pcn",
            "organisation_code": "U99001",
        },
    )

    by_coach = await _change(office, path, {"fees": "Free"}, 1, COACH)
    by_practice = await _change(office, path, {"fees": "Free"}, 1, "referrer Y99001")

    assert (by_coach.status_code, by_practice.status_code) == (202, 403)


async def test_another_regions_listing_is_no_listing(office: Office) -> None:
    await fill_foreign_region(office)
    path, _ = await _listed(office)
    suggested = (await _change(office, path, {"fees": "Free"}, 1, WORKER)).json()["id"]
    told = await office.post(f"{path}/feedback", {"kind": "full"}, member=None)

    for member in (FOREIGN_MANAGER, FOREIGN_REGISTRAR):
        for answer in (
            await _change(office, path, {"fees": "Free"}, 1, member),
            await office.post(f"{path}/hide", {"reason": "other"}, member=member),
            await office.get(f"{path}/entry", member=member),
            await office.get(f"{path}/history", member=member),
            await office.get(f"{path}/feedback", member=member),
            await office.post(f"/suggestions/{suggested}/accept", {}, member=member),
            await office.post(f"/feedback/{told.json()['id']}/accept", {}, member=member),
        ):
            assert answer.status_code == 404, answer.text
        assert (await office.found("/suggestions", member=member))["items"] == []
    assert (
        await office.get("/register/regions/QZZ/listing-rules", member=FOREIGN_REGISTRAR)
    ).status_code == 404


async def test_anybody_tells_what_they_know_and_only_owner_and_region_read_it(
    office: Office,
) -> None:
    path, organization = await _listed(office)
    group = await _provider(office, organization)
    body = {"kind": "no-longer-runs", "words": "<script>alert(1)</script> The door is locked."}

    told = await office.post(f"{path}/feedback", body, member=None)

    assert (told.status_code, told.json()["state"]) == (202, "waiting")
    for member in (group, MANAGER, REGISTRAR):
        (item,) = (await office.found(f"{path}/feedback", member=member))["items"]
        assert (item["kind"], item["words"]) == (body["kind"], body["words"])
    assert (await office.get(f"{path}/feedback", member=WORKER)).status_code == 403
    assert (await office.get(f"{path}/feedback", member=None)).status_code == 401
    assert "locked" not in str(await office.found(path, member=None))
    assert await _kinds(office) == ["listing-published"]
    at = f"/feedback/{told.json()['id']}"
    unreasoned = await office.post(f"{at}/reject", {}, member=group)
    rejected = await office.post(f"{at}/reject", {"why": "We were on holiday."}, member=group)
    again = await office.post(f"{at}/reject", {"why": "Again."}, member=group)
    otherwise = await office.post(f"{at}/accept", {}, member=MANAGER)
    assert unreasoned.json()["errors"][0]["pointer"] == "/why"
    assert (rejected.json()["state"], again.json()) == ("rejected", rejected.json())
    assert otherwise.json()["type"] == "/problems/decided-already"
    (item,) = (await office.found(f"{path}/feedback", member=MANAGER))["items"]
    assert (item["state"], item["decided_why"]) == ("rejected", "We were on holiday.")


async def test_nothing_is_told_of_what_the_public_does_not_find(office: Office) -> None:
    draft = await office.made("/services", a_listing(publish=False), member=MANAGER)
    path, _ = await _listed(office, name="Other group")
    await office.post(f"{path}/hide", {"reason": "other"}, member=MANAGER)

    for at in (f"/services/{draft['id']}", path, "/services/01980000-0000-7000-8000-000000000001"):
        answer = await office.post(f"{at}/feedback", {"kind": "full"}, member=None)
        assert answer.status_code == 404


async def test_what_anybody_tells_is_paced_and_bounded(office: Office) -> None:
    path, _ = await _listed(office)
    service_id = path.rpartition("/")[2]
    await office.owner.execute(
        """
        insert into listing_remark
            (id, listing_id, organization_id, region_code, kind, state, recorded_at)
        select gen_random_uuid(), id, organization_id, region_code, 'full', 'waiting', now()
        from listing, generate_series(1, $2) where id = $1
        """,
        service_id,
        REMARKS_WAITING_MAX,
    )
    transport = httpx.ASGITransport(app=office.app, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://directory") as http:
        answers = [await http.post(f"{path}/feedback", json={"kind": "full"}) for _ in range(30)]

    assert (answers[0].status_code, answers[0].json()["type"]) == (
        409,
        "/problems/too-many-remarks",
    )
    assert (answers[-1].status_code, answers[-1].json()["type"]) == (
        429,
        "/problems/too-many-requests",
    )
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_a_long_history_leaves_in_pages(office: Office) -> None:
    path, _ = await _listed(office)
    for version in range(1, 6):
        await _change(office, path, {"fees": f"£{version}"}, version)

    first = await office.found(f"{path}/history", member=MANAGER, params={"limit": 4})
    rest = await office.found(
        f"{path}/history", member=MANAGER, params={"limit": 4, "cursor": first["next"]}
    )

    told = [*first["items"], *rest["items"]]
    assert [one["version"] for one in told] == [6, 5, 4, 3, 2, 1]
    assert [one["words"] for one in told[0]["differences"]] == ["Fees: £4 → £5"]
    assert [one["words"] for one in told[4]["differences"]] == ["Fees: £1 (new)"]
    assert [one["field"] for one in told[5]["differences"]][:2] == ["name", "description"]


async def test_what_is_said_of_an_organisation_changes_with_every_listing_it_shows(
    office: Office,
) -> None:
    path, organization = await _listed(office)
    other, _ = await _listed(office, name="Other group")
    hidden, _ = await _listed(office, name="Hidden group")
    await office.post(f"{hidden}/hide", {"reason": "other"}, member=MANAGER)
    group = await _provider(office, organization)
    at = f"/organizations/{organization}"
    body = {"name": "Wayford Growers", "email": "hello@growers.example.org"}

    unnamed = await office.ask("PATCH", at, body, member=group)
    by_worker = await office.ask("PATCH", at, body, member=WORKER, version=1)
    changed = await office.ask("PATCH", at, body, member=group, version=1)
    outdated = await office.ask("PATCH", at, {"email": None}, member=group, version=1)
    again = await office.ask("PATCH", at, body, member=MANAGER, version=2)
    emptied = await office.ask("PATCH", at, {"description": None}, member=group, version=2)

    assert (unnamed.status_code, by_worker.status_code, outdated.status_code) == (428, 403, 412)
    assert (changed.status_code, changed.json()["version"]) == (200, 2), changed.text
    assert (again.json(), emptied.status_code) == (changed.json(), 422)
    for shown in (path, other):
        assert (await office.found(shown, member=None))["organization"]["name"] == body["name"]
    assert (await office.found(at, member=None))["email"] == body["email"]
    assert (await office.found(f"{at}/entry", member=group))["version"] == 2
    (told,) = await office.events("organization-changed")
    assert told["data"]["changed_fields"] == ["name", "email"]
    assert "growers" not in str(told)
    found = await office.found("/organizations", member=None, params={"search": "growers"})
    assert found["total_items"] == 1


async def test_an_organisations_change_keeps_names_apart_and_waits_where_the_region_asks(
    office: Office,
) -> None:
    _, organization = await _listed(office)
    await _listed(office, organization={"name": "Taken", "description": "-"})
    group = await _provider(office, organization)
    at = f"/organizations/{organization}"

    taken = await office.ask("PATCH", at, {"name": "TAKEN"}, member=group, version=1)
    rules = "/register/regions/QZZ/listing-rules"
    await office.ask("PUT", rules, {"own_changes_wait": True}, version=0)
    refused = await office.ask("PATCH", at, {"name": "New"}, member=group, version=1)

    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/name-taken")
    assert refused.status_code == 403
    assert await office.events("organization-changed") == []


async def test_an_organisation_is_put_below_another_of_its_region_and_never_below_itself(
    office: Office,
) -> None:
    _, below = await _listed(office)
    _, above = await _listed(office, organization={"name": "The county's", "description": "-"})
    at, over = f"/organizations/{below}", f"/organizations/{above}"

    async def put(path: str, parent: str | None, version: int) -> Any:
        body = {"parent_organization_id": parent}
        return await office.ask("PATCH", path, body, member=MANAGER, version=version)

    done = await put(at, above, 1)
    in_a_ring = await put(over, below, 1)
    itself = await put(over, above, 1)
    nobody = await put(over, str(uuid4()), 1)

    assert (done.status_code, done.json()["version"]) == (200, 2), done.text
    assert (await office.found(at, member=None))["parent_organization_id"] == above
    for refused in (in_a_ring, itself, nobody):
        assert refused.status_code == 422, refused.text
        (broken,) = refused.json()["errors"]
        assert broken["pointer"] == "/parent_organization_id"
    (told,) = await office.events("organization-changed")
    assert told["data"]["changed_fields"] == ["parent_organization_id"]
    taken_back = await put(at, None, 2)
    assert (taken_back.status_code, taken_back.json()["version"]) == (200, 3), taken_back.text
    assert "parent_organization_id" not in await office.found(at, member=None)
