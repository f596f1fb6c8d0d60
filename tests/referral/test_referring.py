"""Referring people over HTTP: who is meant, what is opened, what is told."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.access.gate import RegisterGate
from tests.referral.trial import (
    FOREIGN_MANAGER,
    MANAGER,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
    is_uuid,
    without,
)

pytestmark = pytest.mark.postgres


async def test_a_referral_is_answered_with_everything_a_sender_goes_on_with(clinic: Clinic) -> None:
    answer = await clinic.post("/referrals", a_referral(), member=REFERRER)

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["Location"] == f"/referrals/{body['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert all(is_uuid(body[name]) for name in ("id", "episode_id", "person_id", "event_id"))
    assert (body["pcn_code"], body["practice_code"], body["referrer_code"]) == (
        "U99001",
        "Y99001",
        "Y99001",
    )
    assert (body["status"], body["version"], body["opened_episode"]) == ("received", 1, True)
    assert body["occurred_at"] == body["recorded_at"]
    assert "T" in body["occurred_at"]


async def test_a_referral_and_its_events_are_stored_together(clinic: Clinic) -> None:
    person = a_person(language="pl")
    made = await clinic.made(
        "/referrals",
        a_referral(person=person, messages_consented=True, safe_channel="email", urgency="soon"),
        member=REFERRER,
    )

    registered, created = await clinic.events(
        f"person/{made['person_id']}", f"episode/{made['episode_id']}"
    )

    assert registered["type"] == "waymark.person-registered.v1"
    assert created["type"] == "waymark.referral-created.v1"
    assert str(created["event_id"]) == made["event_id"]
    assert created["stream"] == registered["stream"] == "U99001"
    assert created["aggregate_version"] == registered["aggregate_version"] == 1
    assert created["related_subjects"] == f"person/{made['person_id']}"
    assert created["correlation_id"] == made["episode_id"]
    assert created["data"] | {"age_band": None} == {
        "referral_id": made["id"],
        "episode_id": made["episode_id"],
        "person_id": made["person_id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "referrer_code": "Y99001",
        "route": "general-practice",
        "needs": ["isolation", "money"],
        "urgency": "soon",
        "opened_episode": True,
        "age_band": None,
        "sex": "female",
        "ethnicity_category": "A",
        "deprivation_decile": 3,
        "language": "pl",
        "messages_consented": True,
        "safe_channel": "email",
        "referrer_organization_id": None,
    }


async def test_a_second_referral_joins_the_open_episode(clinic: Clinic) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=person))
    second = await clinic.made("/referrals", a_referral(person=person, needs=["housing"]))

    assert second["person_id"] == first["person_id"]
    assert second["episode_id"] == first["episode_id"]
    assert (first["opened_episode"], second["opened_episode"]) == (True, False)
    told = await clinic.events(f"episode/{first['episode_id']}")
    assert [event["aggregate_version"] for event in told] == [1, 2]


async def test_a_referral_after_the_episode_ended_opens_another(clinic: Clinic) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=person))
    await clinic.ask(
        "PUT", f"/referrals/{first['id']}/status", {"status": "declined"}, If_Match='"1"'
    )

    second = await clinic.made("/referrals", a_referral(person=person))

    assert second["person_id"] == first["person_id"]
    assert second["episode_id"] != first["episode_id"]
    assert second["opened_episode"] is True


async def test_a_person_on_record_is_referred_by_id(clinic: Clinic) -> None:
    known = await clinic.made("/people", {"practice_code": "Y99001", **a_person()})

    body = {"person_id": known["id"], "needs": ["money"]}
    made = await clinic.made("/referrals", body, member=REFERRER)

    assert (made["person_id"], made["practice_code"]) == (known["id"], "Y99001")


async def test_a_person_is_recognised_by_number_whatever_else_is_written(clinic: Clinic) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=person))

    married = {**person, "family_name": "Othername", "postcode": "ZZ9 9ZZ", "phone": "07700 900001"}
    second = await clinic.made("/referrals", a_referral(person=married))

    assert second["person_id"] == first["person_id"]
    record = await clinic.get(f"/people/{first['person_id']}")
    assert record.json()["family_name"] == person["family_name"]


async def test_a_number_of_somebody_with_another_birth_date_is_refused(clinic: Clinic) -> None:
    person = a_person()
    await clinic.made("/referrals", a_referral(person=person))
    before = await clinic.count("referral")

    slip = {**person, "birth_date": "1999-09-09"}
    answer = await clinic.post("/referrals", a_referral(person=slip))

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/person-details-differ"
    assert answer.json()["errors"][0]["pointer"] == "/person/nhs_number"
    assert await clinic.count("referral") == before


async def test_without_a_number_name_birth_date_and_postcode_recognise(clinic: Clinic) -> None:
    person = without(a_person(), "nhs_number")
    first = await clinic.made("/referrals", a_referral(person=person))

    shouted = {
        **person,
        "given_name": person["given_name"].upper(),
        "postcode": person["postcode"].lower(),
    }
    again = await clinic.made("/referrals", a_referral(person=shouted))
    elsewhere = await clinic.made(
        "/referrals", a_referral(person={**person, "postcode": "ZZ2 2BB"})
    )
    nowhere = await clinic.made("/referrals", a_referral(person=without(person, "postcode")))

    assert again["person_id"] == first["person_id"]
    people = {first["person_id"], elsewhere["person_id"], nowhere["person_id"]}
    assert len(people) == 3


async def test_a_record_without_a_number_takes_the_one_a_like_person_brings(clinic: Clinic) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=without(person, "nhs_number")))

    second = await clinic.made("/referrals", a_referral(person=person))
    twin = await clinic.made(
        "/referrals", a_referral(person={**person, "nhs_number": a_person()["nhs_number"]})
    )

    assert second["person_id"] == first["person_id"]
    assert twin["person_id"] != first["person_id"]
    record = await clinic.one("person", first["person_id"])
    assert (record["nhs_number"], record["version"]) == (person["nhs_number"], 2)


async def test_the_same_person_of_two_networks_is_two_records_that_say_nothing_of_each_other(
    clinic: Clinic,
) -> None:
    person = a_person()
    here = await clinic.made("/referrals", a_referral(person=person))

    there = await clinic.post(
        "/referrals", a_referral(person=person, practice_code="Y99006"), member=FOREIGN_MANAGER
    )

    assert there.status_code == 201
    assert there.json()["person_id"] != here["person_id"]
    assert there.json()["opened_episode"] is True


async def test_a_practice_finds_its_networks_record_of_somebody_who_was_elsewhere(
    clinic: Clinic,
) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=person), member=REFERRER)

    second = await clinic.made(
        "/referrals", a_referral(person=person, practice_code="Y99002"), member=OTHER_PRACTICE
    )

    assert second["person_id"] == first["person_id"]
    assert second["practice_code"] == "Y99002"
    # The record stays the first practice's; the second sees its own referral alone.
    assert (
        await clinic.get(f"/people/{first['person_id']}", member=OTHER_PRACTICE)
    ).status_code == 404
    assert (await clinic.get(f"/referrals/{first['id']}", member=OTHER_PRACTICE)).status_code == 404
    assert (
        await clinic.get(f"/referrals/{second['id']}", member=OTHER_PRACTICE)
    ).status_code == 200


async def test_consent_is_what_the_latest_referral_says(clinic: Clinic) -> None:
    person = a_person()
    given = await clinic.made(
        "/referrals", a_referral(person=person, messages_consented=True, safe_channel="email")
    )
    silent = await clinic.made("/referrals", a_referral(person=person))
    withdrawn = await clinic.made("/referrals", a_referral(person=person, messages_consented=False))

    told = await clinic.events(f"episode/{given['episode_id']}")
    assert [event["data"]["messages_consented"] for event in told] == [True, True, False]
    record = await clinic.one("person", withdrawn["person_id"])
    assert (record["messages_consented"], record["safe_channel"]) == (False, "email")
    assert silent["person_id"] == given["person_id"]
    changes = await clinic.events(f"person/{given['person_id']}")
    assert [event["type"] for event in changes] == [
        "waymark.person-registered.v1",
        "waymark.person-updated.v1",
    ]


@pytest.mark.parametrize(
    ("member", "practice_code"),
    [
        (REFERRER, "Y99002"),
        (REFERRER, "Y99006"),
        (REFERRER, "Y12345"),
        (MANAGER, "Y99006"),
        (MANAGER, "Y12345"),
    ],
)
async def test_a_practice_of_others_is_refused_as_an_unknown_one_is(
    clinic: Clinic, member: str, practice_code: str
) -> None:
    answer = await clinic.post("/referrals", a_referral(practice_code=practice_code), member=member)

    assert answer.status_code == 422
    assert without(answer.json(), "trace_id") == {
        "type": "/problems/rule-broken",
        "title": "Rule broken",
        "status": 422,
        "detail": "The request breaks a rule.",
        "errors": [
            {
                "in": "body",
                "pointer": "/practice_code",
                "rule": "must be a practice of the register that you act for",
            }
        ],
    }


async def test_a_practice_that_may_not_have_arrived_yet_is_asked_for_again(
    own_clinic: Clinic,
) -> None:
    heads = iter([3, 4, 4])
    positions = iter([3, 3, 4])

    async def head() -> int:
        return next(heads)

    async def position() -> int:
        return next(positions)

    gate = RegisterGate(head, position)
    await gate.run()
    own_clinic.app.state.access = replace(own_clinic.app.state.access, gate=gate)

    known = await own_clinic.post("/referrals", a_referral())
    behind = await own_clinic.post("/referrals", a_referral(practice_code="Y12345"))
    unknown = await own_clinic.post("/referrals", a_referral(practice_code="Y12345"))

    assert known.status_code == 201
    assert (behind.status_code, behind.headers["Retry-After"]) == (503, "2")
    assert behind.json()["type"] == "/problems/register-behind"
    assert unknown.status_code == 422


@pytest.mark.parametrize(
    ("route", "referrer_code"),
    [("general-practice", "Y99001"), ("care-navigator", "Y99001"), ("self", "U99001")],
)
async def test_a_network_refers_in_the_name_of_the_practice_or_its_own(
    clinic: Clinic, route: str, referrer_code: str
) -> None:
    made = await clinic.made("/referrals", a_referral(route=route), member=WORKER)

    assert made["referrer_code"] == referrer_code


@pytest.mark.parametrize(
    ("member", "referrer_code", "status"),
    [
        (MANAGER, "Y99002", 201),
        (MANAGER, "U99001", 201),
        (MANAGER, "Y99006", 422),
        (MANAGER, "U99002", 422),
        (REFERRER, "Y99001", 201),
        (REFERRER, "Y99002", 422),
        (REFERRER, "U99001", 422),
    ],
)
async def test_a_referrer_is_somebody_the_caller_acts_for(
    clinic: Clinic, member: str, referrer_code: str, status: int
) -> None:
    answer = await clinic.post("/referrals", a_referral(referrer_code=referrer_code), member=member)

    assert answer.status_code == status, answer.text


async def test_the_same_request_again_is_the_same_answer_and_nothing_more(clinic: Clinic) -> None:
    body = a_referral()
    first = await clinic.post("/referrals", body, key="a key of this test")
    before = await clinic.count("referral")

    again = await clinic.post("/referrals", body, key="a key of this test")
    other = await clinic.post("/referrals", a_referral(), key="a key of this test")
    elsewhere = await clinic.post("/referrals", body, key="a key of this test", member=REFERRER)

    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert other.status_code == 422
    assert elsewhere.json()["id"] != first.json()["id"]
    assert await clinic.count("referral") == before + 1


async def test_a_reference_sent_again_finds_its_referral_for_ever(clinic: Clinic) -> None:
    first = await clinic.made("/referrals", a_referral(reference="ref/1"), member=REFERRER)

    again = await clinic.post("/referrals", a_referral(reference="ref/1"), member=REFERRER)
    of_other = await clinic.post(
        "/referrals", a_referral(reference="ref/1", practice_code="Y99002"), member=OTHER_PRACTICE
    )

    assert again.status_code == 200
    assert again.json() == {**first, "already": True}
    assert of_other.status_code == 201
    assert of_other.json()["id"] != first["id"]


async def test_two_requests_at_once_about_somebody_new_make_one_person(clinic: Clinic) -> None:
    person = a_person()

    answers = await asyncio.gather(
        *(clinic.post("/referrals", a_referral(person=person), member=REFERRER) for _ in range(8))
    )

    assert [answer.status_code for answer in answers] == [201] * 8
    bodies = [answer.json() for answer in answers]
    assert len({body["person_id"] for body in bodies}) == 1
    assert len({body["episode_id"] for body in bodies}) == 1
    assert sum(body["opened_episode"] for body in bodies) == 1
    told = await clinic.events(f"episode/{bodies[0]['episode_id']}")
    assert [event["aggregate_version"] for event in told] == list(range(1, 9))
    episode = await clinic.one("episode", bodies[0]["episode_id"])
    assert (episode["open_referrals"], episode["version"]) == (8, 8)


async def test_what_happened_before_is_told_as_of_then(clinic: Clinic) -> None:
    person = a_person(birth_date="1960-06-15")
    made = await clinic.made(
        "/referrals", a_referral(person=person, occurred_at="2020-06-14T23:30:00+01:00")
    )

    assert made["occurred_at"] == "2020-06-14T22:30:00Z"
    assert made["recorded_at"] > "2026"
    (created,) = await clinic.events(f"episode/{made['episode_id']}")
    assert created["occurred_at"] == datetime(2020, 6, 14, 22, 30, tzinfo=UTC)
    assert created["data"]["age_band"] == "45-59"


async def test_the_future_is_refused(clinic: Clinic) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    answer = await clinic.post("/referrals", a_referral(occurred_at=tomorrow))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/occurred_at"


async def test_a_demonstration_is_told_when_something_became_known(clinic: Clinic) -> None:
    known_at = "2024-03-01T10:00:00Z"
    made = await clinic.made("/referrals", a_referral(recorded_at=known_at))

    assert (made["occurred_at"], made["recorded_at"]) == (known_at, known_at)
    late = await clinic.post(
        "/referrals", a_referral(recorded_at=known_at, occurred_at="2024-03-02T10:00:00Z")
    )
    assert late.status_code == 422


async def test_a_region_takes_real_numbers_and_no_invented_times(region_clinic: Clinic) -> None:
    # An example of the NHS Data Dictionary: valid, and outside the synthetic range.
    number = "943 476 5919"
    person = without(a_person(nhs_number=number), "deprivation_decile")
    made = await region_clinic.made("/referrals", a_referral(person=person))
    invented = await region_clinic.post(
        "/referrals", a_referral(recorded_at="2024-03-01T10:00:00Z")
    )
    seed = await region_clinic.post("/referrals/batch", {"origin": "seed", "items": [{"key": "1"}]})

    record = await region_clinic.one("person", made["person_id"])
    assert record["nhs_number"] == "9434765919"
    assert invented.json()["errors"][0]["pointer"] == "/recorded_at"
    assert seed.json()["errors"][0]["pointer"] == "/origin"


async def test_a_demonstration_refuses_numbers_that_could_be_somebodys(clinic: Clinic) -> None:
    person = a_person(nhs_number="9434765919")
    referral = await clinic.post("/referrals", a_referral(person=person))
    entry = await clinic.post("/people", {"practice_code": "Y99001", **person})

    assert (referral.status_code, entry.status_code) == (422, 422)
    assert referral.json()["errors"][0]["pointer"] == "/person/nhs_number"
    assert entry.json()["errors"][0]["pointer"] == "/nhs_number"


@pytest.mark.parametrize(
    "broken",
    [
        {"needs": []},
        {"needs": ["money", "money"]},
        {"needs": ["unheard-of"]},
        {"person": None},
        {"practice_code": None},
        {"person_id": "01980000-0000-7000-8000-000000000001"},
        {"status": "accepted"},
        {"pcn_code": "U99002"},
        {"note": "\x00"},
        {"person": a_person(nhs_number="9990000019")},
        {"person": a_person(birth_date="2190-01-01")},
        {"person": a_person(email="not an address")},
        {"person": a_person(given_name="‮Ada")},
    ],
)
async def test_a_malformed_referral_is_refused_without_being_quoted(
    clinic: Clinic, broken: dict[str, object]
) -> None:
    body = {**a_referral(), **broken}
    answer = await clinic.post(
        "/referrals", {key: body[key] for key in body if body[key] is not None}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert "Example" not in answer.text


@pytest.mark.parametrize("route", ["handover", "proactive"])
async def test_nobody_claims_a_route_that_only_a_handover_or_a_cohort_has(
    clinic: Clinic, route: str
) -> None:
    refused = await clinic.post("/referrals", a_referral(route=route))
    item = {"key": f"told of {route}", **a_referral(route=route)}
    past = await clinic.post("/referrals/batch", {"origin": "import", "items": [item]})

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/route-not-yours")
    assert past.json()["items"][0]["status"] == 201, past.text
