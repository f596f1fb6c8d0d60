"""Onward referrals over HTTP: sent, answered, ended, and never ended by silence."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.api import onward_answers as answers
from services.referral.api import signposts
from tests.referral.onward_trial import (
    days_ago,
    fire,
    provider_of,
    publish,
    sent_on,
    step,
    withdraw,
)
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    NAVIGATOR,
    REFERRER,
    WORKER,
    Clinic,
    a_referral,
)

pytestmark = pytest.mark.postgres


async def test_a_person_is_sent_on_and_the_provider_has_the_next_move(clinic: Clinic) -> None:
    made = await sent_on(clinic, member=WORKER, shares_contact=True, note="never in an event")

    assert (made["stage"], made["holder"], made["ending"]) == ("sent", "provider", None)
    told = (await clinic.events(f"episode/{made['episode_id']}"))[-1]
    assert told["type"] == "waymark.onward-referral-sent.v1"
    assert str(told["event_id"]) == made["event_id"]
    assert told["aggregate_version"] == 2
    assert told["related_subjects"] == f"person/{made['person_id']}"
    assert told["data"]["listing_id"] == made["listing_id"]
    assert told["data"]["organization_id"] == made["organization_id"]
    assert "never" not in str(told)
    timers = await clinic.owner.fetch("select * from timer where about = $1", UUID(made["id"]))
    assert [(row["kind"], row["pcn_code"]) for row in timers] == [("no-answer", "U99001")]


async def test_a_listing_unknown_or_withdrawn_is_refused_by_name(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/onward-referrals"
    listing_id, organization_id = await publish(clinic)
    await withdraw(clinic, listing_id, organization_id)

    unknown = await clinic.post(path, {"listing_id": str(uuid4()), "need": "money"})
    gone = await clinic.post(path, {"listing_id": listing_id, "need": "money"})
    await publish(clinic, listing_id=UUID(listing_id), organization_id=UUID(organization_id))
    again = await clinic.post(path, {"listing_id": listing_id, "need": "money"})

    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/listing-not-known")
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/listing-withdrawn")
    assert again.status_code == 201


async def test_a_draft_is_the_workers_and_no_provider_sees_it(clinic: Clinic) -> None:
    draft = await sent_on(clinic, draft=True)
    provider = await provider_of(clinic, draft["organization_id"])

    assert (draft["stage"], draft["holder"]) == ("draft", "worker")
    assert (await clinic.get("/onward-referrals", member=provider)).json()["items"] == []
    answer = await clinic.post(
        f"/onward-referrals/{draft['id']}/answer", {"answer": "accepted"}, member=provider
    )
    assert answer.status_code == 404

    sent = await step(clinic, draft, "sent")

    assert (sent["stage"], sent["holder"]) == ("sent", "provider")
    listed = (await clinic.get("/onward-referrals", member=provider)).json()["items"]
    assert [item["id"] for item in listed] == [draft["id"]]


async def test_a_provider_accepts_and_says_that_the_person_came(clinic: Clinic) -> None:
    made = await sent_on(clinic, occurred_at=days_ago(3), referred_at=days_ago(9))
    provider = await provider_of(clinic, made["organization_id"])
    path = f"/onward-referrals/{made['id']}/answer"

    accepted = await clinic.made(path, {"answer": "accepted"}, member=provider)
    came = await clinic.made(path, {"answer": "attended", "note": "Came."}, member=provider)

    assert (accepted["stage"], accepted["holder"], accepted["version"]) == ("accepted", "person", 2)
    assert (came["stage"], came["holder"], came["ending"]) == ("ended", None, "attended")
    hidden = {"person_id", "episode_id", "referral_id", "pcn_code", "practice_code"}
    assert hidden.isdisjoint(came)
    first, second = (await clinic.events(f"episode/{made['episode_id']}"))[-2:]
    assert first["type"] == "waymark.onward-referral-answered.v1"
    assert first["data"]["first_word"] is True
    assert (first["data"]["stage"], first["data"]["holder"]) == ("accepted", "person")
    assert second["type"] == "waymark.onward-referral-attended.v1"
    assert second["data"]["first_word"] is False
    timers = await clinic.owner.fetch("select * from timer where about = $1", UUID(made["id"]))
    assert timers == []


async def test_a_refusal_is_known_by_its_reason_and_ends_it(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    provider = await provider_of(clinic, made["organization_id"])
    path = f"/onward-referrals/{made['id']}/answer"

    without = await clinic.post(path, {"answer": "refused"}, member=provider)
    refused = await clinic.made(path, {"answer": "refused", "reason": "full"}, member=provider)
    after = await clinic.post(path, {"answer": "accepted"}, member=provider)

    assert without.status_code == 422
    assert (refused["ending"], refused["reason"]) == ("refused-by-provider", "full")
    assert (after.status_code, after.json()["type"]) == (409, "/problems/onward-referral-ended")
    told = (await clinic.events(f"episode/{made['episode_id']}"))[-1]["data"]
    assert (told["answer"], told["reason"], told["ending"]) == (
        "refused",
        "full",
        "refused-by-provider",
    )
    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert shown["task_status"] == "rejected"


async def test_a_full_listing_keeps_the_ball_until_it_has_a_place(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    provider = await provider_of(clinic, made["organization_id"])
    path = f"/onward-referrals/{made['id']}/answer"
    until = (date.today() + timedelta(days=40)).isoformat()  # noqa: DTZ011 - a day, not a moment

    waiting = await clinic.made(
        path, {"answer": "full-until", "full_until": until}, member=provider
    )
    timer = await clinic.owner.fetchrow("select * from timer where about = $1", UUID(made["id"]))
    accepted = await clinic.made(path, {"answer": "accepted"}, member=provider)

    assert (waiting["stage"], waiting["holder"]) == ("waiting", "provider")
    assert timer is not None
    assert timer["due_at"] > datetime.now(UTC) + timedelta(days=40)
    assert accepted["holder"] == "person"
    assert (await clinic.get(f"/onward-referrals/{made['id']}")).json()["task_status"] == (
        "in-progress"
    )


async def test_a_provider_sees_and_answers_its_own_listings_alone(clinic: Clinic) -> None:
    mine, others = await sent_on(clinic), await sent_on(clinic)
    provider = await provider_of(clinic, mine["organization_id"])

    listed = (await clinic.get("/onward-referrals", member=provider)).json()["items"]
    foreign = await clinic.post(
        f"/onward-referrals/{others['id']}/answer", {"answer": "accepted"}, member=provider
    )
    random = await clinic.post(
        f"/onward-referrals/{uuid4()}/answer", {"answer": "accepted"}, member=provider
    )
    opened = await clinic.get(f"/onward-referrals/{mine['id']}", member=provider)

    assert [item["id"] for item in listed] == [mine["id"]]
    assert foreign.status_code == random.status_code == 404
    assert len(foreign.content) == len(random.content)
    assert opened.status_code == 403


async def test_a_provider_learns_what_the_person_agreed_to_and_no_more(clinic: Clinic) -> None:
    listing_id, organization_id = await publish(clinic)
    provider = await provider_of(clinic, organization_id)
    for shares in (True, False):
        referral = await clinic.made("/referrals", a_referral())
        await clinic.made(
            f"/referrals/{referral['id']}/onward-referrals",
            {
                "listing_id": listing_id,
                "need": "isolation",
                "shares_contact": shares,
                "shared_note": "Thursdays suit best.",
                "note": "the worker's own",
            },
        )

    answer = await clinic.get("/onward-referrals", member=provider)

    without, with_consent = answer.json()["items"]
    told = ("given_name", "family_name", "shared_note")
    assert [with_consent[name] for name in told] == ["Ada", "Example", "Thursdays suit best."]
    assert [without[name] for name in (*told, "phone")] == [None] * 4
    for hidden in ("999", "1930", "ZZ1", "people.example.org", "worker's own"):
        assert hidden not in answer.text
    assert {"person_id", "pcn_code", "practice_code", "episode_id"}.isdisjoint(with_consent)


async def test_a_step_needs_the_version_that_was_seen(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    path = f"/onward-referrals/{made['id']}/steps"

    first = await clinic.post(path, {"step": "accepted"}, If_Match='"1"')
    second = await clinic.post(path, {"step": "refused", "reason": "full"}, If_Match='"1"')
    blind = await clinic.post(path, {"step": "refused", "reason": "full"})

    assert first.status_code == 201
    assert second.status_code == 412
    assert blind.status_code == 428


async def test_silence_of_the_listing_is_never_booked_as_the_persons(clinic: Clinic) -> None:
    made = await sent_on(clinic)

    refused = await clinic.post(
        f"/onward-referrals/{made['id']}/steps", {"step": "unreachable"}, If_Match='"1"'
    )
    unreached = await step(clinic, made, "could-not-reach")
    ended = await step(clinic, unreached, "unreachable")

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/silence-is-no-ending")
    assert unreached["holder"] == "worker"
    assert ended["ending"] == "unreachable"


async def test_who_did_not_come_is_the_workers_to_ask(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    provider = await provider_of(clinic, made["organization_id"])
    path = f"/onward-referrals/{made['id']}/answer"
    await clinic.made(path, {"answer": "accepted"}, member=provider)

    missed = await clinic.made(path, {"answer": "did-not-come"}, member=provider)
    asked = await step(clinic, missed, "passed-on", passed_to="person")
    declined = await step(clinic, asked, "declined", reason="not-wanted")

    assert (missed["stage"], missed["holder"]) == ("accepted", "worker")
    assert asked["holder"] == "person"
    assert declined["ending"] == "declined-by-person"


async def test_what_was_entered_in_error_is_taken_back_even_after_its_end(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    came = await step(clinic, made, "attended")

    taken_back = await step(clinic, came, "withdrawn", reason="entered-in-error")
    again = await clinic.post(
        f"/onward-referrals/{made['id']}/steps",
        {"step": "withdrawn", "reason": "entered-in-error"},
        If_Match=f'"{taken_back["version"]}"',
    )

    assert (taken_back["ending"], taken_back["reason"]) == ("withdrawn", "entered-in-error")
    assert again.status_code == 409
    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert shown["task_status"] == "entered-in-error"
    assert [one["step"] for one in shown["steps"]] == ["sent", "attended", "withdrawn"]


async def test_a_colleagues_episode_takes_a_reason_and_a_practice_gets_none(
    clinic: Clinic,
) -> None:
    made = await sent_on(clinic)
    await clinic.made(
        f"/referrals/{made['referral_id']}/contacts", {"mode": "phone"}, member=WORKER
    )
    path = f"/onward-referrals/{made['id']}"
    reason = {"Waymark_Reason": "covering while my colleague is away"}

    refused = await clinic.get(path, member=COLLEAGUE)
    opened = await clinic.get(path, member=COLLEAGUE, **reason)
    stepped = await clinic.post(
        f"{path}/steps", {"step": "accepted"}, member=COLLEAGUE, If_Match='"1"'
    )
    practice = await clinic.get(path, member=REFERRER)

    assert refused.json()["type"] == stepped.json()["type"] == "/problems/reason-required"
    assert opened.status_code == 200
    assert practice.status_code == 403
    audited = await clinic.audited(made["person_id"])
    assert "onward.read" in {row["action"] for row in audited}


async def test_a_place_that_was_not_found_is_told_without_a_person(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())

    failed = await clinic.made(
        f"/referrals/{referral['id']}/placement-failures",
        {"need": "isolation", "reason": "too-far", "note": "two buses"},
    )

    told = (await clinic.events(f"episode/{referral['episode_id']}"))[-1]
    assert told["type"] == "waymark.placement-failed.v1"
    assert told["data"] == {
        "placement_failure_id": failed["id"],
        "referral_id": referral["id"],
        "episode_id": referral["episode_id"],
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "need": "isolation",
        "reason": "too-far",
        "listing_id": None,
    }


async def test_a_listing_that_is_withdrawn_brings_its_people_before_the_worker(
    clinic: Clinic,
) -> None:
    made, ended = await sent_on(clinic), await sent_on(clinic)
    await step(clinic, ended, "attended")
    for one in (made, ended):
        await withdraw(clinic, one["listing_id"], one["organization_id"])

    await fire(clinic)

    shown = (await clinic.get(f"/onward-referrals/{made['id']}")).json()
    assert (shown["stage"], shown["holder"], shown["listing_gone"]) == ("sent", "worker", True)
    assert shown["ending"] is None
    told = (await clinic.events(f"episode/{made['episode_id']}"))[-1]
    assert told["type"] == "waymark.onward-referral-listing-gone.v1"
    over = (await clinic.get(f"/onward-referrals/{ended['id']}")).json()
    assert [one["step"] for one in over["steps"]] == ["sent", "attended"]


async def test_a_listing_that_is_back_is_not_gone_and_a_second_withdrawal_is_heard(
    clinic: Clinic,
) -> None:
    made = await sent_on(clinic)
    path = f"/onward-referrals/{made['id']}"
    listing = UUID(made["listing_id"]), UUID(made["organization_id"])

    marked: list[bool] = []
    for _ in range(2):
        await withdraw(clinic, made["listing_id"], made["organization_id"])
        await fire(clinic)
        marked.append((await clinic.get(path)).json()["listing_gone"])
        await publish(clinic, listing_id=listing[0], organization_id=listing[1])
        await fire(clinic)
        marked.append((await clinic.get(path)).json()["listing_gone"])

    assert marked == [True, False, True, False]
    steps = (await clinic.get(path)).json()["steps"]
    assert [one["step"] for one in steps][1:] == ["listing-gone", "listing-back"] * 2
    told = (await clinic.events(f"episode/{made['episode_id']}"))[-1]
    assert told["type"] == "waymark.onward-referral-listing-back.v1"
    assert told["data"]["holder"] == "worker"


@pytest.mark.parametrize("day", ["9999-12-31", "2099-01-01", "2020-01-01"])
async def test_a_listing_is_full_until_a_day_that_somebody_may_wait_for(
    clinic: Clinic, day: str
) -> None:
    made = await sent_on(clinic)
    provider = await provider_of(clinic, made["organization_id"])

    answer = await clinic.post(
        f"/onward-referrals/{made['id']}/answer",
        {"answer": "full-until", "full_until": day},
        member=provider,
    )

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/full-until-unlikely")


async def test_an_episode_that_closed_still_hears_that_the_person_came(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    await clinic.made(
        f"/referrals/{made['referral_id']}/closing",
        {"outcome": "goals-met", "what_next": "carries-on-in-activity", "loops": "keep"},
    )

    came = await step(clinic, made, "attended")

    assert came["ending"] == "attended"


async def test_a_request_sent_again_under_its_key_is_one_onward_referral(clinic: Clinic) -> None:
    listing_id, _ = await publish(clinic)
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/onward-referrals"
    body = {"listing_id": listing_id, "need": "money"}

    first = await clinic.post(path, body, key="once", member=MANAGER)
    second = await clinic.post(path, body, key="once", member=MANAGER)

    assert first.json() == second.json()
    listed = (await clinic.get(path)).json()["items"]
    assert [one["id"] for one in listed] == [first.json()["id"]]


async def test_who_they_are_is_shared_under_a_consent_that_was_given_with_the_sending(
    clinic: Clinic,
) -> None:
    made = await sent_on(
        clinic, member=WORKER, shares_contact=True, shared_note="Thursdays suit best."
    )
    provider = await provider_of(clinic, made["organization_id"])

    assert await seen_by(clinic, provider) == ("Ada", "Example", "Thursdays suit best.")
    (consent,) = await consents_of(clinic, made["person_id"])
    assert consent["recipient"] == {"kind": "organization", "id": made["organization_id"]}
    assert (consent["purpose"], consent["scope"]) == ("onward-referral", ["contact-details"])
    assert (consent["stands"], consent["holders"]) == (True, 1)
    (_, told) = await clinic.events(f"person/{made['person_id']}")
    assert told["type"] == "waymark.consent-given.v1"

    revoked = await clinic.made(
        f"/consents/{consent['id']}/revocation",
        {},
        member=WORKER,
        If_Match=f'"{consent["version"]}"',
    )

    assert revoked["outstanding"] == 1
    assert await seen_by(clinic, provider) == (None, None, None)
    audited = await clinic.audited(made["person_id"])
    assert [row["action"] for row in audited].count("onward.share") == 2


async def seen_by(clinic: Clinic, provider: str) -> tuple[str | None, ...]:
    (item,) = (await clinic.get("/onward-referrals", member=provider)).json()["items"]
    return item["given_name"], item["family_name"], item["shared_note"]


async def consents_of(clinic: Clinic, person_id: str) -> list[dict[str, Any]]:
    answer = await clinic.get(f"/people/{person_id}/consents", member=MANAGER)
    return answer.json()["items"]


async def test_what_was_narrowed_or_is_over_is_not_shared_whatever_was_said_when_it_was_sent(
    clinic: Clinic,
) -> None:
    narrowed = await sent_on(clinic, shares_contact=True, shared_note="Thursdays suit best.")
    expired = await sent_on(clinic, shares_contact=True, shared_note="Thursdays suit best.")
    (consent,) = await consents_of(clinic, narrowed["person_id"])
    wider = {**consent, "scope": ["contact-details", "needs"]}
    body = {name: wider[name] for name in ("recipient", "purpose", "scope")}
    consent = await clinic.made(f"/people/{narrowed['person_id']}/consents", body)
    await clinic.made(
        f"/consents/{consent['id']}/narrowing",
        {"scope": ["needs"]},
        If_Match=f'"{consent["version"]}"',
    )
    await clinic.owner.execute(
        "update consent set given_at = now() - interval '9 days', "
        "expires_on = current_date - 2 where person_id = $1",
        UUID(expired["person_id"]),
    )

    for made in (narrowed, expired):
        provider = await provider_of(clinic, made["organization_id"])
        assert await seen_by(clinic, provider) == (None, None, None)
    holders = await clinic.owner.fetch(
        "select from consent_holder where holder_id = any ($1::text[])",
        [narrowed["organization_id"], expired["organization_id"]],
    )
    assert holders == []


async def test_who_took_it_back_is_asked_before_anybody_shares_it_again(clinic: Clinic) -> None:
    made = await sent_on(clinic, shares_contact=True)
    (consent,) = await consents_of(clinic, made["person_id"])
    await clinic.made(
        f"/consents/{consent['id']}/revocation", {}, If_Match=f'"{consent["version"]}"'
    )
    path = f"/referrals/{made['referral_id']}/onward-referrals"
    body = {"listing_id": made["listing_id"], "need": "money", "shares_contact": True}

    refused = await clinic.post(path, body)
    draft = await clinic.made(path, {**body, "draft": True})
    sending = await clinic.post(
        f"/onward-referrals/{draft['id']}/steps", {"step": "sent"}, If_Match='"1"'
    )
    without = await clinic.post(path, {**body, "shares_contact": False})
    agreement = {name: consent[name] for name in ("recipient", "purpose", "scope")}
    await clinic.made(f"/people/{made['person_id']}/consents", agreement)
    sent = await step(clinic, draft, "sent")

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/consent-ended")
    assert (sending.status_code, sending.json()["type"]) == (409, "/problems/consent-ended")
    assert without.status_code == 201
    assert sent["stage"] == "sent"


async def test_a_draft_shares_nothing_and_is_agreed_to_when_it_is_sent(clinic: Clinic) -> None:
    draft = await sent_on(clinic, shares_contact=True, draft=True)
    assert await consents_of(clinic, draft["person_id"]) == []

    await step(clinic, draft, "sent")

    (consent,) = await consents_of(clinic, draft["person_id"])
    assert (consent["scope"], consent["stands"]) == (["contact-details"], True)


async def test_nobody_is_sent_on_after_their_death(clinic: Clinic) -> None:
    made = await sent_on(clinic, draft=True)
    await clinic.owner.execute(
        "update person set deceased = true where id = $1", UUID(made["person_id"])
    )
    path = f"/referrals/{made['referral_id']}/onward-referrals"

    begun = await clinic.post(path, {"listing_id": made["listing_id"], "need": "money"})
    sent = await clinic.post(
        f"/onward-referrals/{made['id']}/steps", {"step": "sent"}, If_Match='"1"'
    )

    for answer in (begun, sent):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/person-has-died")


async def test_each_answer_is_what_the_description_says(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    provider = await provider_of(clinic, made["organization_id"])
    path = f"/onward-referrals/{made['id']}"
    step_taken = await clinic.post(
        f"{path}/steps", {"step": "passed-on", "passed_to": "person"}, If_Match='"1"'
    )
    answered = await clinic.post(f"{path}/answer", {"answer": "accepted"}, member=provider)
    failure = await clinic.post(
        f"/referrals/{made['referral_id']}/placement-failures", {"need": "money", "reason": "cost"}
    )
    signpost = await clinic.post(
        "/signposts",
        {
            "need": "money",
            "practice_code": "Y99001",
            "echo": {"channel": "sms", "phone": "07700 900123"},
        },
    )
    echo = await clinic.post(
        f"/signposts/{signpost.json()['id']}/echo-answer", {"answer": "did-not"}
    )
    shown = [
        (answers.OnwardMoved, step_taken),
        (answers.OnwardStepTaken, answered),
        (answers.PlacementFailureRecorded, failure),
        (answers.OnwardShown, await clinic.get(path)),
        (
            answers.OnwardPage,
            await clinic.get(f"/referrals/{made['referral_id']}/onward-referrals"),
        ),
        (answers.ProviderPage, await clinic.get("/onward-referrals", member=provider)),
        (answers.LoopLedger, await clinic.get("/pcns/U99001/loops")),
        (answers.LoopPage, await clinic.get("/pcns/U99001/loops/open")),
        (answers.LoopPage, await clinic.get("/pcns/U99001/loops/no-answer")),
        (answers.LadderShown, await clinic.get("/pcns/U99001/onward-ladder")),
        (signposts.SignpostMade, signpost),
        (signposts.EchoHeard, echo),
        (signposts.SignpostPage, await clinic.get("/signposts")),
    ]
    for model, answer in shown:
        assert answer.is_success, answer.text
        model.model_validate_json(answer.text)


async def test_every_example_is_taken_as_it_stands(own_clinic: Clinic) -> None:
    document = (await own_clinic.http.get("/openapi.json")).json()["paths"]

    def example(method: str, path: str) -> dict[str, Any]:
        body = document[path][method]["requestBody"]["content"]["application/json"]
        return body["example"]

    sending = "/referrals/{referral_id}/onward-referrals"
    sent = example("post", sending)
    _, organization_id = await publish(own_clinic, listing_id=UUID(sent["listing_id"]))
    provider = await provider_of(own_clinic, organization_id)
    referral = await own_clinic.made("/referrals", a_referral())
    made = await own_clinic.made(sending.format(referral_id=referral["id"]), sent, member=WORKER)
    failing = "/referrals/{referral_id}/placement-failures"
    stepping = "/onward-referrals/{onward_referral_id}/steps"
    answering = "/onward-referrals/{onward_referral_id}/answer"
    ladder = "/pcns/{pcn_code}/onward-ladder"

    await own_clinic.made(
        failing.format(referral_id=referral["id"]), example("post", failing), member=WORKER
    )
    await own_clinic.made(
        stepping.format(onward_referral_id=made["id"]),
        example("post", stepping),
        member=WORKER,
        If_Match='"1"',
    )
    await own_clinic.made(
        answering.format(onward_referral_id=made["id"]),
        example("post", answering),
        member=provider,
    )
    signpost = await own_clinic.made("/signposts", example("post", "/signposts"), member=NAVIGATOR)
    echoing = "/signposts/{signpost_id}/echo-answer"
    await own_clinic.made(
        echoing.format(signpost_id=signpost["id"]), example("post", echoing), member=NAVIGATOR
    )
    set_ = await own_clinic.ask(
        "PUT", ladder.format(pcn_code="U99001"), example("put", ladder), If_Match='"0"'
    )
    assert set_.status_code == 200


@pytest.mark.parametrize("member", [FOREIGN_WORKER, FOREIGN_MANAGER])
async def test_a_foreign_onward_referral_answers_as_a_random_one(
    clinic: Clinic, member: str
) -> None:
    made = await sent_on(clinic)
    for method, path, body in (
        ("GET", "/onward-referrals/{id}", None),
        ("POST", "/onward-referrals/{id}/steps", {"step": "accepted"}),
        ("GET", "/referrals/{referral_id}/onward-referrals", None),
        (
            "POST",
            "/referrals/{referral_id}/onward-referrals",
            {"listing_id": made["listing_id"], "need": "money"},
        ),
        (
            "POST",
            "/referrals/{referral_id}/placement-failures",
            {"need": "money", "reason": "full"},
        ),
    ):
        random_id = str(uuid4())
        own = await clinic.ask(
            method,
            path.format(id=made["id"], referral_id=made["referral_id"]),
            body,
            member=member,
            If_Match='"1"',
        )
        random = await clinic.ask(
            method,
            path.format(id=random_id, referral_id=random_id),
            body,
            member=member,
            If_Match='"1"',
        )
        assert own.status_code == random.status_code == 404, path
        assert len(own.content) == len(random.content), path


async def test_two_at_once_make_one_step(clinic: Clinic) -> None:
    made = await sent_on(clinic)
    path = f"/onward-referrals/{made['id']}/steps"

    answered = await asyncio.gather(
        *(
            clinic.post(path, body, If_Match='"1"')
            for body in ({"step": "accepted"}, {"step": "refused", "reason": "full"})
        )
    )

    assert sorted(answer.status_code for answer in answered) == [201, 412]
