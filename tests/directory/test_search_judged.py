"""How well searches answer, measured over judged queries: a change that makes it worse fails here.

nDCG@10 asks whether the best come first, recall@20 whether anything good is missing.
"""

import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.directory import area_item, place_item
from demo.geography import Place, postcode_place, towns
from tests.directory.trial import MANAGER, Office

pytestmark = pytest.mark.postgres

JUDGED = Path(__file__).parent / "judged"
GRADES = {"exact": 3, "good": 2, "some": 1}
FILTERS = ("near", "within_metres", "day", "time", "age", "cost", "language", "attendance")
TOWNS = ("U99001", "U99002")

QUERIES_MIN = 60
LISTINGS_MIN = 130
NDCG_AT_10_MIN = 0.90
RECALL_AT_20_MIN = 0.94
NDCG_OF_ONE_MIN = 0.30


def queries() -> list[dict[str, Any]]:
    with (JUDGED / "queries.toml").open("rb") as opened:
        return tomllib.load(opened)["queries"]


def corpus() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (JUDGED / "corpus.jsonl").read_text().splitlines()]


def judged(query: dict[str, Any]) -> dict[str, int]:
    return {key: grade for name, grade in GRADES.items() for key in query.get(name, ())}


def ndcg(found: list[str], grades: dict[str, int], depth: int = 10) -> float:
    def gained(listed: list[int]) -> float:
        return sum(
            (2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(listed[:depth])
        )

    best = sorted(grades.values(), reverse=True)
    return gained([grades.get(key, 0) for key in found]) / gained(best)


def recall(found: list[str], grades: dict[str, int], depth: int = 20) -> float:
    """The share of exact and good answers among the first; some are no loss."""
    wanted = {key for key, grade in grades.items() if grade > 1}
    return len(wanted & set(found[:depth])) / len(wanted)


async def put(office: Office, path: str, items: list[dict[str, Any]]) -> None:
    answer = await office.ask("PUT", path, {"items": items})
    assert answer.status_code == 200, answer.text


async def fill(office: Office) -> dict[str, str]:
    """Enter the towns and the corpus; the key of each listing by its id."""
    homes = [town for town in towns("small") if town.pcn_code in TOWNS]
    around = [one for town in homes for one in town.neighbourhoods]
    named = [
        *(
            Place(one.name, one.latitude, one.longitude, one.neighbourhoods[0].code)
            for one in homes
        ),
        *(Place(one.name, one.latitude, one.longitude, one.code) for one in around),
        *(postcode_place(one, 0) for one in around),
    ]
    await put(office, "/places/batch", list(map(place_item, named)))
    await put(office, "/neighbourhoods/batch", list(map(area_item, around)))
    items = [{"key": one["key"], **one["listing"], "publish": True} for one in corpus()]
    answer = await office.post("/services/batch", {"items": items}, member=MANAGER)
    made = answer.json()["items"]
    assert {one["status"] for one in made} == {201}, answer.text
    return {one["body"]["id"]: one["key"] for one in made}


async def measured(office: Office) -> Iterator[tuple[str, float, float]]:
    keys = await fill(office)
    rows: list[tuple[str, float, float]] = []
    for query in queries():
        params = {"words": query["words"], "limit": 20}
        params |= {name: query[name] for name in FILTERS if name in query}
        answer = await office.found("/search", params=params, member=None)
        found = [keys[one["id"]] for one in answer["items"]]
        grades = judged(query)
        rows.append((query["words"], ndcg(found, grades), recall(found, grades)))
    return iter(rows)


async def test_judged_searches_are_answered_as_well_as_stated(office: Office) -> None:
    rows = list(await measured(office))
    ndcg_mean = sum(row[1] for row in rows) / len(rows)
    recall_mean = sum(row[2] for row in rows) / len(rows)
    worst = sorted(rows, key=lambda row: row[1])[:12]
    told = (
        f"nDCG@10 {ndcg_mean:.3f}, recall@20 {recall_mean:.3f} over {len(rows)}; worst: "
        + ", ".join(f"{words} {one:.2f}/{two:.2f}" for words, one, two in worst)
    )
    assert ndcg_mean >= NDCG_AT_10_MIN, told
    assert recall_mean >= RECALL_AT_20_MIN, told
    assert worst[0][1] >= NDCG_OF_ONE_MIN, told


def test_the_judged_set_is_large_enough_and_names_listings_there_are() -> None:
    keys = [one["key"] for one in corpus()]
    asked = queries()

    assert len(asked) >= QUERIES_MIN
    assert len({json.dumps(query, sort_keys=True) for query in asked}) == len(asked)
    assert len(set(keys)) == len(keys) >= LISTINGS_MIN
    for query in asked:
        named = [key for name in GRADES for key in query.get(name, ())]
        assert set(named) <= set(keys), (query["words"], set(named) - set(keys))
        assert len(set(named)) == len(named), query["words"]
        assert query.get("exact"), query["words"]
        assert set(query) <= {"words", *FILTERS, *GRADES}, query["words"]


def test_the_measures_are_those_of_the_books() -> None:
    grades = {"a": 3, "b": 2, "c": 1}

    assert ndcg(["a", "b", "c"], grades) == pytest.approx(1)
    assert ndcg(["x", "y"], grades) == 0
    worth = (3 + 7 / math.log2(3)) / (7 + 3 / math.log2(3) + 1 / 2)
    assert ndcg(["b", "a"], grades) == pytest.approx(worth)
    assert recall(["x", "b"], grades) == pytest.approx(0.5)
