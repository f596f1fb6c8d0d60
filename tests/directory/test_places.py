"""Postcodes and named places: loaded by registrars, looked up by anybody, never guessed."""

from typing import Any

import pytest

from services.directory.domain.places import PLACES_A_BATCH_MAX, Point, box_around, metres_between
from tests.directory.trial import (
    FOREIGN_REGISTRAR,
    MANAGER,
    REGISTRAR,
    Office,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres


def a_place(text: str, latitude: float = 53.5, longitude: float = -2.2, **changes: Any) -> Any:
    kind = "postcode" if text[-1].isalpha() and any(letter.isdigit() for letter in text) else None
    return {
        "kind": kind or "place-name",
        "text": text,
        "latitude": latitude,
        "longitude": longitude,
        "neighbourhood_code": "N1",
        **changes,
    }


async def load(office: Office, *items: Any, member: str = REGISTRAR) -> Any:
    answer = await office.ask("PUT", "/places/batch", {"items": list(items)}, member=member)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def look_up(office: Office, near: str) -> Any:
    return await office.get("/places", params={"near": near}, member=None)


async def test_a_postcode_is_found_with_or_without_its_space_and_in_any_case(
    office: Office,
) -> None:
    await load(office, a_place("ZZ1 1AA"))

    for written in ("ZZ1 1AA", "zz11aa", " Zz1  1aA "):
        found = await look_up(office, written)
        assert (found.status_code, found.json()["text"]) == (200, "ZZ1 1AA")
        assert found.headers["access-control-allow-origin"] == "*"


async def test_the_first_half_of_a_postcode_is_the_middle_of_those_loaded(office: Office) -> None:
    await load(office, a_place("ZZ1 1AA", 53.0, -2.0), a_place("ZZ1 1AB", 53.2, -2.4))
    await load(office, a_place("ZZ1 1AC", 53.4, -2.2, neighbourhood_code="N2"))
    await load(office, a_place("ZZ11 1AA", 10.0, 10.0))

    found = (await look_up(office, "zz1")).json()

    assert (found["kind"], found["text"]) == ("outward-code", "ZZ1")
    assert found["latitude"] == pytest.approx(53.2)
    assert found["longitude"] == pytest.approx(-2.2)
    assert found["neighbourhood_code"] is None


async def test_a_name_is_found_whatever_its_case_marks_and_hyphens(office: Office) -> None:
    await load(office, a_place("Llanfair-yn-Ŵy"), a_place("St. Ann's Well"))

    for written, name in (
        ("llanfair yn wy", "Llanfair-yn-Ŵy"),
        ("ST ANNS WELL", "St. Ann's Well"),
        ("st ann’s well", "St. Ann's Well"),
    ):
        assert (await look_up(office, written)).json()["text"] == name


@pytest.mark.parametrize("written", ["Nowhere", "ZZ9 9ZZ", "ZZ9", "ZZ1 1A", "...", "Netherb"])
async def test_an_unknown_place_is_refused_by_the_name_of_its_parameter(
    office: Office, written: str
) -> None:
    await load(office, a_place("ZZ1 1AA"), a_place("Netherby"))

    refused = await look_up(office, written)

    assert refused.status_code == 422
    assert [(one["in"], one["pointer"]) for one in refused.json()["errors"]] == [("query", "/near")]
    assert "known here" in refused.json()["errors"][0]["rule"]


async def test_a_name_of_two_places_is_refused_and_one_of_the_same_place_is_not(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    await load(office, a_place("Newport", 53.5, -2.2), a_place("Netherby", 53.5, -2.2))
    foreign = (a_place("Newport", 51.5, -3.0), a_place("Netherby", 53.505, -2.2))
    await load(office, *foreign, member=FOREIGN_REGISTRAR)

    refused = await look_up(office, "Newport")

    assert refused.status_code == 422
    assert "postcode" in refused.json()["errors"][0]["rule"]
    assert (await look_up(office, "Netherby")).status_code == 200


async def test_loading_again_changes_nothing_and_a_correction_changes_one(office: Office) -> None:
    items = [a_place("ZZ1 1AA"), a_place("ZZ1 1AB"), a_place("Netherby")]

    first = await load(office, *items)
    again = await load(office, *items)
    corrected = await load(office, items[0], a_place("ZZ1 1AB", 53.7), items[2])

    assert [first, again, corrected] == [
        {"taken": 3, "changed": 3},
        {"taken": 3, "changed": 0},
        {"taken": 3, "changed": 1},
    ]
    assert (await look_up(office, "ZZ1")).json()["latitude"] == pytest.approx(53.6)


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        (a_place("ZZ1", kind="postcode"), "/items/1/text"),
        (a_place("ZZ1 1AB", kind="place-name"), "/items/1/text"),
        (a_place("ZZ11AA"), "/items/1/text"),
        (a_place("--", kind="place-name"), "/items/1/text"),
        (a_place("ZZ1 1AB", latitude=99.999999), "/items/1/latitude"),
        (a_place("ZZ1 1AB", neighbourhood_code=""), "/items/1/neighbourhood_code"),
        (a_place("ZZ1 1AB", kind="outward-code"), "/items/1/kind"),
    ],
)
async def test_one_broken_place_refuses_its_batch_and_is_named(
    office: Office, item: Any, pointer: str
) -> None:
    batch = {"items": [a_place("ZZ1 1AA"), item]}

    refused = await office.ask("PUT", "/places/batch", batch)

    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert await office.rows("place") == []


async def test_registrars_load_the_places_of_their_own_region_and_nobody_else_does(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    await load(office, a_place("ZZ1 1AA", 53.5))
    await load(office, a_place("ZZ1 1AA", 53.501), member=FOREIGN_REGISTRAR)

    rows = await office.rows("place", "region_code, kind")

    assert [(row["region_code"], row["latitude"]) for row in rows if row["kind"] == "postcode"] == [
        ("QYY", 53.501),
        ("QZZ", 53.5),
    ]
    batch = {"items": [a_place("ZZ1 1AB")]}
    assert (await office.ask("PUT", "/places/batch", batch, member=MANAGER)).status_code == 403
    assert (await office.ask("PUT", "/places/batch", batch, member=None)).status_code == 401
    many = {"items": [a_place("ZZ1 1AB")] * (PLACES_A_BATCH_MAX + 1)}
    assert (await office.ask("PUT", "/places/batch", many)).status_code == 422


def test_a_box_holds_everything_within_its_metres() -> None:
    middle = Point(53.5, -2.2)
    box = box_around(middle, 5_000)

    corners = [
        Point(latitude, longitude)
        for latitude in (box.south, box.north)
        for longitude in (box.west, box.east)
    ]
    edges = [Point(box.north, -2.2), Point(box.south, -2.2), Point(53.5, box.east)]

    assert all(5_000 <= metres_between(middle, corner) < 7_200 for corner in corners)
    assert all(metres_between(middle, edge) >= 4_999.9 for edge in edges)
    assert metres_between(Point(53.0, -2.0), Point(54.0, -2.0)) == pytest.approx(111_195, rel=1e-3)
