"""The synthetic listings are many, valid, made up, each its own, and the same on every machine."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from contracts import needs
from demo import wording
from demo.everywhere import KINDS
from demo.geography import LETTERS, distance_km, neighbourhood_of, neighbourhoods, places
from demo.listing_form import slug
from demo.listings import listings
from demo.loops import WITHOUT_LISTINGS
from demo.region import networks
from services.directory.api.listings import ListingItem

DRAMA = re.compile(
    r"01632 960\d{3}|07700 900\d{3}|03069 990\d{3}|0808 157 0\d{3}"  # kept by Ofcom
)


def _descriptions(pcn_code: str) -> list[str]:
    return [one.body["description"] for one in listings() if one.pcn_code == pcn_code]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def test_there_are_enough_of_them_by_enough_groups_for_enough_needs() -> None:
    assert len(listings()) >= 2_000
    assert len({one.body["organization"]["name"] for one in listings()}) >= 300
    terms = Counter(term for one in listings() for term in one.need_terms)
    assert set(terms) == {term.code for term in needs.FINER}
    assert len(terms) >= 30
    assert min(terms.values()) >= 10


def test_every_listing_is_valid_by_the_directorys_own_form() -> None:
    for one in listings():
        ListingItem.model_validate(one.item)


def test_every_group_says_that_it_is_synthetic() -> None:
    for one in listings():
        assert one.body["organization"]["name"].endswith(" (synthetic)")


def test_a_group_says_the_same_of_itself_wherever_it_is_named() -> None:
    told: dict[str, Any] = {}
    for one in listings():
        group = one.body["organization"]
        assert told.setdefault(group["name"].lower(), group) == group


def test_no_group_has_two_listings_of_one_name_and_no_two_have_one_key() -> None:
    named = [
        (one.body["organization"]["name"].lower(), one.body["name"].lower()) for one in listings()
    ]

    assert len(set(named)) == len(named)
    assert len({one.item["key"] for one in listings()}) == len(listings())


def test_no_two_listings_of_a_town_open_alike() -> None:
    for network in networks("region"):
        openings = [text[:40] for text in _descriptions(network.code)]
        assert [text for text, count in Counter(openings).items() if count > 1] == []


def test_no_two_groups_of_the_region_write_the_same_beyond_a_sentence() -> None:
    kept = {kind.about for kind in KINDS}
    texts = Counter(one.body["description"] for one in listings())
    long = [text for text, count in texts.items() if count > 1 and text.count(". ") >= 2]

    assert set(long) - kept == set()


def test_descriptions_differ_in_length_and_tone() -> None:
    lengths = sorted(len(one.body["description"]) for one in listings())

    assert lengths[len(lengths) // 10] < 130
    assert lengths[len(lengths) * 9 // 10] > 380
    assert any("\n\n" in one.body["description"] for one in listings())


def test_every_address_number_and_code_is_made_up() -> None:
    for one in listings():
        for text in _texts(one.body):
            for host in re.findall(r"(?:@|://)([^/\s]+)", text):
                assert host.endswith(".example.org")
        for contact in one.body.get("contacts", []):
            assert all(DRAMA.fullmatch(phone["number"]) for phone in contact["phones"])
        for phone in one.body.get("phones", []):
            assert DRAMA.fullmatch(phone["number"])


def test_a_venue_lies_where_its_postcode_does() -> None:
    at = {place.name: (place.latitude, place.longitude) for place in places("region")}
    seen = 0
    for one in listings():
        for where in one.body.get("locations", ()):
            if where["location_type"] == "virtual":
                continue
            seen += 1
            (address,) = where["addresses"]
            postcode = address["postal_code"]
            assert distance_km(at[postcode], (where["latitude"], where["longitude"])) < 0.1
            assert neighbourhoods()[neighbourhood_of(postcode)].pcn_code == one.pcn_code
    assert seen > 1_500


@pytest.mark.parametrize(
    ("what", "at_least"),
    [
        ("closed in August", 60),
        ("waiting list", 60),
        ("women only", 15),
        ("online", 30),
        ("several venues", 100),
        ("not for wheelchairs", 100),
        ("monthly", 80),
        ("every other week", 50),
        ("evening", 150),
        ("weekend", 50),
        ("an age limit", 500),
        ("another language", 150),
        ("Welsh", 3),
        ("Polish letters", 20),
        ("an apostrophe", 50),
        ("a long name", 3),
        ("no e-mail", 50),
        ("nobody's name", 300),
        ("temporarily closed", 10),
    ],
)  # fmt: skip
def test_what_is_awkward_and_believable_is_there(what: str, at_least: int) -> None:
    assert sum(_holds(one.body, what) for one in listings()) >= at_least


def _holds(body: dict[str, Any], what: str) -> bool:  # noqa: C901, PLR0911, PLR0912 - a list of questions
    group, schedules = body["organization"]["name"], body["schedules"]
    physical = [one for one in body.get("locations", []) if one["location_type"] == "physical"]
    match what:
        case "closed in August":
            return any("August" in one.get("notes", "") for one in schedules)
        case "waiting list":
            return "aiting list" in body.get("alert", "")
        case "women only":
            return any(one["term"] == "women-only" for one in body.get("attributes", []))
        case "online":
            return any(one.get("attending_type") == "online" for one in schedules)
        case "several venues":
            return len(physical) > 1
        case "not for wheelchairs":
            return any(
                one["accessibility"][0]["description"].startswith("Steps") for one in physical
            )
        case "monthly":
            return any(one["freq"] == "MONTHLY" for one in schedules)
        case "every other week":
            return any(one.get("interval") == 2 for one in schedules)
        case "evening":
            return any(one["opens_at"] >= "17:00" for one in schedules)
        case "weekend":
            return any("SA" in one["byday"] or "SU" in one["byday"] for one in schedules)
        case "an age limit":
            return "minimum_age" in body
        case "another language":
            return len(body["languages"]) > 1
        case "Welsh":
            return any(one["code"] == "cy" for one in body["languages"])
        case "Polish letters":
            return re.search(r"[ąćęłńśźżŁŚŻ]", json.dumps(body, ensure_ascii=False)) is not None
        case "an apostrophe":
            return "'" in group
        case "a long name":
            return len(group) > 70
        case "no e-mail":
            return "email" not in body
        case "nobody's name":
            return not body.get("contacts")
        case "temporarily closed":
            return body.get("status") == "temporarily closed"
        case _:
            raise AssertionError(what)


def test_what_a_description_says_of_days_and_price_is_what_the_form_says() -> None:
    checked = 0
    for one in listings():
        text = one.body["description"]
        for day in (
            "Mondays",
            "every Tuesday",
            "every Wednesday",
            "every Thursday",
            "every Saturday",
        ):
            if f"{day} at " in text or f"{day}, " in text:
                code = day.split()[-1][:2].upper()
                assert any(code in when["byday"] for when in one.body["schedules"]), text
                checked += 1
        for price in re.findall(r"£([0-9.]*[0-9]) (?:a session|each time|per session)", text):
            assert float(price) in [option["amount"] for option in one.body["cost_options"]], text
            checked += 1
    assert checked > 200


def test_the_groups_every_network_has_are_still_called_what_they_were() -> None:
    named = {(one.body["organization"]["name"], one.body["name"]) for one in listings()}

    for network in networks("region"):
        town = network.name.split(" PCN", 1)[0]
        for kind in KINDS:
            assert (f"{town} {kind.group} (synthetic)", f"{kind.name}, {town}") in named


def test_stories_send_people_to_few_groups_for_each_need_but_the_one_without() -> None:
    for network in networks("region"):
        sent = [one for one in listings() if one.pcn_code == network.code and one.story_needs]
        assert len(sent) == len(KINDS) == 14
        answered = {need for one in sent for need in one.story_needs}
        assert answered == {term.code for term in needs.BROAD} - {WITHOUT_LISTINGS}


def test_the_groups_of_the_stories_answer_the_needs_of_their_finer_terms() -> None:
    for kind in KINDS:
        assert {needs.TERMS[term].need for term in kind.need_terms} <= set(kind.needs)


def test_every_network_of_the_small_region_has_something_for_each_broad_need() -> None:
    for network in networks("small"):
        terms = {t for one in listings() if one.pcn_code == network.code for t in one.need_terms}
        broad = {needs.TERMS[term].need for term in terms}
        assert broad == {term.code for term in needs.BROAD}


def test_words_are_there_for_every_need_of_the_catalogue() -> None:
    assert set(wording.words()) == {term.code for term in needs.FINER}
    for words in wording.words().values():
        assert len(words.says) >= 3
        assert not words.each_its_own or len(words.groups) == len(words.says)


def test_the_same_bytes_come_of_it_in_another_process() -> None:
    script = (
        "import hashlib, json; from demo.listings import listings; from demo.geography import places;"
        "told = [[one.item for one in listings()], [str(one) for one in places('region')]];"
        "print(hashlib.sha256(json.dumps(told).encode()).hexdigest())"
    )
    told = [[one.item for one in listings()], [str(one) for one in places("region")]]
    here = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    other = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )

    assert other.stdout.strip() == here


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Tŷ Golau Ashbeck", "ty-golau-ashbeck"),
        ("Tłumacz – Bridge Interpreters", "tlumacz-bridge-interpreters"),
        ("St Oswin's Café & Co", "st-oswins-cafe-and-co"),
    ],
)
def test_a_name_becomes_part_of_an_address(name: str, said: str) -> None:
    assert slug(name) == said


def test_letters_of_postcodes_are_those_of_the_lookup() -> None:
    assert LETTERS == "ABDEFGH"
