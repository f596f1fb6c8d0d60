"""What people need and do not find: counted, controlled, in pages, and told when a month is over."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from services.directory.schedules import reckon_for_ever
from services.directory.use_cases.lacking import reckon_due
from services.directory.use_cases.unmet_need_told import tell_months
from tests.directory.evidence import apply, told
from tests.directory.trial import (
    ANALYST,
    FOREIGN_ANALYST,
    FOREIGN_MANAGER,
    MANAGER,
    OTHER_MANAGER,
    REFERRER,
    REGISTRAR,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)
from tests.waiting import until

pytestmark = pytest.mark.postgres

HOME = {"code": "Z1", "pcn_code": "U99001", "name": "Home", "persons": 2_000}
AWAY = {"code": "Z2", "pcn_code": "U99002", "name": "Away", "persons": 4_000}


async def _put(office: Office, path: str, items: Sequence[dict[str, Any]], size: int) -> None:
    for start in range(0, len(items), size):
        body = {"items": list(items[start : start + size])}
        answer = await office.ask("PUT", path, body, member=REGISTRAR)
        assert answer.status_code == 200, answer.text


async def small_geography(office: Office) -> None:
    await _put(office, "/neighbourhoods/batch", [HOME, AWAY], 10)
    await _put(
        office,
        "/places/batch",
        [
            {"kind": "postcode", "text": "ZZ1 1AA", "latitude": 54.0, "longitude": 1.0,
             "neighbourhood_code": "Z1"},
            {"kind": "postcode", "text": "ZZ2 1AA", "latitude": 54.3, "longitude": 1.0,
             "neighbourhood_code": "Z2"},
        ],
        10,
    )  # fmt: skip
    for code, persons in (("U99001", 10_000), ("U99002", 20_000)):
        await office.made(
            "/register/populations", {"pcn_code": code, "persons": persons, "as_of": "2026-01-01"}
        )


async def _all_pages(office: Office, path: str, member: str, limit: int = 100) -> list[Any]:
    """The answers to every page of a list."""
    answers: list[Any] = []
    cursor: str | None = None
    while cursor is not None or not answers:
        params = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answers.append(await office.found(path, member=member, params=params))
        assert len(answers[-1]["items"]) <= limit
        cursor = answers[-1]["next"]
    return answers


async def _items(office: Office, path: str, member: str, limit: int = 100) -> list[Any]:
    return [one for page in await _all_pages(office, path, member, limit) for one in page["items"]]


def _cells(lacking: list[Any], term: str) -> dict[str, tuple[str, int]]:
    return {
        one["neighbourhood_code"]: (one["reason"], one["listings"])
        for one in lacking
        if one["need_term"] == term
    }


async def test_searches_and_failed_placements_are_counted_by_need_area_and_reason(
    office: Office,
) -> None:
    await small_geography(office)
    await fill_foreign_region(office)
    for _ in range(9):
        answer = await office.get(
            "/search", member=None, params={"need": "debt", "near": "ZZ1 1AA"}
        )
        assert answer.status_code == 200, answer.text
    now = clock.now()
    failed = [("full", 3), ("nothing-suitable", 12)]
    await apply(office, [
        told("placement-failed", None, at=now, need="money", reason=reason)
        for reason, times in failed for _ in range(times)
    ])  # fmt: skip

    exact = await office.found("/pcns/U99001/unmet-need", member=MANAGER)
    controlled = await office.found("/pcns/U99001/unmet-need", member=ANALYST)

    assert [
        (one["neighbourhood_code"], one["need"], one["need_term"], one["reason"], one["times"],
         one["per_10_000"])
        for one in exact["items"]
    ] == [
        (None, "money", None, "full", 3, 3.0),
        (None, "money", None, "nothing-there", 12, 12.0),
        ("Z1", "money", "debt", "nothing-there", 9, 45.0),
    ]  # fmt: skip
    assert [(one["times"], one["per_10_000"]) for one in controlled["items"]] == [
        ("*", "*"), (10, 10.0), (10, 50.0),
    ]  # fmt: skip
    assert (exact["persons"], exact["times"], controlled["times"]) == (10_000, 24, 25)
    assert [(one["reason"], one["times"]) for one in exact["totals"]] == [
        ("nothing-there", 21), ("full", 3),
    ]  # fmt: skip
    assert [(one["reason"], one["times"], one["per_10_000"]) for one in controlled["totals"]] == [
        ("nothing-there", 20, 20.0), ("full", "*", "*"),
    ]  # fmt: skip
    region = await office.found("/regions/QZZ/unmet-need", member=ANALYST)
    assert region["items"] == controlled["items"]
    assert [one["per_10_000"] for one in region["totals"]] == [6.7, "*"]
    assert (exact["exact"], controlled["exact"], region["exact"]) == (True, False, False)
    for member in (OTHER_MANAGER, FOREIGN_MANAGER, FOREIGN_ANALYST):
        assert (await office.get("/pcns/U99001/unmet-need", member=member)).status_code == 404
    foreign = await office.get("/regions/QZZ/unmet-need", member=FOREIGN_ANALYST)
    assert foreign.status_code == 404
    assert (await office.get("/regions/QZZ/unmet-need", member=MANAGER)).status_code == 403


async def test_an_area_lacks_what_nobody_serves_it_with_or_what_is_full_dear_or_upstairs(
    office: Office,
) -> None:
    await small_geography(office)
    here = [{"location_type": "physical", "latitude": 54.001, "longitude": 1.0}]
    upstairs = [{**here[0], "accessibility": [{"description": "Steps and no lift"}]}]
    ramp = [{**here[0], "accessibility": [{"description": "A ramp at the door"}]}]
    dear = [{"option": "A session", "amount": 8}]
    free = [{"option": "Free", "amount": 0}]
    for name, term, more in (
        ("Free debt advice", "debt", {"locations": ramp, "cost_options": free}),
        ("Dear classes", "exercise", {"locations": ramp, "cost_options": dear}),
        ("Upstairs cafe", "bereavement-cafe", {"locations": upstairs, "cost_options": free}),
        ("Full room", "talking-support", {"locations": ramp, "cost_options": free,
                                          "alert": "Waiting list: about 30 weeks."}),
        ("Closed room", "talking-support", {"locations": ramp, "cost_options": free,
                                            "alert": "The waiting list is closed for now."}),
        ("By phone", "benefits", {"cost_options": dear,
                                  "locations": [{"location_type": "virtual"}]}),
    ):  # fmt: skip
        await office.made("/services", a_listing(name=name, need_terms=[term], **more),
                          member=MANAGER)  # fmt: skip

    never = await office.found("/regions/QZZ/unmet-need/lacking", member=ANALYST)
    assert await reckon_due(office.worker, clock.now())
    shown = await _items(office, "/regions/QZZ/unmet-need/lacking", ANALYST)

    assert (never["items"], never["reckoned_at"]) == ([], None)
    assert _cells(shown, "debt") == {"Z2": ("too-far", 0)}
    assert _cells(shown, "exercise") == {"Z1": ("cost", 1), "Z2": ("too-far", 0)}
    assert _cells(shown, "bereavement-cafe") == {"Z1": ("access", 1), "Z2": ("too-far", 0)}
    assert _cells(shown, "talking-support") == {"Z1": ("full", 2), "Z2": ("too-far", 0)}
    assert _cells(shown, "benefits") == {"Z1": ("cost", 1), "Z2": ("cost", 1)}
    assert _cells(shown, "befriending") == {"Z1": ("nothing-there", 0), "Z2": ("nothing-there", 0)}


async def test_small_areas_are_loaded_once_into_networks_of_the_region(office: Office) -> None:
    await fill_foreign_region(office)
    body = {"items": [HOME, AWAY]}
    answers = [
        (await office.ask("PUT", "/neighbourhoods/batch", body, member=REGISTRAR)).json()
        for _ in range(2)
    ]

    assert answers == [{"taken": 2, "changed": 2}, {"taken": 2, "changed": 0}]
    foreign = {"items": [{**HOME, "pcn_code": "U99901"}]}
    refused = await office.ask("PUT", "/neighbourhoods/batch", foreign, member=REGISTRAR)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/items/0/pcn_code"


async def test_small_areas_are_named_to_those_of_their_network_and_region(office: Office) -> None:
    await small_geography(office)
    await fill_foreign_region(office)
    asked = {"code": ["Z2", "Z1", "Z1", "Z9"]}

    named = {
        member: [
            (one["id"], one["name"])
            for one in (await office.found("/neighbourhoods", member=member, params=asked))["items"]
        ]
        for member in (WORKER, ANALYST, FOREIGN_ANALYST)
    }

    assert named == {
        WORKER: [("Z1", "Home")],
        ANALYST: [("Z2", "Away"), ("Z1", "Home")],
        FOREIGN_ANALYST: [],
    }
    assert (await office.get("/neighbourhoods", member=REFERRER, params=asked)).status_code == 403
    many = {"code": [f"Z{number}" for number in range(51)]}
    assert (await office.get("/neighbourhoods", member=WORKER, params=many)).status_code == 422


async def test_the_sheet_of_a_group_counts_and_names_nobody(office: Office) -> None:
    made = await office.made("/services", a_listing(), member=MANAGER)
    listing, group = made["id"], made["organization_id"]
    at = clock.now().replace(day=10)
    events: list[Any] = []
    for number in range(6):
        one = {"onward_referral_id": f"01980000-0000-7000-8000-00000000000{number}",
               "organization_id": group}  # fmt: skip
        events.append(told("onward-referral-sent", listing, at=at, **one))
        if number < 4:
            later = at + timedelta(days=2 * number)
            events.append(told("onward-referral-answered", listing, at=later, sent_at=at, **one))
        if number < 2:
            later = at + timedelta(days=9)
            events.append(told("onward-referral-attended", listing, at=later, sent_at=at, **one))
    events.append(told("onward-referral-ended", listing, at=at, reason="entered-in-error",
                       onward_referral_id=f"01980000-0000-7000-8000-00000000000{5}",
                       organization_id=group))  # fmt: skip
    await apply(office, events)
    member = "provider of the garden"
    await office.made(
        "/register/memberships",
        {"subject": member, "role": "provider", "organisation_kind": "organization",
         "organisation_code": group},
    )  # fmt: skip

    path = f"/organizations/{group}/sheet"
    sheet = await office.found(path, member=member, params={"month": f"{at:%Y-%m}"})
    before = await office.found(path, member=member, params={"month": "2025-01"})

    assert sheet["totals"] == {
        "received": 5, "accepted": 4, "not_taken": 0, "started": 0, "attended": 2, "answered": 4,
        "answered_within_a_week": 4,
    }  # fmt: skip
    assert [one["answer_days_median"] for one in sheet["items"]] == [3.0]
    assert set(before["totals"].values()) == {0}
    assert (await office.get(path, member=WORKER, params={"month": "2026-01"})).status_code == 403
    wrong = await office.get(path, member=member, params={"month": "2026-13"})
    assert wrong.status_code == 422


async def test_pages_hold_everything_once_and_their_length_changes_no_total(office: Office) -> None:
    await small_geography(office)
    for need, near, times in (
        ("debt", "ZZ1 1AA", 9), ("fuel", "ZZ1 1AA", 3), ("debt", "ZZ2 1AA", 8), ("food", None, 11),
    ):  # fmt: skip
        for _ in range(times):
            params = {"need": need} | ({"near": near} if near else {})
            await office.get("/search", member=None, params=params)
    await apply(office, [
        told("placement-failed", None, at=clock.now(), need=need, reason="full", stream=pcn)
        for need in ("money", "housing") for pcn in ("U99001", "U99002") for _ in range(2)
    ])  # fmt: skip

    whole = await _all_pages(office, "/regions/QZZ/unmet-need", ANALYST)
    single = await _all_pages(office, "/regions/QZZ/unmet-need", ANALYST, limit=1)
    pairs = await _all_pages(office, "/regions/QZZ/unmet-need", ANALYST, limit=2)

    everything = [one for page in whole for one in page["items"]]
    assert len(whole) == 1
    assert len(everything) == 8
    for pages in (single, pairs):
        assert [one for page in pages for one in page["items"]] == everything
        for page in pages:
            assert (page["times"], page["totals"]) == (whole[0]["times"], whole[0]["totals"])
    # 39 in all, 31 of them for money, each rounded on its own.
    assert whole[0]["times"] == 40
    assert {one["times"] for one in whole[0]["totals"]} == {30, "*"}
    too_many = await office.get("/regions/QZZ/unmet-need", member=ANALYST, params={"limit": 101})
    assert too_many.status_code == 422
    stolen = {"cursor": single[0]["next"], "limit": 1}
    foreign = await office.get("/pcns/U99001/unmet-need", member=MANAGER, params=stolen)
    assert foreign.status_code == 422


async def test_a_search_without_a_place_counts_for_the_network_of_whoever_signed_in(
    office: Office,
) -> None:
    await small_geography(office)
    for member in (WORKER, REFERRER, ANALYST, REGISTRAR, OTHER_MANAGER, None):
        await office.found("/search", member=member, params={"need": "debt"})
    await office.http.get(
        "/search", params={"need": "debt"}, headers={"Authorization": "Bearer nonsense"}
    )
    # Who names a place is counted where that is, whoever they are.
    await office.found("/search", member=WORKER, params={"need": "debt", "near": "ZZ2 1AA"})

    own = await _items(office, "/pcns/U99001/unmet-need", MANAGER)
    other = await _items(office, "/pcns/U99002/unmet-need", OTHER_MANAGER)
    rows = await office.rows("search_without_place", "pcn_code")

    assert [(one["place"], one["neighbourhood_code"], one["times"], one["per_10_000"]) for one in own] == [
        ("not-said", None, 2, 2.0)
    ]  # fmt: skip
    assert [(one["place"], one["times"]) for one in other] == [("not-said", 1), ("small-area", 1)]
    # Whoever is of no network, or signed in nowhere, counts for the only region there is.
    assert [(row["region_code"], row["pcn_code"], row["searches"]) for row in rows] == [
        ("QZZ", "", 4), ("QZZ", "U99001", 2), ("QZZ", "U99002", 1),
    ]  # fmt: skip
    region = await _items(office, "/regions/QZZ/unmet-need", ANALYST)
    assert [(one["pcn_code"], one["place"], one["times"]) for one in region] == [
        (None, "not-said", "*"), ("U99001", "not-said", "*"), ("U99002", "not-said", "*"),
        ("U99002", "small-area", "*"),
    ]  # fmt: skip


async def test_where_there_are_several_regions_nobody_is_counted_under_one_by_guess(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    await small_geography(office)
    await _put(office, "/places/batch", [
        {"kind": "postcode", "text": "ZZ1 2BB", "latitude": 54.1, "longitude": 1.0,
         "neighbourhood_code": "Z2"},
    ], 1)  # fmt: skip

    await office.found("/search", member=None, params={"need": "debt"})
    # Half a postcode that lies in two small areas says which region it is, and no more.
    await office.found("/search", member=None, params={"need": "debt", "near": "ZZ1"})
    await office.found("/search", member=WORKER, params={"need": "debt", "near": "ZZ1"})
    await office.found("/search", member=FOREIGN_MANAGER, params={"need": "debt", "near": "ZZ1"})

    assert [
        (row["region_code"], row["pcn_code"], row["searches"])
        for row in await office.rows("search_without_place", "pcn_code")
    ] == [("QZZ", "", 2), ("QZZ", "U99001", 1)]
    assert [
        (row["neighbourhood_code"], row["searches"]) for row in await office.rows("unmet_search")
    ] == [("", 1)]
    assert await _items(office, "/regions/QYY/unmet-need", FOREIGN_ANALYST) == []


async def test_what_is_lacking_is_reckoned_again_when_something_of_the_region_changed(
    office: Office,
) -> None:
    await fill_foreign_region(office)
    await small_geography(office)
    now = clock.now()

    async def reckon(later_seconds: float) -> int:
        """How many regions are reckoned then."""
        regions = 0
        while await reckon_due(office.worker, now + timedelta(seconds=later_seconds)):
            regions += 1
        return regions

    assert (await reckon(0), await reckon(61)) == (2, 0)
    # The relay numbers what was told of the region: its head says that a listing changed.
    await office.made(
        "/services", a_listing(name="Debt advice", need_terms=["debt"]), member=MANAGER
    )
    await office.owner.execute("insert into stream_head (stream, head) values ('QZZ', 1)")
    path = "/regions/QZZ/unmet-need/lacking"
    before = await _items(office, path, ANALYST)
    assert await reckon(30) == 0, "a region rests a minute"
    assert await reckon(122) == 1
    after = await _items(office, path, ANALYST)
    assert set(_cells(before, "debt")) == {"Z1", "Z2"}
    assert _cells(after, "debt") == {}
    assert len(before) - len(after) == 2

    # No event tells of places and areas.
    await _put(office, "/neighbourhoods/batch", [{**HOME, "pcn_code": "U99002"}], 1)
    assert await reckon(183) == 1
    moved = await _items(office, path, ANALYST)
    assert {one["pcn_code"] for one in moved if one["neighbourhood_code"] == "Z1"} == {"U99002"}
    assert len(moved) == len(after)
    assert await _items(office, "/pcns/U99001/unmet-need/lacking", MANAGER) == []


async def test_what_is_lacking_is_read_in_pages_by_those_who_may(office: Office) -> None:
    await fill_foreign_region(office)
    await small_geography(office)
    await office.made("/services", a_listing(languages=[{"name": "Urdu"}], locations=[
        {"latitude": 54.001, "longitude": 1.0}]), member=MANAGER)  # fmt: skip
    await reckon_due(office.worker, clock.now())
    await reckon_due(office.worker, clock.now())

    path = "/regions/QZZ/unmet-need/lacking"
    whole = await _items(office, path, ANALYST)
    own = await _all_pages(office, "/pcns/U99001/unmet-need/lacking", MANAGER, limit=7)
    networks = await _items(office, "/regions/QZZ/unmet-need/networks", ANALYST, limit=1)

    assert await _items(office, path, ANALYST, limit=13) == whole
    assert [one for page in own for one in page["items"]] == [
        one for one in whole if one["pcn_code"] == "U99001"
    ]
    assert {(page["only_in_working_hours"], *page["languages_nobody_speaks"]) for page in own} == {
        (True,)
    }
    assert [(one["pcn_code"], one["languages_nobody_speaks"]) for one in networks] == [
        ("U99001", []), ("U99002", ["ur"]),
    ]  # fmt: skip
    for member in (OTHER_MANAGER, FOREIGN_MANAGER, FOREIGN_ANALYST):
        refused = await office.get("/pcns/U99001/unmet-need/lacking", member=member)
        assert refused.status_code == 404
    for refused_path in (path, "/regions/QZZ/unmet-need/networks"):
        assert (await office.get(refused_path, member=FOREIGN_ANALYST)).status_code == 404
        assert (await office.get(refused_path, member=MANAGER)).status_code == 403


async def test_the_schedule_reckons_what_is_lacking_and_can_be_stopped(office: Office) -> None:
    await small_geography(office)

    running = asyncio.create_task(reckon_for_ever(office.worker))
    await until(lambda: _is_reckoned(office), what="what is lacking is kept")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def _is_reckoned(office: Office) -> bool:
    return bool(await office.rows("need_lacking"))


async def test_what_was_not_met_in_a_month_is_told_once_when_it_is_over_and_never_of_a_few(
    office: Office,
) -> None:
    await small_geography(office)
    now = clock.now()
    for _ in range(8):
        await office.get("/search", member=None, params={"need": "debt", "near": "ZZ1 1AA"})
    failed = [("full", 7), ("nothing-suitable", 12)]
    await apply(office, [
        told("placement-failed", None, at=now, need="money", reason=reason)
        for reason, times in failed for _ in range(times)
    ])  # fmt: skip
    next_month = (now.replace(day=1) + timedelta(days=40)).replace(day=2)

    assert await tell_months(office.worker, now) == 0
    pieces = [await tell_months(office.worker, next_month, rows_max=1) for _ in range(3)]

    assert pieces == [1, 1, 0]
    events = [event["data"] for event in await office.events("need-unmet")]
    assert [
        (one["neighbourhood_code"], one["need"], one["need_term"], one["reason"], one["times"])
        for one in events
    ] == [
        (None, "money", None, "nothing-there", 10),
        ("Z1", "money", "debt", "nothing-there", 10),
    ]
    assert {one["month"] for one in events} == {f"{now:%Y-%m}-01"}


async def _told_of_money(office: Office) -> list[tuple[str, int, int]]:
    """The subject, version and count of each event that tells of money."""
    return [
        (event["subject"], event["aggregate_version"], event["data"]["times"])
        for event in await office.events("need-unmet")
    ]


async def test_what_was_told_is_compared_with_what_is_known_and_more_is_told_anew(
    office: Office,
) -> None:
    now = clock.now()
    next_month = (now.replace(day=1) + timedelta(days=40)).replace(day=2)

    async def failed(times: int) -> None:
        await apply(office, [
            told("placement-failed", None, at=now, need="money", reason="full")
            for _ in range(times)
        ])  # fmt: skip

    await failed(8)
    assert await tell_months(office.worker, next_month) == 1
    # One more is told as the same ten; five more become known a month later.
    await failed(1)
    assert await tell_months(office.worker, next_month) == 1
    assert await tell_months(office.worker, next_month) == 0
    await failed(5)
    much_later = (next_month + timedelta(days=40)).replace(day=2)
    assert await tell_months(office.worker, much_later) == 1
    assert await tell_months(office.worker, much_later) == 0

    first, second = await _told_of_money(office)
    assert first[1:] == (1, 10)
    assert second == (first[0], 2, 15)
    (kept,) = await office.rows("need_unmet_told")
    assert (kept["times"], kept["version"]) == (14, 2)
    # What is older than a quarter is not told any more.
    await failed(10)
    assert await tell_months(office.worker, (much_later + timedelta(days=80)).replace(day=2)) == 0


async def test_counting_a_stream_again_from_the_beginning_tells_nothing_twice(
    office: Office,
) -> None:
    now = clock.now()
    next_month = (now.replace(day=1) + timedelta(days=40)).replace(day=2)
    events = [
        told("placement-failed", None, at=now, need="money", reason="full") for _ in range(14)
    ]
    await apply(office, events)
    assert await tell_months(office.worker, next_month) == 1

    await office.owner.execute("delete from failed_placement where stream = 'U99001'")
    assert await tell_months(office.worker, next_month) == 0
    for start in range(0, len(events), 5):
        await apply(office, events[start : start + 5])
        assert await tell_months(office.worker, next_month) == 0

    assert [said[1:] for said in await _told_of_money(office)] == [(1, 15)]
