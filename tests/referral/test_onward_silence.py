"""When nobody answers: nudges fall due, the ball moves, ages grow, and nothing ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database
from services.referral.commands.onward import OnwardAnswer
from services.referral.domain.calendar import Calendar
from services.referral.domain.onward import fold
from services.referral.store import onward as store
from services.referral.use_cases.silence import AnswerTold, answer_from_event
from tests.referral.onward_trial import days_ago, fire, provider_of, sent_on, step, worker_of
from tests.referral.trial import FOREIGN_MANAGER, MANAGER, Clinic

pytestmark = pytest.mark.postgres

LONG_AGO = {"occurred_at": days_ago(200), "referred_at": days_ago(210)}


async def nudges(clinic: Clinic, episode_id: str) -> list[dict[str, Any]]:
    return [
        event["data"]
        for event in await clinic.events(f"episode/{episode_id}")
        if event["type"] == "waymark.onward-referral-nudge-due.v1"
    ]


async def test_silence_moves_the_ball_to_the_worker_and_ends_nothing(clinic: Clinic) -> None:
    made = await sent_on(clinic, **LONG_AGO)

    await fire(clinic)

    told = await nudges(clinic, made["episode_id"])
    assert [(one["nudged"], one["nudge_number"], one["silent"]) for one in told] == [
        ("provider", 1, "provider"),
        ("provider", 2, "provider"),
        ("worker", 3, "provider"),
        ("worker", 1, "provider"),
        ("worker", 2, "provider"),
        ("worker", 3, "provider"),
    ]
    assert [one["age_days"] for one in told] == sorted({one["age_days"] for one in told})
    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert (shown["stage"], shown["holder"], shown["silent"]) == ("sent", "worker", "provider")
    assert shown["ending"] is None
    assert await fire(clinic) == 0


async def test_a_nudge_happened_when_it_was_due_and_in_order(clinic: Clinic) -> None:
    made = await sent_on(clinic, **LONG_AGO)

    await fire(clinic)

    events = await clinic.events(f"episode/{made['episode_id']}")
    told = [one for one in events if one["type"] == "waymark.onward-referral-nudge-due.v1"]
    times = [one["occurred_at"] for one in told]
    assert times == sorted(times)
    assert times[0] > datetime.fromisoformat(LONG_AGO["occurred_at"])
    assert all(one["recorded_at"] > one["occurred_at"] for one in told)
    versions = [one["aggregate_version"] for one in events]
    assert versions == list(range(1, len(versions) + 1))


async def test_who_is_heard_is_silent_no_more(clinic: Clinic) -> None:
    made = await sent_on(clinic, **LONG_AGO)
    await fire(clinic)
    ledger = "/pcns/U99001/loops/no-answer?limit=100"
    before = {one["id"] for one in (await clinic.get(ledger)).json()["items"]}
    provider = await provider_of(clinic, made["organization_id"])

    answer = await clinic.made(
        f"/onward-referrals/{made['id']}/answer", {"answer": "accepted"}, member=provider
    )

    after = {one["id"] for one in (await clinic.get(ledger)).json()["items"]}
    assert made["id"] in before - after
    assert (answer["stage"], answer["holder"]) == ("accepted", "person")


async def test_what_the_worker_passes_on_is_waited_for_anew(clinic: Clinic) -> None:
    made = await sent_on(clinic, **LONG_AGO)
    await fire(clinic)
    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()

    passed = await step(clinic, shown, "passed-on", passed_to="provider")

    assert passed["holder"] == "provider"
    due_at = await clinic.owner.fetchval(
        "select due_at from timer where about = $1", UUID(made["id"])
    )
    assert due_at > datetime.now(UTC)
    # Ringing the group is no word of theirs: it stays in the list.
    again = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert again["silent"] == "provider"


async def test_nobody_is_reminded_of_who_died(clinic: Clinic) -> None:
    made = await sent_on(clinic, **LONG_AGO)
    await clinic.owner.execute(
        "update person set deceased = true where id = $1", UUID(made["person_id"])
    )

    await fire(clinic)

    assert await nudges(clinic, made["episode_id"]) == []
    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert (shown["holder"], shown["ending"]) == ("provider", None)
    ended = await step(clinic, shown, "withdrawn", reason="died")
    assert ended["ending"] == "withdrawn"


async def test_the_days_on_which_a_network_is_closed_are_not_counted(own_clinic: Clinic) -> None:
    made = await sent_on(own_clinic)
    before = await own_clinic.owner.fetchval(
        "select due_at from timer where about = $1", UUID(made["id"])
    )
    await own_clinic.owner.execute(
        "insert into waiting_rules ("
        " pcn_code, id, first_contact_working_days, calendar_number, version, recorded_at"
        ") values ('U99001', uuidv7(), 5, 1, 1, now())"
        " on conflict (pcn_code) do nothing"
    )
    today = datetime.now(UTC).date()
    for ahead in range(1, 15):
        await own_clinic.owner.execute(
            "insert into closure values ('U99001', $1, 'training', now())",
            today + timedelta(days=ahead),
        )

    later = await sent_on(own_clinic)

    after = await own_clinic.owner.fetchval(
        "select due_at from timer where about = $1", UUID(later["id"])
    )
    assert after - before >= timedelta(days=10)


async def test_a_day_that_is_worked_after_all_brings_the_nudge_forward(own_clinic: Clinic) -> None:
    days = [Calendar().after(datetime.now(UTC).date(), ahead) for ahead in (1, 2)]
    path = "/pcns/U99001/closures"
    for version, day in enumerate(days):
        body = {"reason": "training"}
        closed = await own_clinic.ask("PUT", f"{path}/{day}", body, If_Match=f'"{version}"')
        assert closed.status_code == 200, closed.text
    made = await sent_on(own_clinic)

    async def due_at() -> datetime:
        return await own_clinic.owner.fetchval(
            "select due_at from timer where about = $1 and kind = 'no-answer'", UUID(made["id"])
        )

    before = await due_at()
    lifted = await own_clinic.ask("DELETE", f"{path}/{days[0]}", If_Match='"2"')
    assert lifted.status_code == 200, lifted.text
    await fire(own_clinic)

    assert await due_at() < before
    assert await nudges(own_clinic, made["episode_id"]) == []


async def test_no_answer_never_raises_what_has_ended(clinic: Clinic) -> None:
    made = await sent_on(clinic, **LONG_AGO)
    before = (await clinic.get("/pcns/U99001/loops")).json()

    await fire(clinic)

    after = (await clinic.get("/pcns/U99001/loops")).json()
    assert after["ended"] == before["ended"]
    assert after["open"] == before["open"]
    assert after["silent"] == before["silent"] + 1
    steps = (await clinic.get(f"/onward-referrals/{made['id']}")).json()["steps"]
    assert {one["told_by"] for one in steps[1:]} == {None}


async def test_a_stored_onward_referral_is_the_fold_of_its_steps_at_every_point(
    clinic: Clinic,
) -> None:
    made = await sent_on(clinic, **LONG_AGO)
    provider = await provider_of(clinic, made["organization_id"])
    path = f"/onward-referrals/{made['id']}/answer"

    async def check(worker: Database) -> None:
        async with worker.transaction() as connection:
            loaded = await store.load(connection, UUID(made["id"]))
            facts = await store.list_facts(connection, UUID(made["id"]))
        assert loaded is not None
        assert fold(facts) == loaded.onward.standing
        assert len(facts) == loaded.onward.version

    async with worker_of(clinic) as worker:
        await check(worker)
        await fire(clinic)
        await check(worker)
        for answer in ("accepted", "did-not-come", "started", "attended"):
            await clinic.made(path, {"answer": answer}, member=provider)
            await check(worker)


async def test_an_answer_told_as_an_event_is_taken_once(clinic: Clinic) -> None:
    made, other = await sent_on(clinic), await sent_on(clinic)

    def answer(onward: dict[str, Any], said: str, **more: object) -> AnswerTold:
        return AnswerTold(
            event_id=uuid4(),
            onward_referral_id=UUID(onward["id"]),
            pcn_code="U99001",
            asked=OnwardAnswer.model_validate({"answer": said, **more}),
            occurred_at=datetime.now(UTC),
            recorded_at=datetime.now(UTC),
        )

    async with worker_of(clinic) as worker:

        async def take(told: AnswerTold) -> str:
            async with worker.transaction() as connection:
                return await answer_from_event(connection, told)

        accepted = answer(made, "accepted")
        assert await take(accepted) == "done"
        assert await take(accepted) == "known"
        assert await take(answer(made, "attended")) == "done"
        late = answer(made, "did-not-come")
        assert await take(late) == "onward-referral-ended"
        assert await take(late) == "known"
        foreign = answer(other, "accepted")
        foreign = AnswerTold(
            event_id=foreign.event_id,
            onward_referral_id=foreign.onward_referral_id,
            pcn_code="U99002",
            asked=foreign.asked,
            occurred_at=foreign.occurred_at,
            recorded_at=foreign.recorded_at,
        )
        assert await take(foreign) == "unknown"
    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert [one["step"] for one in shown["steps"]] == ["sent", "accepted", "attended"]
    untouched = (await clinic.get(f"/onward-referrals/{other['id']}")).json()
    assert untouched["version"] == 1


async def test_the_ledger_counts_each_loop_by_its_holder_and_age_or_by_its_ending(
    own_clinic: Clinic,
) -> None:
    young = await sent_on(own_clinic)
    old = await sent_on(own_clinic, **LONG_AGO)
    accepted = await step(own_clinic, await sent_on(own_clinic), "accepted")
    await sent_on(own_clinic, draft=True)
    came = await step(own_clinic, await sent_on(own_clinic), "attended")
    refused = await step(own_clinic, await sent_on(own_clinic), "refused", reason="full")
    await fire(own_clinic)

    ledger = (await own_clinic.get("/pcns/U99001/loops")).json()

    assert (ledger["open"], ledger["silent"], ledger["ended"]) == (4, 1, 2)
    counted = {(one["stage"], one["holder"]): one for one in ledger["loops"]}
    assert set(counted) == {
        ("draft", "worker"),
        ("sent", "provider"),
        ("sent", "worker"),
        ("accepted", "person"),
    }
    assert counted["sent", "worker"]["ages"]["days_56_or_more"] == 1
    assert counted["sent", "worker"]["oldest_days"] in {199, 200}
    assert counted["sent", "provider"]["ages"]["days_0_6"] == 1
    assert ledger["endings"] == [
        {"ending": "attended", "reason": None, "ended": 1},
        {"ending": "refused-by-provider", "reason": "full", "ended": 1},
    ]
    listed = (await own_clinic.get("/pcns/U99001/loops/open?limit=1")).json()
    assert [one["id"] for one in listed["items"]] == [old["id"]]
    assert listed["items"][0]["age_days"] in {199, 200}
    following = (
        await own_clinic.get(f"/pcns/U99001/loops/open?limit=100&cursor={listed['next']}")
    ).json()["items"]
    assert young["id"] in {one["id"] for one in following}
    assert {came["id"], refused["id"]}.isdisjoint(one["id"] for one in following)
    theirs = await own_clinic.get("/pcns/U99001/loops/open?holder=person")
    assert [one["id"] for one in theirs.json()["items"]] == [accepted["id"]]
    silent = (await own_clinic.get("/pcns/U99001/loops/no-answer?silent=provider")).json()
    assert [one["id"] for one in silent["items"]] == [old["id"]]


@pytest.mark.parametrize("path", ["loops", "loops/open", "loops/no-answer", "onward-ladder"])
async def test_a_foreign_networks_ledger_answers_as_one_that_does_not_exist(
    clinic: Clinic, path: str
) -> None:
    foreign = await clinic.get(f"/pcns/U99001/{path}", member=FOREIGN_MANAGER)
    random = await clinic.get(f"/pcns/U99777/{path}", member=FOREIGN_MANAGER)

    assert foreign.status_code == random.status_code == 404
    assert len(foreign.content) == len(random.content)


async def test_a_network_sets_its_own_ladder(own_clinic: Clinic) -> None:
    path = "/pcns/U99001/onward-ladder"
    standard = (await own_clinic.get(path)).json()
    ladder = {"provider": [1], "person": [5, 9], "worker": [1]}

    falling = await own_clinic.ask("PUT", path, {**ladder, "person": [9, 5]}, If_Match='"0"')
    first = await own_clinic.ask("PUT", path, ladder, If_Match='"0"')
    late = await own_clinic.ask("PUT", path, ladder, If_Match='"0"')
    second = await own_clinic.ask("PUT", path, {**ladder, "worker": [2]}, If_Match='"1"')
    made = await sent_on(own_clinic, **LONG_AGO)
    await fire(own_clinic)

    assert standard["version"] == 0
    assert (falling.status_code, falling.json()["type"]) == (422, "/problems/rungs-not-rising")
    assert (first.status_code, late.status_code, second.status_code) == (200, 412, 200)
    told = await nudges(own_clinic, made["episode_id"])
    assert [(one["nudged"], one["nudge_number"]) for one in told] == [("worker", 1), ("worker", 1)]
    events = await own_clinic.events("onward-ladder/U99001")
    assert [one["aggregate_version"] for one in events] == [1, 2]


async def test_a_provider_cannot_open_the_ledger(clinic: Clinic) -> None:
    made = await sent_on(clinic, member=MANAGER)
    provider = await provider_of(clinic, made["organization_id"])

    assert (await clinic.get("/pcns/U99001/loops", member=provider)).status_code == 403


async def test_what_was_due_before_it_was_entered_reminds_nobody_and_the_next_nudge_does(
    clinic: Clinic,
) -> None:
    made = await sent_on(
        clinic, occurred_at=days_ago(40), recorded_at=days_ago(20), referred_at=days_ago(50)
    )

    await fire(clinic)

    told = await clinic.events(f"episode/{made['episode_id']}")
    nudges = [one for one in told if one["type"] == "waymark.onward-referral-nudge-due.v1"]
    entered_at = datetime.now(UTC) - timedelta(days=20)
    assert {one["origin"] for one in nudges} == {"import", "live"}
    for one in nudges:
        assert one["origin"] == ("live" if one["occurred_at"] > entered_at else "import")


async def test_what_is_seeded_makes_no_message_whatever_falls_due(clinic: Clinic) -> None:
    made = await sent_on(clinic, origin="seed", recorded_at=LONG_AGO["occurred_at"], **LONG_AGO)

    await fire(clinic)

    told = await clinic.events(f"episode/{made['episode_id']}")
    of_onward = [one for one in told if "onward" in one["type"]]
    assert len(of_onward) == 7
    assert {one["origin"] for one in of_onward} == {"seed"}
