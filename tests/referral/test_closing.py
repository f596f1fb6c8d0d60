"""The end of support through the doors: what it ends, what it tells, what goes back, what goes on."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.api.closing import (
    EpisodeWasClosed,
    EpisodeWasReopened,
    MessagePage,
)
from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.referral.onward_trial import publish, worker_of
from tests.referral.test_plans import let_the_day_come
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    HOSPITAL,
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

CLOSING = {"outcome": "partly-met", "what_next": "carries-on-alone"}
REASON = {"Waymark_Reason": "covering while my colleague is away"}


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


async def supported(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    """A referral that was accepted, with a contact and two goals, one of them met."""
    referral = await clinic.made(
        "/referrals", a_referral(occurred_at=days_ago(30), **changes), member=REFERRER
    )
    path = f"/referrals/{referral['id']}"
    moved = await clinic.ask(
        "PUT",
        f"{path}/status",
        {"status": "accepted", "occurred_at": days_ago(29)},
        If_Match='"1"',
        member=WORKER,
    )
    assert moved.is_success, moved.text
    await clinic.made(
        f"{path}/contacts", {"mode": "phone", "occurred_at": days_ago(28)}, member=WORKER
    )
    goals = [
        await clinic.made(
            f"{path}/goals",
            {"need": need, "description": words, "occurred_at": days_ago(27)},
            member=WORKER,
        )
        for need, words in (("money", "Pay the gas bill"), ("isolation", "Meet people"))
    ]
    await clinic.made(f"/goals/{goals[0]['id']}/updates", {"status": "met"}, member=WORKER)
    return referral


async def told(clinic: Clinic, episode_id: str, since: int) -> list[dict[str, Any]]:
    return (await clinic.events(f"episode/{episode_id}"))[since:]


async def closed(clinic: Clinic, referral: Mapping[str, Any], **changes: Any) -> Any:
    return await clinic.made(
        f"/referrals/{referral['id']}/closing", {**CLOSING, **changes}, member=WORKER
    )


async def test_closing_ends_every_open_referral_and_tells_what_came_of_the_support(
    clinic: Clinic,
) -> None:
    person = a_person()
    referral = await supported(clinic, person=person)
    second = await clinic.made(
        "/referrals", a_referral(person=person, practice_code="Y99001"), member=REFERRER
    )
    assert second["episode_id"] == referral["episode_id"]
    before = len(await clinic.events(f"episode/{referral['episode_id']}"))

    answer = await closed(clinic, referral, summary="Manages well now.")

    events = await told(clinic, referral["episode_id"], before)
    assert [event["type"].split(".")[1] for event in events] == [
        "referral-status-changed",
        "referral-status-changed",
        "referral-status-changed",
        "episode-closed",
    ]
    versions = [event["aggregate_version"] for event in events]
    assert versions == list(range(versions[0], versions[0] + 4))
    steps = [(event["data"]["referral_id"], event["data"]["status"]) for event in events[:3]]
    assert steps == [
        (referral["id"], "closed"),
        (second["id"], "accepted"),
        (second["id"], "closed"),
    ]
    data = events[3]["data"]
    assert (data["outcome"], data["what_next"]) == ("partly-met", "carries-on-alone")
    assert (data["contacts_made"], data["days_open"], data["closing_number"]) == (1, 30, 1)
    assert (data["goals_set"], data["goals_met"], data["goals_dropped"]) == (2, 1, 0)
    assert answer["event_id"] == str(events[3]["event_id"])
    EpisodeWasClosed.model_validate(answer)
    episode = await clinic.one("episode", referral["episode_id"])
    assert episode["closed_at"] is not None
    assert episode["version"] == versions[-1]
    for one in (referral, second):
        shown = (await clinic.get(f"/referrals/{one['id']}")).json()
        assert (shown["status"], shown["reason"]) == ("closed", "support-complete")
    audited = await clinic.audited(referral["person_id"])
    assert [row["action"] for row in audited].count("episode.close") >= 1


async def test_the_words_of_a_closing_are_in_no_event(clinic: Clinic) -> None:
    person = a_person(given_name="Canarygiven", family_name="Canaryfamily")
    referral = await supported(clinic, person=person, note="canary note")

    await closed(clinic, referral, summary="canary summary")

    rows = await clinic.owner.fetch("select outbox::text as row from outbox")
    everything = "".join(row["row"] for row in rows)
    for canary in ("Canary", "canary", person["nhs_number"], "gas bill"):
        assert canary not in everything


async def test_of_two_closings_at_once_one_is_told_that_the_support_has_ended(
    clinic: Clinic,
) -> None:
    referral = await supported(clinic)
    path = f"/referrals/{referral['id']}/closing"

    answers = await asyncio.gather(
        *(clinic.post(path, CLOSING, member=member) for member in (WORKER, MANAGER))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"].endswith("/episode-not-open")
    rows = await clinic.owner.fetch(
        "select * from closing where episode_id = $1::uuid", referral["episode_id"]
    )
    assert len(rows) == 1


async def test_a_closing_sent_again_under_its_key_closes_once(clinic: Clinic) -> None:
    referral = await supported(clinic)
    path = f"/referrals/{referral['id']}/closing"

    first = await clinic.post(path, CLOSING, member=WORKER, key="close once")
    again = await clinic.post(path, CLOSING, member=WORKER, key="close once")

    assert (first.status_code, again.json()) == (201, first.json())


async def test_a_colleague_closes_with_a_reason_and_a_practice_not_at_all(clinic: Clinic) -> None:
    referral = await supported(clinic)
    path = f"/referrals/{referral['id']}/closing"

    alone = await clinic.post(path, CLOSING, member=COLLEAGUE)
    practice = await clinic.post(path, CLOSING, member=REFERRER)
    foreign = await clinic.post(path, CLOSING, member=FOREIGN_MANAGER)
    covered = await clinic.post(path, CLOSING, member=COLLEAGUE, **REASON)

    assert (alone.status_code, practice.status_code, foreign.status_code) == (403, 403, 404)
    assert covered.status_code == 201


async def test_open_onward_referrals_are_withdrawn_or_kept_as_the_closing_says(
    clinic: Clinic,
) -> None:
    listing_id, _ = await publish(clinic)
    for loops, ending in (("withdraw", "withdrawn"), ("keep", None)):
        referral = await supported(clinic)
        onward = await clinic.made(
            f"/referrals/{referral['id']}/onward-referrals",
            {"listing_id": listing_id, "need": "isolation"},
            member=WORKER,
        )
        before = await clinic.events(f"episode/{referral['episode_id']}")
        path = f"/referrals/{referral['id']}/closing"

        unsaid = await clinic.post(path, CLOSING, member=WORKER)
        assert (unsaid.status_code, unsaid.json()["type"].rpartition("/")[2]) == (409, "loops-open")
        assert await told(clinic, referral["episode_id"], len(before)) == []

        answer = await closed(clinic, referral, loops=loops)

        counts = (answer["loops_withdrawn"], answer["loops_kept"])
        assert counts == ((1, 0) if ending else (0, 1))
        assert (await clinic.one("onward_referral", onward["id"]))["ending"] == ending
        events = await told(clinic, referral["episode_id"], len(before))
        versions = [event["aggregate_version"] for event in events]
        assert versions == list(range(versions[0], versions[0] + len(versions)))
        assert events[-1]["data"]["loops_kept"] == answer["loops_kept"]


async def test_a_closing_does_not_end_what_nobody_has_answered(clinic: Clinic) -> None:
    listing_id, _ = await publish(clinic)
    for outcome, what_next, ending in (
        ("goals-met", "carries-on-in-activity", None),
        ("moved-away", "carries-on-in-activity", "withdrawn"),
    ):
        referral = await supported(clinic)
        path = f"/referrals/{referral['id']}/onward-referrals"
        sent = [
            await clinic.made(path, {"listing_id": listing_id, "need": need})
            for need in ("isolation", "money")
        ]
        await clinic.owner.execute(
            "update onward_referral set silent = 'provider', holder = 'worker' where id = $1",
            UUID(sent[0]["id"]),
        )

        answer = await closed(
            clinic, referral, outcome=outcome, what_next=what_next, loops="withdraw"
        )

        kept = 1 if ending is None else 0
        assert (answer["loops_withdrawn"], answer["loops_kept"]) == (2 - kept, kept)
        endings = [
            (await clinic.get(f"/onward-referrals/{one['id']}")).json()["ending"] for one in sent
        ]
        assert endings == [ending, "withdrawn"]


async def test_the_practice_gets_the_whole_and_the_referrer_their_share(clinic: Clinic) -> None:
    person = a_person(email="canary@people.example.org")
    referral = await supported(clinic, person=person)
    beside = await clinic.made(
        "/referrals",
        a_referral(person=person, referrer_code="Y99002", needs=["housing"], note="their words"),
        member=MANAGER,
    )
    await clinic.made(
        f"/referrals/{referral['id']}/measures",
        {
            "instrument": "ons4",
            "occasion": "baseline",
            "answers": {
                "life_satisfaction": 4,
                "worthwhile": 5,
                "happiness_yesterday": 6,
                "anxiety_yesterday": None,
            },
        },
        member=WORKER,
    )
    await closed(clinic, referral, summary="Manages well now.")
    path = f"/referrals/{referral['id']}/message-back"

    everything = await clinic.get(path, member=MANAGER)
    practice = await clinic.get(path, member=REFERRER)
    navigator = await clinic.get(path, member=NAVIGATOR)
    referrer = await clinic.get(f"/referrals/{beside['id']}/message-back", member=OTHER_PRACTICE)
    foreign = await clinic.get(path, member=FOREIGN_MANAGER)

    MessagePage.model_validate_json(everything.text)
    codes = sorted(one["recipient_code"] for one in everything.json()["items"])
    assert codes == ["Y99001", "Y99002"]
    (whole,) = practice.json()["items"]
    assert navigator.json() == practice.json()
    document = whole["document"]
    assert (whole["recipient_kind"], document["format"]) == ("practice", "message-back/1")
    assert document["person_demographics"]["nhs_number"] == person["nhs_number"]
    assert [goal["goal"] for goal in document["plan_and_goals"]] == [
        "Pay the gas bill",
        "Meet people",
    ]
    (measure,) = document["outcome_measures"]
    assert (measure["instrument"], measure["complete"]) == ("ons4", False)
    assert {one["value"] for one in measure["scores"]} == {"4", "5", "6", None}
    assert document["closure"]["summary"] == "Manages well now."
    assert document["closure"]["clinical_codes"] == ["871731000000106"]
    assert {one["code"] for one in document["provenance"]["distribution"]} == {"Y99001", "Y99002"}

    (share,) = referrer.json()["items"]
    assert (share["recipient_kind"], share["recipient_code"]) == ("referrer", "Y99002")
    theirs = share["document"]
    assert [one["referral_id"] for one in theirs["referrals"]] == [beside["id"]]
    assert theirs["needs_and_concerns"] == ["housing"]
    assert theirs["closure"]["outcome"] == "partly-met"
    for kept_back in (person["nhs_number"], "canary@", "gas bill", "Manages well"):
        assert kept_back not in json.dumps(theirs)
    assert foreign.status_code == 404


async def test_a_message_back_names_whoever_speaks_for_a_merged_record(clinic: Clinic) -> None:
    person = a_person(family_name="Speaking")
    kept = await clinic.made("/people", {"practice_code": "Y99002", **person})
    said = {**person, "nhs_number": None, "given_name": "Adah", "postcode": None}
    referral = await supported(clinic, person=said)
    await clinic.made(f"/people/{kept['id']}/merges", {"person_id": referral["person_id"]})

    await closed(clinic, referral)

    messages = await clinic.get(f"/referrals/{referral['id']}/message-back")
    by_code = {one["recipient_code"]: one for one in messages.json()["items"]}
    assert {code: one["recipient_kind"] for code, one in by_code.items()} == {
        "Y99001": "referrer",
        "Y99002": "practice",
    }
    named = by_code["Y99002"]["document"]["person_demographics"]
    assert (named["person_name"], named["nhs_number"]) == (
        "Ada Speaking",
        person["nhs_number"],
    )


async def test_who_referred_the_record_that_was_merged_hears_what_became_of_the_person(
    clinic: Clinic,
) -> None:
    person = a_person()
    referral = await supported(clinic, person=person)
    other = {**person, "nhs_number": None, "given_name": "Adah", "postcode": None}
    theirs = await clinic.made(
        "/referrals",
        a_referral(person=other, needs=["housing"], route="hospital"),
        member=HOSPITAL,
    )
    merging = {"person_id": theirs["person_id"]}
    undone = await clinic.made(f"/people/{referral['person_id']}/merges", merging)
    assert (await clinic.post(f"/people/merges/{undone['id']}/undo", {})).is_success
    await clinic.made(f"/people/{referral['person_id']}/merges", merging)

    await closed(clinic, referral, summary="Manages well now.")

    everything = (await clinic.get(f"/referrals/{referral['id']}/message-back")).json()["items"]
    assert sorted(one["recipient_code"] for one in everything) == ["RX901", "Y99001"]
    whole = next(one["document"] for one in everything if one["recipient_code"] == "Y99001")
    assert [one["referral_id"] for one in whole["referrals"]] == [referral["id"], theirs["id"]]
    heard = await clinic.get(f"/referrals/{theirs['id']}/message-back", member=HOSPITAL)
    (share,) = heard.json()["items"]
    assert [one["referral_id"] for one in share["document"]["referrals"]] == [theirs["id"]]
    assert share["document"]["closure"]["outcome"] == "partly-met"
    # The next support of the same person was never theirs.
    later = await supported(clinic, person=person)
    await closed(clinic, later)
    after = (await clinic.get(f"/referrals/{later['id']}/message-back")).json()["items"]
    assert [one["recipient_code"] for one in after] == ["Y99001"]


async def test_a_message_is_hashed_as_it_was_written_and_changes_no_more(clinic: Clinic) -> None:
    referral = await supported(clinic)
    await closed(clinic, referral)
    path = f"/referrals/{referral['id']}/message-back"
    before = (await clinic.get(path)).json()

    await clinic.ask(
        "PATCH",
        f"/people/{referral['person_id']}",
        {"family_name": "Changed"},
        If_Match='"1"',
    )

    assert (await clinic.get(path)).json() == before
    rows = await clinic.owner.fetch(
        "select document, content_hash from message_back where episode_id = $1::uuid",
        referral["episode_id"],
    )
    assert rows
    for row in rows:
        assert hashlib.sha256(row["document"].encode()).hexdigest() == row["content_hash"]


async def test_support_goes_on_with_its_history_and_ends_a_second_time(clinic: Clinic) -> None:
    referral = await supported(clinic)
    await closed(clinic, referral, occurred_at=days_ago(10))
    before = len(await clinic.events(f"episode/{referral['episode_id']}"))
    path = f"/referrals/{referral['id']}"

    reopened = await clinic.made(f"{path}/reopening", {"reason": "person-asked"}, member=WORKER)

    EpisodeWasReopened.model_validate(reopened)
    assert (reopened["days_closed"], reopened["status"]) == (10, "accepted")
    events = await told(clinic, referral["episode_id"], before)
    assert [event["type"].split(".")[1] for event in events] == [
        "referral-status-changed",
        "episode-reopened",
    ]
    step = events[0]["data"]
    assert (step["previous_status"], step["status"]) == ("closed", "accepted")
    await clinic.made(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    again = await closed(clinic, referral, outcome="goals-met")
    assert again["number"] == 2
    history = await clinic.owner.fetch(
        "select status from referral_status where referral_id = $1::uuid order by id",
        referral["id"],
    )
    assert [row["status"] for row in history] == ["accepted", "closed", "accepted", "closed"]
    messages = (await clinic.get(f"{path}/message-back")).json()["items"]
    assert [one["document"]["closure"]["outcome"] for one in messages] == [
        "goals-met",
        "partly-met",
    ]


async def test_what_fell_due_while_support_had_ended_is_told_once_it_goes_on(
    own_clinic: Clinic,
) -> None:
    clinic = own_clinic
    referral = await supported(clinic)
    path = f"/referrals/{referral['id']}"
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    told_before = await clinic.made(f"{path}/goals", {"review_on": day}, member=WORKER)
    told_after = await clinic.made(f"{path}/goals", {"review_on": day}, member=WORKER)
    await let_the_day_come(clinic, told_before["id"])
    await closed(clinic, referral)
    await let_the_day_come(clinic, told_after["id"])
    assert await reviews_told(clinic, referral) == [told_before["id"]]

    await clinic.made(f"{path}/reopening", {"reason": "person-asked"}, member=WORKER)
    async with worker_of(clinic) as database:
        await fire_due(database, {"review": HANDLERS["review"]}, "ordinary")

    assert await reviews_told(clinic, referral) == [told_before["id"], told_after["id"]]


async def reviews_told(clinic: Clinic, referral: Mapping[str, Any]) -> list[str]:
    return [
        one["data"]["goal_id"]
        for one in await clinic.events(f"episode/{referral['episode_id']}")
        if one["type"] == "waymark.review-due.v1"
    ]


async def test_visits_nobody_began_are_called_off_when_support_ends(clinic: Clinic) -> None:
    referral = await supported(clinic)
    path = f"/referrals/{referral['id']}"
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    planned = await clinic.made(f"{path}/visits", {"planned_for": soon}, member=WORKER)
    inside = await clinic.made(f"{path}/visits", {}, member=WORKER)
    await clinic.post(f"/visits/{inside['id']}/check-in", {}, member=WORKER)

    await closed(clinic, referral)

    visits = [await clinic.one("visit", one["id"]) for one in (planned, inside)]
    assert [one["status"] for one in visits] == ["cancelled", "under-way"]
    told = await clinic.events(f"episode/{referral['episode_id']}")
    assert [one["aggregate_version"] for one in told] == list(range(1, len(told) + 1))
    (called_off,) = [one for one in told if one["data"].get("status") == "cancelled"]
    assert called_off["data"]["visit_id"] == planned["id"]
    left = await clinic.owner.fetch("select kind from timer where about = $1", UUID(planned["id"]))
    assert left == []


async def test_support_that_ended_long_ago_or_goes_on_elsewhere_is_not_taken_up(
    clinic: Clinic,
) -> None:
    person = a_person()
    long_ago = await clinic.made("/referrals", a_referral(occurred_at=days_ago(200)))
    await clinic.made(
        f"/referrals/{long_ago['id']}/closing", {**CLOSING, "occurred_at": days_ago(100)}
    )
    renewed = await supported(clinic, person=person)
    await closed(clinic, renewed)
    newer = await clinic.made("/referrals", a_referral(person=person))
    assert newer["episode_id"] != renewed["episode_id"]

    refusals = {
        one["id"]: await clinic.post(f"/referrals/{one['id']}/reopening", {"reason": "other"})
        for one in (long_ago, renewed, newer)
    }

    names = [answer.json()["type"].rpartition("/")[2] for answer in refusals.values()]
    assert names == ["reopening-too-late", "newer-episode-open", "episode-still-open"]
    assert {answer.status_code for answer in refusals.values()} == {409}


async def test_a_referral_that_arrives_while_support_is_taken_up_makes_no_second_episode(
    clinic: Clinic,
) -> None:
    for _ in range(5):
        person = a_person()
        referral = await supported(clinic, person=person)
        await closed(clinic, referral)

        reopening, arriving = await asyncio.gather(
            clinic.post(f"/referrals/{referral['id']}/reopening", {"reason": "needs-returned"}),
            clinic.post("/referrals", a_referral(person=person)),
        )

        assert arriving.status_code == 201, arriving.text
        assert reopening.status_code in {201, 409}, reopening.text
        open_episodes = await clinic.owner.fetch(
            "select id from episode where person_id = $1::uuid and closed_at is null",
            referral["person_id"],
        )
        assert len(open_episodes) == 1
        joined = arriving.json()["episode_id"] == referral["episode_id"]
        assert joined == (reopening.status_code == 201)


async def test_the_examples_of_the_interface_end_support_and_take_it_up_again(
    clinic: Clinic,
) -> None:
    referral = await supported(clinic)
    document = (await clinic.http.get("/openapi.json")).json()
    for name in ("closing", "reopening"):
        template = f"/referrals/{{referral_id}}/{name}"
        operation = document["paths"][template]["post"]
        member = f"{operation['x-demo-role']} {operation['x-demo-organisation']}"
        example = operation["requestBody"]["content"]["application/json"]["example"]

        answer = await clinic.post(
            template.replace("{referral_id}", referral["id"]), example, member=member
        )

        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("member", [FOREIGN_MANAGER, FOREIGN_WORKER])
async def test_anothers_ended_support_answers_as_a_random_one_does(
    clinic: Clinic, member: str
) -> None:
    referral = await supported(clinic)
    await closed(clinic, referral)

    answers = [
        await clinic.post(f"/referrals/{one}/reopening", {"reason": "other"}, member=member)
        for one in (referral["id"], uuid4())
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert len(answers[0].content) == len(answers[1].content)
