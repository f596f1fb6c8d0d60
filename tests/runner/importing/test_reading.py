"""A file is taken apart row by row, and refused whole only when no row could be right."""

from pathlib import Path

import pytest

from runner.importing.reading import LINE_LENGTH_MAX, FileRefused, rows

HEADER = "referred_on,given_name,family_name,birth_date,needs"
ROW = "2026-03-02,Ada,Example,1950-01-31,isolation"


def _file(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_come_with_their_line_and_values(tmp_path: Path) -> None:
    found = list(rows(_file(tmp_path, f"{HEADER}\n{ROW}\n\n{ROW}\n")))

    assert [row.line for row in found] == [2, 4]
    assert found[0].values["given_name"] == "Ada"
    assert found[0].fault is None


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    found = list(rows(_file(tmp_path, b"\xef\xbb\xbf" + f"{HEADER}\r\n{ROW}\r\n".encode())))

    assert found[0].values["referred_on"] == "2026-03-02"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        ("referred_on,needs".encode("utf-16"), "UTF-16"),
        (b"%PDF-1.7", "PDF"),
        (b"referred_on\x00,needs", "binary"),
        ("referred_on;given_name;needs\n", "commas"),
        ("referred_on,given_name,family_name,needs\n", "misses the column birth_date"),
        (f"{HEADER},needs\n", "twice: needs"),
        (f"{HEADER},Jane Example\n", "1 columns that are not known"),
    ],
)
def test_a_file_that_cannot_be_a_referral_list_is_refused(
    tmp_path: Path, content: bytes | str, says: str
) -> None:
    with pytest.raises(FileRefused, match=says):
        next(rows(_file(tmp_path, content)))


def test_a_header_that_is_a_row_is_not_repeated_back(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        next(rows(_file(tmp_path, f"{HEADER},Jane Example\n")))

    assert "jane" not in str(refused.value).lower()


def test_a_row_with_too_few_values_is_answered_by_itself(tmp_path: Path) -> None:
    found = list(rows(_file(tmp_path, f"{HEADER}\n2026-03-02,Ada\n{ROW}\n")))

    assert [row.fault is None for row in found] == [False, True]
    assert "has 2 values, but the file has 5 columns" in (found[0].fault or "")


def test_a_broken_byte_spoils_its_own_row_only(tmp_path: Path) -> None:
    content = (
        f"{HEADER}\n".encode()
        + ROW.replace("Ada", "A\xe9").encode("latin-1")
        + f"\n{ROW}\n".encode()
    )

    found = list(rows(_file(tmp_path, content)))

    assert "\udce9" in found[0].values["given_name"]
    assert found[1].values["given_name"] == "Ada"


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="is not an encoding"):
        next(rows(_file(tmp_path, f"{HEADER}\n"), encoding="klingon"))


def test_a_line_without_end_is_refused_before_memory_is(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{HEADER}\n" + "x" * (LINE_LENGTH_MAX + 1))

    with pytest.raises(FileRefused, match="longer than"):
        list(rows(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        next(rows(tmp_path / "absent.csv"))
