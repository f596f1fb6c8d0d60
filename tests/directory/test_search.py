"""Searching in plain words: what is found, in which order, why, and what is never kept."""

import json
from typing import Any

import pytest

from services.directory.domain.search import SAID_OF_WORDS
from tests.directory.trial import MANAGER, Office, a_listing

pytestmark = pytest.mark.postgres

NETHERBY = {"latitude": 53.5, "longitude": -2.2}


def place(kind: str, text: str, latitude: float, longitude: float) -> dict[str, Any]:
    return {
        "kind": kind,
        "text": text,
        "latitude": latitude,
        "longitude": longitude,
        "neighbourhood_code": "N1",
    }


async def load_places(office: Office) -> None:
    items = [
        place("place-name", "Netherby", 53.5, -2.2),
        place("postcode", "ZZ1 1AA", 53.5, -2.2),
        place("postcode", "ZZ2 2BB", 53.6, -2.2),
    ]
    answer = await office.ask("PUT", "/places/batch", {"items": items})
    assert answer.status_code == 200, answer.text


def at(latitude: float, longitude: float = -2.2, **more: Any) -> dict[str, Any]:
    return {"latitude": latitude, "longitude": longitude, **more}


def weekly(days: str, opens: str | None = "10:00", closes: str | None = "12:00") -> dict[str, Any]:
    hours = {"opens_at": opens, "closes_at": closes}
    return {"freq": "WEEKLY", "byday": days, **{k: v for k, v in hours.items() if v is not None}}


async def listed(office: Office, name: str, **changes: Any) -> str:
    body = a_listing(**{"name": name, "description": "A group.", "needs": [], **changes})
    return (await office.made("/services", body, member=MANAGER))["id"]


async def searched(office: Office, **params: Any) -> Any:
    return await office.found("/search", params=params, member=None)


async def names(office: Office, **params: Any) -> list[str]:
    return [one["service"]["name"] for one in (await searched(office, **params))["items"]]


async def unmet(office: Office) -> list[tuple[str, str, str, int]]:
    return [
        (row["need_term"], row["neighbourhood_code"], row["reason"], row["searches"])
        for row in await office.rows("unmet_search", "need_term, reason")
    ]


async def test_what_is_found_says_why_in_plain_words_and_shows_the_parts_of_its_score(
    office: Office,
) -> None:
    await load_places(office)
    await listed(
        office,
        "Tea at ten",
        need_terms=["loneliness"],
        schedules=[weekly("TU")],
        cost_options=[{"option": "Free", "amount": 0}],
        locations=[at(53.5072)],
    )

    answer = await searched(office, words="I am so lonely", near="netherby")

    (found,) = answer["items"]
    assert found["reason"] == "Found by loneliness, 800 m away, Tuesdays, free"
    assert found["distance_metres"] == pytest.approx(801, abs=2)
    assert found["service"]["name"] == "Tea at ten"
    parts = found["parts"]
    assert (parts["freshness"], parts["capacity"]) == (0.5, 0.5)
    reckoned = 0.6 * parts["fit"] + 0.25 * parts["distance"] + 0.08 * 0.5 + 0.07 * 0.5
    assert found["score"] == pytest.approx(reckoned, abs=1e-4)
    assert answer["understood"]["needs"] == ["loneliness"]
    assert answer["next"] is None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("lonely", "Befriending by volunteers"),
        ("my husband died", "Evening circle"),
        ("skint", "Money clinic"),
        ("damp flat", "Home repairs line"),
        ("cant pay the gas", "Warm homes"),  # codespell:ignore cant
        ("can't pay my gas bill", "Warm homes"),
        ("Feeling low", "Open door"),
        ("walking groups", "Canal strollers"),
    ],
)
async def test_plain_words_speak_of_needs(office: Office, words: str, name: str) -> None:
    for listing, term in (
        ("Befriending by volunteers", "loneliness"),
        ("Evening circle", "bereavement"),
        ("Money clinic", "budgeting"),
        ("Home repairs line", "damp-and-repairs"),
        ("Warm homes", "fuel"),
        ("Open door", "low-mood-and-worry"),
        ("Canal strollers", "exercise"),
        ("Job shop", "job-seeking"),
    ):
        await listed(office, listing, **_needs(term))

    assert (await names(office, words=words))[0] == name


def _needs(term: str) -> dict[str, Any]:
    return {"needs": [term]} if term == "bereavement" else {"need_terms": [term]}


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("gardning", "gardening"),
        ("lonley", "lonely"),  # codespell:ignore lonley
        ("pottrey", "pottery"),
        ("badmington", "badminton"),
    ],
)
async def test_a_misspelt_word_is_read_as_its_neighbour_and_that_is_said(
    office: Office, words: str, meant: str
) -> None:
    await listed(office, "Gardening together", need_terms=["nature-and-gardening"])
    await listed(office, "Befriending", need_terms=["loneliness"])
    await listed(office, "Pottery for all", need_terms=["creative-arts"])
    await listed(office, "Badminton", need_terms=["exercise"])

    answer = await searched(office, words=words)

    assert answer["understood"]["corrected"] == [{"from": words, "to": meant}]
    assert len(answer["items"]) >= 1


async def test_a_word_that_stands_in_a_listing_is_never_corrected(office: Office) -> None:
    await listed(office, "Wayford Bhangra")
    await listed(office, "Bhangar")

    answer = await searched(office, words="bhangra")

    assert answer["understood"]["corrected"] == []
    assert [one["service"]["name"] for one in answer["items"]] == ["Wayford Bhangra"]
    assert answer["items"][0]["reason"] == "Found by “bhangra”"


async def test_marks_over_letters_do_not_part_a_word_from_itself(office: Office) -> None:
    await listed(office, "Memory café at Llŷn")

    assert await names(office, words="cafe llyn") == ["Memory café at Llŷn"]
    assert await names(office, words="CAFÉ") == ["Memory café at Llŷn"]


async def test_who_meets_everything_comes_before_who_meets_a_part(office: Office) -> None:
    await listed(office, "Yoga in Polish", description="Gentle yoga.")
    await listed(office, "Yoga", description="Gentle yoga.")
    await listed(office, "Polish library", description="Books.")

    answer = await searched(office, words="polish yoga")

    found = [one["service"]["name"] for one in answer["items"]]
    assert (found[0], len(found)) == ("Yoga in Polish", 3)
    assert answer["understood"]["width"] == "part"


async def test_needs_that_lie_near_fill_the_page_after_what_was_meant(office: Office) -> None:
    for number in range(4):
        await listed(office, f"Befriending {number}", need_terms=["befriending"])
    await listed(office, "Open door", need_terms=["loneliness"])

    wide = await searched(office, words="lonely", limit=4)
    narrow = await searched(office, words="lonely", limit=1)
    full = await searched(office, words="befriender", limit=3)

    assert wide["items"][0]["service"]["name"] == "Open door"
    assert [item["reason"] for item in wide["items"][1:]] == ["Found by befriending"] * 3
    assert [answer["understood"]["width"] for answer in (wide, narrow, full)] == [
        "near",
        "near",
        "meant",
    ]


async def test_nearer_comes_first_and_further_than_asked_is_left_out(office: Office) -> None:
    await load_places(office)
    for name, latitude in (("Far choir", 53.58), ("Near choir", 53.501), ("Middle choir", 53.53)):
        await listed(office, name, locations=[at(latitude)])

    assert await names(office, words="choir", near="ZZ1 1AA") == [
        "Near choir",
        "Middle choir",
        "Far choir",
    ]
    assert await names(office, words="choir", near="zz11aa", within_metres=4000) == [
        "Near choir",
        "Middle choir",
    ]
    assert await names(office, near="ZZ2", within_metres=3000) == ["Far choir"]


async def test_the_nearest_of_many_places_counts(office: Office) -> None:
    await load_places(office)
    await listed(office, "Two halls", locations=[at(53.9), at(53.5009)])

    answer = await searched(office, near="ZZ1 1AA", within_metres=500)

    assert answer["items"][0]["distance_metres"] == pytest.approx(100, abs=1)


@pytest.mark.parametrize("places", [1, 2])
async def test_what_takes_place_nowhere_is_no_distance_away(office: Office, places: int) -> None:
    await load_places(office)
    nowhere = {"location_type": "virtual", "name": "By phone"}
    await listed(office, "Phone choir", locations=[nowhere] * places)

    answer = await searched(office, words="choir", near="ZZ1 1AA")

    (found,) = answer["items"]
    assert found["distance_metres"] is None
    assert found["parts"]["distance"] == 0.5
    assert found["reason"] == "Found by “choir”, online or by phone"


async def test_what_is_told_of_room_stands_beside_what_is_found(office: Office) -> None:
    full = await listed(office, "Full choir")
    await listed(office, "Other choir")
    word = {"status": "no-capacity", "until": "2999-01-01"}
    said = await office.ask("PUT", f"/services/{full}/capacity", word, member=MANAGER, version=0)
    assert said.status_code == 200, said.text

    answer = await searched(office, words="choir")

    room = {one["service"]["name"]: one["capacity"] for one in answer["items"]}
    assert room["Other choir"] is None
    shown = (await office.found(f"/services/{full}", member=None))["capacities"][0]
    assert room["Full choir"] == {
        "status": "no-capacity",
        "source": "worker",
        "confidence": shown["confidence"],
        "as_of": shown["updated"],
    }


async def test_a_listing_with_a_postcode_lies_where_the_table_says_as_soon_as_it_says_so(
    office: Office,
) -> None:
    address = {"address_1": "1 Hall Lane", "city": "Netherby", "state_province": "-"}
    for name, postcode in (("Hall one", "ZZ1 1AA"), ("Hall two", "zz22bb")):
        locations = [{"addresses": [{**address, "postal_code": postcode}]}]
        await listed(office, name, locations=locations)

    await load_places(office)

    assert await names(office, near="ZZ2 2BB", within_metres=100) == ["Hall two"]
    moved = {"items": [place("postcode", "ZZ1 1AA", 53.6, -2.2)]}
    await office.ask("PUT", "/places/batch", moved)
    assert sorted(await names(office, near="ZZ2 2BB", within_metres=100)) == [
        "Hall one",
        "Hall two",
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"day": "TU"}, {"Tuesday morning"}),
        ({"day": "FR"}, {"Friday night"}),
        ({"time": "morning"}, {"Tuesday morning"}),
        ({"time": "evening"}, {"Friday night"}),
        ({"time": "11:59"}, {"Tuesday morning"}),
        ({"time": "12:00"}, set()),
        ({"day": "TU", "time": "evening"}, set()),
        ({"age": 17}, {"Tuesday morning"}),
        ({"age": 60}, {"Friday night"}),
        ({"cost": "free"}, {"Tuesday morning"}),
        ({"language": "ur"}, {"Friday night"}),
        ({"access": "wheelchair"}, {"Friday night"}),
        ({"access": ["wheelchair", "parking"]}, set()),
        ({"attendance": "remote"}, {"Tuesday morning"}),
        ({"attendance": "in-person"}, {"Friday night"}),
        ({"accepting": "true"}, {"Tuesday morning"}),
        ({"need": "loneliness"}, {"Tuesday morning"}),
        ({"need": "isolation"}, {"Tuesday morning"}),
        ({"need": "money"}, {"Friday night"}),
        ({"need": "debt"}, set()),
    ],
)
async def test_each_filter_keeps_what_says_it_and_nothing_else(
    office: Office, params: dict[str, Any], expected: set[str]
) -> None:
    await listed(
        office,
        "Tuesday morning",
        need_terms=["loneliness"],
        schedules=[{**weekly("TU"), "attending_type": "online"}],
        fees="Free",
        maximum_age=25,
    )
    await listed(
        office,
        "Friday night",
        needs=["money"],
        schedules=[weekly("FR", "19:00", "21:00")],
        cost_options=[{"option": "Each", "amount": 2}, {"option": "Carers", "amount": 0}],
        languages=[{"name": "Urdu"}],
        minimum_age=18,
        locations=[
            at(53.5, accessibility=[{"description": "Ramp and lift. No parking."}]),
        ],
        status="temporarily closed",
    )

    assert set(await names(office, **params)) == expected


async def test_a_schedule_that_has_ended_is_not_found_by_its_day(office: Office) -> None:
    await listed(office, "Over", schedules=[{**weekly("MO"), "valid_to": "2020-01-01"}])
    await listed(office, "Goes on", schedules=[{**weekly("MO"), "valid_to": "2999-01-01"}])

    assert await names(office, day="MO") == ["Goes on"]


async def test_pages_follow_one_another_without_repeating_or_skipping(office: Office) -> None:
    for number in range(11):
        await listed(office, f"Choir {number}")

    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        params = {"words": "choir", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await searched(office, **params)
        seen += [one["service"]["name"] for one in page["items"]]
        cursor = page["next"]

    assert cursor is None
    assert sorted(seen) == sorted(f"Choir {number}" for number in range(11))
    assert len(seen) == 11


async def test_pages_go_on_in_the_way_the_first_one_began(office: Office) -> None:
    for number in range(4):
        await listed(office, f"Choir {number}")
        await listed(office, f"Kayaks {number}")

    first = await searched(office, words="choir kayaks", limit=5)
    second = await searched(office, words="choir kayaks", limit=5, cursor=first["next"])

    shown = [one["service"]["name"] for page in (first, second) for one in page["items"]]
    assert (len(shown), len(set(shown)), second["next"]) == (8, 8, None)


async def test_what_is_withdrawn_is_found_no_longer_and_a_draft_never_was(office: Office) -> None:
    listing = await listed(office, "Choir")
    await listed(office, "Choir in draft", publish=False)
    assert await names(office, words="choir") == ["Choir"]

    await office.post(f"/services/{listing}/withdraw", member=MANAGER)
    assert await names(office, words="choir") == []
    await office.post(f"/services/{listing}/publish", member=MANAGER)
    assert await names(office, words="choir") == ["Choir"]


async def test_nobodys_address_or_number_is_in_the_index(office: Office) -> None:
    await listed(
        office,
        "Choir",
        description=(
            "Ring Pat Quillfeather on 01632 960123 or +44 (0)1632-960124, write to "
            "quillfeather@choir.example.org or see https://choir.example.org/pat today."
        ),
        email="secretary@choir.example.org",
        contacts=[{"name": "Ashgrove", "phones": [{"number": "01632 960125"}]}],
        phones=[{"number": "01632 960126"}],
        assurer_email="assurer@choir.example.org",
    )

    kept = json.dumps(
        [await office.rows(table) for table in ("listing_search", "search_word", "listing_point")],
        default=str,
    )

    for word in ("01632", "96012", "example", "secretary", "ashgrove", "assurer", "org"):
        assert word not in kept.casefold()
    assert await names(office, words="choir today") == ["Choir"]


async def test_a_search_without_result_is_counted_by_need_and_keeps_no_word(
    office: Office,
) -> None:
    await load_places(office)
    await listed(office, "Choir")

    for _ in range(2):
        answer = await searched(office, words="my husband died quillfeather", near="ZZ1 1AA")
        assert answer["items"] == []
    await searched(office, words="quillfeather")

    assert await unmet(office) == [("bereavement", "N1", "nothing-there", 2)]
    # Where no place was named: see ``test_unmet_need``.
    (placeless,) = await office.rows("search_without_place")
    assert (placeless["need_term"], placeless["searches"]) == ("", 1)
    tables = ("unmet_search", "search_without_place", "search_word")
    everything = json.dumps([await office.rows(table) for table in tables], default=str)
    assert "quillfeather" not in everything
    assert "husband" not in everything


@pytest.mark.parametrize(
    ("params", "given_up", "reason"),
    [
        ({"day": "MO"}, "day", "day-or-time"),
        ({"time": "evening"}, "time", "day-or-time"),
        ({"within_metres": 100}, "within_metres", "too-far"),
        ({"cost": "free"}, "cost", "cost"),
        ({"language": "ur"}, "language", "language"),
        ({"access": "wheelchair"}, "access", "access"),
        ({"age": 5}, "age", "age"),
        ({"attendance": "remote"}, "attendance", "attendance"),
        ({"accepting": "true"}, "accepting", "full"),
    ],
)
async def test_where_nothing_is_found_the_nearest_give_up_one_filter_and_say_which(
    office: Office, params: dict[str, Any], given_up: str, reason: str
) -> None:
    await load_places(office)
    await listed(
        office,
        "Evening circle",
        needs=["bereavement"],
        schedules=[weekly("TU")],
        locations=[at(53.51)],
        minimum_age=18,
        status="temporarily closed",
    )

    answer = await searched(office, words="bereaved", near="Netherby", **params)

    assert answer["items"] == []
    (one,) = [other for other in answer["alternatives"] if other["given_up"] == given_up]
    assert [item["service"]["name"] for item in one["items"]] == ["Evening circle"]
    assert one["said"].startswith("Nothing met everything you asked for.")
    assert await unmet(office) == [("bereavement", "N1", reason, 1)]


async def test_where_nobody_has_what_was_typed_the_nearest_of_all_are_offered(
    office: Office,
) -> None:
    await load_places(office)
    await listed(office, "Choir", locations=[at(53.51)])
    await listed(office, "Walk", needs=["isolation"], locations=[at(53.502)])
    await listed(office, "Far choir", locations=[at(54.9)])

    answer = await searched(office, words="falconry", near="Netherby")
    paid = await searched(office, words="falconry", near="Netherby", cost="free")
    nowhere = await searched(office, words="falconry")

    (one,) = answer["alternatives"]
    assert (one["given_up"], one["said"]) == ("words", SAID_OF_WORDS)
    assert [item["service"]["name"] for item in one["items"]] == ["Walk", "Choir"]
    assert (answer["items"], paid["alternatives"], nowhere["alternatives"]) == ([], [], [])
    assert ("", "N1", "nothing-there", 2) in await unmet(office)


async def test_what_gives_up_two_filters_is_not_offered(office: Office) -> None:
    await listed(office, "Evening circle", needs=["bereavement"], schedules=[weekly("TU")])

    answer = await searched(office, words="bereaved", cost="free", day="MO")

    assert (answer["items"], answer["alternatives"]) == ([], [])


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"near": "Nowhere"}, "/near"),
        ({"within_metres": 100}, "/near"),
        ({"near": "Netherby", "within_metres": 0}, "/within_metres"),
        ({"day": "Monday"}, "/day"),
        ({"time": "25:00"}, "/time"),
        ({"age": 131}, "/age"),
        ({"cost": "cheap"}, "/cost"),
        ({"language": "Urdu"}, "/language"),
        ({"access": "stairs"}, "/access"),
        ({"attendance": "both"}, "/attendance"),
        ({"need": "wishes"}, "/need"),
        ({"words": "x" * 201}, "/words"),
        ({"cursor": "x"}, "/cursor"),
        ({"postcode": "ZZ1 1AA"}, "/postcode"),
    ],
)
async def test_a_parameter_that_is_wrong_is_refused_by_name(
    office: Office, params: dict[str, Any], pointer: str
) -> None:
    await load_places(office)

    refused = await office.get("/search", params=params, member=None)

    assert refused.status_code == 422, refused.text
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert refused.headers["access-control-allow-origin"] == "*"
    assert await office.rows("unmet_search") == []


async def test_words_that_say_nothing_alone_are_looked_for_as_they_are(office: Office) -> None:
    await listed(office, "Support group")
    await listed(office, "Choir")

    assert (await names(office, words="support group"))[0] == "Support group"
    assert await names(office, words="???") != []


async def test_whatever_is_typed_is_text(office: Office) -> None:
    await listed(office, "O'Brien's choir")

    for words in (
        "o'brien",
        "'; drop table listing_search; --",
        "a & | ! <-> :*",
        "\\'",
        "#loneliness",
    ):
        answer = await office.get("/search", params={"words": words}, member=None)
        assert answer.status_code == 200, (words, answer.text)
    assert await names(office, words="O’Briens choir") == ["O'Brien's choir"]


async def test_the_lists_of_open_referral_are_searched_by_the_same_words(office: Office) -> None:
    await load_places(office)
    await listed(office, "Evening circle", needs=["bereavement"], locations=[at(53.5)])
    await listed(office, "Talking clinic", need_terms=["talking-support"], locations=[at(53.5)])
    await listed(office, "Pottery", description="Clay.", locations=[at(53.6)])

    async def found(path: str, search: str, **more: Any) -> list[str]:
        page = await office.found(path, params={"search": search, **more}, member=None)
        return [one.get("name") or one["service"]["name"] for one in page["contents"]]

    assert await found("/services", "my husband died") == ["Evening circle"]
    assert await found("/services", "pottrey") == ["Pottery"]
    assert await found("/services", "zzyzx") == []
    assert await found("/service_at_locations", "grieving", full="true") == ["Evening circle"]
    near = {"postcode": "ZZ22BB", "proximity": 500, "full": "true"}
    assert await found("/service_at_locations", "clay", **near) == ["Pottery"]
    assert await found("/service_at_locations", "grieving", **near) == []
