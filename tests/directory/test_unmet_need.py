"""What people need and do not find: counted, controlled, and the seeded gaps found among the rest."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from demo.directory import LISTINGS_A_BATCH_MAX
from demo.gaps import GAP_TERMS, GAPS, Gap
from demo.geography import neighbourhoods, places, towns
from demo.listings import listings
from demo.region import networks
from services.directory.use_cases.unmet_need_told import tell_last_month
from tests.directory.evidence import apply, told
from tests.directory.trial import (
    ANALYST,
    FOREIGN_ANALYST,
    FOREIGN_MANAGER,
    MANAGER,
    OTHER_MANAGER,
    REGISTRAR,
    WORKER,
    Office,
    a_listing,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

HOME = {"code": "Z1", "pcn_code": "U99001", "name": "Home", "persons": 2_000}
_BECAUSE = {
    # Of what is not there at all, a group of another town may be near or far.
    "nothing": {"nothing-there", "too-far"},
    "too-far": {"too-far"},
    "full": {"full"},
    "cost": {"cost"},
    "access": {"access"},
}
# The networks of the small region and those that lie around them.
AROUND = frozenset(f"U990{number:02}" for number in (1, 2, 3, 5, 9, 10, 11, 13, 17, 22, 25, 26))
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


def _cells(shown: dict[str, Any], term: str) -> dict[str, tuple[str, int]]:
    return {
        one["neighbourhood_code"]: (one["reason"], one["listings"])
        for one in shown["lacking"]
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
        for one in exact["asked"]
    ] == [
        (None, "money", None, "nothing-there", 12, 12.0),
        ("Z1", "money", "debt", "nothing-there", 9, 45.0),
        (None, "money", None, "full", 3, 3.0),
    ]  # fmt: skip
    assert [(one["times"], one["per_10_000"]) for one in controlled["asked"]] == [
        (10, 10.0), (10, 50.0), ("*", "*"),
    ]  # fmt: skip
    region = await office.found("/regions/QZZ/unmet-need", member=ANALYST)
    assert region["asked"] == controlled["asked"]
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

    shown = await office.found("/regions/QZZ/unmet-need", member=ANALYST)

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


def _gap(name: str) -> Gap:
    (found,) = (gap for gap in GAPS if gap.name == name)
    return found


async def test_the_seeded_gaps_are_found_where_they_were_planted(office: Office) -> None:
    """Each gap of the demonstration is looked for where it says it is, by the reason it says."""
    more = [
        {"key": network.code, "pcn_code": network.code, "region_code": "QZZ",
         "name": f"{network.code} (synthetic)"}
        for network in networks("region") if network.code not in {"U99001", "U99002"}
    ]  # fmt: skip
    assert (await office.post("/register/pcns/batch", {"items": more})).status_code == 200
    areas = [
        {"code": one.code, "pcn_code": one.pcn_code, "name": one.name, "persons": one.persons}
        for town in towns() for one in town.neighbourhoods
    ]  # fmt: skip
    await _put(office, "/neighbourhoods/batch", areas, 1_000)
    postcodes = [
        {"kind": "postcode", "text": one.name, "latitude": one.latitude,
         "longitude": one.longitude, "neighbourhood_code": one.neighbourhood_code}
        for one in [one for one in places("region") if one.is_postcode][::12]
    ]  # fmt: skip
    await _put(office, "/places/batch", postcodes, 250)
    chosen = [
        one.item
        for one in listings()
        if one.pcn_code is None or one.pcn_code in AROUND or GAP_TERMS & set(one.need_terms)
    ]
    for start in range(0, len(chosen), LISTINGS_A_BATCH_MAX):
        body = {"origin": "seed", "items": chosen[start : start + LISTINGS_A_BATCH_MAX]}
        answer = await office.post("/services/batch", body, member=MANAGER)
        assert {one["status"] for one in answer.json()["items"]} == {201}

    shown = await office.found("/regions/QZZ/unmet-need", member=ANALYST)

    networks_shown = {one["pcn_code"]: one for one in shown["networks"]}
    homes = {
        code: {one.code for one in neighbourhoods().values() if one.pcn_code == code}
        for code in ("U99001", "U99002", "U99003")
    }
    looked_for = 0
    for gap in GAPS:
        where = set(gap.neighbourhood_codes) or homes[gap.pcn_code]
        if gap.kind == "language":
            assert networks_shown[gap.pcn_code]["languages_nobody_speaks"] == [gap.language]
        if gap.kind == "daytime-only":
            hours = {code: networks_shown[code]["only_in_working_hours"] for code in homes}
            assert hours == {code: code == gap.pcn_code for code in homes}
        for term in gap.need_terms:
            cells = _cells(shown, term)
            assert cells.keys() & homes[gap.pcn_code] == where, gap.name
            assert {cells[code][0] for code in where} <= _BECAUSE[gap.kind], gap.name
            looked_for += len(where)
        if gap.kind == "too-far":
            far = [one for one in shown["lacking"]
                   if one["pcn_code"] == gap.pcn_code and one["need_term"] in gap.need_terms]  # fmt: skip
            assert min(one["nearest_km"] for one in far) >= gap.km_min
    # Two areas without debt advice; ten each of Birchmere, Coldwell and Ashbeck for the six others.
    assert looked_for == 2 + 10 * 7


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

    assert await tell_last_month(office.worker, now) == 0
    pieces = [await tell_last_month(office.worker, next_month, rows_max=1) for _ in range(3)]

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
