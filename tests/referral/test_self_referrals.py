"""Anybody may refer themselves; nobody learns anything of anybody by it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.referral.api import self_referrals
from services.referral.api.self_referrals import EXAMPLE
from tests.referral.trial import (
    FOREIGN_WORKER,
    MANAGER,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
    without,
)

pytestmark = pytest.mark.postgres


def a_request(person: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    person = without(person or a_person(), "deprivation_decile", "email")
    return {"practice_code": "Y99001", "person": person, "needs": ["isolation"], **changes}


_CALLERS = iter(range(1, 250))


async def asked(clinic: Clinic, body: Any) -> httpx.Response:
    """Knock without a token, from an address of its own."""
    address = f"192.0.2.{next(_CALLERS)}"
    transport = httpx.ASGITransport(app=clinic.app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://referral") as http:
        return await http.post("/self-referrals", json=body)


async def to_check(clinic: Clinic, member: str = WORKER) -> list[dict[str, Any]]:
    page = await clinic.get("/self-referrals?limit=100", member=member)
    return page.json()["items"]


async def test_somebody_refers_themselves_and_is_told_where_to_turn(own_clinic: Clinic) -> None:
    answer = await asked(own_clinic, EXAMPLE)

    assert answer.status_code == 202, answer.text
    assert set(answer.json()) == {"receipt", "crisis"}
    assert "999" in json.dumps(answer.json()["crisis"])
    (row,) = await to_check(own_clinic)
    shown = (await own_clinic.get(f"/referrals/{row['referral_id']}")).json()
    assert (shown["route"], shown["status"], shown["referrer_code"]) == (
        "self",
        "received",
        "U99001",
    )
    # Their wish changes no record until somebody has checked who they are.
    person = (await own_clinic.get(f"/people/{row['person_id']}")).json()
    assert (person["messages_consented"], person["safe_channel"]) == (False, "none")
    assert answer.json()["receipt"] not in json.dumps([row, shown, person])


async def test_the_answer_is_the_same_whoever_is_on_record(clinic: Clinic) -> None:
    known, dead = a_person(), a_person()
    await clinic.made("/people", {"practice_code": "Y99001", **known})
    gone = await clinic.made("/people", {"practice_code": "Y99001", **dead})
    await clinic.made(f"/people/{gone['id']}/death", {})

    answers = [
        await asked(clinic, a_request(person))
        for person in (known, {**known, "birth_date": "1901-02-03"}, dead, a_person())
    ]

    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({len(answer.content) for answer in answers}) == 1
    for answer in answers:
        assert set(answer.json()) == {"receipt", "crisis"}


async def test_a_stranger_changes_no_record(clinic: Clinic) -> None:
    person = without(a_person(), "nhs_number")
    made = await clinic.made("/people", {"practice_code": "Y99001", **person})
    before = await clinic.one("person", made["id"])
    number = a_person()["nhs_number"]

    await asked(
        clinic,
        a_request(
            {**person, "nhs_number": number, "phone": "07700 900999", "language": "pl"},
            messages_consented=True,
            safe_channel="sms",
        ),
    )

    assert await clinic.one("person", made["id"]) == before
    shown = (await clinic.get(f"/people/{made['id']}")).json()
    assert shown["episode_id"] is not None


async def test_the_network_checks_who_it_is_and_takes_their_wishes(clinic: Clinic) -> None:
    person = a_person()
    on_record = await clinic.made("/people", {"practice_code": "Y99001", **person})
    slip = {**without(person, "nhs_number"), "given_name": "Adah"}
    await asked(clinic, a_request(slip, messages_consented=True, safe_channel="phone"))
    row = (await to_check(clinic))[-1]
    assert row["entered_person"] is True
    path = f"/self-referrals/{row['id']}/check"
    body = {"person_id": on_record["id"], "take_wishes": True}

    foreign = await clinic.post(path, body, member=FOREIGN_WORKER)
    practice = await clinic.post(path, body, member=REFERRER)
    checked = await clinic.post(path, body, member=WORKER)
    again = await clinic.post(path, body, member=WORKER)

    assert (foreign.status_code, practice.status_code, checked.status_code) == (404, 403, 200)
    assert again.json()["type"] == "/problems/self-referral-checked"
    shown = (await clinic.get(f"/people/{row['person_id']}")).json()
    assert shown["id"] == on_record["id"]
    assert (shown["messages_consented"], shown["safe_channel"]) == (True, "phone")
    assert row["id"] not in {one["id"] for one in await to_check(clinic)}


async def test_a_second_click_makes_nothing(clinic: Clinic) -> None:
    body = a_request()

    answers = [await asked(clinic, body) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["receipt"] for answer in answers}) == 3
    found = await clinic.post("/people/search", {"nhs_number": body["person"]["nhs_number"]})
    (person,) = found.json()["items"]
    rows = [row for row in await clinic.rows("referral") if str(row["person_id"]) == person["id"]]
    assert len(rows) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**EXAMPLE, "practice_code": "Y12345"},
        {**EXAMPLE, "needs": []},
        {**EXAMPLE, "person": {**EXAMPLE["person"], "deprivation_decile": 3}},
        {**EXAMPLE, "words": "a" * 1_001},
        {**EXAMPLE, "referrer_code": "Y99001"},
        {**EXAMPLE, "person": {**EXAMPLE["person"], "nhs_number": "9434765919"}},
    ],
)
async def test_a_refusal_says_where_to_turn_too(clinic: Clinic, body: Any) -> None:
    before = await clinic.count("self_referral")

    answer = await asked(clinic, body)

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["crisis"]["contacts"]
    assert await clinic.count("self_referral") == before


async def test_one_address_cannot_flood_the_door(clinic: Clinic) -> None:
    transport = httpx.ASGITransport(app=clinic.app, client=("192.0.2.250", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://referral") as http:
        answers = [
            await http.post("/self-referrals", json=a_request(practice_code="Y12345"))
            for _ in range(self_referrals.REQUESTS_AT_ONCE_MAX + 3)
        ]

    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["crisis"]["contacts"]


async def test_a_danger_that_is_named_alarms_somebody(clinic: Clinic) -> None:
    before = await clinic.count("alarm")

    answer = await asked(clinic, a_request(dangers=["self-harm"]))

    assert answer.status_code == 202, answer.text
    assert await clinic.count("alarm") == before + 1


async def test_one_person_through_two_doors_joins_and_both_referrers_hear(clinic: Clinic) -> None:
    person = a_person()
    by_one = await clinic.made("/referrals", a_referral(person=person), member=REFERRER)
    by_other = await clinic.made(
        "/referrals",
        a_referral(person=person, practice_code="Y99002", route="hospital"),
        member=OTHER_PRACTICE,
    )
    await asked(clinic, a_request(person))
    assert by_one["episode_id"] == by_other["episode_id"]

    await clinic.made(f"/referrals/{by_one['id']}/contacts", {"mode": "phone"}, member=WORKER)
    for made, member in ((by_one, REFERRER), (by_other, OTHER_PRACTICE)):
        path = f"/referrals/{made['id']}/status"
        await clinic.ask("PUT", path, {"status": "accepted"}, If_Match='"1"', member=MANAGER)
        heard = (await clinic.get(f"/referrals/{made['id']}", member=member)).json()
        assert heard["status"] == "accepted"
    other = await clinic.get(f"/referrals/{by_one['id']}", member=OTHER_PRACTICE)
    assert other.status_code == 404

    await clinic.made(
        f"/referrals/{by_one['id']}/closing",
        {"outcome": "goals-met", "what_next": "carries-on-alone"},
    )
    for made, member, code in (
        (by_one, REFERRER, "Y99001"),
        (by_other, OTHER_PRACTICE, "Y99002"),
    ):
        path = f"/referrals/{made['id']}/message-back"
        (message,) = (await clinic.get(path, member=member)).json()["items"]
        assert message["recipient_code"] == code
        assert message["document"]["closure"]["outcome"] == "goals-met"
        assert made["id"] in {one["referral_id"] for one in message["document"]["referrals"]}


@pytest.mark.parametrize(
    ("route", "member", "referrer"),
    [
        ("general-practice", REFERRER, "Y99001"),
        ("care-navigator", REFERRER, "Y99001"),
        ("hospital", REFERRER, "Y99001"),
        ("council", WORKER, "U99001"),
        ("voluntary-sector", WORKER, "U99001"),
        ("hospital", WORKER, "U99001"),
        ("self", WORKER, "U99001"),
    ],
)
async def test_every_source_refers_through_a_membership_and_hears(
    clinic: Clinic, route: str, member: str, referrer: str
) -> None:
    made = await clinic.made("/referrals", a_referral(route=route), member=member)

    shown = (await clinic.get(f"/referrals/{made['id']}", member=member)).json()
    assert (shown["route"], shown["referrer_code"]) == (route, referrer)


async def test_the_example_of_checking_is_taken(own_clinic: Clinic) -> None:
    await asked(own_clinic, EXAMPLE)
    (row,) = await to_check(own_clinic)

    checked = await own_clinic.post(
        f"/self-referrals/{row['id']}/check", {"take_wishes": True}, member=WORKER
    )

    assert checked.status_code == 200, checked.text


async def alarms_about(clinic: Clinic, person_id: str) -> list[dict[str, Any]]:
    return [row for row in await clinic.rows("alarm") if str(row["person_id"]) == person_id]


def young(age: int) -> dict[str, Any]:
    return a_person(birth_date=(datetime.now(UTC).date() - timedelta(days=age * 366)).isoformat())


async def test_a_child_who_names_a_danger_at_the_open_door_is_taken_and_alarms(
    clinic: Clinic,
) -> None:
    answer = await asked(clinic, a_request(young(15), dangers=["self-harm"]))

    assert answer.status_code == 202, answer.text
    row = (await to_check(clinic))[-1]
    assert row["referral_id"] is not None
    (alarm,) = await alarms_about(clinic, row["person_id"])
    assert alarm["dangers"] == ["self-harm"]
    assert str(alarm["referral_id"]) == row["referral_id"]


async def test_a_child_may_say_at_the_open_door_that_a_guardian_agreed(clinic: Clinic) -> None:
    refused = await asked(clinic, a_request(young(16)))
    taken = await asked(clinic, a_request(young(16), guardian_consented=True))

    assert refused.json()["type"] == "/problems/guardian-consent-needed"
    assert taken.status_code == 202, taken.text
    row = (await to_check(clinic))[-1]
    shown = (await clinic.get(f"/referrals/{row['referral_id']}")).json()
    assert shown["guardian_consented_at"] is not None


async def test_who_is_wrongly_on_record_as_dead_is_heard_and_what_they_said_is_kept(
    clinic: Clinic,
) -> None:
    person = a_person()
    dead = await clinic.made("/people", {"practice_code": "Y99001", **person})
    await clinic.made(f"/people/{dead['id']}/death", {})
    words = "I am alive and I cannot go on."

    answer = await asked(
        clinic,
        a_request({**person, "phone": "07700 900456"}, words=words, dangers=["suicide"]),
    )

    assert answer.status_code == 202, answer.text
    row = (await to_check(clinic))[-1]
    assert (row["problem"], row["person_id"]) == ("person-has-died", dead["id"])
    assert (row["words"], row["needs"], row["dangers"]) == (words, ["isolation"], ["suicide"])
    assert row["described"]["phone"] == "07700 900456"
    (alarm,) = await alarms_about(clinic, dead["id"])
    assert (alarm["dangers"], alarm["referral_id"]) == (["suicide"], None)
    (told,) = await clinic.events(f"alarm/{alarm['id']}")
    assert told["data"]["person_id"] == dead["id"]
    assert words not in str(told)


async def test_a_second_click_of_who_is_held_back_alarms_nobody_again(clinic: Clinic) -> None:
    person = a_person()
    dead = await clinic.made("/people", {"practice_code": "Y99001", **person})
    await clinic.made(f"/people/{dead['id']}/death", {})
    body = a_request(person, dangers=["suicide"])

    answers = [await asked(clinic, one) for one in (body, body, {**body, "words": "Please."})]

    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["receipt"] for answer in answers}) == 3
    assert len(await alarms_about(clinic, dead["id"])) == 2
    rows = [row for row in await to_check(clinic) if row["person_id"] == dead["id"]]
    assert [row["words"] for row in rows] == [None, "Please."]


async def test_what_made_a_referral_is_kept_there_alone(clinic: Clinic) -> None:
    await asked(clinic, a_request(words="Some company, please."))

    row = (await to_check(clinic))[-1]
    assert {row[name] for name in ("words", "needs", "dangers", "described")} == {None}
