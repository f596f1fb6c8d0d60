"""Listings by upload: every row judged by itself, applied once, the same again the same."""

import json
from typing import Any

import pytest

from services.directory.use_cases.uploads import UPLOAD_ROWS_MAX
from tests.directory.feed_server import page_of, service
from tests.directory.feeds_office import a_worker, counts, registered, run_of
from tests.directory.trial import MANAGER, Office

pytestmark = pytest.mark.postgres

HEADER = (
    "id,name,organization,needs,days,opens_at,closes_at,postal_code,address_1,city,state_province"
)


def _csv(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


async def _upload(office: Office, feed_id: str, text: str, form: str = "csv") -> Any:
    answer = await office.post(f"/feeds/{feed_id}/uploads", {"format": form, "text": text})
    assert answer.status_code == 202, answer.text
    assert await a_worker(office).work_once()
    return answer.json()


async def test_each_row_of_a_csv_is_entered_or_refused_with_its_reason(office: Office) -> None:
    feed_id = await registered(office, None, "Spreadsheet")
    text = _csv(
        'a1,"Lunch, and talk",Hall (synthetic),loneliness;food-poverty,"MO,TH",12:00,13:30,ZZ1 1AA,1 Hall Lane,Wayford,Wayfordshire',
        "a2,Chess,Hall (synthetic),loneliness,TU,19:00,21:00,,,,",
        "a3,,Hall (synthetic),,,,,,,,",
        "a4,Early,Hall (synthetic),,MO,25:00,,,,,",
        "a5,Luck,Hall (synthetic),luck,,,,,,,",
        "a2,Chess again,Hall (synthetic),,,,,,,,",
        "a6,Short",
        "=cmd(),=HYPERLINK(1),Hall (synthetic),,,,,,,,",
    ).replace("food-poverty", "nature-and-gardening")

    answer = await _upload(office, feed_id, text)

    assert (answer["listings"], answer["refused"]) == (8, 5)
    reasons = {
        one["number"]: (one["foreign_id"], one["reason"]) for one in answer["refused_listings"]
    }
    assert reasons[3] == ("a3", "/name: must be there")
    assert reasons[4][1].startswith("/schedules/0/opens_at: ")
    assert reasons[5][1].startswith("/need_terms/0: must be a need of the catalogue")
    assert reasons[6] == (None, "/id: came before in this run")
    assert reasons[7] == (None, "/: must have as many cells as there are columns")
    run = await run_of(office, feed_id, answer["run_id"])
    assert counts(run) == ("done", 3, 0, 0, 5)
    listed = {row["name"]: json.loads(row["content"]) for row in await office.rows("listing")}
    assert set(listed) == {"Lunch, and talk", "Chess", "=HYPERLINK(1)"}
    assert listed["Lunch, and talk"]["schedules"] == [
        {"freq": "WEEKLY", "byday": "MO,TH", "opens_at": "12:00", "closes_at": "13:30"}
    ]
    assert listed["Lunch, and talk"]["locations"][0]["addresses"][0]["postal_code"] == "ZZ1 1AA"
    assert {event["origin"] for event in await office.events("listing-published")} == {"import"}


async def test_the_same_file_again_changes_nothing_and_one_cell_changes_one_listing(
    office: Office,
) -> None:
    feed_id = await registered(office, None)
    rows = [f"a{n},Group {n},Hall (synthetic),loneliness,MO,10:00,11:00,,,," for n in range(20)]
    await _upload(office, feed_id, _csv(*rows))
    again = await _upload(office, feed_id, _csv(*rows))
    rows[4] = rows[4].replace("10:00", "09:00")
    changed = await _upload(office, feed_id, _csv(*rows))

    assert again["same"] == 20
    run = await run_of(office, feed_id, changed["run_id"])
    assert counts(run) == ("done", 0, 1, 19, 0)
    assert [one["data"]["changed_fields"] for one in await office.events("listing-changed")] == [
        ["schedules"]
    ]


async def test_files_are_applied_in_the_order_they_were_sent(office: Office) -> None:
    """The third says again what the first said, while the second is not applied yet."""
    feed_id = await registered(office, None)
    old, new = (_csv(f"a,Chess,Hall (synthetic),,TU,{at},,,,,") for at in ("19:00", "20:00"))
    await _upload(office, feed_id, old)
    for text in (new, old):
        answer = await office.post(f"/feeds/{feed_id}/uploads", {"format": "csv", "text": text})
        assert answer.status_code == 202
    worker = a_worker(office)
    while await worker.work_once():
        pass

    (listing,) = await office.rows("listing")
    assert json.loads(listing["content"])["schedules"][0]["opens_at"] == "19:00"
    assert len(await office.events("listing-changed")) == 2


@pytest.mark.parametrize("shape", ["list", "page", "lines"])
async def test_services_of_the_standard_come_in_as_json(office: Office, shape: str) -> None:
    # What other programs call an end of a line stands in texts that people paste.
    services = [service(n, description="One line.\u2028And another.") for n in range(5)]
    text = {
        "list": json.dumps(services),
        "page": json.dumps(page_of(services, 1, 20)),
        "lines": "\n".join(json.dumps(one, ensure_ascii=False) for one in services) + "\n",
    }[shape]
    feed_id = await registered(office, None)

    answer = await _upload(office, feed_id, text, "json")

    assert counts(await run_of(office, feed_id, answer["run_id"])) == ("done", 5, 0, 0, 0)


@pytest.mark.parametrize(
    ("form", "text", "rule"),
    [
        ("csv", "id,name,organization,luck\n", "has a column that is not known: luck"),
        ("csv", "id,name\n1,x\n", "must have the column organization"),
        ("csv", "id,id,name,organization\n", "must name each column once"),
        ("csv", 'id,name,organization\n1,"x', "must be CSV"),
        ("csv", "id,name,organization\n" + "1,x,y\n" * (UPLOAD_ROWS_MAX + 1), "must have at most"),
        ("json", "<html>", "must be read: not-json"),
        ("json", "[" * 500 + "]" * 500, "must be read: nested-too-deep"),
        ("json", "7", "must be a list of services"),
    ],
)
async def test_a_file_that_cannot_be_read_changes_nothing(
    office: Office, form: str, text: str, rule: str
) -> None:
    feed_id = await registered(office, None)

    answer = await office.post(f"/feeds/{feed_id}/uploads", {"format": form, "text": text})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["rule"].startswith(rule)
    assert await office.rows("feed_run") == []


async def test_uploads_are_for_registrars_and_have_a_size(office: Office) -> None:
    feed_id = await registered(office, None)
    body = {"format": "csv", "text": _csv("a,b,c,,,,,,,,")}
    by_manager = await office.post(f"/feeds/{feed_id}/uploads", body, member=MANAGER)
    huge = {"format": "csv", "text": "x" * (2 * 1024 * 1024)}
    too_large = await office.post(f"/feeds/{feed_id}/uploads", huge)
    run = await office.post(f"/feeds/{feed_id}/runs", {})

    assert (by_manager.status_code, too_large.status_code, run.status_code) == (403, 413, 422)
