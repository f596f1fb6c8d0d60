"""Measures over HTTP: scored exactly, linked to their baseline, put right, and never guessed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.referral.api.measures import (
    Instruments,
    MeasurePage,
    MeasureShown,
    MeasureTold,
)
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres

SEVEN = (
    "optimistic_about_future",
    "useful",
    "relaxed",
    "dealing_with_problems_well",
    "thinking_clearly",
    "close_to_other_people",
    "able_to_make_up_own_mind",
)
WORDS = "My rent, never in an event"


def swemwbs(*answers: int | None, **changes: Any) -> dict[str, Any]:
    given = dict(zip(SEVEN, answers, strict=True))
    return {"instrument": "swemwbs", "answers": given, "occasion": "baseline", **changes}


def mycaw(**changes: Any) -> dict[str, Any]:
    return {
        "instrument": "mycaw",
        "answers": {"concern_1": 6, "concern_2": 5, "wellbeing": 4},
        "occasion": "baseline",
        "concerns": [{"words": WORDS, "need": "money"}, {"words": "Sleep", "need": "other"}],
        **changes,
    }


async def a_referral_made(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    ago = (datetime.now(UTC) - timedelta(days=90)).isoformat()
    return await clinic.made("/referrals", a_referral(occurred_at=ago, **changes), member=REFERRER)


async def recorded(
    clinic: Clinic, referral: dict[str, Any], body: dict[str, Any], member: str = WORKER
) -> dict[str, Any]:
    return await clinic.made(f"/referrals/{referral['id']}/measures", body, member=member)


async def correct(
    clinic: Clinic, measure: dict[str, Any], member: str = WORKER, **body: Any
) -> Any:
    return await clinic.post(
        f"/measures/{measure['id']}/corrections",
        body,
        member=member,
        If_Match=f'"{measure["version"]}"',
    )


async def listed(clinic: Clinic, referral: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await clinic.get(f"/referrals/{referral['id']}/measures")
    MeasurePage.model_validate_json(answer.text)
    return answer.json()["items"]


def values(measure: dict[str, Any]) -> dict[str, float | None]:
    return {one["name"]: one["value"] for one in measure["scores"]}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_measure_is_scored_by_its_table_and_told_without_its_answers(
    clinic: Clinic,
) -> None:
    referral = await a_referral_made(clinic)
    measure = await recorded(clinic, referral, swemwbs(4, 4, 3, 4, 4, 3, 4, note="never told"))

    MeasureTold.model_validate(measure, strict=False)
    assert values(measure) == {"raw": 26, "metric": 23.21}
    assert measure["complete"] is True
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    assert told["type"] == "waymark.measure-recorded.v1"
    assert told["related_subjects"] == f"person/{referral['person_id']}"
    assert told["data"]["scores"] == measure["scores"]
    assert str(told["event_id"]) == measure["event_id"]
    assert "never" not in str(told)
    assert "relaxed" not in str(told)
    (*_, last) = await clinic.audited(referral["person_id"])
    assert (last["action"], last["subject"]) == ("measure.create", f"measure/{measure['id']}")


async def test_a_missing_item_leaves_no_score_and_is_never_nought(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    measure = await recorded(clinic, referral, swemwbs(4, 4, 3, 4, 4, 3, None))

    assert values(measure) == {"raw": None, "metric": None}
    assert {one["missing"] for one in measure["scores"]} == {"items-missing"}
    assert measure["complete"] is False
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]["data"]
    assert [one["value"] for one in told["scores"]] == [None, None]
    stored = await clinic.one("measure", measure["id"])
    assert '"able_to_make_up_own_mind": null' in stored["answers"]


async def test_a_follow_up_is_linked_to_its_baseline_and_shows_what_became_better(
    clinic: Clinic,
) -> None:
    referral = await a_referral_made(clinic)
    ago = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    baseline = await recorded(clinic, referral, swemwbs(*[3] * 7, occurred_at=ago))
    later = await recorded(clinic, referral, swemwbs(4, 4, 3, 4, 4, 3, 4, occasion="follow-up"))
    named = await recorded(
        clinic,
        referral,
        swemwbs(*[2] * 7, occasion="follow-up", baseline_id=baseline["id"]),
    )
    alone = await recorded(clinic, referral, swemwbs(*[5] * 7, occasion="other"))

    assert later["baseline_id"] == named["baseline_id"] == baseline["id"]
    assert alone["baseline_id"] is None
    shown = {one["id"]: one["improvement"] for one in await listed(clinic, referral)}
    assert shown[baseline["id"]] is None
    assert shown[later["id"]] == [
        {"name": "raw", "change": 5.0},
        {"name": "metric", "change": 3.96},
    ]
    assert [one["change"] for one in shown[named["id"]]] == [-7.0, -3.93]
    again = await clinic.post(
        f"/referrals/{referral['id']}/measures", swemwbs(*[3] * 7), member=WORKER
    )
    assert problem(again) == (409, "baseline-stands")


async def test_concerns_stay_in_the_table_and_are_carried_forward(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    baseline = await recorded(clinic, referral, mycaw())
    follow_up: dict[str, Any] = {
        "occasion": "follow-up",
        "concerns": [],
        "answers": {"concern_1": 3, "concern_2": 4, "wellbeing": 2},
    }
    later = await recorded(clinic, referral, mycaw(**follow_up))

    told = await clinic.events(f"episode/{referral['episode_id']}")
    assert told[-2]["data"]["concern_needs"] == ["money", "other"]
    assert told[-1]["data"]["baseline_measure_id"] == baseline["id"]
    assert WORDS not in str(told)
    (first, second) = await listed(clinic, referral)
    assert first["concerns"] == second["concerns"]
    assert [one["words"] for one in second["concerns"]] == [WORDS, "Sleep"]
    assert [one["change"] for one in second["improvement"]] == [3.0, 1.0, 2.0]
    path = f"/referrals/{referral['id']}/measures"
    edited = await clinic.post(
        path, mycaw(occasion="follow-up", baseline_id=baseline["id"]), member=WORKER
    )
    assert problem(edited) == (422, "concerns-of-the-baseline")
    assert later["baseline_id"] == baseline["id"]


async def test_a_correction_supersedes_and_the_change_since_follows(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    ago = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    baseline = await recorded(clinic, referral, swemwbs(*[3] * 7, occurred_at=ago))
    await recorded(clinic, referral, swemwbs(*[4] * 7, occasion="follow-up"))

    put_right = await correct(clinic, baseline, reason="mistyped", answers=dict.fromkeys(SEVEN, 4))
    outdated = await correct(clinic, baseline, reason="mistyped", note="again")

    assert put_right.status_code == 201, put_right.text
    assert values(put_right.json()) == {"raw": 28, "metric": 25.03}
    assert outdated.status_code == 412
    (_, later) = await listed(clinic, referral)
    assert [one["change"] for one in later["improvement"]] == [0.0, 0.0]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    assert told["type"] == "waymark.measure-corrected.v1"
    assert (told["data"]["supersedes"], told["data"]["voided"]) == (1, False)
    shown = MeasureShown.model_validate_json((await clinic.get(f"/measures/{baseline['id']}")).text)
    (before,) = shown.put_aside
    assert before.answers == dict.fromkeys(SEVEN, 3)
    assert [one.value for one in before.scores] == [21, 19.25]


async def test_a_voided_baseline_makes_room_for_another_and_nothing_is_compared_with_it(
    clinic: Clinic,
) -> None:
    referral = await a_referral_made(clinic)
    baseline = await recorded(clinic, referral, swemwbs(*[3] * 7))
    await recorded(clinic, referral, swemwbs(*[4] * 7, occasion="follow-up"))

    voided = await correct(clinic, baseline, reason="wrong-person", voided=True)
    again = await correct(clinic, voided.json(), reason="mistyped", note="x")
    other = await recorded(clinic, referral, swemwbs(*[2] * 7))

    assert voided.status_code == 201, voided.text
    assert voided.json()["voided_at"] is not None
    assert problem(again) == (409, "measure-voided")
    assert other["baseline_id"] is None
    shown = await listed(clinic, referral)
    assert [one["improvement"] for one in shown] == [None, None, None]


async def test_a_baseline_is_not_moved_behind_what_follows_it_up(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    month_ago = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    week_ago = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    baseline = await recorded(clinic, referral, swemwbs(*[3] * 7, occurred_at=month_ago))
    later = await recorded(
        clinic, referral, swemwbs(*[4] * 7, occasion="follow-up", occurred_at=week_ago)
    )
    now = datetime.now(UTC).isoformat()

    refused = await correct(clinic, baseline, reason="mistyped", occurred_at=now)
    voided = await correct(clinic, later, reason="wrong-person", voided=True)
    moved = await correct(clinic, baseline, reason="mistyped", occurred_at=now)

    assert problem(refused) == (422, "baseline-unfit")
    assert refused.json()["errors"][0]["pointer"] == "/occurred_at"
    assert voided.status_code == 201
    assert moved.status_code == 201, moved.text
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]["data"]
    assert datetime.fromisoformat(told["measured_at"]) == datetime.fromisoformat(now)


async def test_a_follow_up_is_compared_with_a_baseline_that_was_taken_again(
    clinic: Clinic,
) -> None:
    referral = await a_referral_made(clinic)
    ago = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    first = await recorded(clinic, referral, swemwbs(*[3] * 7, occurred_at=ago))
    later = await recorded(clinic, referral, swemwbs(*[4] * 7, occasion="follow-up"))
    await correct(clinic, first, reason="mistyped", voided=True)
    again = await recorded(clinic, referral, swemwbs(*[2] * 7, occurred_at=ago))

    stale = await correct(clinic, later, reason="mistyped", baseline_id=first["id"])
    put_right = await correct(clinic, later, reason="learned-later", baseline_id=again["id"])
    misplaced = await correct(clinic, again, reason="mistyped", baseline_id=first["id"])

    assert problem(stale) == (422, "baseline-unfit")
    assert put_right.status_code == 201, put_right.text
    assert put_right.json()["baseline_id"] == again["id"]
    assert problem(misplaced) == (422, "baseline-unfit")
    shown = MeasureShown.model_validate_json((await clinic.get(f"/measures/{later['id']}")).text)
    assert shown.improvement is not None
    assert [str(one.baseline_id) for one in shown.put_aside] == [first["id"]]
    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]["data"]
    assert told["baseline_measure_id"] == again["id"]


async def test_a_correction_that_says_what_stands_is_refused(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    measure = await recorded(clinic, referral, swemwbs(*[3] * 7))
    before = len(await clinic.events(f"episode/{referral['episode_id']}"))

    same = await correct(
        clinic, measure, reason="mistyped", answers=dict.fromkeys(SEVEN, 3), answered_by="person"
    )

    assert problem(same) == (422, "nothing-corrected")
    assert (await clinic.one("measure", measure["id"]))["version"] == 1
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == before


async def test_what_does_not_fit_is_refused_by_name_and_changes_nothing(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    path = f"/referrals/{referral['id']}/measures"
    before = await clinic.one("episode", referral["episode_id"])
    unfit: tuple[tuple[dict[str, Any], str], ...] = (
        (swemwbs(0, *[3] * 6), "answer-unfit"),
        ({**swemwbs(*[3] * 7), "answers": {"relaxed": "3"}}, "answer-unfit"),
        ({**swemwbs(*[3] * 7), "answers": {"relaxed": 3.5}}, "rule-broken"),
        ({**swemwbs(*[3] * 7), "answers": {"relaxed": True}}, "rule-broken"),
        ({**swemwbs(*[3] * 7), "answers": {}}, "rule-broken"),
        ({**swemwbs(*[3] * 7), "version": 2}, "instrument-not-known"),
        (mycaw(concerns=[]), "concern-not-named"),
        (mycaw(concerns=mycaw()["concerns"][:1]), "concern-not-named"),
        (mycaw(occasion="follow-up", concerns=[]), "baseline-unfit"),
        (swemwbs(*[3] * 7, occasion="follow-up", baseline_id=str(uuid4())), "baseline-unfit"),
    )
    for body, refused in unfit:
        answer = await clinic.post(path, body, member=WORKER)
        assert problem(answer) == (422, refused), (body, answer.text)
    assert await clinic.one("episode", referral["episode_id"]) == before
    assert await listed(clinic, referral) == []


async def test_a_follow_up_may_come_after_the_end_and_a_baseline_may_not(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    await recorded(clinic, referral, swemwbs(*[3] * 7))
    path = f"/referrals/{referral['id']}"
    moved = await clinic.ask("PUT", f"{path}/status", {"status": "declined"}, If_Match='"1"')
    assert moved.status_code == 200, moved.text

    late = await recorded(clinic, referral, swemwbs(*[4] * 7, occasion="follow-up"))
    first = await clinic.post(
        f"{path}/measures",
        {"instrument": "ons4", "answers": {"worthwhile": 1}, "occasion": "baseline"},
        member=WORKER,
    )

    assert late["complete"] is True
    assert problem(first) == (409, "referral-not-open")


async def test_a_foreign_measure_answers_as_a_random_one_does(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    measure = await recorded(clinic, referral, swemwbs(*[3] * 7))
    for member, status in ((FOREIGN_MANAGER, 404), (FOREIGN_WORKER, 404), (REFERRER, 403)):
        for own, random, body in (
            (f"/referrals/{referral['id']}/measures", f"/referrals/{uuid4()}/measures", None),
            (f"/measures/{measure['id']}", f"/measures/{uuid4()}", None),
        ):
            answers = [await clinic.get(one, member=member) for one in (own, random)]
            assert [one.status_code for one in answers] == [status, status], body
            assert len(answers[0].content) == len(answers[1].content)
        for path in (referral["id"], str(uuid4())):
            answer = await clinic.post(
                f"/referrals/{path}/measures", swemwbs(*[3] * 7), member=member
            )
            assert answer.status_code == status
        for one in (measure, {**measure, "id": str(uuid4())}):
            answer = await correct(clinic, one, member, reason="mistyped", note="x")
            assert answer.status_code == status
    assert [one["version"] for one in await listed(clinic, referral)] == [1]


async def test_a_colleagues_episode_is_measured_with_a_reason(clinic: Clinic) -> None:
    referral = await a_referral_made(clinic)
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    path = f"/referrals/{referral['id']}/measures"

    without = await clinic.post(path, swemwbs(*[3] * 7), member=COLLEAGUE)
    given = await clinic.post(
        path, swemwbs(*[3] * 7), member=COLLEAGUE, Waymark_Reason="Covering today"
    )

    assert problem(without) == (403, "reason-required")
    assert given.status_code == 201


async def test_the_instruments_are_listed_with_their_ranges_and_no_wording(clinic: Clinic) -> None:
    answer = await clinic.get("/instruments", member=MANAGER)

    told = Instruments.model_validate_json(answer.text)
    assert [one.instrument for one in told.items] == ["ons4", "swemwbs", "mycaw", "ucla3"]
    assert "?" not in answer.text


async def test_the_examples_hold(clinic: Clinic) -> None:
    document = (await clinic.http.get("/openapi.json")).json()["paths"]

    def example(path: str) -> Any:
        body = document[path]["post"]["requestBody"]["content"]["application/json"]
        return body["example"]

    referral = await a_referral_made(clinic)
    for _ in range(2):
        measure = await recorded(clinic, referral, example("/referrals/{referral_id}/measures"))
        corrected = await correct(clinic, measure, **example("/measures/{measure_id}/corrections"))
        assert corrected.status_code == 201
