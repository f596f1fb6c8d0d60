"""Populations are read whole and their sums checked before anything is sent, or nothing is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.importing.populations import BATCH_SIZE_MAX, COLUMN_NAMES, import_populations
from runner.importing.reading import FileRefused
from runner.importing.sending import LoadStopped
from services.directory.api.populations import POPULATIONS_A_BATCH_MAX, PopulationBatch
from tests.runner.importing.taking import Taking, running_taking

pytestmark = pytest.mark.loopback

HEADER = ",".join(COLUMN_NAMES)
WHOLE = "U99001,,2026-04-01,everybody,,100"
FEMALE = "U99001,,2026-04-01,sex,female,60"
MALE = "U99001,,2026-04-01,sex,male,40"


@pytest.fixture
def service() -> Iterator[Taking]:
    with running_taking("PUT") as server:
        yield server


def loaded(service: Taking, tmp_path: Path, *lines: str) -> Any:
    file = tmp_path / "populations.csv"
    file.write_text("\n".join((HEADER, *lines)) + "\n")
    return import_populations(file, service_url=service.url, token="t")


def test_rows_in_any_order_become_populations_that_the_directory_takes(
    service: Taking, tmp_path: Path
) -> None:
    outcome = loaded(
        service,
        tmp_path,
        MALE,
        "u99001,y99001,2026-04-01,everybody,,30",
        WHOLE,
        FEMALE,
        "U99001,,2026-04-01,deprivation-decile,10,70",
        "U99001,,2026-04-01,deprivation-decile,unknown,30",
        "U99001,,2026-04-01,ethnicity-category,z,100",
        "U99001,,2026-04-01,age-band,75+,100",
    )

    assert (outcome.read, outcome.populations, outcome.changed) == (8, 2, 2)
    (body,) = service.taken
    assert body["items"] == [
        {
            "pcn_code": "U99001",
            "as_of": "2026-04-01",
            "persons": 100,
            "by_age_band": [{"age_band": "75+", "persons": 100}],
            "by_sex": [{"sex": "male", "persons": 40}, {"sex": "female", "persons": 60}],
            "by_ethnicity": [{"ethnicity_category": "Z", "persons": 100}],
            "by_deprivation": [
                {"deprivation_decile": 10, "persons": 70},
                {"deprivation_decile": None, "persons": 30},
            ],
        },
        {
            "pcn_code": "U99001",
            "as_of": "2026-04-01",
            "persons": 30,
            "practice_code": "Y99001",
        },
    ]
    PopulationBatch.model_validate_json(json.dumps(body))


def test_what_belongs_to_one_network_and_day_goes_in_one_batch(
    service: Taking, tmp_path: Path
) -> None:
    lines = [
        f"U{network:05},{practice},2026-04-01,everybody,,{9 if practice else 999}"
        for network in range(5)
        for practice in ("", *(f"Y{network}{number:04}" for number in range(69)))
    ]

    outcome = loaded(service, tmp_path, *lines)

    assert outcome.populations == 350
    assert [len(body["items"]) for body in service.taken] == [140, 140, 70]
    assert BATCH_SIZE_MAX <= POPULATIONS_A_BATCH_MAX


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Y99001,,2026-04-01,everybody,,1"], "line 2: pcn_code"),
        (["U99001,here,2026-04-01,everybody,,1"], "line 2: practice_code"),
        (["U99001,,01/04/2026,everybody,,1"], "line 2: as_of"),
        (["U99001,,2026-02-30,everybody,,1"], "line 2: as_of"),
        ([WHOLE, "U99001,,2026-04-01,height,tall,1"], "line 3: counted_by"),
        ([WHOLE, "U99001,,2026-04-01,age-band,65+,100"], "line 3: band"),
        ([WHOLE, "U99001,,2026-04-01,deprivation-decile,11,100"], "line 3: band"),
        (["U99001,,2026-04-01,everybody,all,1"], "line 2: band"),
        (['U99001,,2026-04-01,everybody,,"1,000"'], "line 2: persons"),
        (["U99001,,2026-04-01,everybody,,-1"], "line 2: persons"),
        (["U99001,,2026-04-01,everybody,,²"], "line 2: persons"),
        (["U99001,,2026-04-01,everybody,," + "9" * 5_000], "line 2: persons"),
        ([WHOLE, WHOLE], "line 3: counts what an earlier line counted"),
        ([FEMALE, MALE], "line 2: no line counts everybody"),
        ([WHOLE, FEMALE], "line 2: the counts by sex of this population add up to 60"),
        (
            [WHOLE, "U99001,Y99001,2026-04-01,everybody,,101"],
            "line 2: the practices of this PCN hold 101",
        ),
        ([WHOLE, "U99001,,2026-04-01,sex,male"], "line 3 has 5 values"),
    ],
)
def test_a_broken_row_or_sum_sends_nothing_and_names_its_line(
    service: Taking, tmp_path: Path, lines: list[str], said: str
) -> None:
    with pytest.raises(FileRefused, match="^" + said.replace("+", r"\+")):
        loaded(service, tmp_path, *lines)

    assert service.taken == []


def test_a_directory_that_refuses_stops_the_load_and_says_where(
    service: Taking, tmp_path: Path
) -> None:
    service.status = 422

    with pytest.raises(LoadStopped, match="U99001 of 2026-04-01"):
        loaded(service, tmp_path, WHOLE)
    assert len(service.taken) == 1
