"""The directory takes the region's places and listings as they are posted, and again changes nothing."""

import pytest

from demo.directory import LISTINGS_A_BATCH_MAX, PLACES_A_BATCH_MAX
from demo.geography import places
from demo.listings import listings
from tests.directory.trial import MANAGER, REGISTRAR, Office

pytestmark = pytest.mark.postgres


async def test_listings_are_entered_once_however_often_they_are_posted(office: Office) -> None:
    chosen = listings()[:LISTINGS_A_BATCH_MAX]
    body = {"origin": "seed", "items": [one.item for one in chosen]}

    first = (await office.ask("POST", "/services/batch", body, member=MANAGER)).json()["items"]
    told = len(await office.events())
    again = (await office.ask("POST", "/services/batch", body, member=MANAGER)).json()["items"]
    renamed = [{**item, "key": f"again-{item['key']}"} for item in body["items"]]
    anew = await office.ask("POST", "/services/batch", {**body, "items": renamed}, member=MANAGER)

    assert {one["status"] for one in first} == {201}
    assert {one["body"]["state"] for one in first} == {"published"}
    assert again == first
    assert [one["body"]["id"] for one in anew.json()["items"]] == [
        one["body"]["id"] for one in first
    ]
    assert len(await office.events()) == told
    assert len(await office.rows("listing")) == len(chosen)


async def test_places_are_loaded_once_however_often_they_are_put(office: Office) -> None:
    chosen = list(places("small"))[:PLACES_A_BATCH_MAX]
    items = [
        {
            "kind": "postcode" if one.is_postcode else "place-name",
            "text": one.name,
            "latitude": one.latitude,
            "longitude": one.longitude,
            "neighbourhood_code": one.neighbourhood_code,
        }
        for one in chosen
    ]

    answers = [
        await office.ask("PUT", "/places/batch", {"items": items}, member=REGISTRAR)
        for _ in range(2)
    ]

    assert [one.json() for one in answers] == [
        {"taken": len(items), "changed": len(items)},
        {"taken": len(items), "changed": 0},
    ]
    found = await office.found("/places", member=None, params={"near": "Bromden Green"})
    assert found["neighbourhood_code"] == "Z99001009"
