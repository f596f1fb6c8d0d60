"""Postcodes and named places are loaded as they stand, or the file is refused with its line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.importing.places import BATCH_SIZE_MAX, COLUMN_NAMES, import_places
from runner.importing.reading import FileRefused
from runner.importing.sending import LoadStopped
from services.directory.api.places import PlaceBatch
from services.directory.domain.places import PLACES_A_BATCH_MAX
from tests.runner.importing.taking import Taking, running_taking

pytestmark = pytest.mark.loopback

HEADER = ",".join(COLUMN_NAMES)


@pytest.fixture
def service() -> Iterator[Taking]:
    with running_taking("PUT") as server:
        yield server


def loaded(service: Taking, tmp_path: Path, *lines: str, header: str = HEADER) -> Any:
    file = tmp_path / "places.csv"
    file.write_text("\n".join((header, *lines)) + "\n")
    return import_places(file, service_url=service.url, token="t")


def test_a_file_is_loaded_in_batches_that_the_directory_takes(
    service: Taking, tmp_path: Path
) -> None:
    lines = [f"place-name,Place {number},53.5,-2.25,N{number}" for number in range(2_100)]

    outcome = loaded(service, tmp_path, "postcode,zz1  1aa,53.4808,-2.2426,N1", *lines)

    assert (outcome.read, outcome.changed) == (2_101, 2_101)
    sent = [item for body in service.taken for item in body["items"]]
    assert sent[0] == {
        "kind": "postcode",
        "text": "ZZ1 1AA",
        "latitude": 53.4808,
        "longitude": -2.2426,
        "neighbourhood_code": "N1",
    }
    assert [item["text"] for item in sent[1:]] == [f"Place {number}" for number in range(2_100)]
    assert max(len(body["items"]) for body in service.taken) == BATCH_SIZE_MAX
    assert BATCH_SIZE_MAX <= PLACES_A_BATCH_MAX
    for body in service.taken:
        PlaceBatch.model_validate(body)


def test_of_two_rows_for_one_place_the_later_one_is_sent_last(
    service: Taking, tmp_path: Path
) -> None:
    loaded(service, tmp_path, "postcode,ZZ1 1AA,53.1,-2.0,N1", "postcode,zz11aa,53.2,-2.0,N1")

    assert [[item["latitude"] for item in body["items"]] for body in service.taken] == [
        [53.1],
        [53.2],
    ]


@pytest.mark.parametrize(
    "row",
    [
        "postcode,ZZ1,53.5,-2.2,N1",
        "postcode,Netherby,53.5,-2.2,N1",
        "town,Netherby,53.5,-2.2,N1",
        "place-name,,53.5,-2.2,N1",
        "place-name,Netherby,99.999999,-2.2,N1",
        "place-name,Netherby,53.5,-200,N1",
        'place-name,Netherby,"53,5",-2.2,N1',
        "place-name,Netherby,nan,-2.2,N1",
        "place-name,Netherby,53.5,-2.2,",
        "place-name,Netherby,53.5,-2.2,N1,more",
    ],
)
def test_a_broken_row_refuses_the_file_with_its_line(
    service: Taking, tmp_path: Path, row: str
) -> None:
    with pytest.raises(FileRefused, match="line 3"):
        loaded(service, tmp_path, "postcode,ZZ1 1AB,53.5,-2.2,N1", row)
    assert service.taken == []


def test_a_directory_that_refuses_stops_the_load(service: Taking, tmp_path: Path) -> None:
    service.status = 403

    with pytest.raises(LoadStopped):
        loaded(service, tmp_path, "postcode,ZZ1 1AB,53.5,-2.2,N1")
    assert len(service.taken) == 1
