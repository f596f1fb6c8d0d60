"""Every page of every list keeps to the standard, whatever comes and goes between two of them."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chassis.sql import Queries
from services.directory.api.forms import WebAddress
from services.directory.use_cases.open_copies import DEFUNCT_DAYS
from tests.directory.oruk import (
    FULL_LISTING,
    FULL_ORGANIZATION,
    LISTS,
    check_page,
    validator,
    walk,
)
from tests.directory.trial import MANAGER, Office, a_listing

pytestmark = pytest.mark.postgres

COUNTS = (0, 1, 5, 19, 20, 21)
PER_PAGE = (1, 5, 20, 100)
MANY = 50_000
SEQUENCES = 25
LISTED = ("/services", "/service_at_locations", "/organizations")


def _listing(number: int) -> dict[str, Any]:
    """Every third with all there is, every third with the least, the rest between."""
    name = f"Group {number:04}"
    if number % 3 == 0:
        organization = {"name": f"Walkers {number}", **FULL_ORGANIZATION}
        return {**FULL_LISTING, "name": name, "organization": organization}
    if number % 3 == 1:
        return {"name": name, "organization": {"name": "Least", "description": "-"}}
    return a_listing(name=name, locations=[{"name": "Hall"}])


async def _enter(office: Office, numbers: range) -> list[str]:
    items = [{"key": f"page-{number}", **_listing(number)} for number in numbers]
    answer = await office.post("/services/batch", {"items": items}, member=MANAGER)
    assert {item["status"] for item in answer.json()["items"]} == {201}, answer.text
    return [item["body"]["id"] for item in answer.json()["items"]]


async def _emptied(office: Office) -> None:
    await office.owner.execute(
        "truncate listing, open_listing, open_location, open_organization, listing_order cascade"
    )


async def test_every_page_of_every_list_keeps_to_the_published_schemas(office: Office) -> None:
    entered = 0
    for count in COUNTS:
        if count > entered:
            await _enter(office, range(entered, count))
        entered = count
        for path, params, schema in LISTS:
            for per_page in PER_PAGE:
                found = await walk(office, path, params, per_page)
                for one in found:
                    validator(schema).validate(one)
                ids = [one["id"] for one in found]
                assert len(set(ids)) == len(ids), (path, count, per_page)
                if path == "/services":
                    assert len(found) == count


async def test_the_schemas_are_asked_about_formats_too() -> None:
    service = {"id": "01980000-0000-7000-8000-000000000001", "name": "A", "status": "active"}
    strict = validator("compiled/service_list.json")
    strict.validate(service)
    for broken in (
        {"id": "one"},
        {"url": "no address"},
        {"email": "nobody"},
        {"last_modified": "yesterday"},
        {"status": "gone"},
    ):
        assert not strict.is_valid({**service, **broken}), broken


def _shown_address(given: str) -> str | None:
    address = TypeAdapter[Any](WebAddress)
    try:
        return address.dump_python(address.validate_python(given))
    except ValidationError:
        return None


@given(st.text(st.sampled_from("ab/?#&=%0g[]{}|^`\\<>\"' ü@:.~"), max_size=30))
def test_whatever_passes_as_a_web_address_is_one_by_the_published_schemas(text: str) -> None:
    shown = _shown_address(f"https://walks.example.org/{text}")
    assume(shown is not None)
    service = {"id": "01980000-0000-7000-8000-000000000001", "name": "A", "status": "active"}

    validator("compiled/service_list.json").validate({**service, "url": shown})
    assert _shown_address(str(shown)) == shown


async def test_everything_that_can_be_read_by_itself_keeps_to_its_schema(office: Office) -> None:
    await _enter(office, range(4))
    away = (await walk(office, "/services", {}, 100))[3]["id"]
    await office.post(f"/services/{away}/withdraw", member=MANAGER)
    for path, schema in (
        ("/services", "compiled/service.json"),
        ("/service_at_locations", "compiled/service_at_location.json"),
        ("/organizations", "compiled/organization.json"),
        ("/taxonomies", "taxonomy.json"),
        ("/taxonomy_terms", "taxonomy_term.json"),
    ):
        for one in await walk(office, path, {}, 100):
            shown = await office.get(f"{path}/{one['id']}", member=None)
            assert shown.status_code == 200, (path, one["id"])
            assert shown.headers["Access-Control-Allow-Origin"] == "*"
            validator(schema).validate(shown.json())


MOVES = ("add", "add three", "withdraw", "hide", "restore", "doubt", "more places", "fewer places")


async def _move(office: Office, name: str, place: int, entered: list[str]) -> None:
    """One thing that may happen to a directory; what cannot happen now is refused and changes nothing."""
    if name in {"add", "add three"} or not entered:
        more = 3 if name == "add three" else 1
        entered += await _enter(office, range(len(entered), len(entered) + more))
        return
    listing = entered[place % len(entered)]
    path = f"/services/{listing}"
    if name in {"more places", "fewer places"}:
        entry = await office.found(f"{path}/entry", member=MANAGER)
        places = [{"name": f"Place {n}"} for n in range(3 if name == "more places" else 0)]
        body = {"locations": places}
        await office.ask("PATCH", path, body, member=MANAGER, version=entry["version"])
        return
    await office.post(f"{path}/{name}", {"reason": "other"}, member=MANAGER)


@settings(
    max_examples=SEQUENCES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    start=st.integers(0, 9),
    per_page=st.integers(1, 6),
    path=st.sampled_from(LISTED),
    moves=st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 20)), max_size=12),
)
async def test_pages_neither_repeat_nor_skip_while_listings_come_and_go(
    office: Office, start: int, per_page: int, path: str, moves: list[tuple[str, int]]
) -> None:
    await _emptied(office)
    await office.owner.execute("delete from idempotency_key")
    entered = await _enter(office, range(start)) if start else []
    before = [one["id"] for one in await walk(office, path, {}, 100)]
    waiting = list(moves)

    async def between() -> None:
        for _ in range(2):
            if waiting:
                await _move(office, *waiting.pop(0), entered)

    seen = [one["id"] for one in await walk(office, path, {}, per_page, between=between)]
    for move in waiting:
        await _move(office, *move, entered)
    after = [one["id"] for one in await walk(office, path, {}, 100)]

    assert len(set(seen)) == len(seen)
    # Whatever stood at the beginning was met, in its place, and stands there still.
    assert seen[: len(before)] == before
    assert after[: len(seen)] == seen


async def test_listings_published_at_once_are_numbered_in_the_order_they_become_visible(
    office: Office,
) -> None:
    going = asyncio.Event()

    async def publish(number: int) -> None:
        await _enter(office, range(number, number + 1))

    async def read() -> None:
        before: list[str] = []
        while not going.is_set():
            now = [one["id"] for one in await walk(office, "/services", {}, 100)]
            assert now[: len(before)] == before
            before = now

    reading = asyncio.create_task(read())
    await asyncio.gather(*(publish(number) for number in range(24)))
    going.set()
    await reading

    assert len(await walk(office, "/services", {}, 7)) == 24


async def test_what_left_stays_as_defunct_for_its_time_and_is_forgotten_after(
    office: Office,
) -> None:
    gone, kept, stays = await _enter(office, range(3))
    await office.post(f"/services/{gone}/withdraw", member=MANAGER)
    await office.post(f"/services/{kept}/hide", {"reason": "other"}, member=MANAGER)
    listed = await walk(office, "/services", {}, 100)
    assert [(one["id"], one["status"]) for one in listed] == [
        (gone, "defunct"),
        (kept, "defunct"),
        (stays, "active"),
    ]
    assert set(listed[0]) == {
        "id",
        "organization_id",
        "name",
        "status",
        "last_modified",
        "organization",
    }
    places = await walk(office, "/service_at_locations", {}, 100)
    assert [one["service"]["status"] for one in places] == ["defunct", "defunct", "active"]
    assert places[0]["location"].keys() == {"id", "location_type"}

    await office.owner.execute(
        "update open_listing set gone_at = gone_at - make_interval(days => $2) where id = $1",
        gone,
        DEFUNCT_DAYS,
    )
    await office.owner.execute(
        "update open_location set gone_at = gone_at - make_interval(days => $2)"
        " where listing_id = $1",
        gone,
        DEFUNCT_DAYS,
    )
    # Nothing is forgotten in the middle of a day.
    await _enter(office, range(3, 4))
    assert len(await walk(office, "/services", {}, 100)) == 4
    await office.owner.execute("update listing_order set forgot_on = forgot_on - 1")
    (later,) = await _enter(office, range(4, 5))

    left = [one["id"] for one in await walk(office, "/services", {}, 2)]
    assert (len(left), left[0], left[1], left[-1]) == (4, kept, stays, later)
    assert len(await walk(office, "/service_at_locations", {}, 2)) == 3
    assert (await office.get(f"/services/{gone}", member=None)).status_code == 404
    names = [one["name"] for one in await walk(office, "/organizations", {}, 2)]
    assert "Walkers 0" not in names
    # Back after so long, it comes last: nobody between two pages misses or repeats another.
    await office.post(f"/services/{gone}/restore", {}, member=MANAGER)
    assert [one["id"] for one in await walk(office, "/services", {}, 2)] == [*left, gone]


async def test_what_changed_since_a_time_holds_what_went_away(office: Office) -> None:
    first, second, third = await _enter(office, range(3))
    shown = {one["id"]: one["last_modified"] for one in await walk(office, "/services", {}, 100)}
    await office.post(f"/services/{second}/withdraw", member=MANAGER)
    await office.ask("PATCH", f"/services/{first}", {"fees": "£9"}, member=MANAGER, version=1)

    since = {"modified_after": shown[third]}
    changed = await walk(office, "/services", since, 1)
    places = await walk(office, "/service_at_locations", since, 1)

    assert [(one["id"], one["status"]) for one in changed] == [
        (first, "active"),
        (second, "defunct"),
    ]
    assert {one["service_id"] for one in places} == {first}
    # Whoever looks for somewhere to go is not told of what is gone.
    searched = await walk(office, "/services", {**since, "search": "group"}, 1)
    assert [one["id"] for one in searched] == [first]


async def test_an_organisation_shows_its_own_listings(office: Office) -> None:
    await _enter(office, range(6))
    organizations = await walk(office, "/organizations", {}, 100)
    least = next(one for one in organizations if one["name"] == "Least")

    own = await walk(office, "/services", {"organization_id": least["id"]}, 1)
    whole = await office.found(f"/organizations/{least['id']}", member=None)
    found = await walk(office, "/organizations", {"search": "walkers", "full_service": "true"}, 1)

    assert [one["name"] for one in own] == ["Group 0001", "Group 0004"]
    assert [one["name"] for one in whole["services"]] == ["Group 0001", "Group 0004"]
    assert [one["services"][0]["name"] for one in found] == ["Group 0000", "Group 0003"]
    assert found[0]["organization_identifiers"][0]["identifier"] == "0"
    # A draft's organisation is nobody's business yet.
    await office.made(
        "/services",
        a_listing(organization={"name": "Hushed", "description": "-"}, publish=False),
        member=MANAGER,
    )
    assert len(await walk(office, "/organizations", {}, 100)) == len(organizations)


async def test_places_are_found_near_a_postcode_that_was_loaded(office: Office) -> None:
    loaded = [
        {
            "kind": "postcode",
            "text": text,
            "latitude": latitude,
            "longitude": -2.2,
            "neighbourhood_code": "N1",
        }
        for text, latitude in (("ZZ1 1AA", 53.5), ("ZZ1 1AB", 53.54), ("ZZ1 1AC", 54.5))
    ]
    await office.ask("PUT", "/places/batch", {"items": loaded})
    address = {"address_1": "1 Street", "city": "Wayford", "state_province": "Wayfordshire"}
    for name, location in (
        ("By its point", {"latitude": 53.51, "longitude": -2.2}),
        ("By its postcode", {"addresses": [{**address, "postal_code": "zz1 1ab"}]}),
        ("Far", {"addresses": [{**address, "postal_code": "ZZ1 1AC"}]}),
        ("Nowhere", {"addresses": [{**address, "postal_code": "ZZ9 9ZZ"}]}),
    ):
        await office.made("/services", a_listing(name=name, locations=[location]), member=MANAGER)

    async def near(**params: Any) -> list[str]:
        found = await walk(office, "/service_at_locations", {"postcode": "ZZ11AA", **params}, 1)
        return [one["service"]["name"] for one in found]

    assert await near(proximity=1_000) == []
    assert await near(proximity=1_500) == ["By its point"]
    assert await near() == ["By its point", "By its postcode"]
    assert await near(proximity=4_400) == ["By its point"]
    assert await near(proximity=120_000) == ["By its point", "By its postcode", "Far"]
    assert await near(proximity=120_000, search="postcode") == ["By its postcode"]
    for params, pointer in (
        ({"postcode": "ZZ9 9ZZ"}, "/postcode"),
        ({"proximity": 100}, "/proximity"),
        ({"postcode": "ZZ1 1AA", "proximity": 0}, "/proximity"),
        ({"postcode": "ZZ1 1AA", "proximity": "far"}, "/proximity"),
    ):
        refused = await office.get("/service_at_locations", member=None, params=params)
        assert refused.status_code == 422, params
        assert refused.json()["errors"][0]["pointer"] == pointer
        assert refused.headers["Access-Control-Allow-Origin"] == "*"


async def test_places_of_a_postcode_are_those_for_its_area_and_near_where_no_area_is_said(
    office: Office,
) -> None:
    loaded = [
        {"kind": "postcode", "text": text, "latitude": latitude, "longitude": -2.2,
         "neighbourhood_code": "N1"}
        for text, latitude in (("ZZ1 1AA", 53.5), ("ZZ2 1AB", 54.5))
    ]  # fmt: skip
    await office.ask("PUT", "/places/batch", {"items": loaded})
    near, far = {"latitude": 53.51, "longitude": -2.2}, {"latitude": 54.5, "longitude": -2.2}
    for name, location, areas in (
        ("Says no area", near, []),
        ("For others", near, [{"name": "ZZ2"}]),
        ("For them, far", far, [{"name": "ZZ1 1, ZZ3"}]),
        ("For them, near", near, [{"name": "England"}]),
        ("Cannot be told", near, [{"name": "The old parish"}]),
        ("Cannot be told, far", far, [{"name": "The old parish"}]),
    ):
        listing = a_listing(name=name, locations=[location], service_areas=areas)
        await office.made("/services", listing, member=MANAGER)

    async def found(**params: Any) -> list[str]:
        walked = await walk(office, "/service_at_locations", {"postcode": "ZZ1 1AA", **params}, 2)
        return [one["service"]["name"] for one in walked]

    assert await found() == ["Says no area", "For them, far", "For them, near", "Cannot be told"]
    assert await found(proximity=5_000) == ["Says no area", "For them, near", "Cannot be told"]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_fifty_thousand_listings_are_walked_without_repeating_or_counting_them_again(
    office: Office,
) -> None:
    (first,) = await _enter(office, range(1))
    await office.owner.execute(
        """
        insert into open_listing
            (id, region_code, organization_id, number, needs, document, summary, published_at,
             modified_at)
        select made.id, region_code, organization_id, n, needs,
               document || jsonb_build_object('id', made.id),
               summary || jsonb_build_object('id', made.id), published_at, modified_at
        from generate_series(2, $1::int) as n,
             lateral (select gen_random_uuid() as id where n > 0) as made,
             open_listing as o
        where o.id = $2
        """,
        MANY,
        first,
        timeout=300,
    )
    await office.owner.execute(
        "update listing_order set listed = $1, last_number = $1 where kind = 'listing'", MANY
    )
    await office.owner.execute("vacuum analyze open_listing", timeout=300)

    for per_page in (100, 20):
        deep = -(-MANY // per_page)
        for number in (1, 2, deep // 2, deep - 1, deep):
            asked = {"page": number, "per_page": per_page}
            page = await office.found("/services", member=None, params=asked)
            for one in check_page(page, number=number, per_page=per_page):
                validator("compiled/service_list.json").validate(one)
    found = await walk(office, "/services", {}, 100)
    assert len({one["id"] for one in found}) == len(found) == MANY

    asked = (100, MANY - 100, False)
    plan = await office.owner.fetch(
        f"explain {Queries('services.directory')['page_of_listings']}", *asked
    )
    said = "\n".join(row[0] for row in plan)
    assert "Index Only Scan using open_listing_in_order" in said, said
    assert "Seq Scan on open_listing" not in said, said
