"""Terms of other taxonomies become needs by stated rules; the rest is kept and speaks of nothing."""

import json
from typing import Any

import pytest

from contracts.needs import TERMS
from services.directory.domain.foreign_terms import needs_by_category, needs_of, read_term
from services.directory.domain.taxonomy import TAXONOMY_ID, term_id
from services.directory.use_cases.foreign_terms import rules_with
from tests.directory.feed_server import (
    Reply,
    Request,
    as_json,
    good_feed,
    page_of,
    running_feed,
    service,
)
from tests.directory.feeds_office import a_worker, counts, registered, run_feed
from tests.directory.trial import FOREIGN_REGISTRAR, MANAGER, Office, fill_foreign_region

RULES = rules_with({})
SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"


def an_attribute(name: str, term: str | None = None, **more: Any) -> dict[str, Any]:
    """A term as a feed sends it; ``more`` goes into the term."""
    link = {"link_type": more.pop("link_type")} if "link_type" in more else {}
    said = {"name": name, "description": name, "taxonomy": "County A to Z", **more}
    return {"taxonomy_term": {**said, **({"term": term} if term else {})}, **link}


NAMES = {
    "Befriending": ("befriending",),
    "Debt advice": ("debt",),
    "Benefits advice and information": ("benefits",),
    "Mental health services": ("low-mood-and-worry",),
    "Gardening for veterans": ("nature-and-gardening", "veterans"),
    "Exercise classes": ("exercise",),
    "Carer support groups": ("carers-groups",),
    "MONEY": ("money",),
    # Half of what these say is spoken for, and that is not enough.
    "Garden waste collection": (),
    "Music lessons": (),
    "Suicide prevention": (),
    # They say nothing of a need, or of too many.
    "Support groups": (),
    "Advice and information": (),
    "Older people": (),
    "Children": (),
    "Online": (),
    "Other": (),
    "Debt, food, housing and work": (),
    "": (),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_where_every_word_of_it_is_spoken_for(name: str) -> None:
    read = read_term({"taxonomy": "A", "term": "1", "name": name}, RULES)

    assert (read.needs, read.by) == (NAMES[name], "words" if NAMES[name] else "nothing")
    assert set(read.needs) <= TERMS.keys()


def test_a_name_with_more_words_than_are_read_is_not_sure() -> None:
    assert (
        read_term({"name": "debt " + " ".join(f"advice{n}" for n in range(40))}, RULES).needs == ()
    )


@pytest.mark.parametrize(
    ("attribute", "need"),
    [
        ({"term_uri": "http://snomed.info/id/267076002"}, "loneliness"),
        ({"term_uri": "http://snomed.info/sct/73438004"}, "job-seeking"),
        ({"taxonomy": "SNOMED CT", "term": "32911000"}, "homelessness"),
        ({"taxonomy": "http://snomed.info/sct", "term": "713458007"}, "transport"),
        ({"taxonomy": SDOH, "term": "food-insecurity"}, "food"),
        ({"term_uri": f"{SDOH}#financial-insecurity"}, "money"),
        ({"term_uri": f"{SDOH}/social-connection", "link_type": "eligibility"}, "isolation"),
    ],
)
def test_a_code_that_the_catalogue_names_is_its_need(attribute: dict[str, Any], need: str) -> None:
    assert read_term({"name": "Anything", **attribute}, RULES) == ((need,), "code")


@pytest.mark.parametrize(
    "attribute",
    [
        {"taxonomy": "SNOMED CT", "term": "267076003"},
        {"taxonomy": "County A to Z", "term": "267076002"},
        {"term_uri": "http://snomed.info/id/267076002/more"},
        {"taxonomy": SDOH, "term": "elder-abuse"},
        {"taxonomy": SDOH, "term": "language-access"},
    ],
)
def test_a_code_that_stands_for_no_one_need_is_none(attribute: dict[str, Any]) -> None:
    assert read_term({"name": "Anything", **attribute}, RULES).by == "nothing"


def test_a_category_is_the_need_that_all_its_needs_have_in_common() -> None:
    assert needs_by_category(
        {
            "money": ("financial", "money"),
            "debt": ("financial", "money"),
            "stress": ("stress", "mental-wellbeing"),
            "english-classes": ("language", "work"),
            "interpreting": ("language", "practical-help"),
            "sleep": (None, "long-term-condition"),
        }
    ) == {"financial": "money", "stress": "stress"}


def test_whom_something_is_for_is_not_what_it_does() -> None:
    assert read_term({"name": "Veterans", "link_type": "eligibility"}, RULES).by == "nothing"
    assert read_term({"name": "Veterans", "link_type": "service"}, RULES).needs == ("veterans",)


def test_what_a_registrar_set_goes_before_every_rule() -> None:
    rules = rules_with({("A", "1"): ("debt",), ("", "Befriending"): ()}, 3)

    by_hand = read_term(
        {"taxonomy": "A", "term": "1", "name": "Food", "link_type": "eligibility"}, rules
    )
    nothing = read_term({"name": "Befriending"}, rules)

    assert by_hand == (("debt",), "hand")
    assert nothing == ((), "hand")
    assert rules.version != RULES.version


def test_where_needs_of_ours_are_named_only_a_registrar_adds_to_them() -> None:
    others = [
        {"taxonomy": "A", "term": "1", "name": "Befriending"},
        {"taxonomy": "A", "term": "2", "name": "Bins"},
    ]
    rules = rules_with({("A", "2"): ("food",)})

    assert needs_of(["other"], others, RULES) == ["other"]
    assert needs_of(["loneliness"], others, rules) == ["loneliness", "food"]
    assert needs_of([], others, rules) == ["befriending", "food"]


def test_of_very_many_finer_needs_the_first_are_kept() -> None:
    codes = [code for code, term in TERMS.items() if term.parent is not None]
    others = [{"taxonomy": "A", "term": code, "name": "-"} for code in codes]

    found = needs_of([], others, rules_with({("A", code): (code,) for code in codes}))

    assert found == codes[:20]


async def _needs(office: Office) -> dict[str, tuple[list[str], list[str]]]:
    return {row["name"]: (row["needs"], row["need_terms"]) for row in await office.rows("listing")}


@pytest.mark.postgres
async def test_a_feeds_terms_become_needs_and_are_kept_and_shown_as_they_came(
    office: Office,
) -> None:
    ours = {"taxonomy_id": str(TAXONOMY_ID), "term": "debt", "name": "Debt", "description": "-"}
    by_name = {"taxonomy": "Waymark needs", "code": "isolation", "name": "x", "description": "x"}
    in_hsds = {
        "code": "AZ-9", "name": "Befriending", "description": "Visits.",
        "taxonomy_detail": {"id": str(term_id("debt")), "name": "County A to Z"},
        "parent_id": "not a uuid", "id": "0198C0DE-0000-7000-8000-00000000000A",
    }  # fmt: skip
    services = [
        service(1, attributes=[{"taxonomy_term": ours}, {"taxonomy_term": by_name}]),
        service(2, attributes=[{"taxonomy_term": in_hsds, "link_type": "service"}]),
        service(3, attributes=[an_attribute("Waste", "W-1"), {"taxonomy_term_id": "only an id"}]),
        service(4),
    ]
    async with running_feed(good_feed(services)) as feed:
        run = await run_feed(office, await registered(office, feed.url))

    assert counts(run) == ("done", 4, 0, 0, 0)
    assert await _needs(office) == {
        "Walking group 1": (["isolation", "money"], ["debt"]),
        "Walking group 2": (["isolation"], ["befriending"]),
        "Walking group 3": (["other"], []),
        "Walking group 4": (["other"], []),
    }
    page = await office.found("/services", member=None, params={"full": "true"})
    shown = {one["name"]: one for one in page["contents"]}
    kept = shown["Walking group 2"]["attributes"][-1]
    assert (kept["link_type"], kept["taxonomy_term_id"]) == (
        "service", "0198c0de-0000-7000-8000-00000000000a",
    )  # fmt: skip
    assert kept["taxonomy_term"] == {
        "id": "0198c0de-0000-7000-8000-00000000000a", "term": "AZ-9", "name": "Befriending",
        "description": "Visits.", "taxonomy": "County A to Z", "taxonomy_id": str(term_id("debt")),
    }  # fmt: skip
    assert shown["Walking group 3"]["attributes"][-1]["taxonomy_term"]["term"] == "W-1"
    assert shown["Walking group 2"]["field_sources"]["attributes"]["feed"] == "County"
    assert shown["Walking group 2"]["field_sources"]["need_terms"]["feed"] == "County"


@pytest.mark.postgres
async def test_a_registrar_sees_what_terms_are_read_as_and_sets_them_for_the_next_run(
    office: Office,
) -> None:
    services = [
        service(1, attributes=[an_attribute("Bins", "B-1"), an_attribute("Befriending", "V-1")]),
        service(2, attributes=[an_attribute("Bins", "B-1", link_type="service")]),
        service(3, attributes=[an_attribute("Veterans", link_type="eligibility", taxonomy=None)]),
    ]
    asked: list[dict[str, str]] = []

    def answer(request: Request) -> Reply:
        """A feed that can be asked for what changed alone: nothing has."""
        asked.append(request.parameters)
        since = "modified_after" in request.parameters
        return as_json(page_of([] if since else services, request.page, 100))

    async with running_feed(answer) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        terms = await office.found(f"/feeds/{feed_id}/terms")
        first = await office.get(f"/feeds/{feed_id}/term-mapping")
        body = {
            "items": [
                {"taxonomy": "County A to Z", "term": "B-1", "needs": ["neighbours", "housing"]},
                {"taxonomy": "County A to Z", "term": "V-1", "needs": []},
                {"term": "Veterans", "needs": ["veterans"]},
            ]
        }
        path = f"/feeds/{feed_id}/term-mapping"
        put = await office.ask("PUT", path, body, version=0)
        again = await office.ask("PUT", path, body, version=1)
        outdated = await office.ask("PUT", path, {"items": []}, version=0)
        before = await _needs(office)
        run = await run_feed(office, feed_id)
        same = await run_feed(office, feed_id)

    assert [
        (one["term"], one["name"], one["link_type"], one["listings"], one["needs"], one["read_by"])
        for one in terms["items"]
    ] == [
        ("B-1", "Bins", "service", 2, [], "nothing"),
        (None, "Veterans", "eligibility", 1, [], "nothing"),
        ("V-1", "Befriending", "service", 1, ["befriending"], "words"),
    ]
    assert (first.headers["etag"], first.json()["items"]) == ('"0"', [])
    assert (put.status_code, put.headers["etag"], put.json()["version"]) == (200, '"1"', 1)
    assert (again.status_code, again.headers["etag"]) == (200, '"1"')
    assert (outdated.status_code, outdated.json()["type"]) == (412, "/problems/version-outdated")
    assert before["Walking group 1"] == (["isolation"], ["befriending"])
    # Nothing changed at the feed, and all of it is read again by what was set.
    assert ["modified_after" in one for one in asked] == [False, False, True]
    assert counts(run) == ("done", 0, 3, 0, 0)
    assert counts(same) == ("done", 0, 0, 0, 0)
    assert await _needs(office) == {
        "Walking group 1": (["housing"], ["neighbours"]),
        "Walking group 2": (["housing"], ["neighbours"]),
        "Walking group 3": (["other"], ["veterans"]),
    }
    mapped = (await office.found(f"/feeds/{feed_id}/terms"))["items"]
    assert [one["read_by"] for one in mapped] == ["hand", "hand", "hand"]
    shown = await office.found(path)
    assert shown["items"] == [{"taxonomy": None, **one} for one in body["items"]]
    assert shown["member_key"]
    assert [row["version"] for row in await office.rows("feed_term_mapping")] == [1]


@pytest.mark.postgres
async def test_what_a_person_said_a_listing_answers_no_mapping_changes(office: Office) -> None:
    services = [service(1, attributes=[an_attribute("Befriending", "V-1")])]
    async with running_feed(good_feed(services)) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        (listing,) = await office.rows("listing")
        change = {"need_terms": ["lunch-clubs"]}
        path = f"/services/{listing['id']}"
        await office.ask("PATCH", path, change, member=MANAGER, version=1)
        body = {"items": [{"taxonomy": "County A to Z", "term": "V-1", "needs": ["debt"]}]}
        await office.ask("PUT", f"/feeds/{feed_id}/term-mapping", body, version=0)
        await run_feed(office, feed_id)

    assert await _needs(office) == {"Walking group 1": (["isolation"], ["lunch-clubs"])}
    assert "need_terms" in (await office.found(f"{path}/sources"))["conflicts"]


@pytest.mark.postgres
async def test_an_uploaded_file_is_read_by_what_was_set_for_its_feed(office: Office) -> None:
    feed_id = await registered(office, None)
    body = {"items": [{"taxonomy": "County A to Z", "term": "B-1", "needs": ["debt"]}]}
    text = json.dumps([service(1, attributes=[an_attribute("Bins", "B-1")])])
    upload = {"format": "json", "text": text}

    await office.post(f"/feeds/{feed_id}/uploads", upload)
    assert await a_worker(office).work_once()
    await office.ask("PUT", f"/feeds/{feed_id}/term-mapping", body, version=0)
    await office.post(f"/feeds/{feed_id}/uploads", upload)
    assert await a_worker(office).work_once()

    assert await _needs(office) == {"Walking group 1": (["money"], ["debt"])}


@pytest.mark.postgres
async def test_a_need_that_is_not_known_is_named_with_its_place(office: Office) -> None:
    feed_id = await registered(office, None)
    path = f"/feeds/{feed_id}/term-mapping"
    unknown = {
        "items": [{"term": "A", "needs": ["debt"]}, {"term": "B", "needs": ["debt", "luck"]}]
    }
    twice = {"items": [{"term": "A", "needs": []}, {"term": "A", "taxonomy": None, "needs": []}]}

    first = await office.ask("PUT", path, unknown, version=0)
    second = await office.ask("PUT", path, twice, version=0)
    without = await office.ask("PUT", path, {"items": []})

    assert first.status_code == 422
    assert first.json()["errors"] == [
        {
            "pointer": "/items/1/needs/1",
            "rule": "must be a need of the catalogue, as /taxonomy_terms lists them",
            "in": "body",
        }
    ]
    assert (second.status_code, second.json()["errors"][0]["rule"]) == (
        422, "must name each term once",
    )  # fmt: skip
    assert without.status_code == 428
    assert await office.rows("feed_term_mapping") == []


@pytest.mark.postgres
async def test_only_a_registrar_of_the_feeds_region_sees_and_sets_its_terms(office: Office) -> None:
    await fill_foreign_region(office)
    feed_id = await registered(office, None)
    path = f"/feeds/{feed_id}/term-mapping"

    for member, status in ((FOREIGN_REGISTRAR, 404), (MANAGER, 403)):
        assert (await office.get(path, member=member)).status_code == status
        assert (await office.get(f"/feeds/{feed_id}/terms", member=member)).status_code == status
        put = await office.ask("PUT", path, {"items": []}, member=member, version=0)
        assert put.status_code == status


@pytest.mark.postgres
async def test_terms_that_are_set_while_a_run_goes_on_hold_for_the_one_after_it(
    office: Office,
) -> None:
    """The run began by other rules, so what it read is read again."""
    services = [service(1, attributes=[an_attribute("Bins", "B-1")])]
    body = {"items": [{"taxonomy": "County A to Z", "term": "B-1", "needs": ["debt"]}]}

    async def answer(request: Request) -> Reply:
        if len(feed.asked) == 1:
            await office.ask("PUT", f"/feeds/{feed_id}/term-mapping", body, version=0)
        return as_json(page_of(services, request.page, 100))

    async with running_feed(answer) as feed:
        feed_id = await registered(office, feed.url)
        await run_feed(office, feed_id)
        first = await _needs(office)
        await run_feed(office, feed_id)

    assert "modified_after" not in feed.asked[1].parameters
    assert first == {"Walking group 1": (["other"], [])}
    assert await _needs(office) == {"Walking group 1": (["money"], ["debt"])}
