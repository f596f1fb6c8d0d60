"""Support goes on in another network exactly once, and comes back if it must."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.access.register import RegisterFold
from chassis.database import Connection, Database
from contracts.register.v1 import PracticeRegistered
from services.referral.api.handover import EXAMPLE
from services.referral.domain.timers import Kind, Timer
from services.referral.schedules import HANDLERS
from services.referral.use_cases import practice_moves
from services.referral.use_cases.handover import handover_fell_due
from services.referral.use_cases.practice_moves import (
    note_practice_moves,
    practice_move_fell_due,
)
from services.referral.use_cases.timers import Handler, fire_due
from tests.referral.trial import (
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_WORKER,
    MANAGER,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)
from tests.waiting import until

pytestmark = pytest.mark.postgres
THERE = {"to_pcn_code": "U99002", "practice_code": "Y99006"}


class CutOff(Exception):
    """The process dies before it commits."""


@asynccontextmanager
async def the_worker(clinic: Clinic) -> AsyncIterator[Database]:
    database = Database(clinic.database.worker_url, "worker")
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def all_due(clinic: Clinic) -> None:
    """Let time do what is due, until nothing of ours is."""
    kinds: tuple[Kind, ...] = ("handover", "practice-move")
    ours: dict[Kind, Handler] = {kind: HANDLERS[kind] for kind in kinds}
    async with the_worker(clinic) as database:
        while await fire_due(database, ours, "ordinary"):
            pass


async def listed(clinic: Clinic, handover_id: str, member: str = MANAGER) -> dict[str, Any]:
    page = (await clinic.get("/handovers?limit=100", member=member)).json()
    return next(one for one in page["items"] if one["id"] == handover_id)


async def given(clinic: Clinic, referral_id: str, **changes: object) -> dict[str, Any]:
    return await clinic.made(f"/referrals/{referral_id}/handover", {**THERE, **changes})


async def test_support_ends_here_and_goes_on_there_once(clinic: Clinic) -> None:
    person = a_person(preferred_name="Addie", contact_days=["monday"])
    first = await clinic.made("/referrals", a_referral(person=person, urgency="soon"))
    second = await clinic.made(
        "/referrals", {"person_id": first["person_id"], "needs": ["housing", "money"]}
    )

    made = await given(clinic, first["id"])
    await all_due(clinic)

    for referral in (first, second):
        shown = (await clinic.get(f"/referrals/{referral['id']}")).json()
        assert (shown["status"], shown["reason"]) == ("closed", "moved-away")
    told = await clinic.events(f"episode/{first['episode_id']}")
    assert [event["aggregate_version"] for event in told] == [1, 2, 3, 4, 5]
    assert told[-1]["type"] == "waymark.episode-handed-over.v1"
    assert (told[-1]["data"]["to_pcn_code"], told[-1]["stream"]) == ("U99002", "U99001")
    there = await listed(clinic, made["id"])
    assert there["status"] == "opened"
    assert there["opened_new_episode"] is True
    shown = (
        await clinic.get(f"/referrals/{there['opened_referral_id']}", member=FOREIGN_WORKER)
    ).json()
    assert shown["needs"] == ["isolation", "money", "housing"]
    assert (shown["route"], shown["urgency"], shown["referrer_code"]) == (
        "handover",
        "soon",
        "U99001",
    )
    known = (await clinic.get(f"/people/{shown['person_id']}", member=FOREIGN_WORKER)).json()
    assert (known["preferred_name"], known["contact_days"]) == ("Addie", ["monday"])
    assert (known["practice_code"], known["nhs_number"]) == ("Y99006", person["nhs_number"])
    opened = await clinic.events(f"episode/{there['opened_episode_id']}")
    assert [event["aggregate_version"] for event in opened] == [1, 2]
    assert {event["stream"] for event in opened} == {"U99002"}
    assert opened[1]["type"] == "waymark.episode-continued.v1"
    assert opened[1]["data"]["continues_episode_id"] == first["episode_id"]
    # Who gave hears what becomes of it; the old record stays where it was.
    assert (await clinic.get(f"/referrals/{shown['id']}", member=MANAGER)).status_code == 200
    assert (await clinic.get(f"/people/{first['person_id']}")).json()["episode_id"] is None


async def test_the_step_tried_again_and_twice_at_once_opens_once(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    made = await given(clinic, referral["id"])
    handover_id = UUID(made["id"])
    (row,) = await clinic.owner.fetch("select * from timer where about = $1", handover_id)
    timer = Timer(row["id"], "handover", handover_id, "U99001", row["due_at"])
    await clinic.owner.execute("delete from timer where about = $1", handover_id)

    async with the_worker(clinic) as database:

        async def step(*, cut_off: bool) -> None:
            async with database.transaction() as connection:
                await handover_fell_due(connection, timer)
                if cut_off:
                    raise CutOff

        with pytest.raises(CutOff):
            await step(cut_off=True)
        assert (await listed(clinic, made["id"]))["status"] == "pending"
        await asyncio.gather(*(step(cut_off=False) for _ in range(4)))

    there = await listed(clinic, made["id"])
    opened = await clinic.events(f"episode/{there['opened_episode_id']}")
    assert [event["aggregate_version"] for event in opened] == [1, 2]
    found = await clinic.owner.fetch(
        "select id from referral where practice_reference = $1", f"handover-{made['id']}"
    )
    assert len(found) == 1


async def test_the_new_network_may_return_it_to_the_same_person(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    made = await given(clinic, referral["id"])
    await all_due(clinic)
    there = await listed(clinic, made["id"])
    path = f"/referrals/{there['opened_referral_id']}/handover/return"

    back = await clinic.made(path, {}, member=FOREIGN_WORKER)
    await all_due(clinic)

    here = await listed(clinic, back["id"])
    assert (here["returns_id"], here["status"]) == (made["id"], "opened")
    shown = (await clinic.get(f"/referrals/{here['opened_referral_id']}")).json()
    assert (shown["person_id"], shown["route"]) == (referral["person_id"], "handover")
    assert shown["episode_id"] != referral["episode_id"]
    told = await clinic.events(f"episode/{shown['episode_id']}")
    assert told[-1]["data"]["continues_episode_id"] == there["opened_episode_id"]
    again = await clinic.post(path, {}, member=FOREIGN_WORKER)
    assert again.status_code == 409
    not_handed = await clinic.made("/referrals", a_referral())
    refused = await clinic.post(f"/referrals/{not_handed['id']}/handover/return", {})
    assert refused.json()["type"] == "/problems/not-handed-over"


async def waits(clinic: Clinic, referral_id: str, member: str) -> dict[str, Any]:
    shown = await clinic.get(f"/referrals/{referral_id}/waiting", member=member)
    assert shown.status_code == 200, shown.text
    return shown.json()


async def test_whoever_waited_here_keeps_their_days_and_their_place_there_and_back(
    clinic: Clinic,
) -> None:
    since = datetime.now(UTC) - timedelta(days=40, hours=1)
    referral = await clinic.made("/referrals", a_referral(occurred_at=since.isoformat()))
    made = await given(clinic, referral["id"])
    await all_due(clinic)
    there = (await listed(clinic, made["id"]))["opened_referral_id"]

    shown = await waits(clinic, there, FOREIGN_WORKER)
    assert datetime.fromisoformat(shown["waiting_since"]) == since
    assert (shown["clocks"]["person_days"], shown["clocks"]["service_working_days"]) == (40, 0)
    assert shown["score"]["waiting"] == pytest.approx(40, abs=0.1)
    newer = await clinic.made(
        "/referrals",
        a_referral(practice_code="Y99006", urgency="urgent"),
        member=FOREIGN_MANAGER,
    )
    page = await clinic.get("/pcns/U99002/waiting-list?limit=100", member=FOREIGN_MANAGER)
    order = [one["referral_id"] for one in page.json()["items"]]
    assert order.index(there) < order.index(newer["id"])

    back = await clinic.made(f"/referrals/{there}/handover/return", {}, member=FOREIGN_WORKER)
    await all_due(clinic)
    here = (await listed(clinic, back["id"]))["opened_referral_id"]
    assert (await waits(clinic, here, MANAGER))["clocks"]["person_days"] == 40


async def test_whoever_was_spoken_with_here_waits_anew_there(clinic: Clinic) -> None:
    since = datetime.now(UTC) - timedelta(days=40)
    referral = await clinic.made("/referrals", a_referral(occurred_at=since.isoformat()))
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)
    made = await given(clinic, referral["id"])
    await all_due(clinic)
    there = (await listed(clinic, made["id"]))["opened_referral_id"]

    shown = await waits(clinic, there, FOREIGN_WORKER)

    assert shown["clocks"]["person_days"] == 0
    assert shown["waiting_since"] == shown["referred_at"]


async def test_a_person_known_there_joins_and_what_joined_is_not_returned(clinic: Clinic) -> None:
    person = a_person()
    there = await clinic.made(
        "/referrals", a_referral(person=person, practice_code="Y99006"), member=FOREIGN_MANAGER
    )
    here = await clinic.made("/referrals", a_referral(person=person))

    made = await given(clinic, here["id"])
    await all_due(clinic)

    opened = await listed(clinic, made["id"])
    assert opened["opened_episode_id"] == there["episode_id"]
    assert opened["opened_new_episode"] is False
    path = f"/referrals/{opened['opened_referral_id']}/handover/return"
    refused = await clinic.post(path, {}, member=FOREIGN_WORKER)
    assert refused.json()["type"] == "/problems/handover-joined-support"


async def test_a_number_that_is_somebody_elses_there_does_not_lose_the_person(
    clinic: Clinic,
) -> None:
    person = a_person()
    await clinic.made(
        "/people",
        {"practice_code": "Y99006", **person, "birth_date": "1900-02-03"},
        member=FOREIGN_MANAGER,
    )
    here = await clinic.made("/referrals", a_referral(person=person))

    made = await given(clinic, here["id"])
    await all_due(clinic)

    opened = await listed(clinic, made["id"])
    shown = (
        await clinic.get(f"/referrals/{opened['opened_referral_id']}", member=FOREIGN_WORKER)
    ).json()
    known = (await clinic.get(f"/people/{shown['person_id']}", member=FOREIGN_WORKER)).json()
    assert (known["nhs_number"], known["birth_date"]) == (None, person["birth_date"])


async def test_the_number_of_a_record_merged_into_theirs_goes_along(clinic: Clinic) -> None:
    person = a_person()
    numbered = await clinic.made("/people", {"practice_code": "Y99001", **person})
    said = {**person, "nhs_number": None, "given_name": "Adah", "postcode": None}
    here = await clinic.made("/referrals", a_referral(person=said))
    await clinic.made(f"/people/{here['person_id']}/merges", {"person_id": numbered["id"]})

    made = await given(clinic, here["id"])
    await all_due(clinic)

    opened = await listed(clinic, made["id"])
    shown = (
        await clinic.get(f"/referrals/{opened['opened_referral_id']}", member=FOREIGN_WORKER)
    ).json()
    known = (await clinic.get(f"/people/{shown['person_id']}", member=FOREIGN_WORKER)).json()
    assert known["nhs_number"] == person["nhs_number"]


async def test_what_the_other_network_refuses_is_shown_to_both(clinic: Clinic) -> None:
    person = a_person()
    dead = await clinic.made(
        "/people", {"practice_code": "Y99006", **person}, member=FOREIGN_MANAGER
    )
    await clinic.made(f"/people/{dead['id']}/death", {}, member=FOREIGN_MANAGER)
    here = await clinic.made("/referrals", a_referral(person=person))

    made = await given(clinic, here["id"])
    await all_due(clinic)

    for member in (MANAGER, FOREIGN_MANAGER):
        shown = await listed(clinic, made["id"], member)
        assert (shown["status"], shown["problem"]) == ("refused", "person-has-died")
        standing = await clinic.get("/handovers?limit=100&status=refused", member=member)
        assert made["id"] in {one["id"] for one in standing.json()["items"]}
        pending = await clinic.get("/handovers?limit=100&status=pending", member=member)
        assert made["id"] not in {one["id"] for one in pending.json()["items"]}
    told = await clinic.events(f"episode/{here['episode_id']}")
    assert (told[-1]["type"], told[-1]["stream"]) == ("waymark.handover-refused.v1", "U99001")
    assert told[-1]["data"]["problem"] == "person-has-died"
    assert told[-1]["aggregate_version"] == told[-2]["aggregate_version"] + 1

    # So it is this network's again, to take up or to hand over once more.
    await clinic.made(f"/referrals/{here['id']}/reopening", {"reason": "person-asked"})
    again = await given(clinic, here["id"])
    assert again["id"] != made["id"]


async def test_what_goes_on_elsewhere_is_not_taken_up_here_as_well(clinic: Clinic) -> None:
    here = await clinic.made("/referrals", a_referral())
    await given(clinic, here["id"])

    for _ in range(2):  # waiting to be opened there, then opened
        answer = await clinic.post(f"/referrals/{here['id']}/reopening", {"reason": "person-asked"})
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/goes-on-elsewhere"
        await all_due(clinic)


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"to_pcn_code": "U99001", "practice_code": "Y99002"}, 422, "handover-to-itself"),
        ({"to_pcn_code": "U99002", "practice_code": "Y99002"}, 422, "rule-broken"),
        ({"to_pcn_code": "U99002", "practice_code": "Y12345"}, 422, "rule-broken"),
    ],
)
async def test_a_place_that_cannot_be_is_refused_and_nothing_changes(
    clinic: Clinic, body: dict[str, str], status: int, name: str
) -> None:
    referral = await clinic.made("/referrals", a_referral())

    refused = await clinic.post(f"/referrals/{referral['id']}/handover", body)

    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{name}")
    assert len(await clinic.events(f"episode/{referral['episode_id']}")) == 1


async def test_two_who_hand_over_at_once_hand_over_once(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/handover"

    answers = await asyncio.gather(*(clinic.post(path, THERE) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {
        "/problems/episode-not-open"
    }


async def test_handing_over_is_the_networks_and_a_colleagues_takes_a_reason(
    clinic: Clinic,
) -> None:
    referral = await clinic.made("/referrals", a_referral())
    path = f"/referrals/{referral['id']}/handover"
    await clinic.made(f"/referrals/{referral['id']}/contacts", {"mode": "phone"}, member=WORKER)

    for member, status in ((FOREIGN_MANAGER, 404), (REFERRER, 403), (COLLEAGUE, 403)):
        assert (await clinic.post(path, THERE, member=member)).status_code == status
        other = f"/referrals/{uuid4()}/handover"
        random = await clinic.post(other, THERE, member=member)
        assert random.status_code == (404 if member != REFERRER else 403)
    taken = await clinic.post(path, EXAMPLE, member=COLLEAGUE, Waymark_Reason="Moved to the coast")
    assert taken.status_code == 201
    mine = (await clinic.get("/handovers?limit=100", member=FOREIGN_MANAGER)).json()["items"]
    assert taken.json()["id"] in {one["id"] for one in mine}


async def moved(connection: Connection, practice: str, pcn_code: str) -> None:
    """Tell the register here that a practice belongs to another network."""
    data = {"practice_code": practice, "pcn_code": pcn_code, "name": "A practice (synthetic)"}

    class Told:
        type = PracticeRegistered.type

        def __init__(self) -> None:
            self.data = data

    await note_practice_moves(connection, [(PracticeRegistered.type, data)])
    await RegisterFold().apply(connection, [Told()])


async def test_a_practice_that_changes_network_takes_its_people_along_in_batches(
    own_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice_moves, "PEOPLE_OF_A_BATCH_MAX", 3)
    referrals = [await own_clinic.made("/referrals", a_referral()) for _ in range(7)]
    idle = await own_clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    other = await own_clinic.made("/referrals", a_referral(practice_code="Y99002"))
    async with the_worker(own_clinic) as database:
        async with database.transaction() as connection:
            await moved(connection, "Y99001", "U99002")
        (row,) = await own_clinic.owner.fetch("select * from timer where kind = 'practice-move'")
        timer = Timer(row["id"], "practice-move", row["about"], "U99001", row["due_at"])

        async def cut_off() -> None:
            async with database.transaction() as connection:
                await practice_move_fell_due(connection, timer)
                raise CutOff

        with pytest.raises(CutOff):
            await cut_off()
    assert await own_clinic.count("handover") == 0

    await all_due(own_clinic)

    (move,) = (await own_clinic.get("/practice-moves")).json()["items"]
    assert (move["status"], move["moved"]) == ("moved", 7)
    handed = await own_clinic.rows("handover")
    assert {str(row["episode_id"]) for row in handed} == {one["episode_id"] for one in referrals}
    assert {row["status"] for row in handed} == {"opened"}
    open_there = await own_clinic.owner.fetch(
        "select * from episode where pcn_code = 'U99002' and closed_at is null"
    )
    assert len(open_there) == 7
    assert (await own_clinic.get(f"/referrals/{other['id']}")).json()["status"] == "received"
    assert (await own_clinic.one("person", idle["id"]))["pcn_code"] == "U99001"


async def practice_gone(clinic: Clinic) -> None:
    """Y99001 belongs to the other network from now on, and the door knows."""
    async with the_worker(clinic) as database, database.transaction() as connection:
        await moved(connection, "Y99001", "U99002")

    async def known() -> bool:
        found = await clinic.app.state.access.memberships.organisation("practice", "Y99001")
        return found.pcn_code == "U99002"

    await until(known, what="the door knows where the practice is")


async def test_whoever_stayed_on_record_is_entered_where_their_practice_is_now(
    own_clinic: Clinic,
) -> None:
    person = a_person(postcode=None)
    idle = await own_clinic.made("/people", {"practice_code": "Y99001", **person})
    await practice_gone(own_clinic)
    asked = {"person_id": idle["id"], "needs": ["money"]}

    made = await own_clinic.made("/referrals", asked, member=REFERRER)
    again = await own_clinic.made("/referrals", asked, member=REFERRER)

    assert made["pcn_code"] == "U99002"
    assert (again["episode_id"], again["person_id"]) == (made["episode_id"], made["person_id"])
    known = await own_clinic.one("person", made["person_id"])
    assert (known["pcn_code"], known["nhs_number"]) == ("U99002", person["nhs_number"])
    assert (await own_clinic.get(f"/referrals/{made['id']}", member=FOREIGN_WORKER)).is_success


async def test_nothing_begins_in_a_network_that_a_practice_has_left(own_clinic: Clinic) -> None:
    idle = await own_clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    dead = await own_clinic.made("/people", {"practice_code": "Y99001", **a_person()})
    await own_clinic.made(f"/people/{dead['id']}/death", {})
    await practice_gone(own_clinic)
    for person_id, member in ((idle["id"], MANAGER), (dead["id"], REFERRER)):
        refused = await own_clinic.post(
            "/referrals", {"person_id": person_id, "needs": ["money"]}, member=member
        )
        assert refused.status_code == 409
        assert refused.json()["type"] == "/problems/practice-moved-away"
    assert await own_clinic.count("referral") == 0


async def test_a_practice_told_of_again_moves_nobody(own_clinic: Clinic) -> None:
    await own_clinic.made("/referrals", a_referral())
    async with the_worker(own_clinic) as database, database.transaction() as connection:
        await moved(connection, "Y99001", "U99001")
        await moved(connection, "Y99777", "U99002")

    assert await own_clinic.count("practice_move") == 0


def a_sixteen_year_old() -> dict[str, Any]:
    return a_person(birth_date=(datetime.now(UTC).date() - timedelta(days=16 * 366)).isoformat())


async def the_word(clinic: Clinic, referral_id: str) -> tuple[object, object]:
    row = await clinic.one("referral", referral_id)
    return row["guardian_consented_at"], row["guardian_consented_by"]


async def test_a_guardians_word_goes_along_there_and_back(clinic: Clinic) -> None:
    here = await clinic.made(
        "/referrals", a_referral(person=a_sixteen_year_old(), guardian_consented=True)
    )
    word = await the_word(clinic, here["id"])
    assert None not in word

    made = await given(clinic, here["id"])
    await all_due(clinic)

    there = await listed(clinic, made["id"])
    assert (there["status"], there["problem"]) == ("opened", None)
    assert await the_word(clinic, there["opened_referral_id"]) == word
    path = f"/referrals/{there['opened_referral_id']}/handover/return"
    back = await clinic.made(path, {}, member=FOREIGN_WORKER)
    await all_due(clinic)
    again = await listed(clinic, back["id"])
    assert again["status"] == "opened"
    assert await the_word(clinic, again["opened_referral_id"]) == word


async def test_whom_one_network_took_without_a_guardian_the_next_does_not_refuse(
    own_clinic: Clinic,
) -> None:
    await own_clinic.ask("PUT", "/pcns/U99001/under-18-rule", {"rule": "accept"}, If_Match='"0"')
    here = await own_clinic.made("/referrals", a_referral(person=a_sixteen_year_old()))

    made = await given(own_clinic, here["id"])
    await all_due(own_clinic)

    there = await listed(own_clinic, made["id"])
    assert there["status"] == "opened"
    assert await the_word(own_clinic, there["opened_referral_id"]) == (None, None)


async def test_what_comes_back_is_taken_back_whatever_the_rule_is_now(own_clinic: Clinic) -> None:
    here = await own_clinic.made(
        "/referrals", a_referral(person=a_sixteen_year_old(), guardian_consented=True)
    )
    made = await given(own_clinic, here["id"])
    await all_due(own_clinic)
    there = await listed(own_clinic, made["id"])
    rule = {"rule": "not-accepted"}
    await own_clinic.ask("PUT", "/pcns/U99001/under-18-rule", rule, If_Match='"0"')

    path = f"/referrals/{there['opened_referral_id']}/handover/return"
    back = await own_clinic.made(path, {}, member=FOREIGN_WORKER)
    await all_due(own_clinic)

    assert (await listed(own_clinic, back["id"]))["status"] == "opened"


async def test_a_network_that_helps_nobody_under_18_says_so_to_both(own_clinic: Clinic) -> None:
    rule = {"rule": "not-accepted"}
    await own_clinic.ask(
        "PUT", "/pcns/U99002/under-18-rule", rule, If_Match='"0"', member=FOREIGN_MANAGER
    )
    here = await own_clinic.made(
        "/referrals", a_referral(person=a_sixteen_year_old(), guardian_consented=True)
    )

    made = await given(own_clinic, here["id"])
    await all_due(own_clinic)

    for member in (MANAGER, FOREIGN_MANAGER):
        shown = await listed(own_clinic, made["id"], member)
        assert (shown["status"], shown["problem"]) == ("refused", "too-young")


async def test_a_practice_that_moves_takes_its_young_people_along(own_clinic: Clinic) -> None:
    here = await own_clinic.made(
        "/referrals", a_referral(person=a_sixteen_year_old(), guardian_consented=True)
    )
    async with the_worker(own_clinic) as database, database.transaction() as connection:
        await moved(connection, "Y99001", "U99002")

    await all_due(own_clinic)

    (handed,) = await own_clinic.rows("handover")
    assert (handed["status"], handed["problem"]) == ("opened", None)
    word = await the_word(own_clinic, here["id"])
    assert await the_word(own_clinic, str(handed["opened_referral_id"])) == word
