"""Populations by age, sex, ethnicity and deprivation: loaded whole, adding up, told as counts."""

from typing import Any

import pytest

from tests.directory.trial import (
    ANALYST,
    FOREIGN_ANALYST,
    FOREIGN_REGISTRAR,
    MANAGER,
    OTHER_MANAGER,
    REGISTRAR,
    WORKER,
    Office,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres


def a_population(**changes: Any) -> dict[str, Any]:
    return {
        "pcn_code": "U99001",
        "as_of": "2026-04-01",
        "persons": 1_000,
        "by_age_band": [
            {"age_band": "0-17", "persons": 300},
            {"age_band": "75+", "persons": 700},
        ],
        "by_sex": [{"sex": "female", "persons": 997}, {"sex": "male", "persons": 3}],
        "by_ethnicity": [{"ethnicity_category": "Z", "persons": 1_000}],
        "by_deprivation": [
            {"deprivation_decile": 1, "persons": 600},
            {"deprivation_decile": None, "persons": 400},
        ],
        **changes,
    }


async def _put(office: Office, *items: Any, member: str = REGISTRAR) -> Any:
    return await office.ask(
        "PUT", "/register/populations/batch", {"items": list(items)}, member=member
    )


async def test_a_population_is_told_with_its_counts_and_again_changes_nothing(
    office: Office,
) -> None:
    practice = a_population(practice_code="Y99001", persons=5, by_age_band=None, by_sex=None,
                            by_ethnicity=None, by_deprivation=None)  # fmt: skip
    first = await _put(office, a_population(), practice)
    again = await _put(office, a_population(), practice)

    assert first.json() == {"taken": 2, "changed": 2}
    assert again.json() == {"taken": 2, "changed": 0}
    told, of_practice = await office.events("population-recorded")
    assert told["data"] == {**a_population(), "practice_code": None}
    assert of_practice["data"]["by_sex"] is None
    assert of_practice["aggregate_version"] == told["aggregate_version"] + 1


async def test_counts_that_do_not_add_up_load_nothing(office: Office) -> None:
    good = a_population(as_of="2025-04-01")
    cases = [
        ({"by_sex": [{"sex": "female", "persons": 999}]}, "/items/1/by_sex"),
        (
            {"by_deprivation": [{"deprivation_decile": 1, "persons": 1_001}]},
            "/items/1/by_deprivation",
        ),
        (
            {"by_sex": [{"sex": "male", "persons": 500}, {"sex": "male", "persons": 500}]},
            "/items/1/by_sex",
        ),
        ({"practice_code": "Y99006"}, "/items/1/practice_code"),
        ({"pcn_code": "U98765"}, "/items/1/pcn_code"),
        ({"as_of": "2025-04-01"}, "/items/1/as_of"),
        ({"by_sex": [{"sex": "tall", "persons": 1_000}]}, "/items/1/by_sex/0/sex"),
        (
            {"by_deprivation": [{"deprivation_decile": 11, "persons": 1_000}]},
            "/items/1/by_deprivation/0/deprivation_decile",
        ),
    ]
    for changes, pointer in cases:
        refused = await _put(office, good, a_population(**changes))
        assert refused.status_code == 422, refused.text
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]

    assert await office.rows("population") == []
    assert await office.rows("population_part") == []
    assert await office.events("population-recorded") == []


async def test_practices_hold_no_more_people_than_their_network(office: Office) -> None:
    nothing = {"by_age_band": None, "by_sex": None, "by_ethnicity": None, "by_deprivation": None}
    practices = [
        a_population(practice_code=code, persons=persons, **nothing)
        for code, persons in (("Y99001", 600), ("Y99002", 401))
    ]

    refused = await _put(office, *practices, a_population())
    taken = await _put(office, *practices)
    after = await _put(office, a_population())

    assert [error["pointer"] for error in refused.json()["errors"]] == ["/items/0/persons"]
    assert taken.status_code == 200
    assert after.status_code == 422


async def test_a_figure_corrected_without_its_parts_loses_them(office: Office) -> None:
    await _put(office, a_population())
    plain = {"pcn_code": "U99001", "persons": 1_000, "as_of": "2026-04-01"}

    same = await office.post("/register/populations", plain)
    kept = len(await office.rows("population_part"))
    corrected = await office.post("/register/populations", {**plain, "persons": 1_001})

    assert (same.status_code, corrected.status_code, kept) == (200, 200, 7)
    assert await office.rows("population_part") == []
    assert (await office.events("population-recorded"))[-1]["data"]["by_sex"] is None


async def test_a_practice_that_moved_has_figures_where_it_was_on_that_day(office: Office) -> None:
    move = {"practice_code": "Y99001", "pcn_code": "U99002", "name": "Y99001 Surgery (synthetic)",
            "from_date": "2025-04-01"}  # fmt: skip
    await office.post("/register/practices", move)

    before = await _put(office, a_population(practice_code="Y99001", as_of="2025-03-31"))
    after = await _put(office, a_population(practice_code="Y99001", as_of="2025-04-01"))

    assert before.status_code == 200, before.text
    assert after.json()["errors"][0]["pointer"] == "/items/0/practice_code"


async def test_who_looks_at_a_whole_region_sees_counts_controlled(office: Office) -> None:
    await _put(office, a_population(), a_population(as_of="2025-04-01"))
    path = "/register/pcns/U99001/populations"

    exact = await office.found(path, member=MANAGER)
    controlled = await office.found(path, member=ANALYST)
    first = await office.found(path, params={"limit": 1})
    rest = await office.found(path, params={"limit": 1, "cursor": first["next"]})

    by_sex = [{"band": "female", "persons": 997}, {"band": "male", "persons": 3}]
    assert (exact["exact"], exact["items"][0]["by_sex"]) == (True, by_sex)
    assert controlled["items"][0]["by_sex"] == [
        {"band": "female", "persons": 995},
        {"band": "male", "persons": "*"},
    ]
    days = [one["as_of"] for one in first["items"] + rest["items"]]
    assert days == ["2026-04-01", "2025-04-01"]
    assert rest["next"] is None


async def test_only_the_regions_own_registrar_loads_and_its_own_people_read(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    await _put(office, a_population())
    for member in (MANAGER, WORKER, ANALYST):
        assert (await _put(office, a_population(), member=member)).status_code == 403

    foreign = await _put(office, a_population(), member=FOREIGN_REGISTRAR)
    unknown = await _put(office, a_population(pcn_code="U98765"), member=FOREIGN_REGISTRAR)
    assert foreign.status_code == unknown.status_code == 422
    assert foreign.json()["errors"] == unknown.json()["errors"]
    for member in (FOREIGN_REGISTRAR, FOREIGN_ANALYST, OTHER_MANAGER):
        other = await office.get("/register/pcns/U99001/populations", member=member)
        random = await office.get("/register/pcns/U98765/populations", member=member)
        assert (other.status_code, len(other.content)) == (404, len(random.content))
