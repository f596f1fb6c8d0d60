"""People's records over HTTP: entered, opened, corrected, found; each act leaves its trace."""

import asyncio
import json

import pytest

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


def an_entry(**changes: object) -> dict[str, object]:
    return {"practice_code": "Y99001", **a_person(**changes)}


async def test_a_person_is_entered_and_told_without_anything_that_identifies(
    clinic: Clinic,
) -> None:
    body = an_entry(phone="07700 900123", postcode="ZZ7 7ZZ", given_name="Canaryname")
    made = await clinic.made("/people", body, member=REFERRER)

    (told,) = await clinic.events(f"person/{made['id']}")
    assert (told["type"], told["stream"]) == ("waymark.person-registered.v1", "U99001")
    assert str(told["event_id"]) == made["event_id"]
    assert set(told["data"]) == {
        "person_id",
        "pcn_code",
        "practice_code",
        "age_band",
        "sex",
        "ethnicity_category",
        "deprivation_decile",
        "language",
    }
    written = json.dumps(told, default=str)
    for canary in (body["nhs_number"], "Canaryname", "ZZ7 7ZZ", "07700", body["birth_date"]):
        assert str(canary) not in written


async def test_somebody_on_record_is_not_entered_twice(clinic: Clinic) -> None:
    body = an_entry()
    first = await clinic.made("/people", body)

    again = await clinic.post("/people", body)

    assert again.status_code == 200
    assert (again.json()["id"], again.json()["already"]) == (first["id"], True)
    assert len(await clinic.events(f"person/{first['id']}")) == 1


async def test_many_at_once_enter_one_person(clinic: Clinic) -> None:
    body = without(an_entry(), "nhs_number")

    answers = await asyncio.gather(*(clinic.post("/people", body) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_record_shows_what_was_entered(clinic: Clinic) -> None:
    body = an_entry()
    made = await clinic.made(
        "/people", {**body, "messages_consented": True, "safe_channel": "email"}
    )

    shown = await clinic.get(f"/people/{made['id']}", member=WORKER)

    assert (shown.status_code, shown.headers["ETag"]) == (200, '"1"')
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.json() | body == shown.json()
    assert (shown.json()["messages_consented"], shown.json()["episode_id"]) == (True, None)


async def test_a_correction_changes_what_it_names_and_nothing_else(clinic: Clinic) -> None:
    body = an_entry()
    made = await clinic.made("/people", body)
    path = f"/people/{made['id']}"

    changed = await clinic.ask(
        "PATCH", path, {"language": "pl", "phone": "07700 900001", "email": None}, If_Match='"1"'
    )
    nothing = await clinic.ask("PATCH", path, {"language": "pl"}, If_Match='"2"')
    outdated = await clinic.ask("PATCH", path, {"language": "ur"}, If_Match='"1"')

    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (nothing.headers["ETag"], nothing.json()["event_id"]) == ('"2"', None)
    assert outdated.status_code == 412
    shown = (await clinic.get(path)).json()
    assert shown | body | {"language": "pl", "phone": "07700 900001", "email": None} == shown
    told = await clinic.events(f"person/{made['id']}")
    assert [event["aggregate_version"] for event in told] == [1, 2]
    assert told[1]["data"]["language"] == "pl"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"practice_code": "Y99006"}, "/practice_code"),
        ({"practice_code": "Y12345"}, "/practice_code"),
        ({"nhs_number": "9434765919"}, "/nhs_number"),
        ({"given_name": None}, ""),
        ({"id": "01980000-0000-7000-8000-000000000001"}, ""),
        ({"pcn_code": "U99002"}, ""),
    ],
)
async def test_a_correction_that_would_break_a_rule_changes_nothing(
    clinic: Clinic, change: dict[str, object], pointer: str
) -> None:
    made = await clinic.made("/people", an_entry())

    refused = await clinic.ask("PATCH", f"/people/{made['id']}", change, If_Match='"1"')

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await clinic.one("person", made["id"]))["version"] == 1


async def test_a_number_that_is_somebody_elses_is_refused(clinic: Clinic) -> None:
    taken = an_entry()
    await clinic.made("/people", taken)
    made = await clinic.made("/people", an_entry())

    refused = await clinic.ask(
        "PATCH", f"/people/{made['id']}", {"nhs_number": taken["nhs_number"]}, If_Match='"1"'
    )

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/person-details-differ"


async def test_a_number_given_to_a_record_and_to_somebody_new_at_once_is_one_persons(
    clinic: Clinic,
) -> None:
    for _ in range(5):
        known = without(an_entry(), "nhs_number", "postcode")
        made = await clinic.made("/people", known)
        number = a_person()["nhs_number"]

        corrected, entered = await asyncio.gather(
            clinic.ask("PATCH", f"/people/{made['id']}", {"nhs_number": number}, If_Match='"1"'),
            clinic.post("/people", {**known, "nhs_number": number}),
        )

        # Who comes first has the number; the other finds that record or is told of it.
        assert (corrected.status_code, entered.status_code) in {(200, 200), (409, 201)}
        held = await clinic.post("/people/search", {"nhs_number": number})
        assert len(held.json()["items"]) == 1


async def test_a_person_who_moved_within_the_network_is_their_new_practices(clinic: Clinic) -> None:
    made = await clinic.made("/people", an_entry())
    path = f"/people/{made['id']}"

    await clinic.ask("PATCH", path, {"practice_code": "Y99002"}, If_Match='"1"')

    assert (await clinic.get(path, member=OTHER_PRACTICE)).status_code == 200
    assert (await clinic.get(path, member=REFERRER)).status_code == 404


async def test_people_are_found_by_number_or_by_name_and_birth_date(clinic: Clinic) -> None:
    body = an_entry(family_name="Searchable")
    made = await clinic.made("/people", body)
    by_number = {"nhs_number": body["nhs_number"]}
    by_name = {"family_name": "searchable", "birth_date": body["birth_date"]}

    for member in (WORKER, REFERRER):
        for terms in (by_number, by_name):
            found = await clinic.post("/people/search", terms, member=member)
            assert [item["id"] for item in found.json()["items"]] == [made["id"]]
    for member in (FOREIGN_WORKER, OTHER_PRACTICE):
        for terms in (by_number, by_name):
            found = await clinic.post("/people/search", terms, member=member)
            assert found.json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"family_name": "Example"},
        {"birth_date": "1951-04-12"},
        {"nhs_number": "9990000018", "family_name": "Example"},
        {"given_name": "Ada"},
    ],
)
async def test_a_search_by_less_is_refused(clinic: Clinic, terms: dict[str, str]) -> None:
    assert (await clinic.post("/people/search", terms)).status_code == 422


async def test_whoever_opens_changes_or_finds_a_person_is_recorded(clinic: Clinic) -> None:
    body = an_entry()
    made = await clinic.made("/people", body, member=REFERRER)
    await clinic.get(f"/people/{made['id']}", member=WORKER)
    await clinic.post("/people/search", {"nhs_number": body["nhs_number"]}, member=WORKER)
    await clinic.ask("PATCH", f"/people/{made['id']}", {"language": "pl"}, If_Match='"1"')
    referral = await clinic.made("/referrals", {"person_id": made["id"], "needs": ["money"]})
    await clinic.get(f"/referrals/{referral['id']}", member=REFERRER)

    entries = await clinic.audited(made["id"])

    assert [(entry["action"], entry["role"]) for entry in entries] == [
        ("person.create", "referrer"),
        ("person.read", "link-worker"),
        ("person.search", "link-worker"),
        ("person.update", "pcn-manager"),
        ("referral.create", "pcn-manager"),
        ("referral.read", "referrer"),
    ]
    assert {entry["pcn_code"] for entry in entries} == {"U99001"}
    assert str(body["nhs_number"]) not in json.dumps(entries, default=str)


async def test_a_search_that_finds_nobody_is_recorded_by_the_hash_of_its_terms(
    own_clinic: Clinic,
) -> None:
    for family_name in ("Nobody", "nobody", "Somebody"):
        terms = {"family_name": family_name, "birth_date": "1951-04-12"}
        await own_clinic.post("/people/search", terms, member=REFERRER)

    subjects = [row["subject"] for row in await own_clinic.rows("access_audit", "entry_id")]

    assert len(subjects) == 3
    assert subjects[0] == subjects[1] != subjects[2]
    assert "obody" not in "".join(subjects)


async def test_a_service_is_given_what_a_message_needs_and_nothing_else(clinic: Clinic) -> None:
    made = await clinic.made(
        "/people", {**an_entry(), "messages_consented": True, "safe_channel": "email"}
    )
    path = f"/internal/people/{made['id']}/card"

    card = await clinic.get(path, member="service notifications")
    by_a_manager = await clinic.get(path, member=MANAGER)

    assert card.json() == {
        "person_id": made["id"],
        "pcn_code": "U99001",
        "given_name": "Ada",
        "family_name": "Example",
        "email": "ada@people.example.org",
        "language": "en",
        "messages_consented": True,
        "safe_channel": "email",
        "phone": None,
        "preferred_name": None,
        "interpreter_needed": None,
        "access_needs": [],
        "preferred_channel": None,
        "contact_days": [],
        "contact_from": None,
        "contact_until": None,
        "leave_no_message": False,
        "neutral_sender": False,
        "deceased": False,
    }
    assert by_a_manager.status_code == 403
    last = (await clinic.audited(made["id"]))[-1]
    assert (last["action"], last["role"]) == ("person.card", "service")


async def test_a_referral_cannot_be_made_by_a_service(clinic: Clinic) -> None:
    answer = await clinic.post("/referrals", a_referral(), member="service notifications")

    assert answer.status_code == 403


async def test_a_postcode_is_the_same_with_and_without_its_space(clinic: Clinic) -> None:
    described = a_person(nhs_number=None, family_name="Spaced", postcode="ZZ1 1AA")
    first = await clinic.made("/people", {"practice_code": "Y99001", **described})

    again = await clinic.post(
        "/people", {"practice_code": "Y99001", **described, "postcode": "ZZ11AA"}
    )

    assert (again.status_code, again.json()["id"]) == (200, first["id"])
