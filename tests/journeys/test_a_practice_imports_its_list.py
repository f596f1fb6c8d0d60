"""A practice's own list comes in through the command, once and for good, and says what it left out."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.live import LivePlatform, VerbFailed

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]

HEADER = "reference,referred_on,given_name,family_name,birth_date,needs,email\n"


def test_good_rows_are_loaded_once_and_bad_ones_are_given_back(
    live: LivePlatform, tmp_path: Path
) -> None:
    name = "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex).title()
    listed = tmp_path / "list.csv"
    listed.write_text(
        HEADER
        + f"{name}-1,2026-03-02,Ada,{name},1950-01-31,isolation,ada@people.example.org\n"
        + f",2026-03-03,Bob,{name},1951-01-31,money;housing,\n"
        + f"{name}-3,03/04/2026,Cyd,{name},1952-01-31,isolation,\n"
        + f"{name}-4,2026-03-05,Dee,{name},1953-01-31,no-such-need,\n",
        encoding="utf-8",
    )
    messages = _message_count(live)

    first = _import(live, listed)
    again = _import(live, listed)

    assert (first["read"], first["loaded"], first["rejected"]) == (4, 2, 2)
    assert (again["loaded"], again["already"], again["rejected"]) == (0, 2, 2)
    rejected = tmp_path / "list.rejected.csv"
    assert stat.S_IMODE(rejected.stat().st_mode) == 0o600
    with rejected.open(encoding="utf-8", newline="") as file:
        lines = {row["line"]: row["reason"] for row in csv.DictReader(file)}
    assert "two ways" in lines["4"]
    assert "needs" in lines["5"]
    assert _message_count(live) == messages


def test_a_file_that_misses_a_column_is_refused_before_anything_is_loaded(
    live: LivePlatform, tmp_path: Path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("reference,referred_on\nX-1,2026-03-02\n", encoding="utf-8")

    with pytest.raises(VerbFailed, match="misses the column"):
        _import(live, listed)


def _import(live: LivePlatform, listed: Path) -> dict[str, Any]:
    printed = live.verb("import", "referrals", str(listed), "--practice", "Y99004", "--json")
    return json.loads(printed)


def _message_count(live: LivePlatform) -> int:
    """How many messages the imported practice was sent so far."""
    mail = live.status()["mail"]["http"]
    found = httpx.get(f"{mail}/messages", trust_env=False).json()
    items = found["items"] if isinstance(found, dict) else found
    return sum("y99004@practice.example.org" in json.dumps(one["to"]) for one in items)
