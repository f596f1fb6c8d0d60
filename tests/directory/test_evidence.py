"""What other services tell of listings is kept as told, whatever the batches, and rebuilt the same."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.stream.events import Event, EventRefused
from tests.directory.evidence import AT, apply, told
from tests.directory.trial import Office

pytestmark = pytest.mark.postgres

TABLES = ("onward_evidence", "message_evidence", "failed_placement")
LISTING, OTHER = UUID(int=1), UUID(int=2)


def _history() -> list[Event]:
    events: list[Event] = []
    for stream in ("U99001", "U99002"):
        kinds: list[tuple[str, UUID | None, dict[str, Any]]] = [
            ("onward-referral-sent", LISTING, {}),
            ("onward-referral-answered", LISTING, {}),
            ("placement-failed", None, {"reason": "nothing-suitable", "need": "money"}),
            ("placement-failed", OTHER, {"reason": "full"}),
            ("onward-referral-started", LISTING, {}),
            (
                "onward-referral-answered",
                OTHER,
                {"answer": "full-until", "full_until": date(2026, 9, 1)},
            ),
            ("placement-failed", None, {"reason": "nothing-suitable", "need": "money"}),
            ("onward-referral-nudge-due", OTHER, {}),
            ("onward-referral-nudge-due", OTHER, {"silent": "person", "nudged": "person"}),
            ("onward-referral-attended", LISTING, {}),
            ("onward-referral-ended", OTHER, {"reason": "no-longer-runs"}),
            ("onward-referral-listing-gone", OTHER, {}),
        ]
        events += [
            told(kind, about, stream=stream, number=number, at=AT + timedelta(days=number), **said)
            for number, (kind, about, said) in enumerate(kinds, 1)
        ]
    for region in ("QZZ", "QYY"):
        questions = (("listing-check-sent", LISTING), ("listing-check-failed", OTHER))
        events += [
            told(kind, about, stream=region, number=number, at=AT + timedelta(days=number))
            for number, (kind, about) in enumerate(questions, 1)
        ]
    return events


async def _kept(office: Office) -> dict[str, list[dict[str, Any]]]:
    return {table: await office.rows(table, "1, 2, 3, 4") for table in TABLES}


async def _empty(office: Office, *, stream: str | None = None) -> None:
    for table in TABLES:
        await office.owner.execute(
            f"delete from {table} where $1::text is null or stream = $1", stream
        )


async def test_what_is_told_of_a_listing_is_kept_once_for_each_event(office: Office) -> None:
    await apply(office, _history())

    kept = await _kept(office)
    assert [
        (row["number"], row["kind"], row["word"])
        for row in kept["onward_evidence"]
        if row["stream"] == "U99001"
    ] == [
        (1, "sent", ""),
        (2, "answered", "accepted"),
        (4, "placement-failed", "full"),
        (5, "started", ""),
        (6, "answered", "full-until"),
        (8, "nudge-due", "provider"),
        (10, "attended", ""),
        (11, "ended", "declined-by-person"),
        (12, "listing-gone", ""),
    ]
    assert {
        (row["stream"], row["need"], row["reason"]): row["failures"]
        for row in kept["failed_placement"]
    } == {
        (stream, need, reason): count
        for stream in ("U99001", "U99002")
        for need, reason, count in (
            ("money", "nothing-suitable", 2),
            ("isolation", "full", 1),
        )
    }
    assert [row["kind"] for row in kept["message_evidence"]] == ["sent", "failed"] * 2
    assert {row["listing_id"] for row in await office.rows("listing_to_weigh")} == {LISTING, OTHER}


@pytest.mark.parametrize("seed", range(5))
async def test_any_split_of_batches_gives_the_same_rows(office: Office, seed: int) -> None:
    events = _history()
    await apply(office, events)
    at_once = await _kept(office)
    await _empty(office)
    drawn = random.Random(seed)

    lines = {
        key: [event for event in events if (event.topic, event.stream) == key]
        for key in {(event.topic, event.stream) for event in events}
    }
    while any(lines.values()):
        batch: list[Event] = []
        for line in drawn.sample(sorted(lines), k=drawn.randint(1, len(lines))):
            taken = drawn.randint(0, 4)
            batch += lines[line][:taken]
            del lines[line][:taken]
        if batch:
            await apply(office, batch)

    assert await _kept(office) == at_once


async def test_one_stream_dropped_and_applied_again_gives_the_same_rows(office: Office) -> None:
    events = _history()
    await apply(office, events)
    before = await _kept(office)

    for stream in ("U99002", "QZZ"):
        await _empty(office, stream=stream)
        assert await _kept(office) != before
        await apply(office, [event for event in events if event.stream == stream])

    assert await _kept(office) == before


async def test_an_event_that_speaks_for_another_network_or_region_is_refused(
    office: Office,
) -> None:
    for kind in ("onward-referral-sent", "placement-failed"):
        with pytest.raises(EventRefused):
            await apply(office, [told(kind, uuid4(), stream="U99002", pcn_code="U99001")])

    with pytest.raises(EventRefused):
        await apply(office, [told("listing-check-sent", uuid4(), stream="QYY", region_code="QZZ")])

    assert await office.rows("onward_evidence") == []
    assert await office.rows("message_evidence") == []
