"""Who can help with what is shown point by point, and explained to people before anybody refers."""

import itertools

import httpx
import pytest

from chassis.stream import EventRefused
from services.referral.api.roles import REQUESTS_AT_ONCE_MAX
from tests.referral.described import a_role, describe, told, withdrawn
from tests.referral.trial import ANALYST, FOREIGN_WORKER, REFERRER, WORKER, Clinic

pytestmark = pytest.mark.postgres


async def test_roles_are_compared_point_by_point(own_clinic: Clinic) -> None:
    await describe(
        own_clinic,
        told(a_role("health-coach", contacts_min=None, contacts_max=None), 5),
        told(a_role(), 6),
    )
    for member in (REFERRER, WORKER):
        (network,) = (await own_clinic.get("/roles", member=member)).json()["items"]
        points = {
            one["point"]: {told["role"]: told["answer"] for told in one["answers"]}
            for one in network["points"]
        }

        assert network["pcn_code"] == "U99001"
        assert [one["role"] for one in network["roles"]] == ["link-worker", "health-coach"]
        assert list(points["contacts"].items()) == [
            ("link-worker", "Usually 6 to 12."),
            ("health-coach", "Not said."),
        ]
        assert points["home-visits"] == {"link-worker": "Yes.", "health-coach": "No."}
        assert points["does"]["link-worker"] == "Listens. Knows the groups nearby."
        assert points["codes"] == {"link-worker": "871731000000106.", "health-coach": "None."}
        assert {len(one) for one in points.values()} == {2}
    (other,) = (await own_clinic.get("/roles", member=FOREIGN_WORKER)).json()["items"]
    assert (other["pcn_code"], other["roles"]) == ("U99002", [])
    assert (await own_clinic.get("/roles", member=ANALYST)).status_code == 403


async def test_roles_are_explained_to_anybody_in_their_language(own_clinic: Clinic) -> None:
    await describe(own_clinic, told(a_role(), 5))
    path = "/public/pcns/U99001/roles"
    polish = (await own_clinic.http.get(f"{path}?language=pl")).json()
    welsh = (await own_clinic.http.get(f"{path}?language=cy")).json()

    assert polish["roles"][0]["words"].startswith("Masz")
    assert (welsh["roles"][0]["language"], welsh["roles"][0]["languages"]) == ("en", ["en", "pl"])
    assert polish["pcn_name"] == "U99001 (synthetic)"
    assert {one["number"] for one in polish["crisis_help"]["contacts"]} == {
        "999",
        "111",
        "116 123",
    }
    assert "caseload" not in str(polish)
    # How the roles differ, point by point; what concerns colleagues alone is left out.
    points = {one["point"]: one["answers"] for one in polish["points"]}
    assert {"does", "does-not", "contacts", "home-visits", "one-post"} <= set(points)
    assert not {"supervision", "codes"} & set(points)
    # Who knows their practice need not know its network.
    by_practice = await own_clinic.http.get("/public/practices/Y99001/roles?language=pl")
    assert by_practice.json() == polish
    assert (await own_clinic.http.get("/public/practices/Y98765/roles")).status_code == 404
    assert (await own_clinic.http.get("/public/pcns/U98765/roles")).status_code == 404


async def test_what_a_role_does_is_said_in_their_language_or_marked_as_english(
    own_clinic: Clinic,
) -> None:
    words = {"language": "pl", "words": "Masz czas."}
    whole = {"purpose": "Pomaga.", "does": ["Słucha"], "does_not": ["Nie leczy"]}
    english = {"language": "en", "words": "You have time to talk."}
    await describe(
        own_clinic,
        told(a_role(explanations=[english, {**words, **whole}]), 5),
        told(a_role("health-coach", explanations=[english, {**words, "purpose": "Uczy."}]), 6),
        told(a_role("care-coordinator", explanations=[english]), 7),
    )

    shown = (await own_clinic.http.get("/public/pcns/U99001/roles?language=pl")).json()

    said = {one["role"]: one for one in shown["roles"]}
    assert {role: (one["language"], one["does_language"]) for role, one in said.items()} == {
        "link-worker": ("pl", "pl"),
        "health-coach": ("pl", "en"),  # a translation of half of it is no translation
        "care-coordinator": ("en", "en"),
    }
    assert {name: said["link-worker"][name] for name in whole} == whole
    assert said["health-coach"]["purpose"] == "Helps people."
    purposes = next(one for one in shown["points"] if one["point"] == "purpose")
    assert purposes["language"] == "en"
    assert [(one["answer"], one["language"]) for one in purposes["answers"]] == [
        ("Pomaga.", "pl"),
        ("Uczy.", "pl"),
        ("Helps people.", "en"),
    ]
    visits = next(one for one in shown["points"] if one["point"] == "home-visits")
    assert {one["language"] for one in visits["answers"]} == {"en"}


async def test_a_role_stands_as_it_was_told_last_in_whatever_order(own_clinic: Clinic) -> None:
    story = [
        told(a_role(local_title="First"), 5),
        told(withdrawn("link-worker"), 6),
        told(a_role(local_title="Last"), 7),
        told(a_role("care-navigator"), 8),
        told(withdrawn("care-navigator"), 9),
    ]
    for order in itertools.islice(itertools.permutations(story), 0, None, 7):
        await own_clinic.owner.execute("truncate known_role")
        await describe(own_clinic, *order[:2])
        await describe(own_clinic, *order[2:])
        (network,) = (await own_clinic.get("/roles")).json()["items"]
        assert [one["local_title"] for one in network["roles"]] == ["Last"], order
    await describe(own_clinic, *story)
    assert await own_clinic.count("known_role") == 2


async def test_only_the_register_says_what_roles_are(own_clinic: Clinic) -> None:
    with pytest.raises(EventRefused):
        await describe(own_clinic, told(a_role(), 5, stream="QZZ"))


async def test_one_address_cannot_flood_what_needs_no_sign_in(own_clinic: Clinic) -> None:
    async def asked(address: str, path: str) -> int:
        transport = httpx.ASGITransport(app=own_clinic.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://referral") as http:
            return (await http.get(path)).status_code

    paths = ("/public/pcns/U98765/roles", "/public/practices/Y98765/roles")
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < 10 * REQUESTS_AT_ONCE_MAX:
        statuses.append(await asked("192.0.2.9", paths[len(statuses) % 2]))

    assert statuses[:REQUESTS_AT_ONCE_MAX] == [404] * REQUESTS_AT_ONCE_MAX
    assert statuses[-1] == 429
    assert await asked("192.0.2.10", paths[0]) == 404
