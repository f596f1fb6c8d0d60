"""Consent over HTTP: what is agreed is shared, what is taken back is not, and holders say they know."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database
from services.referral.api.consent_answers import (
    ConsentPage,
    ConsentShown,
    ConsentTold,
    HeldPage,
)
from services.referral.domain.consent import Permission, Recipient, ends_at
from services.referral.store.consent import may_share, note_shared
from tests.referral.onward_trial import fire, provider_of, worker_of
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_REFERRER,
    MANAGER,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)
from tests.waiting import until

pytestmark = pytest.mark.postgres

PURPOSE = "onward-referral"


def now() -> datetime:
    return datetime.now(UTC)


async def a_person_on_record(clinic: Clinic) -> str:
    made = await clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    return made["id"]


def an_agreement(organization_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "recipient": {"kind": "organization", "id": organization_id},
        "purpose": PURPOSE,
        "scope": ["contact-details", "needs"],
        **changes,
    }


async def agreed(
    clinic: Clinic, person_id: str, organization_id: str | None = None, **changes: Any
) -> dict[str, Any]:
    body = an_agreement(organization_id or str(uuid4()), **changes)
    return await clinic.made(f"/people/{person_id}/consents", body, member=WORKER)


async def permission_of(
    clinic: Clinic, consent: dict[str, Any], at: datetime | None = None
) -> Permission | None:
    async with worker_of(clinic) as worker, worker.transaction() as connection:
        return await may_share(
            connection, UUID(consent["person_id"]), recipient_of(consent), PURPOSE, at or now()
        )


def recipient_of(consent: dict[str, Any]) -> Recipient:
    return Recipient(consent["recipient"]["kind"], consent["recipient"]["id"])


async def share(clinic: Clinic, consent: dict[str, Any], *what: str) -> None:
    """Hand something over, as the parts that share do: in one transaction under the api role."""
    database = Database(clinic.database.api_url, "api", 1)
    await database.open()
    try:
        async with database.transaction(organisations=["U99001"]) as connection:
            permission = await may_share(
                connection, UUID(consent["person_id"]), recipient_of(consent), PURPOSE, now()
            )
            assert permission is not None
            await note_shared(connection, [(permission, what)], now())
    finally:
        await database.close()


async def take(
    clinic: Clinic, consent: dict[str, Any], step: str, member: str = WORKER, **body: Any
) -> Any:
    return await clinic.post(
        f"/consents/{consent['id']}/{step}",
        body,
        member=member,
        If_Match=f'"{consent["version"]}"',
    )


async def test_what_a_person_agreed_to_may_be_shared_and_nothing_else(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    consent = await agreed(clinic, person_id, note="never in an event")

    permission = await permission_of(clinic, consent)
    assert permission is not None
    assert permission.scope == {"contact-details", "needs"}
    async with worker_of(clinic) as worker, worker.transaction() as connection:
        for recipient, purpose in (
            (recipient_of(consent), "evaluation"),
            (Recipient("organization", str(uuid4())), PURPOSE),
            (Recipient("practice", "Y99001"), PURPOSE),
        ):
            assert await may_share(connection, UUID(person_id), recipient, purpose, now()) is None
    (_, told) = await clinic.events(f"person/{person_id}")
    assert told["type"] == "waymark.consent-given.v1"
    assert (told["stream"], told["aggregate_version"]) == ("U99001", 2)
    assert str(told["event_id"]) == consent["event_id"]
    assert told["data"]["scope"] == ["contact-details", "needs"]
    assert told["data"]["renewed"] is False
    assert "never" not in str(told)
    ConsentTold.model_validate(consent, strict=False)
    (*_, last) = await clinic.audited(person_id)
    assert (last["action"], last["subject"]) == ("consent.give", f"consent/{consent['id']}")


async def test_what_is_taken_back_is_asked_of_every_holder_until_they_confirm(
    clinic: Clinic,
) -> None:
    person_id = await a_person_on_record(clinic)
    organization_id = str(uuid4())
    provider = await provider_of(clinic, organization_id)
    consent = await agreed(clinic, person_id, organization_id)
    await share(clinic, consent, "needs", "contact-details", "plan")

    revoked = (await take(clinic, consent, "revocation")).json()

    assert (revoked["status"], revoked["stands"], revoked["outstanding"]) == ("revoked", False, 1)
    assert await permission_of(clinic, consent) is None
    answer = await clinic.get(f"/consents/{consent['id']}", member=provider)
    seen = ConsentShown.model_validate_json(answer.text)
    assert seen.person_id is None
    assert seen.steps == []
    (holder,) = seen.holders
    assert (holder.holder.id, holder.has) == (organization_id, ["contact-details", "needs"])
    assert holder.to_acknowledge == revoked["version"]

    path = f"/consents/{consent['id']}/acknowledgements"
    asked = await held_by(clinic, provider)
    assert [one["held"]["to_acknowledge"] for one in asked] == [revoked["version"]]
    assert "person_id" not in asked[0] or asked[0]["person_id"] is None
    seen_at = {"If_Match": answer.headers["ETag"]}
    confirmed = await clinic.made(path, {}, member=provider, **seen_at)
    assert await held_by(clinic, provider) == []

    assert {"person_id", "outstanding"}.isdisjoint(confirmed)
    shown = ConsentShown.model_validate_json((await clinic.get(f"/consents/{consent['id']}")).text)
    assert [step.step for step in shown.steps] == ["given", "revoked", "acknowledged"]
    (holder,) = shown.holders
    assert (holder.has, holder.to_acknowledge) == ([], None)
    assert holder.acknowledged == revoked["version"]
    types = [event["type"] for event in await clinic.events(f"person/{person_id}")]
    assert types[1:] == [
        "waymark.consent-given.v1",
        "waymark.consent-revoked.v1",
        "waymark.consent-acknowledged.v1",
    ]
    told = (await clinic.events(f"person/{person_id}"))[-1]["data"]
    assert (told["change"], told["holder_id"], told["outstanding"]) == (
        "revoked",
        organization_id,
        0,
    )
    again = await clinic.post(path, {}, member=provider, If_Match=f'"{confirmed["version"]}"')
    assert (again.status_code, again.json()["type"]) == (409, "/problems/nothing-to-acknowledge")


async def held_by(clinic: Clinic, member: str) -> list[dict[str, Any]]:
    answer = await clinic.get("/consents", member=member)
    HeldPage.model_validate_json(answer.text)
    return answer.json()["items"]


async def test_a_holder_confirms_what_it_saw_and_nothing_that_came_after(clinic: Clinic) -> None:
    organization_id = str(uuid4())
    provider = await provider_of(clinic, organization_id)
    consent = await agreed(clinic, await a_person_on_record(clinic), organization_id)
    await share(clinic, consent, "needs", "contact-details")
    narrowed = (await take(clinic, consent, "narrowing", scope=["needs"])).json()
    await take(clinic, narrowed, "revocation")
    path = f"/consents/{consent['id']}/acknowledgements"

    unsaid = await clinic.post(path, {}, member=provider)
    outdated = await clinic.post(path, {}, member=provider, If_Match=f'"{narrowed["version"]}"')

    assert unsaid.status_code == 428
    assert (outdated.status_code, outdated.json()["type"]) == (412, "/problems/version-outdated")
    assert len(await held_by(clinic, provider)) == 1


async def test_a_network_lists_and_confirms_what_it_was_given(clinic: Clinic) -> None:
    body = {
        "recipient": {"kind": "pcn", "id": "U99002"},
        "purpose": "direct-care",
        "scope": ["plan"],
    }
    person_id = await a_person_on_record(clinic)
    consent = await clinic.made(f"/people/{person_id}/consents", body, member=WORKER)
    async with worker_of(clinic) as worker, worker.transaction() as connection:
        taker = Recipient("pcn", "U99002")
        permission = await may_share(connection, UUID(person_id), taker, "direct-care", now())
        assert permission is not None
        await note_shared(connection, [(permission, ["plan"])], now())
    assert consent["id"] not in {one["id"] for one in await held_by(clinic, FOREIGN_MANAGER)}
    await take(clinic, consent, "revocation")

    (held,) = [one for one in await held_by(clinic, FOREIGN_MANAGER) if one["id"] == consent["id"]]
    read = await clinic.get(f"/consents/{consent['id']}", member=FOREIGN_MANAGER)
    path = f"/consents/{consent['id']}/acknowledgements"
    confirmed = await clinic.post(path, {}, member=FOREIGN_MANAGER, If_Match=read.headers["ETag"])

    assert held["held"]["holder"] == {"kind": "pcn", "id": "U99002"}
    assert confirmed.status_code == 201, confirmed.text
    assert "person_id" not in confirmed.json()
    shown = (await clinic.get(f"/consents/{consent['id']}")).json()
    assert [one["to_acknowledge"] for one in shown["holders"]] == [None]


async def test_a_worker_enters_what_a_holder_told_them_and_for_nobody_else(clinic: Clinic) -> None:
    consent = await agreed(clinic, await a_person_on_record(clinic))
    await share(clinic, consent, "needs")
    await take(clinic, consent, "revocation")
    path = f"/consents/{consent['id']}/acknowledgements"

    unnamed = await clinic.post(path, {}, member=WORKER, If_Match='"2"')
    stranger = await clinic.post(
        path, {"holder": {"kind": "practice", "id": "Y99001"}}, member=WORKER, If_Match='"2"'
    )
    told = await clinic.post(path, {"holder": consent["recipient"]}, member=WORKER, If_Match='"2"')

    assert unnamed.status_code == 422
    assert (stranger.status_code, stranger.json()["type"]) == (422, "/problems/not-a-holder")
    assert told.status_code == 201, told.text
    assert told.json()["outstanding"] == 0


async def test_who_holds_nothing_finds_no_consent(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    consent = await agreed(clinic, person_id)
    await share(clinic, consent, "needs")
    other = await provider_of(clinic, str(uuid4()))
    for member in (other, REFERRER, OTHER_PRACTICE, FOREIGN_REFERRER, FOREIGN_MANAGER):
        for consent_id in (consent["id"], str(uuid4())):
            read = await clinic.get(f"/consents/{consent_id}", member=member)
            told = await clinic.post(
                f"/consents/{consent_id}/acknowledgements", {}, member=member, If_Match='"1"'
            )
            assert (read.status_code, told.status_code) == (404, 404), member
    for path in (f"/people/{person_id}/consents", f"/people/{uuid4()}/consents"):
        answers = [
            await clinic.get(path, member=FOREIGN_MANAGER),
            await clinic.post(path, an_agreement(str(uuid4())), member=FOREIGN_MANAGER),
        ]
        assert [one.status_code for one in answers] == [404, 404]
    for step, body in (("narrowing", {"scope": ["needs"]}), ("revocation", {})):
        foreign = await take(clinic, consent, step, FOREIGN_MANAGER, **body)
        random = await take(clinic, {**consent, "id": str(uuid4())}, step, FOREIGN_MANAGER, **body)
        assert (foreign.status_code, random.status_code) == (404, 404)
        assert len(foreign.content) == len(random.content)


async def test_narrowing_leaves_what_is_left_and_refuses_what_is_not_narrower(
    clinic: Clinic,
) -> None:
    consent = await agreed(clinic, await a_person_on_record(clinic))

    wider = await take(clinic, consent, "narrowing", scope=["needs", "plan"])
    narrowed = await take(clinic, consent, "narrowing", scope=["needs"])
    outdated = await take(clinic, consent, "revocation")

    assert (wider.status_code, wider.json()["type"]) == (422, "/problems/consent-not-narrower")
    assert narrowed.status_code == 201, narrowed.text
    assert (narrowed.json()["scope"], narrowed.json()["version"]) == (["needs"], 2)
    assert outdated.status_code == 412
    permission = await permission_of(clinic, consent)
    assert permission is not None
    assert permission.scope == {"needs"}
    told = (await clinic.events(f"person/{consent['person_id']}"))[-1]
    assert (told["type"], told["data"]["scope"], told["data"]["holders"]) == (
        "waymark.consent-narrowed.v1",
        ["needs"],
        0,
    )


async def test_a_consent_ends_with_its_last_day_and_the_end_is_told_once(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    last_day = now().date() - timedelta(days=2)
    ago = (now() - timedelta(days=9)).isoformat()
    consent = await agreed(clinic, person_id, expires_on=last_day.isoformat(), occurred_at=ago)

    assert consent["stands"] is False
    assert await permission_of(clinic, consent) is None
    assert await permission_of(clinic, consent, now() - timedelta(days=5)) is not None
    await fire(clinic)
    await fire(clinic)

    (*_, told) = await clinic.events(f"person/{person_id}")
    assert told["type"] == "waymark.consent-expired.v1"
    assert told["occurred_at"] == ends_at(last_day)
    assert len(await clinic.events(f"person/{person_id}")) == 3
    shown = (await clinic.get(f"/consents/{consent['id']}")).json()
    assert (shown["status"], shown["version"]) == ("expired", 2)

    longer = (now().date() + timedelta(days=30)).isoformat()
    renewed = await agreed(clinic, person_id, consent["recipient"]["id"], expires_on=longer)
    assert (renewed["id"], renewed["status"], renewed["stands"]) == (consent["id"], "given", True)
    timers = await clinic.owner.fetch(
        "select kind from timer where about = $1", UUID(consent["id"])
    )
    assert [row["kind"] for row in timers] == ["consent-end"]
    revoked = (await take(clinic, renewed, "revocation")).json()
    assert revoked["status"] == "revoked"
    assert not await clinic.owner.fetch("select from timer where about = $1", UUID(consent["id"]))


async def test_a_consent_given_twice_is_one_and_the_second_must_add_something(
    clinic: Clinic,
) -> None:
    person_id = await a_person_on_record(clinic)
    consent = await agreed(clinic, person_id)
    organization_id = consent["recipient"]["id"]
    path = f"/people/{person_id}/consents"

    same = await clinic.post(path, an_agreement(organization_id), member=WORKER)
    wider = await agreed(
        clinic, person_id, organization_id, scope=["contact-details", "needs", "plan"]
    )

    assert (same.status_code, same.json()["type"]) == (409, "/problems/consent-stands")
    assert (wider["id"], wider["version"]) == (consent["id"], 2)
    page = ConsentPage.model_validate_json((await clinic.get(path)).text)
    assert [(str(one.id), one.holders) for one in page.items] == [(consent["id"], 0)]


async def test_a_colleagues_person_is_opened_with_a_reason(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    path = f"/people/{referral['person_id']}/consents"
    body = an_agreement(str(uuid4()))

    without = await clinic.post(path, body, member=COLLEAGUE)
    given = await clinic.post(path, body, member=COLLEAGUE, Waymark_Reason="Covering today")

    assert (without.status_code, without.json()["type"]) == (403, "/problems/reason-required")
    assert given.status_code == 201


async def test_agreeing_to_messages_turns_them_on_and_taking_it_back_turns_them_off(
    clinic: Clinic,
) -> None:
    person_id = await a_person_on_record(clinic)
    body = {"recipient": {"kind": "person"}, "purpose": "messages", "scope": ["contact-details"]}
    path = f"/people/{person_id}"

    consent = await clinic.made(f"{path}/consents", body, member=WORKER)
    assert consent["recipient"] == {"kind": "person", "id": person_id}
    assert (await clinic.get(path)).json()["messages_consented"] is True

    await take(clinic, consent, "revocation")
    assert (await clinic.get(path)).json()["messages_consented"] is False


MESSAGES: dict[str, Any] = {
    "recipient": {"kind": "person"},
    "purpose": "messages",
    "scope": ["contact-details"],
}


async def card_of(clinic: Clinic, person_id: str) -> dict[str, Any]:
    answer = await clinic.get(f"/internal/people/{person_id}/card", member="service notifications")
    assert answer.is_success, answer.text
    return answer.json()


async def test_messages_taken_back_stay_off_whatever_a_later_referral_or_correction_says(
    clinic: Clinic,
) -> None:
    person = a_person()
    first = await clinic.made("/referrals", a_referral(person=person, messages_consented=True))
    person_id = first["person_id"]
    consent = await clinic.made(f"/people/{person_id}/consents", MESSAGES, member=WORKER)
    assert (await take(clinic, consent, "revocation")).status_code == 201

    second = a_referral(person=person, messages_consented=True, safe_channel="email")
    assert (await clinic.made("/referrals", second, member=REFERRER))["person_id"] == person_id
    imported = {**a_referral(person=person, messages_consented=True), "key": "old"}
    batch = {"origin": "import", "items": [imported]}
    assert (await clinic.post("/referrals/batch", batch)).is_success
    record = (await clinic.get(f"/people/{person_id}")).json()
    patched = await clinic.ask(
        "PATCH",
        f"/people/{person_id}",
        {"messages_consented": True},
        If_Match=f'"{record["version"]}"',
    )

    assert record["messages_consented"] is False
    assert (await clinic.one("person", person_id))["messages_consented"] is False
    assert (await card_of(clinic, person_id))["messages_consented"] is False
    assert (patched.status_code, patched.json()["type"]) == (
        409,
        "/problems/messages-consent-decides",
    )
    again = await clinic.made(f"/people/{person_id}/consents", MESSAGES, member=WORKER)
    assert again["stands"] is True
    assert (await card_of(clinic, person_id))["messages_consented"] is True


@pytest.mark.parametrize("by", ["correction", "referral"])
async def test_a_no_to_messages_takes_the_consent_back(clinic: Clinic, by: str) -> None:
    person = a_person()
    person_id = (await clinic.made("/referrals", a_referral(person=person)))["person_id"]
    consent = await clinic.made(f"/people/{person_id}/consents", MESSAGES, member=WORKER)
    if by == "referral":
        no = a_referral(person=person, messages_consented=False)
        await clinic.made("/referrals", no, member=REFERRER)
    else:
        version = (await clinic.get(f"/people/{person_id}")).json()["version"]
        answer = await clinic.ask(
            "PATCH",
            f"/people/{person_id}",
            {"messages_consented": False},
            If_Match=f'"{version}"',
        )
        assert answer.is_success, answer.text
        shown = await clinic.get(f"/people/{person_id}")
        assert answer.json()["version"] == shown.json()["version"]

    shown = (await clinic.get(f"/consents/{consent['id']}")).json()
    assert (shown["status"], shown["stands"]) == ("revoked", False)
    assert (await card_of(clinic, person_id))["messages_consented"] is False
    told = await clinic.events(f"person/{person_id}")
    assert "waymark.consent-revoked.v1" in {event["type"] for event in told}
    versions = [event["aggregate_version"] for event in told]
    assert versions == list(range(1, len(versions) + 1))


async def test_messages_taken_back_on_a_merged_record_are_off_for_the_record_that_speaks(
    clinic: Clinic,
) -> None:
    kept, other = [await a_person_on_record(clinic) for _ in range(2)]
    await clinic.made(f"/people/{kept}/consents", MESSAGES, member=WORKER)
    consent = await clinic.made(f"/people/{other}/consents", MESSAGES, member=WORKER)
    await clinic.made(f"/people/{kept}/merges", {"person_id": other, "numbers_checked": True})
    assert (await card_of(clinic, kept))["messages_consented"] is True

    assert (await take(clinic, consent, "revocation")).status_code == 201

    for person_id in (kept, other):
        assert (await card_of(clinic, person_id))["messages_consented"] is False
        shown = (await clinic.get(f"/people/{person_id}")).json()
        assert shown["messages_consented"] is False


async def test_a_yes_from_before_it_was_taken_back_does_not_undo_that(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    ago = [(now() - timedelta(days=days)).isoformat() for days in (30, 20, 10)]
    group = str(uuid4())
    consent = await agreed(clinic, person_id, group, occurred_at=ago[0])
    assert (await take(clinic, consent, "revocation", occurred_at=ago[2])).status_code == 201

    path = f"/people/{person_id}/consents"
    older = await clinic.post(path, an_agreement(group, occurred_at=ago[1]), member=WORKER)

    assert (older.status_code, older.json()["type"]) == (409, "/problems/consent-taken-back-since")
    assert await permission_of(clinic, consent) is None
    newer = await agreed(clinic, person_id, group)
    assert newer["stands"] is True


async def test_a_yes_from_before_does_not_undo_what_was_taken_back_on_a_merged_record(
    clinic: Clinic,
) -> None:
    kept, other = [await a_person_on_record(clinic) for _ in range(2)]
    ago = [(now() - timedelta(days=days)).isoformat() for days in (30, 20, 10)]
    group = str(uuid4())
    consent = await agreed(clinic, other, group, occurred_at=ago[0])
    await take(clinic, consent, "revocation", occurred_at=ago[2])
    await clinic.made(f"/people/{kept}/merges", {"person_id": other, "numbers_checked": True})

    path = f"/people/{kept}/consents"
    older = await clinic.post(path, an_agreement(group, occurred_at=ago[1]), member=WORKER)

    assert (older.status_code, older.json()["type"]) == (409, "/problems/consent-taken-back-since")


async def test_what_is_being_shared_is_taken_back_after_and_its_holder_is_asked(
    clinic: Clinic,
) -> None:
    consent = await agreed(clinic, await a_person_on_record(clinic))
    async with worker_of(clinic) as worker:
        async with worker.transaction() as connection:
            permission = await may_share(
                connection, UUID(consent["person_id"]), recipient_of(consent), PURPOSE, now()
            )
            assert permission is not None
            revoking = asyncio.create_task(take(clinic, consent, "revocation"))

            async def waits() -> bool:
                return await clinic.owner.fetchval(
                    "select exists (select from pg_stat_activity where wait_event_type = 'Lock' "
                    "and datname = current_database())"
                )

            await until(waits, what="the revocation waits for the sharing")
            await note_holder(clinic, permission)
        answer = await revoking

    assert answer.status_code == 201, answer.text
    assert answer.json()["outstanding"] == 1


async def note_holder(clinic: Clinic, permission: Permission) -> None:
    """Note a holder past every row policy: the sharing itself is under way elsewhere."""
    await clinic.owner.execute(
        "insert into consent_holder (consent_id, holder_kind, holder_id, pcn_code, has, since, "
        "latest_at) values ($1, 'organization', $2, 'U99001', '{needs}', now(), now())",
        permission.consent_id,
        permission.recipient.id,
    )


async def two_that_become_one(
    clinic: Clinic, kept_scope: list[str] | None, other_scope: list[str] | None
) -> tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]:
    """Two records' consents for one group, merged; what they allowed apart is asked before."""
    kept, other = [await a_person_on_record(clinic) for _ in range(2)]
    group = str(uuid4())
    blank = {"recipient": {"kind": "organization", "id": group}, "person_id": kept}
    first = await agreed(clinic, kept, group, scope=kept_scope) if kept_scope else blank
    blank = {**blank, "person_id": other}
    second = await agreed(clinic, other, group, scope=other_scope) if other_scope else blank
    merge = await clinic.made(
        f"/people/{kept}/merges", {"person_id": other, "numbers_checked": True}
    )
    return first, second, group, merge


async def scope_of(clinic: Clinic, consent: dict[str, Any]) -> set[str] | None:
    permission = await permission_of(clinic, consent)
    return None if permission is None else set(permission.scope)


@pytest.mark.parametrize(
    ("kept", "other", "both"),
    [
        (["contact-details", "needs"], ["contact-details"], {"contact-details"}),
        (["contact-details"], ["contact-details", "goals"], {"contact-details"}),
        (["needs"], ["goals"], None),
        (None, ["needs"], {"needs"}),
        (["needs"], None, {"needs"}),
    ],
)
async def test_of_two_merged_records_the_narrower_consent_wins_until_it_is_undone(
    clinic: Clinic, kept: list[str] | None, other: list[str] | None, both: set[str] | None
) -> None:
    first, second, _, merge = await two_that_become_one(clinic, kept, other)

    assert await scope_of(clinic, first) == await scope_of(clinic, second) == both
    listed = (await clinic.get(f"/people/{first['person_id']}/consents")).json()["items"]
    assert {item["person_id"] for item in listed} == {
        one["person_id"] for one in (first, second) if "id" in one
    }
    assert [set(item["counts"]) for item in listed] == [both or set()] * len(listed)

    undone = await clinic.post(f"/people/merges/{merge['id']}/undo", {})

    assert undone.is_success, undone.text
    assert await scope_of(clinic, first) == (None if kept is None else set(kept))
    assert await scope_of(clinic, second) == (None if other is None else set(other))
    alone = (await clinic.get(f"/people/{first['person_id']}/consents")).json()["items"]
    assert [item["counts"] for item in alone] == [None] * len(alone)


async def test_what_was_taken_back_on_either_record_is_not_shared(clinic: Clinic) -> None:
    first, second, _, _ = await two_that_become_one(clinic, ["needs"], ["needs", "goals"])
    assert await scope_of(clinic, first) == {"needs"}

    assert (await take(clinic, second, "revocation")).status_code == 201

    assert await scope_of(clinic, first) is None
    assert await scope_of(clinic, second) is None


async def test_after_a_merge_the_person_may_say_otherwise_and_that_counts(clinic: Clinic) -> None:
    scope = ["contact-details", "needs"]
    first, second, group, _ = await two_that_become_one(clinic, scope, ["needs"])

    # The very words of one record are no repetition here: they settle what two records say.
    again = await agreed(clinic, first["person_id"], group, scope=scope)

    assert again["id"] == first["id"]
    assert await scope_of(clinic, first) == await scope_of(clinic, second) == set(scope)
    body = an_agreement(group, scope=scope)
    twice = await clinic.post(f"/people/{first['person_id']}/consents", body, member=WORKER)
    assert twice.json()["type"] == "/problems/consent-stands"
    # What is taken back after that counts, wherever it is entered.
    assert (await take(clinic, second, "revocation")).status_code == 201
    assert await scope_of(clinic, first) is None


async def test_whoever_got_something_under_two_records_is_asked_when_either_is_taken_back(
    clinic: Clinic,
) -> None:
    first, second, group, _ = await two_that_become_one(clinic, ["needs"], ["needs"])
    await share(clinic, first, "needs")

    assert (await take(clinic, second, "revocation")).status_code == 201

    for consent, owes in ((first, False), (second, True)):
        held = (await clinic.get(f"/consents/{consent['id']}")).json()["holders"]
        assert [(one["holder"]["id"], one["to_acknowledge"] is not None) for one in held] == [
            (group, owes)
        ]


async def test_requests_that_say_nothing_that_holds_are_refused(clinic: Clinic) -> None:
    person_id = await a_person_on_record(clinic)
    path = f"/people/{person_id}/consents"
    broken: tuple[dict[str, Any], ...] = (
        {"scope": []},
        {"scope": ["needs", "needs"]},
        {"recipient": {"kind": "organization", "id": "not-an-id"}},
        {"recipient": {"kind": "organization"}},
        {"recipient": {"kind": "person", "id": str(uuid4())}},
        {"purpose": "anything"},
    )
    for changes in broken:
        answer = await clinic.post(path, {**an_agreement(str(uuid4())), **changes}, member=WORKER)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/rule-broken"), (
            changes
        )
    yesterday = (now().date() - timedelta(days=1)).isoformat()
    short = await clinic.post(path, an_agreement(str(uuid4()), expires_on=yesterday))
    for step in ("give", "narrow"):
        for_ever = {"expires_on": "9999-12-31"}
        if step == "give":
            long = await clinic.post(path, an_agreement(str(uuid4()), **for_ever))
        else:
            stands = await agreed(clinic, await a_person_on_record(clinic))
            long = await take(clinic, stands, "narrowing", **for_ever)
        assert (long.status_code, long.json()["type"]) == (422, "/problems/consent-too-long")
    assert (short.status_code, short.json()["type"]) == (422, "/problems/consent-too-short")
    assert (await clinic.get(path, member=MANAGER)).json() == {"items": [], "next": None}


async def test_the_examples_hold(clinic: Clinic) -> None:
    document = (await clinic.http.get("/openapi.json")).json()["paths"]

    def example(path: str) -> Any:
        body = document[path]["post"]["requestBody"]["content"]["application/json"]
        return body["example"]

    person_id = await a_person_on_record(clinic)
    consent = await clinic.made(
        f"/people/{person_id}/consents", example("/people/{person_id}/consents"), member=WORKER
    )
    await share(clinic, consent, "needs")
    narrowed = await take(
        clinic, consent, "narrowing", **example("/consents/{consent_id}/narrowing")
    )
    revoked = await take(
        clinic, narrowed.json(), "revocation", **example("/consents/{consent_id}/revocation")
    )
    told = await clinic.post(
        f"/consents/{consent['id']}/acknowledgements",
        example("/consents/{consent_id}/acknowledgements"),
        member=WORKER,
        If_Match=revoked.headers["ETag"],
    )
    assert [one.status_code for one in (narrowed, revoked, told)] == [201, 201, 201]
