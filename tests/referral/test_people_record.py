"""What the information standard asks of a person: kept, shown, bounded; deciles are looked up."""

import pytest

from tests.referral.trial import (
    FOREIGN_WORKER,
    MANAGER,
    REFERRER,
    REGISTRAR,
    WORKER,
    Clinic,
    a_person,
    a_referral,
    without,
)

pytestmark = pytest.mark.postgres

RECORD = {
    "preferred_name": "Addie",
    "gender": "non-binary",
    "interpreter_needed": True,
    "access_needs": ["british-sign-language", "large-print"],
    "preferred_channel": "phone",
    "contact_days": ["tuesday", "thursday"],
    "contact_from": "10:00:00",
    "contact_until": "16:30:00",
    "leave_no_message": True,
    "neutral_sender": True,
    "address_lines": ["1 Example Road", "Wayford"],
}


def an_entry(**changes: object) -> dict[str, object]:
    return {"practice_code": "Y99001", **a_person(**changes)}


async def test_what_the_standard_asks_is_kept_and_shown_as_it_was_entered(clinic: Clinic) -> None:
    made = await clinic.made("/people", {**an_entry(), **RECORD}, member=REFERRER)

    shown = (await clinic.get(f"/people/{made['id']}", member=WORKER)).json()

    assert shown | RECORD == shown
    (told,) = await clinic.events(f"person/{made['id']}")
    assert not {"Addie", "non-binary", "1 Example Road"} & {str(v) for v in told["data"].values()}


async def test_what_nobody_said_is_unknown_and_not_no(clinic: Clinic) -> None:
    made = await clinic.made("/people", an_entry())

    shown = (await clinic.get(f"/people/{made['id']}")).json()

    assert (shown["interpreter_needed"], shown["gender"], shown["contact_days"]) == (None, None, [])


async def test_a_person_described_in_a_referral_is_entered_with_all_of_it(clinic: Clinic) -> None:
    made = await clinic.made("/referrals", a_referral(person={**a_person(), **RECORD}))

    shown = (await clinic.get(f"/people/{made['person_id']}")).json()

    assert shown | RECORD == shown


async def test_safe_contact_is_corrected_by_who_saw_the_latest_version(clinic: Clinic) -> None:
    made = await clinic.made("/people", {**an_entry(), **RECORD})
    path = f"/people/{made['id']}"
    change: dict[str, object] = {
        "contact_days": [],
        "contact_from": None,
        "contact_until": None,
        "gender": None,
    }

    changed = await clinic.ask("PATCH", path, change, member=WORKER, If_Match='"1"')
    late = await clinic.ask("PATCH", path, {"access_needs": []}, member=WORKER, If_Match='"1"')

    assert (changed.status_code, late.status_code) == (200, 412)
    shown = (await clinic.get(path)).json()
    assert shown | {**RECORD, **change} == shown


@pytest.mark.parametrize(
    "change",
    [
        {"contact_from": "10:00"},
        {"contact_from": "16:00", "contact_until": "10:00"},
        {"contact_from": "10:00:30", "contact_until": "11:00"},
        {"contact_days": ["someday"]},
        {"contact_days": ["monday", "monday"]},
        {"access_needs": ["telepathy"]},
        {"gender": "F"},
        {"address_lines": ["a line"] * 6},
        {"address_lines": ["a" * 101]},
        {"preferred_name": "two\nlines"},
    ],
)
async def test_what_breaks_a_rule_of_the_record_is_refused(
    clinic: Clinic, change: dict[str, object]
) -> None:
    refused = await clinic.post("/people", {**an_entry(), **change})

    assert refused.status_code == 422


async def test_one_end_of_the_safe_hours_alone_is_refused_by_name(clinic: Clinic) -> None:
    made = await clinic.made("/people", {**an_entry(), **RECORD})

    refused = await clinic.ask(
        "PATCH", f"/people/{made['id']}", {"contact_until": None}, If_Match='"1"'
    )

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/contact-hours-unclear"
    assert (await clinic.get(f"/people/{made['id']}")).json()["version"] == 1


async def test_a_decile_is_looked_up_by_postcode_and_never_guessed(clinic: Clinic) -> None:
    entry = without(an_entry(), "deprivation_decile", "postcode")
    places = [{"postcode": "ZX1 1AA", "deprivation_decile": 9}]
    loaded = await clinic.post("/postcodes", {"edition": "t", "items": places}, member=REGISTRAR)
    assert loaded.json() == {"edition": "t", "taken": 1, "changed": 1}

    for postcode, decile in (("zx11aa", 9), ("ZX1 1AB", None), (None, None)):
        body = {**without(an_entry(), "deprivation_decile"), "postcode": postcode}
        made = await clinic.made("/people", body)
        shown = (await clinic.get(f"/people/{made['id']}")).json()
        assert shown["deprivation_decile"] == decile
    made = await clinic.made(
        "/referrals", a_referral(person={**without(entry, "practice_code"), "postcode": "ZX1 1AA"})
    )
    (told,) = await clinic.events(f"episode/{made['episode_id']}")
    assert told["data"]["deprivation_decile"] == 9


async def test_who_moves_house_moves_to_another_decile_or_to_none(clinic: Clinic) -> None:
    entry = {**without(an_entry(), "deprivation_decile"), "postcode": "ZZ1 1AA"}
    made = await clinic.made("/people", entry)
    path = f"/people/{made['id']}"
    assert (await clinic.get(path)).json()["deprivation_decile"] == 3

    for version, (postcode, decile) in enumerate((("ZZ2 4BB", 7), ("ZX9 9ZZ", None)), 1):
        await clinic.ask("PATCH", path, {"postcode": postcode}, If_Match=f'"{version}"')
        assert (await clinic.get(path)).json()["deprivation_decile"] == decile


async def test_the_lookup_is_loaded_by_registrars_and_again_changes_nothing(
    clinic: Clinic,
) -> None:
    body = {"edition": "t", "items": [{"postcode": "ZX2 2AA", "deprivation_decile": 4}]}
    twice = {"edition": "t", "items": [*body["items"], *body["items"]]}

    answers = [await clinic.post("/postcodes", body, member=REGISTRAR) for _ in range(2)]

    assert [answer.json()["changed"] for answer in answers] == [1, 0]
    assert (await clinic.post("/postcodes", twice, member=REGISTRAR)).status_code == 422
    for member in (MANAGER, FOREIGN_WORKER, REFERRER):
        assert (await clinic.post("/postcodes", body, member=member)).status_code == 403


async def test_outside_demonstrations_nobody_states_a_decile(region_clinic: Clinic) -> None:
    stated = await region_clinic.post("/people", an_entry())
    looked_up = await region_clinic.post("/people", without(an_entry(), "deprivation_decile"))

    assert stated.status_code == 422
    assert stated.json()["errors"][0]["pointer"] == "/deprivation_decile"
    assert looked_up.status_code == 201


async def test_the_card_says_how_it_is_safe_to_reach_somebody(clinic: Clinic) -> None:
    made = await clinic.made("/people", {**an_entry(), **RECORD})
    path = f"/internal/people/{made['id']}/card"

    card = await clinic.get(path, member="service notifications")

    told = ("preferred_channel", "contact_days", "contact_from", "leave_no_message")
    assert {name: card.json()[name] for name in told} == {name: RECORD[name] for name in told}
    assert card.json()["language"] == "en"
    assert "address_lines" not in card.json()
    for member in (WORKER, MANAGER, REFERRER):
        assert (await clinic.get(path, member=member)).status_code == 403
