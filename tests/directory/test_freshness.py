"""A listing is weighed by what happens: its owner is asked, it is doubted, hidden, brought back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import clock
from chassis.stream.events import Event
from services.directory.domain.freshness import CHECK_OPEN_DAYS
from services.directory.use_cases.standing import weigh_due
from tests.directory.evidence import a_link, a_question, apply, told
from tests.directory.trial import (
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    OTHER_WORKER,
    REFERRER,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

EMAIL = "hello@gardens.example.org"


async def _listed(office: Office, **changes: Any) -> str:
    organization = {"name": "Wayford Gardens", "description": "Gardens.", "email": EMAIL}
    made = await office.made(
        "/services", a_listing(organization=organization, **changes), member=MANAGER
    )
    return str(made["id"])


async def _weigh(office: Office, now: datetime) -> None:
    while await weigh_due(office.worker, now):
        pass


async def _state(office: Office, listing_id: str) -> str:
    (row,) = [row for row in await office.rows("listing") if row["id"] == UUID(listing_id)]
    return str(row["state"])


async def _kinds(office: Office) -> list[str]:
    return [event["type"].split(".")[1] for event in await office.events("listing-")]


async def _time_passes(office: Office, *, sends: bool) -> tuple[list[int], list[tuple[int, str]]]:
    """Let days without news pass; the days of questions, and what followed on which day."""
    begun = clock.now()
    steps: list[tuple[int, str]] = []
    asked: list[int] = []
    for day in range(380, 480):
        before = await office.events("listing-")
        await _weigh(office, begun + timedelta(days=day))
        for event in (await office.events("listing-"))[len(before) :]:
            kind = event["type"].split(".")[1]
            if kind != "listing-check-due":
                steps.append((day, kind))
                continue
            asked.append(day)
            await a_link(office, event["data"]["check_id"])
            if sends:
                await apply(office, [_sent(event["data"])])
    return asked, steps


def _sent(due: dict[str, Any], **said: Any) -> Event:
    """What notifications tells once a mail server took this question over."""
    return told("listing-check-sent", due["listing_id"], check_id=due["check_id"], **said)


async def test_silence_counts_of_those_alone_to_whom_somebody_sent_the_question(
    office: Office,
) -> None:
    listing_id = await _listed(office)

    asked, steps = await _time_passes(office, sends=False)

    assert asked
    assert steps == []
    assert await _state(office, listing_id) == "published"


async def test_a_listing_nobody_hears_of_is_asked_doubted_and_hidden_in_the_stated_time(
    office: Office,
) -> None:
    listing_id = await _listed(office)
    asked, steps = await _time_passes(office, sends=True)

    first = asked[0]
    assert asked == [first, first + CHECK_OPEN_DAYS]
    assert steps == [
        (first + CHECK_OPEN_DAYS, "listing-doubted"),
        (first + 2 * CHECK_OPEN_DAYS, "listing-hidden"),
    ]
    assert (await office.found(f"/services/{listing_id}", member=None))["status"] == "defunct"
    entry = await office.found(f"/services/{listing_id}/history", member=MANAGER)
    assert [(one["step"], one["source"]) for one in entry["items"]] == [
        ("hide", "evidence"),
        ("doubt", "evidence"),
        ("entered", "network"),
    ]


async def test_two_who_weigh_and_a_weighing_again_ask_and_step_once(office: Office) -> None:
    listing_id = await _listed(office)
    events = [
        told("onward-referral-answered", listing_id, at=clock.now(), stream=stream,
             answer="refused", reason="no-longer-runs", stage="ended", holder=None,
             ending="refused-by-provider")
        for stream in ("U99001", "U99002")
    ]  # fmt: skip
    now = clock.now() + timedelta(minutes=1)

    await apply(office, events[:1])
    await _weigh(office, now)
    await _weigh(office, now)
    assert await _kinds(office) == ["listing-published", "listing-check-due", "listing-doubted"]
    await apply(office, events[1:])
    # Two processes at once; one may find the other in its way, and then goes on later.
    await asyncio.gather(
        weigh_due(office.worker, now), weigh_due(office.worker, now), return_exceptions=True
    )
    await _weigh(office, now)

    assert (await _kinds(office))[3:] == ["listing-hidden"]
    (hidden,) = await office.events("listing-hidden")
    assert hidden["data"]["reason"] == "no-longer-runs"


async def test_whoever_gets_there_afterwards_brings_back_what_evidence_hid_not_what_somebody_hid(
    office: Office,
) -> None:
    by_evidence, by_somebody = await _listed(office), await _listed(office, name="Potting club")
    now = clock.now()
    for stream in ("U99001", "U99002"):
        await apply(office, [told("onward-referral-ended", by_evidence, at=now, stream=stream,
                                  reason="no-longer-runs")])  # fmt: skip
    hide = {"reason": "unsuitable"}
    assert (
        await office.post(f"/services/{by_somebody}/hide", hide, member=MANAGER)
    ).status_code == 200
    await _weigh(office, now + timedelta(minutes=1))
    assert [await _state(office, one) for one in (by_evidence, by_somebody)] == ["hidden"] * 2

    later = now + timedelta(hours=1)
    await apply(office, [told("onward-referral-attended", one, at=later)
                         for one in (by_evidence, by_somebody)])  # fmt: skip
    await _weigh(office, later + timedelta(minutes=1))

    assert await _state(office, by_evidence) == "published"
    assert await _state(office, by_somebody) == "hidden"
    assert (await office.found(f"/services/{by_evidence}", member=None))["status"] == "active"


async def test_a_tap_confirms_and_only_that_is_exported_as_assurance(office: Office) -> None:
    listing_id = await _listed(
        office, assured_date="2026-04-01", assurer_email="somebody@else.example.org"
    )
    before = await office.found(f"/services/{listing_id}", member=None)
    assert not {"assured_date", "assurer_email"} & set(before)
    link = await a_question(office, listing_id)
    assert (link["email"], link["name"]) == (EMAIL, "Growing group")

    first = await office.post(f"/listing-checks/{link['token']}", {"answer": "runs"}, member=None)
    again = await office.post(f"/listing-checks/{link['token']}", {"answer": "runs"}, member=None)
    other = await office.post(
        f"/listing-checks/{link['token']}", {"answer": "no-longer"}, member=None
    )

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["type"]) == (409, "/problems/check-closed")
    after = await office.found(f"/services/{listing_id}", member=None)
    today = f"{clock.now().astimezone(UTC):%Y-%m-%d}"
    assert (after["assured_date"], after["assurer_email"]) == (today, EMAIL)
    parts = (await office.found(f"/services/{listing_id}/freshness", member=WORKER))["parts"]
    assert [(part["kind"], part["day"], part["source"]) for part in parts] == [
        ("confirmed", today, "owner"),
        ("kept", today, "network"),
    ]


async def test_no_longer_hides_at_once_and_changed_warns(office: Office) -> None:
    gone, changed = await _listed(office), await _listed(office, name="Potting club")
    for listing_id, said in ((gone, "no-longer"), (changed, "changed")):
        token = (await a_question(office, listing_id))["token"]
        answer = await office.post(f"/listing-checks/{token}", {"answer": said}, member=None)
        assert answer.status_code == 200, answer.text

    assert [await _state(office, one) for one in (gone, changed)] == ["hidden", "doubted"]
    (hidden,) = await office.events("listing-hidden")
    (doubted,) = await office.events("listing-doubted")
    assert (hidden["data"]["reason"], doubted["data"]["reason"]) == (
        "no-longer-runs",
        "wrong-details",
    )


async def test_a_link_opens_one_question_is_kept_as_a_hash_alone_and_ends(office: Office) -> None:
    listing_id = await _listed(office)
    link = await a_question(office, listing_id)
    path = f"/internal/regions/QZZ/listing-checks/{link['id']}/link"
    shown = await office.get(f"/listing-checks/{link['token']}", member=None)
    assert shown.json()["answer"] is None
    for table in ("listing_check", "listing_check_link", "outbox"):
        assert link["token"] not in str(await office.rows(table))

    assert (await office.get(f"/listing-checks/{'x' * 43}", member=None)).status_code == 404
    assert (await office.post(path, member=MANAGER)).status_code == 403
    foreign = path.replace("QZZ", "QYY")
    assert (await office.post(foreign, member="service notifications")).status_code == 404
    again = [(await a_link(office, UUID(link["id"])))["token"] for _ in range(20)]
    assert set(again) == {link["token"]}
    assert len(await office.rows("listing_check_link")) == 1
    assert (await a_question(office, await _listed(office, name="Choir")))["token"] != link["token"]
    await office.owner.execute("update listing_check set answer_until = now()")
    late = await office.post(f"/listing-checks/{link['token']}", {"answer": "runs"}, member=None)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/check-closed")


async def test_no_question_goes_out_about_what_somebody_took_away(office: Office) -> None:
    hidden, by_evidence = await _listed(office), await _listed(office, name="Potting club")
    links = [await a_question(office, one) for one in (hidden, by_evidence)]
    await office.post(f"/services/{hidden}/hide", {"reason": "unsuitable"}, member=MANAGER)
    for member in (WORKER, OTHER_WORKER):
        mark = {"kind": "no-longer-runs"}
        await office.post(f"/services/{by_evidence}/marks", mark, member=member)
    assert [await _state(office, one) for one in (hidden, by_evidence)] == ["hidden"] * 2

    answers = [
        await office.post(
            f"/internal/regions/QZZ/listing-checks/{link['id']}/link",
            member="service notifications",
        )
        for link in links
    ]

    assert [answer.status_code for answer in answers] == [409, 200]
    assert answers[0].json()["type"] == "/problems/check-closed"


async def test_workers_mark_what_is_wrong_and_see_why_a_listing_is_weighed_so(
    office: Office,
) -> None:
    listing_id = await _listed(office)
    await fill_foreign_region(office)
    path = f"/services/{listing_id}"
    for member in (WORKER, WORKER, OTHER_WORKER):
        answer = await office.post(f"{path}/marks", {"kind": "no-longer-runs"}, member=member)
        if member == WORKER:
            assert answer.status_code == 202, answer.text
            assert await _state(office, listing_id) == "doubted"
            warned = await office.found(path, member=None)
            today = f"{clock.now():%Y-%m-%d}"
            assert warned["field_sources"]["alert"] == {"source": "evidence", "day": today}

    assert await _state(office, listing_id) == "hidden"
    shown = await office.found(f"{path}/freshness", member=WORKER)
    assert [(part["kind"], part["source"], part["points"]) for part in shown["parts"]] == [
        ("said-gone", "worker", -60.0),
        ("said-gone", "worker", -60.0),
        ("kept", "network", 45.0),
    ]
    for member in (FOREIGN_MANAGER, FOREIGN_WORKER):
        assert (await office.get(f"{path}/freshness", member=member)).status_code == 404
    assert (await office.get(f"{path}/freshness", member=REFERRER)).status_code == 403


async def test_several_listings_are_told_of_in_short_and_those_of_others_are_left_out(
    office: Office,
) -> None:
    marked, kept = await _listed(office), await _listed(office, name="Potting club")
    await fill_foreign_region(office)
    await office.post(f"/services/{marked}/marks", {"kind": "wrong-details"}, member=WORKER)
    asked = {"service_id": [marked, kept, str(uuid4())]}

    shown = await office.found("/freshness", member=WORKER, params=asked)

    told_of = {one["id"]: (one["state"], one["last_heard"]["kind"]) for one in shown["items"]}
    assert told_of == {marked: ("published", "marked-wrong"), kept: ("published", "kept")}
    alone = await office.found(f"/services/{marked}/freshness", member=WORKER)
    (short,) = [one for one in shown["items"] if one["id"] == marked]
    assert short["score"] == alone["score"]
    assert short["last_heard"] == {
        name: alone["parts"][0][name] for name in ("kind", "day", "source")
    }
    assert shown["next"] is None
    foreign = await office.found("/freshness", member=FOREIGN_WORKER, params=asked)
    assert foreign["items"] == []
    assert (await office.get("/freshness", member=REFERRER, params=asked)).status_code == 403
    for wrong in ({}, {"service_id": "x"}, {"service_id": [marked] * 101}):
        assert (await office.get("/freshness", member=WORKER, params=wrong)).status_code == 422


async def test_what_bounces_and_stays_unanswered_lowers_and_a_message_that_arrives_puts_right(
    office: Office,
) -> None:
    listing_id = await _listed(office)
    now = clock.now()
    check_id = (await a_question(office, listing_id))["id"]
    path = f"/services/{listing_id}/freshness"
    fresh = (await office.found(path, member=WORKER))["score"]
    await apply(office, [
        told("listing-check-failed", listing_id, check_id=check_id, at=now),
        told("listing-check-failed", listing_id, check_id=check_id, reason="mail-server-refused"),
        # Another region's stream has no word about it, nor has a question nobody put.
        told("listing-check-failed", listing_id, check_id=check_id, stream="QYY", at=now),
        told("listing-check-failed", listing_id, at=now),
        told("onward-referral-nudge-due", listing_id, at=now),
    ])  # fmt: skip
    low = await office.found(path, member=WORKER)
    due = {"listing_id": listing_id, "check_id": check_id}
    await apply(office, [_sent(due, at=now + timedelta(seconds=1))])
    better = await office.found(path, member=WORKER)

    assert low["score"] == pytest.approx(fresh - 25 - 8, abs=0.2)
    assert better["score"] == pytest.approx(fresh - 8, abs=0.2)
    (bounced,) = [part for part in better["parts"] if part["kind"] == "bounced"]
    assert (bounced["counts"], bounced["put_aside_by"]) == (False, "delivered")


async def test_the_score_stands_where_searches_look_and_stays_there_when_indexed_anew(
    office: Office,
) -> None:
    listing_id = await _listed(office)
    await _weigh(office, clock.now())
    (row,) = await office.rows("listing_search")
    assert row["freshness"] == pytest.approx(0.85, abs=0.01)

    changed = await office.ask(
        "PATCH", f"/services/{listing_id}", {"fees": "Free"}, member=MANAGER, version=1
    )

    assert changed.status_code == 200, changed.text
    (row,) = await office.rows("listing_search")
    assert row["freshness"] == pytest.approx(0.85, abs=0.01)


async def test_a_day_that_changes_little_writes_nothing_where_searches_look(office: Office) -> None:
    await _listed(office)
    row_id = "select ctid::text from listing_search"
    began = clock.now() + timedelta(minutes=1)
    written: list[str] = []
    for day in range(0, 12, 2):
        await _weigh(office, began + timedelta(days=day))
        written.append(await office.owner.fetchval(row_id))

    (kept,) = await office.rows("listing_freshness")
    (shown,) = await office.rows("listing_search")
    # Two points in ten days: the score is kept to the last digit, and shown to the hundredth.
    assert kept["score"] == pytest.approx(83.3, abs=0.2)
    assert shown["freshness"] == pytest.approx(0.83, abs=0.001)
    assert len(set(written)) < len(written)


async def test_weighing_goes_on_in_bounded_pieces(office: Office) -> None:
    for number in range(5):
        await _listed(office, name=f"Group {number}")
    now = clock.now() + timedelta(minutes=1)

    pieces = [await weigh_due(office.worker, now, rows_max=2) for _ in range(4)]

    assert pieces == [2, 2, 1, 0]
    assert len(await office.rows("listing_freshness")) == 5
