"""Codes and messages on their way into practices' records: once each, whatever gets lost."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.database import Database
from demo.receiver import Faults
from demo.receiver import Receiver as StubReceiver
from services.referral.api.writeback import (
    AcknowledgementsHeard,
    ItemGoesAgain,
    ItemPage,
    WritebackStatus,
)
from services.referral.domain.writeback import Delivery
from services.referral.gateways.receiver import HttpReceiver, Receipt, ReceiverAway
from services.referral.use_cases.handing_over import Desk
from tests.referral.described import a_role, describe, told
from tests.referral.onward_trial import worker_of
from tests.referral.test_closing import CLOSING, REASON, closed, days_ago, supported
from tests.referral.test_handover import all_due
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)
from tests.waiting import until

pytestmark = pytest.mark.postgres

REFERRED, DECLINED = "871731000000106", "871711000000103"
SERVICE = "service notifications"


@dataclass
class Trial:
    """A clinic with a receiver, and one desk that hands over to it."""

    clinic: Clinic
    stub: StubReceiver
    desk: Desk
    database: Database
    receiver: HttpReceiver

    async def hand_over(self) -> int:
        """Hand over until nothing more is due now."""
        handed = 0
        while (once := await self.desk.hand_over_due()) > 0:
            handed += once
        return handed

    async def compare(self) -> None:
        """Compare every practice's counts now."""
        await self.clinic.owner.execute("update writeback_practice set next_check_at = now()")
        while await self.desk.compare_counts() > 0:
            pass

    async def time_passes(self) -> None:
        """Let what waits for its time wait no longer, and what went over have gone long ago."""
        await self.clinic.owner.execute(
            """
            update writeback_item
            set due_at = now() - interval '1 second', leased_until = null
            where due_at is not null
            """
        )
        await self.clinic.owner.execute(
            "update writeback_item set handed_at = handed_at - interval '1 hour'"
        )

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.clinic.rows("writeback_item", "id")]

    async def status(self) -> dict[str, Any]:
        answer = await self.clinic.get("/writeback/status")
        WritebackStatus.model_validate_json(answer.text)
        return answer.json()


@asynccontextmanager
async def running_trial(clinic: Clinic) -> AsyncIterator[Trial]:
    stub = StubReceiver()
    transport = httpx.ASGITransport(app=stub.app())
    async with (
        worker_of(clinic) as database,
        httpx.AsyncClient(transport=transport) as http,
    ):
        receiver = HttpReceiver("http://receiver.example.org", None, http)
        desk = Desk(database, receiver, count_seconds=3600)
        yield Trial(clinic, stub, desk, database, receiver)


@pytest.fixture
async def trial(own_clinic: Clinic) -> AsyncIterator[Trial]:
    async with running_trial(own_clinic) as running:
        yield running


async def items_of(clinic: Clinic, episode_id: str) -> list[dict[str, Any]]:
    found = await clinic.owner.fetch(
        "select * from writeback_item where episode_id = $1::uuid order by id", episode_id
    )
    return [dict(row) for row in found]


async def standing_codes(clinic: Clinic, episode_id: str) -> list[str]:
    return [
        item["code"]
        for item in await items_of(clinic, episode_id)
        if item["kind"] == "code" and item["state"] != "withdrawn"
    ]


async def steps_told(clinic: Clinic, items: Iterable[dict[str, Any]]) -> list[list[str]]:
    """What was told of each item, and that its versions have no gap."""
    told: list[list[str]] = []
    for item in items:
        events = await clinic.events(f"writeback/{item['id']}")
        assert [event["aggregate_version"] for event in events] == list(range(1, len(events) + 1))
        told.append([event["type"].split(".")[1].split("-")[1] for event in events])
    return told


async def moved(clinic: Clinic, referral: dict[str, Any], status: str, **changes: Any) -> None:
    answer = await clinic.ask(
        "PUT", f"/referrals/{referral['id']}/status", {"status": status, **changes}, If_Match='"1"'
    )
    assert answer.is_success, answer.text


async def test_a_link_workers_first_accepted_contact_is_coded_once(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/contacts"
    episode = referral["episode_id"]

    await clinic.made(path, {"mode": "phone"}, member=WORKER)
    assert await standing_codes(clinic, episode) == []
    await moved(clinic, referral, "accepted")
    assert await standing_codes(clinic, episode) == [REFERRED]
    await clinic.made(path, {"mode": "phone"}, member=WORKER)
    await clinic.made(path, {"mode": "phone"}, member=WORKER)

    (item,) = await items_of(clinic, episode)
    assert (item["practice_code"], item["state"]) == ("Y99001", "requested")
    assert await steps_told(clinic, [item]) == [["requested"]]


async def test_a_coachs_contact_is_no_link_workers(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await moved(clinic, referral, "accepted")
    path = f"/referrals/{referral['id']}/contacts"

    await clinic.made(path, {"mode": "phone"}, member=COLLEAGUE)
    assert await standing_codes(clinic, referral["episode_id"]) == []
    await clinic.made(
        path, {"mode": "phone"}, member=WORKER, Waymark_Reason="covering for a colleague"
    )

    assert await standing_codes(clinic, referral["episode_id"]) == [REFERRED]


async def test_a_role_records_the_codes_its_networks_catalogue_allows(own_clinic: Clinic) -> None:
    async def coded() -> list[str]:
        referral = await own_clinic.made("/referrals", a_referral())
        await moved(own_clinic, referral, "accepted")
        await own_clinic.made(
            f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER
        )
        return await standing_codes(own_clinic, referral["episode_id"])

    assert await coded() == [REFERRED]
    await describe(own_clinic, told(a_role(clinical_codes=[DECLINED]), 5))
    assert await coded() == []
    await describe(own_clinic, told(a_role(clinical_codes=[REFERRED]), 6))
    assert await coded() == [REFERRED]


async def test_a_contact_told_again_in_a_batch_codes_nothing_twice(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await moved(clinic, referral, "accepted")
    item = {"key": str(uuid4()), "referral_id": referral["id"], "mode": "phone"}

    for _ in range(2):
        answer = await clinic.post("/contacts/batch", {"items": [item]}, member=WORKER)
        assert answer.status_code == 200

    assert await standing_codes(clinic, referral["episode_id"]) == [REFERRED]


async def test_an_imported_past_is_not_written_back(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await moved(clinic, referral, "accepted")
    item = {
        "key": str(uuid4()),
        "referral_id": referral["id"],
        "mode": "phone",
        "role": "link-worker",
    }

    answer = await clinic.post("/contacts/batch", {"origin": "import", "items": [item]})

    assert answer.json()["items"][0]["status"] == 201, answer.text
    assert await items_of(clinic, referral["episode_id"]) == []
    await clinic.made(
        f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER, **REASON
    )
    assert await items_of(clinic, referral["episode_id"]) == []


@pytest.mark.parametrize(
    ("status", "reason", "codes"),
    [
        ("declined", "not-wanted", [DECLINED]),
        ("declined", None, [DECLINED]),
        ("declined", "not-reached", []),
        ("returned", "not-suitable", []),
    ],
)
async def test_a_decline_is_coded_only_where_the_person_declined(
    clinic: Clinic, status: str, reason: str | None, codes: list[str]
) -> None:
    referral = await clinic.made("/referrals", a_referral())

    await moved(clinic, referral, status, reason=reason)

    assert await standing_codes(clinic, referral["episode_id"]) == codes


async def test_a_person_who_declines_after_all_is_coded_at_the_closing(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await moved(clinic, referral, "accepted")

    await clinic.made(f"/referrals/{referral['id']}/closing", {**CLOSING, "outcome": "declined"})

    assert await standing_codes(clinic, referral["episode_id"]) == [DECLINED]


async def test_a_voided_contact_takes_its_code_back_and_the_next_one_brings_it(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    await moved(clinic, referral, "accepted")
    path = f"/referrals/{referral['id']}/contacts"
    contact = await clinic.made(path, {"mode": "phone"}, member=WORKER)

    await clinic.made(
        f"/contacts/{contact['id']}/voiding",
        {"reason": "did-not-happen"},
        member=WORKER,
        If_Match='"1"',
    )

    (item,) = await items_of(clinic, referral["episode_id"])
    assert (item["state"], item["due_at"]) == ("withdrawn", None)
    assert await steps_told(clinic, [item]) == [["requested", "withdrawn"]]
    await clinic.made(path, {"mode": "phone"}, member=WORKER)
    assert await standing_codes(clinic, referral["episode_id"]) == [REFERRED]


async def test_what_the_receiver_may_have_is_taken_back_there_too(trial: Trial) -> None:
    clinic = trial.clinic
    referral = await clinic.made("/referrals", a_referral(occurred_at=days_ago(9)))
    await moved(clinic, referral, "accepted", occurred_at=days_ago(8))
    contact = await clinic.made(
        f"/referrals/{referral['id']}/contacts",
        {"mode": "phone", "occurred_at": days_ago(5)},
        member=WORKER,
    )
    await trial.hand_over()
    assert trial.stub.codes_of("Y99001") == [REFERRED]

    await clinic.made(
        f"/contacts/{contact['id']}/corrections",
        {"reason": "mistyped", "occurred_at": days_ago(2)},
        member=WORKER,
        If_Match='"1"',
    )
    await trial.hand_over()

    items = await items_of(clinic, referral["episode_id"])
    assert sorted((item["kind"], item["state"]) for item in items) == [
        ("code", "acknowledged"),
        ("code", "withdrawn"),
        ("withdrawal", "acknowledged"),
    ]
    assert trial.stub.codes_of("Y99001") == [REFERRED]
    (told,) = [item for item in items if item["kind"] == "code" and item["state"] != "withdrawn"]
    assert told["occurred_at"].date().isoformat() == days_ago(2)[:10]


async def test_each_step_is_told_once_from_asking_to_both_counts_agreeing(trial: Trial) -> None:
    referral = await supported(trial.clinic)
    await closed(trial.clinic, referral)

    assert await trial.hand_over() == 2
    assert await trial.states() == ["acknowledged", "acknowledged"]
    await trial.compare()
    await trial.compare()

    items = await items_of(trial.clinic, referral["episode_id"])
    assert sorted(item["kind"] for item in items) == ["code", "message"]
    steps = ["requested", "sent", "acknowledged", "reconciled"]
    assert await steps_told(trial.clinic, items) == [steps, steps]
    (message,) = [item for item in trial.stub.items.values() if item.kind == "message"]
    assert message.practice_code == "Y99001"


async def test_a_lost_acknowledgement_is_asked_for_again_and_nothing_is_doubled(
    trial: Trial,
) -> None:
    referral = await supported(trial.clinic)
    trial.stub.break_as(Faults(drop_acknowledgements=True))
    await trial.hand_over()
    assert await trial.states() == ["sent"]
    await trial.compare()
    assert await trial.states() == ["sent"]

    trial.stub.break_as(Faults())
    await trial.time_passes()
    await trial.hand_over()

    assert await trial.states() == ["acknowledged"]
    assert (trial.stub.handed, len(trial.stub.items)) == (2, 1)
    items = await items_of(trial.clinic, referral["episode_id"])
    assert await steps_told(trial.clinic, items) == [["requested", "sent", "acknowledged"]]


async def test_what_a_receiver_lost_shows_as_a_gap_with_its_age_and_goes_over_again(
    trial: Trial,
) -> None:
    for _ in range(3):
        await supported(trial.clinic)
    await trial.hand_over()
    await trial.compare()
    assert await trial.states() == ["reconciled"] * 3
    trial.stub.break_as(Faults(lose_latest=2))

    await trial.compare()
    (shown,) = (await trial.status())["items"]
    assert (shown["gap_count"], shown["counted_here"], shown["counted_there"]) == (2, 3, 1)
    assert shown["gap_seconds"] is not None

    await trial.time_passes()
    await trial.compare()
    assert await trial.hand_over() == 3
    await trial.compare()

    (shown,) = (await trial.status())["items"]
    assert (shown["gap_count"], shown["gap_seconds"]) == (0, None)
    assert len(trial.stub.items) == 3
    assert sorted(trial.stub.codes_of("Y99001")) == [REFERRED] * 3
    assert await trial.states() == ["reconciled"] * 3


async def test_a_receiver_that_has_more_than_we_count_holds_up_nothing(trial: Trial) -> None:
    """As after a restore: it was handed an item that nobody here knows of."""
    await supported(trial.clinic)
    await trial.hand_over()
    trial.stub.items["unknown"] = next(iter(trial.stub.items.values()))
    desk = Desk(trial.database, trial.receiver, count_seconds=3600, sent_again_after_seconds=0.0)
    trial.desk = desk

    await trial.compare()
    (shown,) = (await trial.status())["items"]
    assert (shown["gap_count"], await trial.states()) == (-1, ["acknowledged"])
    await trial.hand_over()
    await supported(trial.clinic)
    await trial.hand_over()
    await trial.compare()

    assert await trial.states() == ["reconciled", "reconciled"]
    (shown,) = (await trial.status())["items"]
    assert shown["gap_count"] == -1
    assert await trial.hand_over() == 0


async def test_what_a_gap_puts_in_doubt_goes_over_again_once(trial: Trial) -> None:
    for _ in range(3):
        await supported(trial.clinic)
    await trial.hand_over()
    await trial.compare()
    # One that was taken back meanwhile is lost there, and nothing can close the gap.
    lost = list(trial.stub.items)[-1]
    await trial.clinic.owner.execute(
        "update writeback_item set state = 'withdrawn' where id = $1", UUID(lost)
    )
    trial.stub.break_as(Faults(lose_latest=1))
    desk = Desk(trial.database, trial.receiver, count_seconds=3600, sent_again_after_seconds=0.0)
    trial.desk = desk

    handed: list[int] = []
    for _ in range(3):
        await trial.compare()
        handed.append(await trial.hand_over())

    assert handed == [2, 0, 0]
    (shown,) = (await trial.status())["items"]
    assert shown["gap_count"] == 1


async def test_an_item_taken_back_on_its_way_is_no_gap_though_its_answer_was_lost(
    trial: Trial,
) -> None:
    clinic, whole = trial.clinic, trial.receiver
    referral = await clinic.made("/referrals", a_referral())
    await moved(clinic, referral, "accepted")
    path = f"/referrals/{referral['id']}/contacts"
    contact = await clinic.made(path, {"mode": "phone"}, member=WORKER)

    class LosesTheAnswer:
        async def hand_over(self, delivery: Delivery) -> Receipt:
            await whole.hand_over(delivery)
            await clinic.made(
                f"/contacts/{contact['id']}/voiding",
                {"reason": "did-not-happen"},
                member=WORKER,
                If_Match='"1"',
            )
            raise ReceiverAway

        async def count(self, practice_code: str) -> int:
            return await whole.count(practice_code)

    await Desk(trial.database, LosesTheAnswer()).hand_over_due()
    await trial.hand_over()
    await trial.compare()

    assert sorted(await trial.states()) == ["reconciled", "withdrawn"]
    (shown,) = (await trial.status())["items"]
    assert (shown["gap_count"], shown["counted_there"]) == (0, 2)


async def test_a_receiver_that_is_away_is_tried_again_later_each_time(trial: Trial) -> None:
    referral = await supported(trial.clinic)
    trial.stub.break_as(Faults(away=True))
    waits: list[float] = []
    for _ in range(3):
        await trial.hand_over()
        waits.append(
            await trial.clinic.owner.fetchval(
                "select extract(epoch from due_at - now())::float8 from writeback_item"
            )
        )
        await trial.time_passes()
    assert waits == sorted(waits)
    assert waits[2] > 2 * waits[0]
    assert await trial.states() == ["requested"]

    trial.stub.break_as(Faults())
    await trial.hand_over()

    items = await items_of(trial.clinic, referral["episode_id"])
    assert await steps_told(trial.clinic, items) == [["requested", "sent", "acknowledged"]]
    assert items[0]["attempts"] == 4


async def test_an_item_that_is_refused_for_good_says_why_and_is_left_to_people(
    trial: Trial,
) -> None:
    await supported(trial.clinic)
    trial.stub.break_as(Faults(refuse="person-not-known"))

    await trial.hand_over()
    await trial.time_passes()
    assert await trial.hand_over() == 0

    (item,) = await trial.clinic.rows("writeback_item")
    assert (item["state"], item["failure"], item["due_at"]) == ("failed", "person-not-known", None)
    (shown,) = (await trial.status())["items"]
    assert shown["failed"] == 1


async def test_what_was_refused_goes_over_again_at_somebodys_word_and_nothing_else_does(
    trial: Trial,
) -> None:
    clinic = trial.clinic
    await supported(clinic)
    trial.stub.break_as(Faults(refuse="person-not-known"))
    await trial.hand_over()
    listed = await clinic.get("/writeback/items?state=failed")
    ItemPage.model_validate_json(listed.text)
    (failed,) = listed.json()["items"]
    path = f"/writeback/items/{failed['id']}/retry"
    trial.stub.break_as(Faults())

    foreign = await clinic.post(path, None, member=FOREIGN_MANAGER, If_Match='"2"')
    outdated = await clinic.post(path, None, If_Match='"1"')
    again = await clinic.post(path, None, If_Match=f'"{failed["version"]}"')
    twice = await clinic.post(path, None, If_Match=f'"{failed["version"] + 1}"')
    await trial.hand_over()

    assert (foreign.status_code, outdated.status_code, twice.status_code) == (404, 412, 409)
    assert ItemGoesAgain.model_validate_json(again.text).state == "requested"
    (item,) = await clinic.rows("writeback_item")
    assert (item["state"], item["failure"]) == ("acknowledged", None)
    steps = ["requested", "failed", "requested", "sent", "acknowledged"]
    assert await steps_told(clinic, [item]) == [steps]
    assert (await clinic.get("/writeback/items")).json()["items"] == []


async def test_two_desks_hand_nothing_over_twice_at_once(trial: Trial) -> None:
    for _ in range(6):
        await supported(trial.clinic)

    async with running_trial(trial.clinic) as other:
        desks = [trial.desk, Desk(other.database, trial.receiver)]
        while sum(await asyncio.gather(*(desk.hand_over_due() for desk in desks))) > 0:
            pass

    assert trial.stub.handed == len(trial.stub.items) == 6
    assert await trial.states() == ["acknowledged"] * 6


async def test_a_desk_that_dies_between_handing_over_and_noting_it_doubles_nothing(
    trial: Trial,
) -> None:
    referral = await supported(trial.clinic)
    whole = trial.receiver

    class Died(Exception):
        pass

    class Dies:
        async def hand_over(self, delivery: Delivery) -> Receipt:
            await whole.hand_over(delivery)
            raise Died

        async def count(self, practice_code: str) -> int:
            return await whole.count(practice_code)

    dying = Desk(trial.database, Dies(), lease_seconds=0.2)
    with pytest.raises(Died):
        await dying.hand_over_due()

    async def went_over_again() -> bool:
        return await trial.desk.hand_over_due() > 0

    await until(went_over_again, what="the lease runs out")

    assert (trial.stub.handed, len(trial.stub.items)) == (2, 1)
    items = await items_of(trial.clinic, referral["episode_id"])
    assert await steps_told(trial.clinic, items) == [["requested", "sent", "acknowledged"]]


async def test_a_receivers_word_may_come_later_and_twice_and_for_what_nobody_knows(
    trial: Trial,
) -> None:
    clinic = trial.clinic
    referral = await supported(clinic)
    trial.stub.break_as(Faults(drop_acknowledgements=True))
    await trial.hand_over()
    (item,) = await items_of(clinic, referral["episode_id"])
    body = {"items": [{"id": str(item["id"])}, {"id": str(uuid4()), "failure": "other"}]}

    first = await clinic.post("/writeback/acknowledgements", body, member=SERVICE)
    again = await clinic.post("/writeback/acknowledgements", body, member=SERVICE)
    member = await clinic.post("/writeback/acknowledgements", body, member=MANAGER)

    AcknowledgementsHeard.model_validate_json(first.text)
    outcomes = [[one["outcome"] for one in told.json()["items"]] for told in (first, again)]
    assert outcomes == [["done", "unknown"], ["known", "unknown"]]
    assert member.status_code == 403
    assert await trial.states() == ["acknowledged"]
    assert await steps_told(clinic, [item]) == [["requested", "sent", "acknowledged"]]


async def test_without_a_receiver_everything_waits_and_the_status_says_off(trial: Trial) -> None:
    referral = await supported(trial.clinic)
    await closed(trial.clinic, referral)

    status = await trial.status()

    assert status["receiver"] == "off"
    (shown,) = status["items"]
    assert (shown["practice_code"], shown["waiting"], shown["sent"]) == ("Y99001", 2, 0)
    assert shown["oldest_seconds"] is not None
    recorded = {one["code"]: one["recorded"] for one in status["codes"]}
    assert recorded == {REFERRED: True, DECLINED: True, "871691000000100": False}
    foreign = await trial.clinic.get("/writeback/status", member=FOREIGN_MANAGER)
    assert foreign.json()["items"] == []
    practice = await trial.clinic.get("/writeback/status", member=REFERRER)
    assert practice.status_code == 403


async def test_a_person_is_named_to_the_receiver_and_in_no_event(trial: Trial) -> None:
    referral = await supported(trial.clinic)
    person = (await trial.clinic.get(f"/people/{referral['person_id']}")).json()
    seen: list[bytes] = []
    whole = trial.receiver

    class Listens:
        async def hand_over(self, delivery: Delivery) -> Receipt:
            seen.append((delivery.nhs_number or "").encode())
            return await whole.hand_over(delivery)

        async def count(self, practice_code: str) -> int:
            return await whole.count(practice_code)

    desk = Desk(trial.database, Listens())
    await desk.hand_over_due()

    assert seen == [person["nhs_number"].encode()]
    (item,) = await items_of(trial.clinic, referral["episode_id"])
    told = str(await trial.clinic.events(f"writeback/{item['id']}"))
    assert person["nhs_number"] not in told
    assert UUID(str(item["id"]))


async def merged_as(clinic: Clinic, kept_id: str, merged_id: str) -> None:
    await clinic.made(f"/people/{kept_id}/merges", {"person_id": merged_id})


async def named_to_receiver(trial: Trial) -> list[Delivery]:
    """Hand over what is due, and give how the receiver was told of it."""
    seen: list[Delivery] = []
    whole = trial.receiver

    class Listens:
        async def hand_over(self, delivery: Delivery) -> Receipt:
            seen.append(delivery)
            return await whole.hand_over(delivery)

        async def count(self, practice_code: str) -> int:
            return await whole.count(practice_code)

    while await Desk(trial.database, Listens()).hand_over_due() > 0:
        pass
    return seen


async def test_support_of_a_merged_record_is_written_back_as_who_speaks_for_it(
    trial: Trial,
) -> None:
    clinic = trial.clinic
    known = a_person(family_name="Known")
    kept = await clinic.made("/people", {"practice_code": "Y99002", **known})
    said = {**known, "nhs_number": None, "given_name": "Adah", "postcode": None}
    referral = await supported(clinic, person=said)
    await merged_as(clinic, kept["id"], referral["person_id"])

    await closed(clinic, referral)

    told_of = await named_to_receiver(trial)
    # The code was asked for before anybody knew whose practice it is; it names the right person.
    assert sorted((one.kind, one.practice_code) for one in told_of) == [
        ("code", "Y99001"),
        ("message", "Y99001"),
        ("message", "Y99002"),
    ]
    assert {(one.given_name, one.nhs_number) for one in told_of} == {("Ada", known["nhs_number"])}
    whole = next(one for one in told_of if one.practice_code == "Y99002")
    assert known["nhs_number"] in (whole.document or "")


async def test_a_number_only_the_merged_record_has_goes_over_and_may_be_said_again(
    trial: Trial,
) -> None:
    clinic = trial.clinic
    known = a_person()
    merged = await clinic.made("/people", {"practice_code": "Y99001", **known})
    said = {**known, "nhs_number": None, "given_name": "Adah", "postcode": None}
    referral = await supported(clinic, person=said)
    await merged_as(clinic, referral["person_id"], merged["id"])

    changed = await clinic.ask(
        "PATCH",
        f"/people/{referral['person_id']}",
        {"nhs_number": known["nhs_number"], "given_name": "Ada"},
        If_Match='"2"',
    )
    assert changed.is_success, changed.text

    (code,) = await named_to_receiver(trial)
    assert (code.nhs_number, code.given_name) == (known["nhs_number"], "Ada")
    # Undoing restores both records as they were numbered.
    numbers = [
        (await clinic.one("person", one))["nhs_number"]
        for one in (referral["person_id"], merged["id"])
    ]
    assert numbers == [None, known["nhs_number"]]


async def test_a_network_that_handed_over_is_no_practice_and_gets_no_item(clinic: Clinic) -> None:
    there = {"to_pcn_code": "U99002", "practice_code": "Y99006"}
    here = await clinic.made("/referrals", a_referral())
    made = await clinic.made(f"/referrals/{here['id']}/handover", there)
    await all_due(clinic)
    opened = await clinic.one("handover", made["id"])
    path = f"/referrals/{opened['opened_referral_id']}"

    await clinic.made(
        f"{path}/closing", {**CLOSING, "outcome": "not-suitable"}, member=FOREIGN_MANAGER
    )

    items = await items_of(clinic, str(opened["opened_episode_id"]))
    assert [(one["kind"], one["practice_code"]) for one in items] == [("message", "Y99006")]
    messages = await clinic.get(f"{path}/message-back", member=FOREIGN_MANAGER)
    recipients = {one["recipient_code"] for one in messages.json()["items"]}
    assert recipients == {"U99001", "Y99006"}
