"""What goes along when support goes on in another network: once, as agreed, and back again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.referral.domain.timers import Timer
from services.referral.use_cases.handover import handover_fell_due
from tests.referral.test_handover import (
    THERE,
    CutOff,
    all_due,
    given,
    listed,
    moved,
    the_worker,
)
from tests.referral.trial import (
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres

DAY = (datetime.now(UTC) + timedelta(days=40)).date()
WORDS = "Quillfeather"


async def supported(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    """Somebody with a flag, a plan, a goal under way and a baseline."""
    ago = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    referral = await clinic.made("/referrals", a_referral(occurred_at=ago, **changes))
    path = f"/referrals/{referral['id']}"
    flag = await flagged(clinic, referral["person_id"], "threats", member=WORKER)
    plan = {"what_matters": f"To swim again. {WORDS}", "review_on": DAY.isoformat()}
    answer = await clinic.ask("PUT", f"{path}/plan", plan, member=WORKER, If_Match='"0"')
    assert answer.is_success, answer.text
    goal = await clinic.made(
        f"{path}/goals",
        {"description": f"Swim. {WORDS}", "steps": ["Buy a costume.", "Go once."]},
        member=WORKER,
    )
    done = await clinic.ask(
        "PUT", f"/goals/{goal['id']}/steps/1", {"done": True}, member=WORKER, If_Match='"1"'
    )
    assert done.is_success, done.text
    dropped = await clinic.made(f"{path}/goals", {"description": "Run."}, member=WORKER)
    await clinic.made(f"/goals/{dropped['id']}/updates", {"status": "dropped"}, member=WORKER)
    baseline = await clinic.made(
        f"{path}/measures",
        {
            "instrument": "mycaw",
            "answers": {"concern_1": 5, "wellbeing": 4},
            "concerns": [{"words": f"My knee. {WORDS}", "need": "long-term-condition"}],
            "occasion": "baseline",
            "note": WORDS,
        },
        member=WORKER,
    )
    return {**referral, "flag": flag, "goal": goal, "baseline": baseline}


async def flagged(clinic: Clinic, person_id: str, kind: str, *, member: str, **more: Any) -> Any:
    body = {"kind": kind, "review_by": DAY.isoformat(), "note": f"A brother. {WORDS}", **more}
    return await clinic.made(f"/people/{person_id}/risk-flags", body, member=member)


async def opened_there(clinic: Clinic, made: dict[str, Any], member: str = MANAGER) -> Any:
    await all_due(clinic)
    shown = await listed(clinic, made["id"], member)
    assert shown["status"] == "opened", shown
    return shown


async def person_of(clinic: Clinic, episode_id: str) -> str:
    return str((await clinic.one("episode", episode_id))["person_id"])


async def flags_of(clinic: Clinic, person_id: str, member: str) -> list[dict[str, Any]]:
    answer = await clinic.get(f"/people/{person_id}/risk-flags", member=member)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def brought(clinic: Clinic, shown: dict[str, Any]) -> list[dict[str, Any]]:
    """What was told in the stream of the network that took it, beside that it goes on there."""
    episode_id = shown["opened_episode_id"]
    person_id = await person_of(clinic, episode_id)
    told = await clinic.events(f"episode/{episode_id}", f"person/{person_id}")
    of_episode = [one for one in told if one["subject"] == f"episode/{episode_id}"]
    assert [one["aggregate_version"] for one in of_episode] == list(range(1, len(of_episode) + 1))
    assert WORDS not in str(told)
    (continued,) = [one for one in told if one["type"] == "waymark.episode-continued.v1"]
    return [one for one in told if one["causation_id"] == str(continued["event_id"])]


async def test_flags_go_along_whatever_was_agreed_and_are_seen_before_anybody_travels(
    clinic: Clinic,
) -> None:
    known = await supported(clinic)

    shown = await opened_there(clinic, await given(clinic, known["id"]))

    (told,) = await brought(clinic, shown)
    assert (told["type"], told["stream"]) == ("waymark.risk-flag-raised.v1", "U99002")
    assert told["data"]["brought_from_pcn_code"] == "U99001"
    path = f"/referrals/{shown['opened_referral_id']}"
    visit = await clinic.made(f"{path}/visits", {}, member=FOREIGN_WORKER)
    seen = (await clinic.get(f"/visits/{visit['id']}", member=FOREIGN_WORKER)).json()
    (flag,) = seen["risk_flags"]
    assert (flag["kind"], flag["note"]) == ("threats", f"A brother. {WORDS}")
    assert (flag["raised_by"], flag["review_by"]) == (known["flag"]["raised_by"], DAY.isoformat())
    assert (flag["brought_from"], flag["raised_at"]) == ("U99001", known["flag"]["raised_at"])
    for what in ("goals", "measures", "plan/history"):
        answer = await clinic.get(f"{path}/{what}", member=FOREIGN_WORKER)
        assert answer.json()["items"] == [], what
    timers = await clinic.owner.fetch(
        "select kind from timer where about = $1", UUID(told["data"]["risk_flag_id"])
    )
    assert [row["kind"] for row in timers] == ["risk-review"]


async def test_plan_open_goals_and_baselines_go_along_where_the_person_agreed(
    clinic: Clinic,
) -> None:
    known = await supported(clinic)

    shown = await opened_there(clinic, await given(clinic, known["id"], with_record=True))

    told = await brought(clinic, shown)
    assert sorted(one["type"].split(".")[1] for one in told) == [
        "goal-set",
        "measure-recorded",
        "plan-agreed",
        "risk-flag-raised",
    ]
    path = f"/referrals/{shown['opened_referral_id']}"
    (plan,) = (await clinic.get(f"{path}/plan/history", member=FOREIGN_WORKER)).json()["items"]
    assert plan["what_matters"] == f"To swim again. {WORDS}"
    (goal,) = (await clinic.get(f"{path}/goals", member=FOREIGN_WORKER)).json()["items"]
    assert (goal["description"], goal["status"]) == (f"Swim. {WORDS}", "set")
    copied = (await clinic.get(f"{path}/copy", member=FOREIGN_WORKER)).json()
    assert copied["goals"][0]["steps"] == [{"what": "Go once.", "done": False}]
    (set_there,) = [one for one in told if one["type"] == "waymark.goal-set.v1"]
    assert set_there["data"]["continues_goal_id"] == known["goal"]["id"]
    follow_up = await clinic.made(
        f"{path}/measures",
        {
            "instrument": "mycaw",
            "answers": {"concern_1": 2, "wellbeing": 2},
            "occasion": "follow-up",
        },
        member=FOREIGN_WORKER,
    )
    (recorded,) = [one for one in told if one["type"] == "waymark.measure-recorded.v1"]
    assert follow_up["baseline_id"] == recorded["data"]["measure_id"]
    assert recorded["data"]["continues_measure_id"] == known["baseline"]["id"]
    measures = (await clinic.get(f"{path}/measures", member=FOREIGN_WORKER)).json()["items"]
    assert [(one["occasion"], one["note"]) for one in measures] == [
        ("baseline", None),
        ("follow-up", None),
    ]
    moved_on = await clinic.made(
        f"/goals/{goal['id']}/updates", {"status": "progressing"}, member=FOREIGN_WORKER
    )
    assert moved_on["update_number"] == 1


async def test_a_step_that_died_brings_nothing_and_tried_again_brings_each_once(
    clinic: Clinic,
) -> None:
    known = await supported(clinic)
    made = await given(clinic, known["id"], with_record=True)
    handover_id = UUID(made["id"])
    (row,) = await clinic.owner.fetch("select * from timer where about = $1", handover_id)
    timer = Timer(row["id"], "handover", handover_id, "U99001", row["due_at"])
    await clinic.owner.execute("delete from timer where about = $1", handover_id)

    async def step(*, cut_off: bool) -> None:
        async with the_worker(clinic) as database, database.transaction() as connection:
            await handover_fell_due(connection, timer)
            if cut_off:
                raise CutOff

    with pytest.raises(CutOff):
        await step(cut_off=True)
    flags = "select count(*) from risk_flag where handover_id = $1"
    assert await clinic.owner.fetchval(flags, handover_id) == 0

    await asyncio.gather(*(step(cut_off=False) for _ in range(4)))
    await step(cut_off=False)

    shown = await listed(clinic, made["id"])
    assert len(await brought(clinic, shown)) == 4
    assert await clinic.owner.fetchval(flags, handover_id) == 1
    for table in ("goal", "measure", "plan_version"):
        count = f"select count(*) from {table} where episode_id = $1"
        assert await clinic.owner.fetchval(count, UUID(shown["opened_episode_id"])) == 1, table


async def test_a_standing_consent_lets_go_along_what_it_names_and_notes_who_has_it(
    clinic: Clinic,
) -> None:
    known = await supported(clinic)
    consent = await clinic.made(
        f"/people/{known['person_id']}/consents",
        {
            "recipient": {"kind": "pcn", "id": "U99002"},
            "purpose": "direct-care",
            "scope": ["goals", "contacts"],
        },
        member=WORKER,
    )

    shown = await opened_there(clinic, await given(clinic, known["id"]))

    kinds = {one["type"].split(".")[1] for one in await brought(clinic, shown)}
    assert kinds == {"risk-flag-raised", "goal-set"}
    held = (await clinic.get(f"/consents/{consent['id']}")).json()["holders"]
    assert [(one["holder"]["id"], one["has"]) for one in held] == [("U99002", ["goals"])]


async def test_who_goes_with_their_record_agreed_to_it_and_can_take_it_back(
    clinic: Clinic,
) -> None:
    known, other = await supported(clinic), await supported(clinic)
    gone = await given(clinic, known["id"], with_record=True)
    stays = await given(clinic, other["id"], with_record=True)
    (consent,) = (await clinic.get(f"/people/{other['person_id']}/consents")).json()["items"]
    assert consent["recipient"] == {"kind": "pcn", "id": "U99002"}
    assert (consent["purpose"], consent["scope"]) == ("direct-care", ["goals", "measures", "plan"])

    revoked = await clinic.post(
        f"/consents/{consent['id']}/revocation", {}, member=WORKER, If_Match='"1"'
    )
    assert revoked.status_code == 201
    shown = await opened_there(clinic, gone)
    without = await opened_there(clinic, stays)

    kinds = {one["type"].split(".")[1] for one in await brought(clinic, shown)}
    assert {"plan-agreed", "goal-set", "measure-recorded"} <= kinds
    kinds = {one["type"].split(".")[1] for one in await brought(clinic, without)}
    assert kinds == {"risk-flag-raised"}
    for whose, held in ((known, 1), (other, 0)):
        listed_ = (await clinic.get(f"/people/{whose['person_id']}/consents")).json()["items"]
        assert [one["holders"] for one in listed_] == [held]


async def test_nobody_goes_with_a_record_they_did_not_want_to_go(clinic: Clinic) -> None:
    known = await supported(clinic)
    body = {
        "recipient": {"kind": "pcn", "id": "U99002"},
        "purpose": "direct-care",
        "scope": ["plan"],
    }
    consent = await clinic.made(f"/people/{known['person_id']}/consents", body, member=WORKER)
    await clinic.made(f"/consents/{consent['id']}/revocation", {}, member=WORKER, If_Match='"1"')

    path = f"/referrals/{known['id']}/handover"
    refused = await clinic.post(path, {**THERE, "with_record": True})
    without = await clinic.post(path, THERE)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/consent-ended")
    assert without.status_code == 201


async def test_a_return_brings_back_what_changed_and_nothing_twice(clinic: Clinic) -> None:
    known = await supported(clinic)
    ended_there = await flagged(clinic, known["person_id"], "animal", member=WORKER)
    untouched = await flagged(clinic, known["person_id"], "falls", member=WORKER)
    there = await opened_there(clinic, await given(clinic, known["id"], with_record=True))
    person_there = await person_of(clinic, there["opened_episode_id"])
    flags = {one["kind"]: one for one in await flags_of(clinic, person_there, FOREIGN_WORKER)}
    later = (DAY + timedelta(days=30)).isoformat()
    for kind, way, body in (
        ("threats", "reviews", {"review_by": later, "note": "He moved out."}),
        ("animal", "ending", {"reason": "no-longer-holds"}),
    ):
        answer = await clinic.post(
            f"/risk-flags/{flags[kind]['id']}/{way}", body, member=FOREIGN_WORKER, If_Match='"1"'
        )
        assert answer.is_success, answer.text
    await flagged(clinic, person_there, "weapon", member=FOREIGN_WORKER)
    path = f"/referrals/{there['opened_referral_id']}"
    goal = {"description": "Read.", "steps": ["Join the library."]}
    await clinic.made(f"{path}/goals", goal, member=FOREIGN_WORKER)

    back = await clinic.made(f"{path}/handover/return", {}, member=FOREIGN_WORKER)
    here = await opened_there(clinic, back)

    assert await person_of(clinic, here["opened_episode_id"]) == known["person_id"]
    now = {one["kind"]: one for one in await flags_of(clinic, known["person_id"], WORKER)}
    assert len(await flags_of(clinic, known["person_id"], WORKER)) == 4
    assert (now["threats"]["id"], now["threats"]["review_by"]) == (known["flag"]["id"], later)
    assert now["threats"]["ended_at"] is None
    assert (now["animal"]["id"], now["animal"]["end_reason"]) == (
        ended_there["id"],
        "no-longer-holds",
    )
    assert now["falls"]["version"] == untouched["version"]
    assert now["weapon"]["brought_from"] == "U99002"
    shown = f"/referrals/{here['opened_referral_id']}"
    goals = (await clinic.get(f"{shown}/goals", member=WORKER)).json()["items"]
    assert [one["description"] for one in goals] == [f"Swim. {WORDS}", "Read."]
    measures = (await clinic.get(f"{shown}/measures", member=WORKER)).json()["items"]
    assert [one["occasion"] for one in measures] == ["baseline"]


async def test_a_flag_of_a_kind_that_stands_there_says_what_was_said_of_both(
    clinic: Clinic,
) -> None:
    person = a_person()
    there = await clinic.made(
        "/referrals", a_referral(person=person, practice_code="Y99006"), member=FOREIGN_MANAGER
    )
    own = await flagged(
        clinic, there["person_id"], "threats", member=FOREIGN_WORKER, note="A neighbour."
    )
    known = await supported(clinic, person=person)

    shown = await opened_there(clinic, await given(clinic, known["id"], with_record=True))

    (flag,) = await flags_of(clinic, there["person_id"], FOREIGN_WORKER)
    assert flag["id"] == own["id"]
    assert flag["note"] == f"A neighbour.\nA brother. {WORDS}"
    assert shown["opened_new_episode"] is False
    kinds = [one["type"].split(".")[1] for one in await brought(clinic, shown)]
    assert kinds[0] == "risk-flag-reviewed"


async def test_who_is_called_to_a_visit_that_is_not_any_more_is_told(clinic: Clinic) -> None:
    known = await supported(clinic)
    visit = await clinic.made(f"/referrals/{known['id']}/visits", {}, member=WORKER)

    await given(clinic, known["id"])

    assert (await clinic.one("visit", visit["id"]))["status"] == "cancelled"


async def test_consents_stay_but_for_a_practice_that_stays_theirs(own_clinic: Clinic) -> None:
    known = await supported(own_clinic)
    consents = f"/people/{known['person_id']}/consents"
    group = "01980000-0000-7000-8000-0000000000ab"
    for recipient, purpose in (
        ({"kind": "practice", "id": "Y99001"}, "direct-care"),
        ({"kind": "practice", "id": "Y99002"}, "direct-care"),
        ({"kind": "organization", "id": group}, "onward-referral"),
    ):
        body = {"recipient": recipient, "purpose": purpose, "scope": ["goals", "plan"]}
        await own_clinic.made(consents, body, member=WORKER)
    async with the_worker(own_clinic) as database, database.transaction() as connection:
        await moved(connection, "Y99001", "U99002")
    await all_due(own_clinic)

    (made,) = (await own_clinic.get("/handovers")).json()["items"]
    person_there = await person_of(own_clinic, made["opened_episode_id"])
    found = await own_clinic.get(f"/people/{person_there}/consents", member=FOREIGN_WORKER)
    (consent,) = found.json()["items"]
    assert (consent["recipient"], consent["scope"], consent["stands"]) == (
        {"kind": "practice", "id": "Y99001"},
        ["goals", "plan"],
        True,
    )

    narrower = {"scope": ["plan"], "said_how": "spoken"}
    narrowed = await own_clinic.post(
        f"/consents/{consent['id']}/narrowing", narrower, member=FOREIGN_WORKER, If_Match='"1"'
    )
    assert narrowed.is_success, narrowed.text
    path = f"/referrals/{made['opened_referral_id']}/handover/return"
    await own_clinic.made(path, {}, member=FOREIGN_WORKER)
    await all_due(own_clinic)

    ours = (await own_clinic.get(consents, member=WORKER)).json()["items"]
    assert [(one["recipient"]["id"], one["scope"]) for one in ours] == [
        ("Y99001", ["plan"]),
        ("Y99002", ["goals", "plan"]),
        (group, ["goals", "plan"]),
    ]


async def test_nothing_goes_along_to_a_network_that_refuses(clinic: Clinic) -> None:
    person = a_person()
    dead = await clinic.made(
        "/people", {"practice_code": "Y99006", **person}, member=FOREIGN_MANAGER
    )
    await clinic.made(f"/people/{dead['id']}/death", {}, member=FOREIGN_MANAGER)
    known = await supported(clinic, person=person)

    made = await given(clinic, known["id"], with_record=True)
    await all_due(clinic)

    assert (await listed(clinic, made["id"]))["status"] == "refused"
    assert await flags_of(clinic, dead["id"], FOREIGN_MANAGER) == []
    assert THERE["to_pcn_code"] == made["to_pcn_code"]
