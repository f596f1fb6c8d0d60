"""Terms of other taxonomies are found where listings bear them, and by them the listings."""

from typing import Any
from uuid import UUID

import pytest

from chassis.sql import Queries
from contracts.needs import TERMS
from services.directory.domain.open_terms import UNNAMED, foreign_term, open_terms
from services.directory.domain.taxonomy import TAXONOMY_ID, term_id
from services.directory.use_cases.search_index import reindex
from tests.directory.oruk import validator, walk
from tests.directory.trial import MANAGER, Office, a_listing

OUTDOORS = {
    "name": "Outdoors",
    "description": "Under the sky.",
    "term": "out",
    "term_id": "0198c0de-0000-7000-8000-000000000002",
    "taxonomy_id": "0198c0de-0000-7000-8000-000000000009",
}
GARDENS = {
    "name": "Gardens",
    "description": "Digging.",
    "taxonomy": "County A to Z",
    "term": "az-g",
    "term_id": "0198c0de-0000-7000-8000-000000000001",
    "taxonomy_id": "0198c0de-0000-7000-8000-000000000009",
    "parent_id": OUTDOORS["term_id"],
}
QUIET = {"name": "Quiet", "description": "No music.", "taxonomy": "Places", "term": "q"}
LOOSE = {"name": "Loose", "description": "Of no taxonomy.", "term": "l"}


def test_a_term_is_the_same_wherever_a_listing_bears_it() -> None:
    content = {
        "name": "A group",
        "attributes": [{**GARDENS, "link_type": "service"}, QUIET],
        "locations": [{"addresses": [{"attributes": [QUIET]}], "attributes": [GARDENS]}],
    }

    terms = open_terms(content, ours=())

    assert [term.document["name"] for term in terms] == ["Gardens", "Quiet"]
    assert terms[0].document == foreign_term(GARDENS)
    assert "taxonomy_id" not in foreign_term(QUIET)
    assert UUID(terms[1].document["taxonomy_id"])
    assert open_terms(content, ours={str(GARDENS["term_id"])}) == terms[1:]


def test_a_term_told_in_another_way_has_another_wording() -> None:
    otherwise = {**GARDENS, "description": "Planting."}

    told = [open_terms({"attributes": [one]}, ours=())[0] for one in (GARDENS, otherwise)]

    assert told[0].document["id"] == told[1].document["id"]
    assert told[0].wording != told[1].wording


def test_a_term_of_no_taxonomy_has_none() -> None:
    assert "taxonomy_id" not in open_terms({"attributes": [LOOSE]}, ours=())[0].document


async def _entered(office: Office, name: str, *terms: dict[str, Any], **more: Any) -> Any:
    return await office.made(
        "/services", a_listing(name=name, attributes=list(terms), **more), member=MANAGER
    )


async def _names(office: Office, path: str, **params: Any) -> list[str]:
    page = await office.found(path, member=None, params={"per_page": 100, **params})
    assert page["total_items"] == len(page["contents"])
    return [one["name"] for one in page["contents"]]


async def _id_of(office: Office, name: str) -> str:
    page = await office.found("/taxonomy_terms", member=None, params={"search": name})
    return next(one["id"] for one in page["contents"] if one["name"] == name)


@pytest.mark.postgres
async def test_a_term_that_a_listing_shows_is_found_and_finds_the_listing(office: Office) -> None:
    hall = {"name": "Hall", "attributes": [QUIET]}
    entered = await _entered(office, "Allotment", GARDENS, LOOSE, locations=[hall])
    await _entered(office, "Walk", OUTDOORS)
    shown = await office.found(f"/services/{entered['id']}", member=None)
    borne = [
        *(one["taxonomy_term_id"] for one in shown["attributes"]),
        shown["service_at_locations"][0]["location"]["attributes"][0]["taxonomy_term_id"],
    ]

    foreign = [one for one in borne if one not in {str(term_id(code)) for code in TERMS}]

    assert len(foreign) == 3
    for one in foreign:
        term = await office.found(f"/taxonomy_terms/{one}", member=None)
        validator("taxonomy_term.json").validate(term)
        assert term["id"] == one
        for path in ("/services", "/service_at_locations"):
            found = await office.found(path, member=None, params={"taxonomy_term_id": one})
            ids = [place.get("service_id", place["id"]) for place in found["contents"]]
            assert ids == [entered["id"]], (path, term)


@pytest.mark.postgres
async def test_foreign_terms_and_taxonomies_are_listed_after_ours(office: Office) -> None:
    await _entered(office, "Allotment", GARDENS, LOOSE)
    await _entered(office, "Walk", OUTDOORS, QUIET)
    county = GARDENS["taxonomy_id"]

    for per_page in (1, 7, 100):
        terms = await walk(office, "/taxonomy_terms", {}, per_page)
        others = [one["id"] for one in terms[len(TERMS) :]]
        assert [one["term"] for one in terms[: len(TERMS)]] == list(TERMS)
        assert others == sorted(others, key=UUID)
        assert len(others) == 4
    taxonomies = await walk(office, "/taxonomies", {}, 1)
    assert taxonomies[0]["id"] == str(TAXONOMY_ID)
    assert {one["name"] for one in taxonomies[1:]} == {"County A to Z", "Places"}
    for one in taxonomies:
        whole = await office.found(f"/taxonomies/{one['id']}", member=None)
        validator("taxonomy.json").validate(whole)
        of_it = await walk(office, "/taxonomy_terms", {"taxonomy_id": one["id"]}, 20)
        assert whole["taxonomy_terms"] == of_it
    asked = [
        ({"taxonomy_id": county}, ["Gardens", "Outdoors"]),
        ({"parent_id": OUTDOORS["term_id"]}, ["Gardens"]),
        ({"taxonomy_id": county, "top_only": True}, ["Outdoors"]),
        ({"search": "DIGGING az-g"}, ["Gardens"]),
    ]
    for params, expected in asked:
        assert await _names(office, "/taxonomy_terms", **params) == expected, params
    assert await _names(office, "/taxonomies", search="county") == ["County A to Z"]


@pytest.mark.postgres
async def test_a_taxonomy_finds_the_listings_that_bear_a_term_of_it(office: Office) -> None:
    await _entered(office, "Allotment", GARDENS, needs=["isolation"])
    await _entered(office, "Walk", OUTDOORS, GARDENS)
    await _entered(office, "Library", QUIET)
    county, gardens = GARDENS["taxonomy_id"], GARDENS["term_id"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"taxonomy_id": county}, ["Allotment", "Walk"]),
        ({"taxonomy_id": county, "taxonomy_term_id": gardens}, ["Allotment", "Walk"]),
        ({"taxonomy_id": county, "search": "walk"}, ["Walk"]),
        ({"taxonomy_id": str(TAXONOMY_ID), "taxonomy_term_id": gardens}, []),
        ({"taxonomy_id": county, "taxonomy_term_id": str(term_id("isolation"))}, []),
        ({"taxonomy_id": str(TAXONOMY_ID)}, ["Allotment", "Walk", "Library"]),
        ({"taxonomy_id": str(UUID(int=1))}, []),
        ({"taxonomy_term_id": str(UUID(int=1))}, []),
    ]

    for params, expected in cases:
        assert await _names(office, "/services", **params) == expected, params


@pytest.mark.postgres
async def test_what_no_listing_bears_any_more_is_not_found(office: Office) -> None:
    entered = await _entered(office, "Allotment", GARDENS, QUIET)
    quiet, gardens = await _id_of(office, "Quiet"), GARDENS["term_id"]

    change = {"attributes": [GARDENS]}
    await office.ask("PATCH", f"/services/{entered['id']}", change, member=MANAGER, version=1)
    left = await office.get(f"/taxonomy_terms/{quiet}", member=None)
    assert left.status_code == 404
    assert await _names(office, "/services", taxonomy_term_id=quiet) == []
    assert await _names(office, "/services", taxonomy_term_id=gardens) == ["Allotment"]

    hidden = await office.post(
        f"/services/{entered['id']}/hide", {"reason": "other"}, member=MANAGER
    )
    assert hidden.status_code < 300, hidden.text
    for path in (f"/taxonomy_terms/{gardens}", f"/taxonomies/{GARDENS['taxonomy_id']}"):
        assert (await office.get(path, member=None)).status_code == 404
    assert await _names(office, "/services", taxonomy_term_id=gardens) == []
    assert len(await walk(office, "/taxonomy_terms", {}, 100)) == len(TERMS)
    assert len(await walk(office, "/taxonomies", {}, 100)) == 1


@pytest.mark.postgres
async def test_a_term_told_in_two_ways_is_listed_once(office: Office) -> None:
    await _entered(office, "Allotment", GARDENS)
    await _entered(office, "Orchard", {**GARDENS, "name": "Garden plots"})
    term = await office.found(f"/taxonomy_terms/{GARDENS['term_id']}", member=None)

    assert (await walk(office, "/taxonomy_terms", {}, 100))[len(TERMS) :] == [term]
    by_it = await _names(office, "/services", taxonomy_term_id=GARDENS["term_id"])
    assert by_it == ["Allotment", "Orchard"]


@pytest.mark.postgres
async def test_a_taxonomy_without_a_name_is_shown_by_its_id(office: Office) -> None:
    await _entered(office, "Walk", OUTDOORS)

    taxonomy = await office.found(f"/taxonomies/{OUTDOORS['taxonomy_id']}", member=None)

    assert taxonomy["name"] == UNNAMED
    validator("taxonomy.json").validate(taxonomy)


@pytest.mark.postgres
async def test_listings_of_before_get_their_terms_when_they_are_derived_again(
    office: Office,
) -> None:
    await _entered(office, "Allotment", GARDENS)
    await office.owner.execute("delete from open_listing_term")
    await office.owner.execute("delete from open_term")
    await office.owner.execute("update listing_search set index_version = 2")
    path = f"/taxonomy_terms/{GARDENS['term_id']}"
    assert (await office.get(path, member=None)).status_code == 404

    assert await reindex(office.worker) == 1

    assert (await office.found(path, member=None))["name"] == "Gardens"
    found = await _names(office, "/services", taxonomy_term_id=GARDENS["term_id"])
    assert found == ["Allotment"]


@pytest.mark.postgres
async def test_one_listing_of_many_is_found_by_its_term_through_an_index(office: Office) -> None:
    await office.owner.execute(
        """
        set session_replication_role = replica; -- what hangs on nothing is enough to be looked for
        insert into open_term (wording, id, document)
        select gen_random_uuid(), gen_random_uuid(), '{}' from generate_series(1, 2000);
        insert into open_listing_term (wording, listing_id)
        select wording, gen_random_uuid() from open_term, generate_series(1, 10);
        set session_replication_role = default
        """
    )
    await _entered(office, "Allotment", GARDENS)
    await office.owner.execute("analyze open_term, open_listing_term")

    asked = (*(None,) * 9, False, 20, 0, False, UUID(GARDENS["term_id"]), None)
    plan = await office.owner.fetch(
        f"explain {Queries('services.directory')['search_open_listings']}", *asked
    )

    said = "\n".join(row[0] for row in plan)
    assert "open_term_by_id" in said, said
    assert "open_listing_term_pk" in said, said
    assert "Seq Scan on open_term" not in said, said
    assert "Seq Scan on open_listing_term" not in said, said
