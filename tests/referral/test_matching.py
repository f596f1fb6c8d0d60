"""Finding people through slips, merging two records, and unmerging them as if nothing had been."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.referral.api import examples
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_WORKER,
    MANAGER,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
    without,
)

pytestmark = pytest.mark.postgres


def an_entry(**changes: object) -> dict[str, Any]:
    return {"practice_code": "Y99001", **a_person(**changes)}


async def two_records(clinic: Clinic, **changes: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """One person entered twice: with a number, and under a misspelt name without one."""
    body = an_entry(family_name=f"Merge{uuid4().hex[:6]}", **changes)
    kept = await clinic.made("/people", body)
    other = {**without(body, "nhs_number"), "given_name": "Adah", "practice_code": "Y99002"}
    return kept, await clinic.made("/people", other, member=OTHER_PRACTICE)


async def referred(clinic: Clinic, person_id: str, **changes: object) -> dict[str, Any]:
    body = {"person_id": person_id, "needs": ["money"], **changes}
    return await clinic.made("/referrals", body)


async def merged(clinic: Clinic, kept: str, other: str, **changes: object) -> dict[str, Any]:
    return await clinic.made(f"/people/{kept}/merges", {"person_id": other, **changes})


async def test_a_slip_does_not_hide_somebody_and_the_score_says_which(clinic: Clinic) -> None:
    body = an_entry(family_name="Featherstone", birth_date="1931-05-07")
    made = await clinic.made("/people", body)
    for terms, part in (
        ({"family_name": "Fetherstone", "birth_date": "1931-05-07"}, "family_name"),
        ({"family_name": "Featherstone", "birth_date": "1931-07-05"}, "birth_date"),
        ({"family_name": "Featherstone", "birth_date": "1937-05-07"}, "birth_date"),
    ):
        found = (await clinic.post("/people/search", terms)).json()["items"]
        assert found[0]["id"] == made["id"], terms
        verdicts = {one["name"]: one["verdict"] for one in found[0]["parts"]}
        assert verdicts[part] == "close"
        assert 70 <= found[0]["score"] < 100


async def test_people_found_come_in_pages_the_likest_first(clinic: Clinic) -> None:
    names = ["Quillfeather", "Quilfeather", "Quillfaether", "Quillfeathers", "Quillfeath"]
    ids = [
        (await clinic.made("/people", an_entry(family_name=name, birth_date="1942-02-03")))["id"]
        for name in names
    ]
    terms = {"family_name": "Quillfeather", "birth_date": "1942-02-03"}

    seen: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(5):
        path = f"/people/search?limit=2{cursor}"
        page = (await clinic.post(path, terms)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert sorted(one["id"] for one in seen) == sorted(ids)
    assert seen[0]["id"] == ids[0]
    scores = [one["score"] for one in seen]
    assert scores == sorted(scores, reverse=True)


async def test_a_records_likely_duplicates_are_found_with_reasons(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)

    found = (await clinic.get(f"/people/{kept['id']}/duplicates", member=WORKER)).json()["items"]

    assert [one["id"] for one in found][:1] == [other["id"]]
    assert kept["id"] not in [one["id"] for one in found]


async def test_a_merged_record_answers_as_the_one_that_speaks_for_it(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    made = await merged(clinic, other["id"], kept["id"])

    shown = await clinic.get(f"/people/{kept['id']}", member=WORKER)

    # The record that was kept has no number of its own; the merged one's is shown for it.
    assert (shown.json()["id"], shown.json()["merged_person_ids"]) == (other["id"], [kept["id"]])
    number = (await clinic.one("person", kept["id"]))["nhs_number"]
    assert shown.json()["nhs_number"] == number
    found = await clinic.post("/people/search", {"nhs_number": number})
    assert [one["id"] for one in found.json()["items"]] == [other["id"]]
    card = await clinic.get(f"/internal/people/{kept['id']}/card", member="service notifications")
    assert card.json()["person_id"] == other["id"]
    (_, told) = await clinic.events(f"person/{other['id']}")
    assert told["type"] == "waymark.person-merged.v1"
    assert told["data"]["merged_person_id"] == kept["id"]
    assert told["aggregate_version"] == 2
    assert made["version"] == 1


async def test_whoever_refers_a_merged_record_joins_the_one_episode(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    first = await referred(clinic, other["id"])
    await merged(clinic, kept["id"], other["id"])

    by_alias = await referred(clinic, other["id"])
    by_kept = await referred(clinic, kept["id"])
    number = (await clinic.one("person", kept["id"]))["nhs_number"]
    described = await clinic.made(
        "/referrals",
        a_referral(
            person={
                **without(an_entry(), "practice_code"),
                "nhs_number": number,
                "birth_date": (await clinic.one("person", kept["id"]))["birth_date"].isoformat(),
            }
        ),
    )

    for made in (by_alias, by_kept, described):
        assert made["episode_id"] == first["episode_id"]
        assert made["person_id"] == other["id"]
        assert not made["opened_episode"]
    shown = (await clinic.get(f"/people/{kept['id']}")).json()
    assert shown["episode_id"] == first["episode_id"]
    versions = [
        e["aggregate_version"] for e in await clinic.events(f"episode/{first['episode_id']}")
    ]
    assert versions == [1, 2, 3, 4]


async def test_two_open_episodes_become_one_and_two_again(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    mine = await referred(clinic, kept["id"])
    theirs = [await referred(clinic, other["id"]) for _ in range(2)]
    path = f"/referrals/{theirs[0]['id']}"
    await clinic.ask("PUT", f"{path}/status", {"status": "accepted"}, If_Match='"1"')
    before = {
        r["id"]: r["status"]
        for r in await clinic.rows("referral")
        if str(r["id"]) in {one["id"] for one in theirs}
    }

    made = await merged(clinic, kept["id"], other["id"])

    assert made["closed_episode_id"] == theirs[0]["episode_id"]
    for one in theirs:
        shown = (await clinic.get(f"/referrals/{one['id']}")).json()
        assert (shown["status"], shown["reason"]) == ("closed", "duplicate")
    assert (await clinic.get(f"/people/{other['id']}")).json()["episode_id"] == mine["episode_id"]

    undone = await clinic.post(f"/people/merges/{made['id']}/undo", {})

    assert undone.status_code == 200
    after = {r["id"]: r["status"] for r in await clinic.rows("referral") if r["id"] in before}
    assert after == before
    shown = (await clinic.get(f"/people/{other['id']}")).json()
    assert (shown["id"], shown["episode_id"]) == (other["id"], theirs[0]["episode_id"])
    assert (await clinic.get(f"/people/{kept['id']}")).json()["episode_id"] == mine["episode_id"]
    told = await clinic.events(f"episode/{theirs[0]['episode_id']}")
    assert [event["aggregate_version"] for event in told] == list(range(1, 8))
    assert [event["data"].get("status") for event in told][3:] == [
        "closed",
        "closed",
        "accepted",
        "received",
    ]
    # A referral that stands again goes on as any other does.
    closing = {"outcome": "goals-met", "what_next": "nothing-further"}
    await clinic.made(f"{path}/closing", closing)


async def test_whoever_waited_longer_on_the_other_record_loses_no_day_by_a_merge(
    clinic: Clinic,
) -> None:
    kept, other = await two_records(clinic)
    third = await clinic.made("/people", an_entry())
    asked = [
        (kept["id"], 3, "routine", ["money"]),
        (other["id"], 30, "soon", ["money", "housing", "caring"]),
        (third["id"], 60, "urgent", ["money"]),
    ]
    made = []
    for person_id, days, urgency, needs in asked:
        at = (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat()
        body = {"person_id": person_id, "needs": needs, "urgency": urgency, "occurred_at": at}
        made.append(await clinic.made("/referrals", body))

    async def stands() -> tuple[int, str, int]:
        shown = (await clinic.get(f"/referrals/{made[0]['id']}/waiting")).json()
        score = shown["score"]
        assert score["total"] == pytest.approx(
            sum(score[part] for part in ("need", "urgency", "equity", "overdue", "waiting")),
            abs=0.1,
        )
        return shown["clocks"]["person_days"], shown["urgency"], shown["needs_counted"]

    alone = await stands()
    assert alone == (3, "routine", 1)
    first = await merged(clinic, kept["id"], other["id"])
    assert await stands() == (30, "soon", 3)
    second = await merged(clinic, kept["id"], third["id"], numbers_checked=True)
    assert await stands() == (60, "urgent", 3)

    for merge, then in ((second, (30, "soon", 3)), (first, alone)):
        undone = await clinic.post(f"/people/merges/{merge['id']}/undo", {})
        assert undone.status_code == 200, undone.text
        assert await stands() == then


async def test_merges_into_one_record_are_undone_the_latest_first(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    third = await clinic.made("/people", an_entry())
    first = await merged(clinic, kept["id"], other["id"])
    second = await merged(clinic, kept["id"], third["id"], numbers_checked=True)

    too_early = await clinic.post(f"/people/merges/{first['id']}/undo", {})
    undone = [await clinic.post(f"/people/merges/{m['id']}/undo", {}) for m in (second, first)]
    again = await clinic.post(f"/people/merges/{first['id']}/undo", {})

    assert too_early.json()["type"] == "/problems/later-merge-stands"
    assert [answer.status_code for answer in undone] == [200, 200]
    assert again.json()["type"] == "/problems/merge-undone"
    listed = (await clinic.get(f"/people/{kept['id']}/merges", member=WORKER)).json()["items"]
    assert [one["id"] for one in listed] == [second["id"], first["id"]]
    assert all(one["undone_at"] for one in listed)


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("itself", "merge-of-one"),
        ("merged already", "person-merged-already"),
        ("speaks for others", "person-holds-merged-records"),
        ("other number", "nhs-numbers-differ"),
        ("died", "death-recorded-on-one"),
    ],
)
async def test_what_cannot_be_merged_is_refused_by_name(
    clinic: Clinic, case: str, name: str
) -> None:
    kept, other = await two_records(clinic)
    third = await clinic.made("/people", an_entry())
    pair = {
        "itself": (kept, kept),
        "merged already": (third, other),
        "speaks for others": (third, kept),
        "other number": (kept, third),
        "died": (kept, other),
    }[case]
    if case in {"merged already", "speaks for others"}:
        await merged(clinic, kept["id"], other["id"])
    if case == "died":
        await clinic.made(f"/people/{other['id']}/death", {})
    before = await clinic.count("outbox")

    refused = await clinic.post(f"/people/{pair[0]['id']}/merges", {"person_id": pair[1]["id"]})

    assert refused.json()["type"] == f"/problems/{name}", refused.text
    assert refused.status_code in {409, 422}
    assert await clinic.count("outbox") == before


async def test_a_merge_and_a_referral_at_once_leave_one_open_episode(clinic: Clinic) -> None:
    for _ in range(4):
        kept, other = await two_records(clinic)
        answers = await asyncio.gather(
            clinic.post(f"/people/{kept['id']}/merges", {"person_id": other["id"]}),
            clinic.post("/referrals", {"person_id": other["id"], "needs": ["money"]}),
            clinic.post("/referrals", {"person_id": kept["id"], "needs": ["money"]}),
        )
        assert {answer.status_code for answer in answers} <= {201, 503}, [a.text for a in answers]
        names = [kept["id"], other["id"]]
        open_ones = [
            row
            for row in await clinic.rows("episode")
            if str(row["person_id"]) in names and row["closed_at"] is None
        ]
        if answers[0].status_code == 201:
            assert len(open_ones) <= 1


async def test_two_who_merge_at_once_are_told_apart(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)

    answers = await asyncio.gather(
        *(clinic.post(f"/people/{kept['id']}/merges", {"person_id": other["id"]}) for _ in range(3))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_a_colleagues_person_is_merged_with_a_reason(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    referral = await referred(clinic, other["id"])
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    path, body = f"/people/{kept['id']}/merges", {"person_id": other["id"]}

    without_reason = await clinic.post(path, body, member=COLLEAGUE)
    with_reason = await clinic.post(
        path, body, member=COLLEAGUE, Waymark_Reason="Found the record twice"
    )

    assert (without_reason.status_code, with_reason.status_code) == (403, 201)


async def test_others_people_cannot_be_merged_and_answer_as_nobody(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    foreign = await clinic.made(
        "/people", {**an_entry(), "practice_code": "Y99006"}, member=FOREIGN_WORKER
    )
    for path, body, member in (
        (f"/people/{kept['id']}/merges", {"person_id": other["id"]}, FOREIGN_WORKER),
        (f"/people/{kept['id']}/merges", {"person_id": foreign["id"]}, MANAGER),
        (f"/people/{foreign['id']}/merges", {"person_id": other["id"]}, MANAGER),
        (f"/people/{foreign['id']}/death", {}, MANAGER),
        (f"/people/merges/{uuid4()}/undo", {}, MANAGER),
    ):
        assert (await clinic.post(path, body, member=member)).status_code == 404, path
    for path in (f"/people/{kept['id']}/duplicates", f"/people/{kept['id']}/merges"):
        assert (await clinic.get(path, member=FOREIGN_WORKER)).status_code == 404
        assert (await clinic.get(path, member=REFERRER)).status_code == 403
    made = await merged(clinic, kept["id"], other["id"])
    undo = f"/people/merges/{made['id']}/undo"
    assert (await clinic.post(undo, {}, member=FOREIGN_WORKER)).status_code == 404


async def test_a_death_stops_reminders_and_new_referrals_and_can_be_taken_back(
    clinic: Clinic,
) -> None:
    kept, other = await two_records(clinic)
    referral = await referred(clinic, other["id"])
    await merged(clinic, kept["id"], other["id"])
    ids = [kept["id"], other["id"], referral["episode_id"], referral["id"]]
    for about, lane in [
        *((one, "ordinary") for one in ids),
        (str(uuid4()), "ordinary"),
        (ids[2], "safety"),
    ]:
        await clinic.owner.execute(
            "insert into timer (id, kind, about, pcn_code, lane, due_at, next_at)"
            " values (gen_random_uuid(), $3, $1::uuid, 'U99001', $2, now(), now())"
            " on conflict do nothing",
            about,
            lane,
            "review" if lane == "ordinary" else "lone-worker",
        )

    made = await clinic.made(f"/people/{other['id']}/death", {"died_on": "2026-01-31"})

    assert (made["id"], made["deceased"]) == (kept["id"], True)
    left = await clinic.owner.fetch("select lane from timer where about = any ($1::uuid[])", ids)
    assert [row["lane"] for row in left] == ["safety"]
    told = (await clinic.events(f"person/{kept['id']}"))[-1]
    assert told["type"] == "waymark.person-died.v1"
    assert told["data"]["merged_person_ids"] == [other["id"]]
    assert "2026-01-31" not in str(told["data"])
    again = await clinic.post(f"/people/{kept['id']}/death", {})
    refused = await clinic.post("/referrals", {"person_id": kept["id"], "needs": ["money"]})
    assert {again.json()["type"], refused.json()["type"]} == {"/problems/person-has-died"}
    card = await clinic.get(f"/internal/people/{other['id']}/card", member="service notifications")
    assert card.json()["deceased"] is True

    taken_back = await clinic.post(f"/people/{kept['id']}/death/withdrawal", {})

    assert (taken_back.status_code, taken_back.json()["deceased"]) == (200, False)
    await referred(clinic, kept["id"])
    twice = await clinic.post(f"/people/{kept['id']}/death/withdrawal", {})
    assert twice.json()["type"] == "/problems/person-has-not-died"


async def test_the_examples_of_merging_and_of_a_death_are_taken(own_clinic: Clinic) -> None:
    await own_clinic.made("/people", examples.NEW_PERSON)
    other = await own_clinic.made("/people", without(an_entry(), "nhs_number"))
    path = f"/people/{other['id']}"

    made = await own_clinic.made(f"{path}/merges", examples.MERGE, member=WORKER)
    for step, example in (
        (f"/people/merges/{made['id']}/undo", examples.MERGE_UNDOING),
        (f"{path}/death", examples.DEATH),
        (f"{path}/death/withdrawal", examples.DEATH_WITHDRAWING),
    ):
        answer = await own_clinic.post(step, example, member=WORKER)
        assert answer.is_success, answer.text


async def test_nothing_of_a_merge_happens_before_what_it_is_about(clinic: Clinic) -> None:
    kept, other = await two_records(clinic)
    for one in (kept, other):
        await referred(clinic, one["id"])
    long_ago = "2024-01-02T09:00:00+00:00"
    body = {"person_id": other["id"], "occurred_at": long_ago}

    early = await clinic.post(f"/people/{kept['id']}/merges", body)
    made = await merged(clinic, kept["id"], other["id"])
    undone = await clinic.post(f"/people/merges/{made['id']}/undo", {"occurred_at": long_ago})

    assert early.json()["type"] == "/problems/occurred-before-referral"
    assert undone.json()["type"] == "/problems/occurred-before-merge"
    assert (await clinic.post(f"/people/merges/{made['id']}/undo", {})).is_success
