"""A referral list's values are read by their rule, and never guessed."""

from datetime import date

import pytest

from runner.importing.columns import RowRejected, content_fingerprint, read_date, read_row

GOOD = {
    "reference": "REF-1",
    "referred_on": "2026-03-02",
    "nhs_number": "999 000 0018",
    "given_name": "Ada",
    "family_name": "Example",
    "birth_date": "1950-01-31",
    "needs": "isolation; money",
    "messages_consented": "yes",
    "safe_channel": "email",
    "email": "ada@people.example.org",
}


def test_a_good_row_becomes_a_batch_item() -> None:
    item = read_row(GOOD, practice_code="Y99001", dates="iso")

    assert item["needs"] == ["isolation", "money"]
    assert item["reference"] == "REF-1"
    assert item["occurred_at"] == "2026-03-02T00:00:00+00:00"
    assert item["messages_consented"] is True
    person = item["person"]
    assert isinstance(person, dict)
    assert person["nhs_number"] == "9990000018"
    assert person["birth_date"] == "1950-01-31"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("03/04/2026", "two ways"),
        ("25/12/2025", "two ways"),
        ("46023", "day number"),
        ("2026-02-30", "not a day"),
        ("yesterday", "YYYY-MM-DD"),
        ("26-3-2", "YYYY-MM-DD"),
    ],
)
def test_a_date_that_is_not_plain_is_refused_with_the_remedy(text: str, says: str) -> None:
    with pytest.raises(RowRejected, match=says):
        read_date("referred_on", text, "iso")


def test_a_style_that_was_said_is_believed() -> None:
    assert read_date("referred_on", "03/04/2026", "day-first") == date(2026, 4, 3)
    assert read_date("referred_on", "03/04/2026", "month-first") == date(2026, 3, 4)
    assert read_date("referred_on", "46023", "excel") == date(2026, 1, 1)


def test_a_year_of_two_digits_is_refused() -> None:
    with pytest.raises(RowRejected, match="four digits"):
        read_date("birth_date", "03/04/26", "day-first")


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("given_name", " ", "must not be empty"),
        ("needs", "loneliness", "each must be one of"),
        ("needs", ";", "must name one to"),
        ("route", "post", "must be one of"),
        ("messages_consented", "perhaps", "yes or no"),
        ("family_name", "x" * 201, "at most 200"),
        ("family_name", "Bad\udcffname", "encoding"),
        ("family_name", "Bad\x07name", "control characters"),
        ("referred_on", "2199-01-01", "future"),
    ],
)
def test_a_broken_value_names_the_column_and_the_rule_but_not_the_value(
    column: str, value: str, says: str
) -> None:
    with pytest.raises(RowRejected, match=says) as refused:
        read_row({**GOOD, column: value}, practice_code="Y99001", dates="iso")

    assert refused.value.column == column
    assert value.strip(" ;") == "" or value not in str(refused.value)


def test_the_same_content_has_the_same_fingerprint_whatever_its_spacing() -> None:
    spaced = {**GOOD, "given_name": "  ADA "}

    assert content_fingerprint(spaced, "Y99001") == content_fingerprint(GOOD, "Y99001")
    assert content_fingerprint(GOOD, "Y99002") != content_fingerprint(GOOD, "Y99001")
    assert content_fingerprint({**GOOD, "needs": "money"}, "Y99001") != content_fingerprint(
        GOOD, "Y99001"
    )
