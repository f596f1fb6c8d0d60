"""People at risk are named once, offered support once, and connected when they accept."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.api.cohorts import COHORT, MEMBERS, OUTCOME
from services.referral.domain.cohorts import Answer, Member, Reach
from services.referral.domain.refusals import Refused
from tests.referral.test_handover import practice_gone
from tests.referral.trial import (
    FOREIGN_MANAGER,
    FOREIGN_REFERRER,
    MANAGER,
    NAVIGATOR,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres


async def a_cohort(clinic: Clinic, member: str = REFERRER) -> str:
    return (await clinic.made("/pcns/U99001/cohorts", COHORT, member=member))["id"]


async def offered(
    clinic: Clinic, cohort: str, people: list[dict[str, Any]], member: str = REFERRER
) -> list[dict[str, Any]]:
    items = [{"key": str(uuid4()), **one} for one in people]
    answer = await clinic.post(f"/cohorts/{cohort}/members/batch", {"items": items}, member=member)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def answered(clinic: Clinic, cohort: str, person_id: str, **body: Any) -> Any:
    return await clinic.post(f"/cohorts/{cohort}/members/{person_id}/outcome", body, member=WORKER)


async def test_reach_is_counted_against_everybody_who_was_named(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    told = await offered(clinic, cohort, [{"person": a_person()} for _ in range(5)])
    ids = [one["body"]["person_id"] for one in told]
    assert [one["status"] for one in told] == [201] * 5

    outcomes = [
        await answered(clinic, cohort, ids[0], outcome="accepted", needs=["money"]),
        await answered(clinic, cohort, ids[1], outcome="declined"),
        await answered(clinic, cohort, ids[2], outcome="not-reached"),
        await answered(clinic, cohort, ids[2], outcome="not-reached"),
        await answered(clinic, cohort, ids[3], outcome="not-reached"),
        await answered(clinic, cohort, ids[3], outcome="accepted", needs=["housing"]),
    ]

    assert [one.status_code for one in outcomes] == [200] * 6
    shown = (await clinic.get(f"/cohorts/{cohort}", member=REFERRER)).json()
    counts = ("size", "accepted", "declined", "not_reached", "waiting", "reached")
    assert [shown[name] for name in counts] == [5, 2, 1, 1, 1, 3]
    assert shown["reached_percent"] == 60.0
    waiting = await clinic.get(f"/cohorts/{cohort}/members?standing=waiting", member=WORKER)
    assert [one["person_id"] for one in waiting.json()["items"]] == [ids[4]]
    events = await clinic.events(f"cohort/{cohort}")
    assert [event["aggregate_version"] for event in events] == list(range(1, 13))
    assert "Most at risk" not in str([event["data"] for event in events])


async def test_who_accepts_is_referred_for_their_practice_to_hear(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    (told,) = await offered(clinic, cohort, [{"person": a_person(), "mode": "video"}])
    person_id = told["body"]["person_id"]

    made = (await answered(clinic, cohort, person_id, outcome="accepted", needs=["money"])).json()

    shown = (await clinic.get(f"/referrals/{made['referral_id']}", member=REFERRER)).json()
    assert (shown["route"], shown["referrer_code"], shown["status"]) == (
        "proactive",
        "Y99001",
        "received",
    )
    assert shown["person_id"] == person_id
    again = await answered(clinic, cohort, person_id, outcome="declined")
    assert again.json()["type"] == "/problems/answer-cannot-follow"
    assert len(await clinic.events(f"episode/{shown['episode_id']}")) == 1


async def test_who_declines_is_recorded_and_may_change_their_mind(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    (told,) = await offered(clinic, cohort, [{"person": a_person()}])
    person_id = told["body"]["person_id"]

    declined = await answered(clinic, cohort, person_id, outcome="declined")
    nameless = await answered(clinic, cohort, person_id, outcome="accepted")
    accepted = await answered(clinic, cohort, person_id, outcome="accepted", needs=["money"])

    assert declined.json()["referral_id"] is None
    assert nameless.json()["type"] == "/problems/needs-not-named"
    assert (accepted.json()["previous_outcome"], accepted.json()["calls"]) == ("declined", 2)


async def test_somebody_is_in_a_cohort_once_however_they_are_named(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    person = a_person()
    known = await clinic.made("/referrals", a_referral(person=person))

    told = await offered(
        clinic,
        cohort,
        [{"person": person}, {"person_id": known["person_id"]}, {"person": a_person()}],
    )

    assert [one["status"] for one in told] == [201, 200, 201]
    assert told[0]["body"]["person_id"] == told[1]["body"]["person_id"] == known["person_id"]
    made = (
        await answered(clinic, cohort, known["person_id"], outcome="accepted", needs=["money"])
    ).json()
    shown = (await clinic.get(f"/referrals/{made['referral_id']}")).json()
    assert shown["episode_id"] == known["episode_id"]


async def test_two_records_of_one_person_are_offered_once_and_counted_once(
    clinic: Clinic,
) -> None:
    cohort = await a_cohort(clinic)
    named = [{"person": a_person()} for _ in range(3)]
    first, second, third = (
        one["body"]["person_id"] for one in await offered(clinic, cohort, named)
    )
    kept = await clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    # One is in it under the record that was merged, one under both.
    for into, merged in ((kept["id"], first), (second, third)):
        merging = {"person_id": merged, "numbers_checked": True}
        await clinic.made(f"/people/{into}/merges", merging)
    await answered(clinic, cohort, second, outcome="not-reached")

    again = await offered(
        clinic, cohort, [{"person_id": one} for one in (kept["id"], first, second, third)]
    )
    accepted = await answered(clinic, cohort, third, outcome="accepted", needs=["money"])
    twice = await answered(clinic, cohort, second, outcome="accepted", needs=["money"])
    declined = await answered(clinic, cohort, kept["id"], outcome="declined")

    assert [one["status"] for one in again] == [200] * 4
    assert (accepted.status_code, declined.status_code) == (200, 200)
    assert twice.json()["type"] == "/problems/answer-cannot-follow"
    shown = (await clinic.get(f"/cohorts/{cohort}")).json()
    counts = ("size", "accepted", "declined", "not_reached", "waiting", "reached")
    assert [shown[name] for name in counts] == [2, 1, 1, 0, 0, 2]


async def test_a_list_sent_again_offers_nobody_twice(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    body = {"items": [{"key": str(n), "person": a_person()} for n in range(3)]}
    path = f"/cohorts/{cohort}/members/batch"

    first = (await clinic.post(path, body)).json()["items"]
    again = (await clinic.post(path, body)).json()["items"]
    other = (await clinic.post(f"/cohorts/{await a_cohort(clinic)}/members/batch", body)).json()

    assert all(one["replayed"] for one in again)
    assert [one["body"] for one in again] == [one["body"] for one in first]
    assert [one["status"] for one in other["items"]] == [201] * 3
    assert (await clinic.get(f"/cohorts/{cohort}")).json()["size"] == 3


async def test_a_cohort_of_a_network_its_practice_left_connects_there_and_takes_nobody_in(
    own_clinic: Clinic,
) -> None:
    cohort = await a_cohort(own_clinic)
    told = await offered(own_clinic, cohort, [{"person": a_person()} for _ in range(2)])
    first, second = (one["body"]["person_id"] for one in told)
    accepting = {"outcome": "accepted", "needs": ["money"]}
    await practice_gone(own_clinic)
    batch = f"/cohorts/{cohort}/members/batch"
    items = {"items": [{"key": "late", "person": a_person()}]}
    for member in (REFERRER, MANAGER):
        late = await own_clinic.post(batch, items, member=member)
        assert late.json()["type"] == "/problems/practice-moved-away"

    left = await answered(own_clinic, cohort, first, **accepting)
    path = f"/cohorts/{cohort}/members/{second}/outcome"
    taken = await own_clinic.post(path, accepting, member=REFERRER)

    assert left.json()["type"] == "/problems/practice-moved-away"
    assert taken.status_code == 200, taken.text
    referral = await own_clinic.one("referral", taken.json()["referral_id"])
    assert (referral["pcn_code"], referral["route"]) == ("U99002", "proactive")


async def test_two_who_record_an_answer_at_once_refer_once(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    (told,) = await offered(clinic, cohort, [{"person": a_person()}])
    person_id = told["body"]["person_id"]

    answers = await asyncio.gather(
        *(
            answered(clinic, cohort, person_id, outcome="accepted", needs=["money"])
            for _ in range(3)
        )
    )

    assert sorted(one.status_code for one in answers) == [200, 409, 409]


async def test_a_call_in_vain_that_is_sent_again_counts_once(clinic: Clinic) -> None:
    cohort = await a_cohort(clinic)
    (told,) = await offered(clinic, cohort, [{"person": a_person()}])
    path = f"/cohorts/{cohort}/members/{told['body']['person_id']}/outcome"
    before = len(await clinic.events(f"cohort/{cohort}"))

    answers = [
        await clinic.post(path, {"outcome": "not-reached"}, key=key, member=WORKER)
        for key in ("call 1", "call 1", "call 2")
    ]

    assert [one.status_code for one in answers] == [200] * 3
    assert [one.json()["calls"] for one in answers] == [1, 1, 2]
    assert answers[0].content == answers[1].content
    assert len(await clinic.events(f"cohort/{cohort}")) == before + 2


async def test_a_young_person_accepts_where_a_guardian_agreed(clinic: Clinic) -> None:
    born = datetime.now(UTC).date() - timedelta(days=16 * 366)
    cohort = await a_cohort(clinic)
    (told,) = await offered(clinic, cohort, [{"person": a_person(birth_date=born.isoformat())}])
    person_id, accepts = told["body"]["person_id"], {"outcome": "accepted", "needs": ["money"]}

    refused = await answered(clinic, cohort, person_id, **accepts)
    taken = await answered(clinic, cohort, person_id, **accepts, guardian_consented=True)

    assert refused.json()["type"] == "/problems/guardian-consent-needed"
    assert refused.json()["errors"][0]["pointer"] == "/guardian_consented"
    assert taken.status_code == 200, taken.text
    row = await clinic.one("referral", taken.json()["referral_id"])
    assert row["guardian_consented_at"] is not None


async def test_a_cohort_is_its_practices_and_its_networks_and_nobody_elses(
    clinic: Clinic,
) -> None:
    cohort = await a_cohort(clinic, NAVIGATOR)
    (told,) = await offered(clinic, cohort, [{"person": a_person()}], NAVIGATOR)
    outcome = f"members/{told['body']['person_id']}/outcome"
    foreign = await clinic.made(
        "/people", {"practice_code": "Y99006", **a_person()}, member=FOREIGN_MANAGER
    )
    for member in (FOREIGN_MANAGER, FOREIGN_REFERRER, OTHER_PRACTICE):
        for path in ("", "/members"):
            own = await clinic.get(f"/cohorts/{cohort}{path}", member=member)
            random = await clinic.get(f"/cohorts/{uuid4()}{path}", member=member)
            assert (own.status_code, len(own.content)) == (404, len(random.content)), member
        for path, body in ((outcome, OUTCOME), ("members/batch", MEMBERS)):
            refused = await clinic.post(f"/cohorts/{cohort}/{path}", body, member=member)
            assert refused.status_code == 404, (member, path, refused.text)
    (other,) = await offered(clinic, cohort, [{"person_id": foreign["id"]}], MANAGER)
    assert other["status"] == 404
    assert (await clinic.get("/pcns/U99002/cohorts", member=MANAGER)).status_code == 404
    listed = (await clinic.get("/pcns/U99001/cohorts?limit=100", member=REFERRER)).json()["items"]
    assert cohort in {one["id"] for one in listed}
    wrong = await clinic.post("/pcns/U99002/cohorts", COHORT, member=MANAGER)
    assert wrong.status_code == 404


async def test_the_examples_of_cohorts_are_taken(own_clinic: Clinic) -> None:
    cohort = await a_cohort(own_clinic, NAVIGATOR)
    answer = await own_clinic.post(f"/cohorts/{cohort}/members/batch", MEMBERS, member=NAVIGATOR)
    (told,) = answer.json()["items"]
    person_id = told["body"]["person_id"]
    path = f"/cohorts/{cohort}/members/{person_id}/outcome"

    assert (await own_clinic.post(path, OUTCOME, member=NAVIGATOR)).status_code == 200


@given(st.lists(st.sampled_from(["accepted", "declined", "not-reached"]), max_size=12))
def test_whoever_accepted_stays_accepted_and_calls_are_counted(answers: list[Answer]) -> None:
    member = Member(uuid4(), uuid4())
    kept: list[Answer] = []
    for one in answers:
        try:
            previous = member.respond(one, has_needs=True)
        except Refused:
            assert kept[-1] == "accepted" or (kept[-1] == "declined" and one != "accepted")
            continue
        assert previous == (kept[-1] if kept else None)
        kept.append(one)
    assert "accepted" not in kept[:-1]
    assert (member.calls, member.answer) == (len(kept), kept[-1] if kept else None)


def test_nobody_named_reaches_no_share() -> None:
    assert Reach(0, 0, 0, 0).reached_percent is None
    assert (Reach(3, 1, 0, 1).waiting, Reach(3, 1, 0, 1).reached_percent) == (1, 33.3)
