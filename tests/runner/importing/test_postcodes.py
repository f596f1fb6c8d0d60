"""The lookup of deciles is loaded as it stands, or the file is refused with its line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.importing.postcodes import BATCH_SIZE_MAX, import_postcodes
from runner.importing.reading import FileRefused
from runner.importing.sending import LoadStopped
from tests.runner.importing.taking import Taking, running_taking


@pytest.fixture
def service() -> Iterator[Taking]:
    with running_taking("POST") as server:
        yield server


def loaded(service: Taking, file: Path) -> Any:
    return import_postcodes(file, service_url=service.url, token="t", edition="made up")


def test_a_file_is_loaded_in_batches(service: Taking, tmp_path: Path) -> None:
    file = tmp_path / "deciles.csv"
    places = [
        f"zz{n // 1000 % 10} {n // 100 % 10}{chr(65 + n % 100 // 26)}{chr(65 + n % 26)}"
        for n in range(2600)
    ]
    rows = list(dict.fromkeys(places))
    assert len(rows) > BATCH_SIZE_MAX
    file.write_text(
        "deprivation_decile,postcode\n"
        + "".join(f"{1 + n % 10},{one}\n" for n, one in enumerate(rows))
    )

    outcome = loaded(service, file)

    assert (outcome.read, outcome.changed) == (len(rows), len(rows))
    sent = [item for body in service.taken for item in body["items"]]
    assert [item["postcode"] for item in sent] == [one.upper() for one in rows]
    assert {body["edition"] for body in service.taken} == {"made up"}
    assert max(len(body["items"]) for body in service.taken) == BATCH_SIZE_MAX


@pytest.mark.parametrize(
    "row", ["ZZ1 1AA,0", "ZZ1 1AA,11", "ZZ1 1AA,", "ZZ1 1AA,3.5", "London,3", "ZZ1 1AA,3,4"]
)
def test_a_broken_row_refuses_the_file_with_its_line(
    service: Taking, tmp_path: Path, row: str
) -> None:
    file = tmp_path / "deciles.csv"
    file.write_text(f"postcode,deprivation_decile\nZZ1 1AB,3\n{row}\n")

    with pytest.raises(FileRefused, match="line 3"):
        loaded(service, file)
    assert service.taken == []


def test_a_service_that_refuses_stops_the_load(service: Taking, tmp_path: Path) -> None:
    service.status = 403
    file = tmp_path / "deciles.csv"
    file.write_text("postcode,deprivation_decile\nZZ1 1AB,3\n")

    with pytest.raises(LoadStopped):
        loaded(service, file)
    assert len(service.taken) == 1
