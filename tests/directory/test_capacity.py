"""The room of a listing: estimated from answers, said by the group, told when it changes, shown."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import clock
from services.directory.use_cases.standing import weigh_due
from tests.directory.evidence import a_question, apply, told
from tests.directory.oruk import FULL_LISTING, validator
from tests.directory.trial import (
    FOREIGN_WORKER,
    MANAGER,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

GROUP = "provider of the garden"
FULL = {"answer": "refused", "reason": "full", "stage": "ended", "holder": None,
        "ending": "refused-by-provider"}  # fmt: skip


async def _listed(office: Office) -> dict[str, Any]:
    made = await office.made("/services", a_listing(), member=MANAGER)
    return dict(made)


async def _weigh(office: Office, *, days: float = 0) -> None:
    now = clock.now() + timedelta(days=days, minutes=1)
    while await weigh_due(office.worker, now):
        pass


async def _told(office: Office) -> list[tuple[str | None, str | None]]:
    return [
        (event["data"]["previous_status"], event["data"]["status"])
        for event in await office.events("capacity-changed")
    ]


async def test_answers_move_the_estimate_and_each_change_is_told_once(office: Office) -> None:
    listing_id = (await _listed(office))["id"]
    now = clock.now() - timedelta(days=1)

    await apply(office, [told("onward-referral-answered", listing_id, at=now, sent_at=now)])
    await _weigh(office)
    await _weigh(office)
    assert await _told(office) == [(None, "has-capacity")]
    full = [told("onward-referral-answered", listing_id, at=now, **FULL) for _ in range(3)]
    await apply(office, full)
    await _weigh(office)
    assert await _told(office) == [(None, "has-capacity"), ("has-capacity", "no-capacity")]
    # Time alone claims it no longer and says nothing else.
    await _weigh(office, days=300)
    now = clock.now()
    accepted = [told("onward-referral-answered", listing_id, at=now, sent_at=now) for _ in range(5)]
    await apply(office, accepted)
    await _weigh(office)

    assert (await _told(office))[2:] == [("no-capacity", None), (None, "has-capacity")]
    versions = [one["aggregate_version"] for one in await office.events("capacity-changed")]
    assert versions == [1, 2, 3, 4]


async def test_what_is_full_is_shown_so_and_left_out_of_what_is_accepting(office: Office) -> None:
    listing_id = (await _listed(office))["id"]
    now = clock.now()
    await apply(office, [told("onward-referral-answered", listing_id, at=now, answer="full-until",
                              full_until=now.date() + timedelta(days=30))])  # fmt: skip
    await _weigh(office)

    shown = await office.found(f"/services/{listing_id}", member=None)
    (capacity,) = shown["capacities"]
    assert (capacity["status"], capacity["available"], capacity["source"]) == (
        "no-capacity",
        0,
        "full-until",
    )
    (row,) = await office.rows("listing_search")
    assert row["accepting"] is False
    changed = await office.ask(
        "PATCH", f"/services/{listing_id}", {"fees": "Free"}, member=MANAGER, version=1
    )
    assert changed.status_code == 200, changed.text
    (row,) = await office.rows("listing_search")
    assert row["accepting"] is False

    await _weigh(office, days=31)

    (row,) = await office.rows("listing_search")
    assert row["accepting"] is True


async def test_the_groups_word_overrides_the_estimate_and_a_workers_is_told_as_a_workers(
    office: Office,
) -> None:
    made = await _listed(office)
    await fill_foreign_region(office)
    path = f"/services/{made['id']}/capacity"
    now = clock.now()
    await apply(office, [told("onward-referral-answered", made["id"], at=now, **FULL)])
    await _weigh(office)
    await office.made(
        "/register/memberships",
        {"subject": GROUP, "role": "provider", "organisation_kind": "organization",
         "organisation_code": made["organization_id"]},
    )  # fmt: skip

    until = f"{clock.now().date() + timedelta(days=20)}"
    word = {"status": "waitlist", "until": until, "occurred_at": now.isoformat()}
    assert (await office.ask("PUT", path, word, member=GROUP)).status_code == 428
    said = await office.ask("PUT", path, word, member=GROUP, version=0)
    again = await office.ask("PUT", path, word, member=GROUP, version=0)

    assert (said.status_code, again.status_code) == (200, 200), said.text
    assert (said.json()["told_by"], said.json()["version"], again.json()["version"]) == (
        "group", 1, 1,
    )  # fmt: skip
    assert said.json()["event_id"] is not None
    shown = await office.found(path, member=WORKER)
    outdated = await office.ask("PUT", path, {"status": "no-capacity"}, member=WORKER, version=0)
    assert outdated.status_code == 412
    assert (shown["status"], shown["source"]) == ("waitlist", "group")
    by_worker = await office.ask(
        "PUT", path, {"status": "has-capacity"}, member=WORKER, version=shown["version"]
    )
    assert by_worker.json()["told_by"] == "worker"
    assert await _told(office) == [
        (None, "no-capacity"),
        ("no-capacity", "waitlist"),
        ("waitlist", "has-capacity"),
    ]
    older = await office.ask("PUT", path, word, member=GROUP, version=2)
    assert (older.status_code, older.json()["type"]) == (409, "/problems/said-since")
    for method, body in (("PUT", word), ("GET", None)):
        foreign = await office.ask(method, path, body, member=FOREIGN_WORKER, version=2)
        assert foreign.status_code == 404


async def test_a_word_that_is_over_when_it_is_said_is_refused(office: Office) -> None:
    made = await _listed(office)
    path, today = f"/services/{made['id']}/capacity", clock.now().date()
    word = {"status": "waitlist", "until": today.isoformat()}

    over = await office.ask("PUT", path, word, member=MANAGER, version=0)
    word["until"] = (today + timedelta(days=1)).isoformat()
    holds = await office.ask("PUT", path, word, member=MANAGER, version=0)

    assert (over.status_code, over.json()["errors"]) == (
        422, [{"in": "body", "pointer": "/until", "rule": "must lie after today"}],
    )  # fmt: skip
    assert holds.status_code == 200


async def test_of_what_the_public_does_not_find_no_room_is_told(office: Office) -> None:
    draft = await office.made("/services", a_listing(), member=WORKER)
    await apply(office, [told("onward-referral-answered", draft["id"], at=clock.now())])
    await apply(office, [told("onward-referral-answered", UUID(int=7), at=clock.now())])

    await _weigh(office)

    assert await _told(office) == []
    assert await office.rows("listing_to_weigh") == []
    answer = await office.ask(
        "PUT",
        f"/services/{draft['id']}/capacity",
        {"status": "waitlist"},
        member=MANAGER,
        version=0,
    )
    assert answer.status_code == 404


async def test_what_the_directory_adds_by_itself_keeps_to_the_published_schema(
    office: Office,
) -> None:
    made = await office.made("/services", a_listing(**FULL_LISTING), member=MANAGER)
    path = f"/services/{made['id']}"
    word = {"status": "waitlist"}
    said = await office.ask("PUT", f"{path}/capacity", word, member=MANAGER, version=0)
    token = (await a_question(office, made["id"]))["token"]
    tapped = await office.post(f"/listing-checks/{token}", {"answer": "runs"}, member=None)
    assert (said.status_code, tapped.status_code) == (200, 200)

    shown = await office.found(path, member=None)

    assert {"capacities", "assured_date"} <= set(shown)
    validator("compiled/service.json").validate(shown)
