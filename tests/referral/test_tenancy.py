"""What others hold answers exactly as what does not exist: on every route, for every role."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.referral.trial import (
    ANALYST,
    COLLEAGUE,
    FOREIGN_MANAGER,
    FOREIGN_REFERRER,
    FOREIGN_WORKER,
    MANAGER,
    MEMBERS,
    NAVIGATOR,
    OTHER_PRACTICE,
    REFERRER,
    WORKER,
    Clinic,
    a_person,
    a_referral,
)

pytestmark = pytest.mark.postgres

# Every route that names something of a network, with a request that would do what it is for.
ROUTES: dict[str, tuple[str, str, Any]] = {
    "open a person": ("GET", "/people/{person_id}", None),
    "correct a person": ("PATCH", "/people/{person_id}", {"language": "pl"}),
    "open a referral": ("GET", "/referrals/{referral_id}", None),
    "move on": ("PUT", "/referrals/{referral_id}/status", {"status": "accepted"}),
    "record a contact": ("POST", "/referrals/{referral_id}/contacts", {"mode": "phone"}),
    "list contacts": ("GET", "/referrals/{referral_id}/contacts", None),
    "list goals": ("GET", "/referrals/{referral_id}/goals", None),
    "show a goal's updates": ("GET", "/goals/{goal_id}/updates", None),
    "set a goal": ("POST", "/referrals/{referral_id}/goals", {"need": "money"}),
    "update a goal": ("POST", "/goals/{goal_id}/updates", {"status": "progressing"}),
    "show who helps": ("GET", "/referrals/{referral_id}/triage", None),
    "raise an alarm": ("POST", "/referrals/{referral_id}/alarms", {"dangers": ["abuse"]}),
    "ask who could help": (
        "POST",
        "/referrals/{referral_id}/triage",
        {"complexity": "low", "confidence": "low"},
    ),
    "show a wait": ("GET", "/referrals/{referral_id}/waiting", None),
    "pause a wait": ("POST", "/referrals/{referral_id}/pauses", {"reason": "other"}),
    "show who has it": ("GET", "/referrals/{referral_id}/worker", None),
    "show the messages back": ("GET", "/referrals/{referral_id}/message-back", None),
    "end the support": (
        "POST",
        "/referrals/{referral_id}/closing",
        {"outcome": "goals-met", "what_next": "carries-on-alone"},
    ),
}
PCN_ONLY = set(ROUTES) - {
    "open a person",
    "open a referral",
    "show the messages back",
    "show who helps",
    "raise an alarm",
}
# A navigator's, where their role was chosen; here nobody chose, and they may know the referral.
FOR_NAVIGATORS = {"move on", "record a contact", "end the support"}
OWN: dict[str, set[str]] = {
    MANAGER: set(ROUTES),
    WORKER: set(ROUTES),
    COLLEAGUE: set(ROUTES),
    REFERRER: set(ROUTES) - PCN_ONLY,
    NAVIGATOR: set(ROUTES) - PCN_ONLY,
    OTHER_PRACTICE: set(),
    FOREIGN_REFERRER: set(),
    FOREIGN_WORKER: set(),
    FOREIGN_MANAGER: set(),
    ANALYST: set(),
}
PRACTICE_MEMBERS = (REFERRER, NAVIGATOR, OTHER_PRACTICE, FOREIGN_REFERRER)


@dataclass(frozen=True)
class Held:
    """The ids of one referral with everything that hangs on it."""

    person_id: str
    referral_id: str
    goal_id: str

    def id_of(self, name: str) -> str:
        return getattr(self, name)


async def held(clinic: Clinic) -> Held:
    referral = await clinic.made("/referrals", a_referral())
    goal = await clinic.made(f"/referrals/{referral['id']}/goals", {"need": "money"})
    return Held(referral["person_id"], referral["id"], goal["id"])


async def asked(
    clinic: Clinic, route: str, ids: Callable[[str], str], member: str
) -> tuple[int, str, dict[str, str]]:
    method, template, body = ROUTES[route]
    path = re.sub(r"\{(\w+)\}", lambda match: ids(match[1]), template)
    answer = await clinic.ask(method, path, body, member=member, If_Match='"1"')
    # The trace id alone differs, and its length does not.
    told = re.sub(r'"trace_id": "[0-9a-f]{32}"', '"trace_id": "-"', answer.text)
    headers = {name: text for name, text in answer.headers.items() if "trace" not in name}
    return answer.status_code, told, headers


@pytest.mark.parametrize("member", MEMBERS)
async def test_a_foreign_id_answers_as_a_random_one_does(clinic: Clinic, member: str) -> None:
    mine = await held(clinic)
    for route in ROUTES:
        own = await asked(clinic, route, mine.id_of, member)
        random = await asked(clinic, route, lambda _: str(uuid4()), member)

        if route in OWN[member]:
            assert own[0] in {200, 201}, (route, own)
            assert random[0] == 404, (route, random)
        elif member == NAVIGATOR and route in FOR_NAVIGATORS:
            assert "/problems/chosen-for-another-role" in own[1], (route, own)
            assert (own[0], random[0]) == (409, 404), route
        else:
            assert own == random, route
            may_call = member != ANALYST and not (member in PRACTICE_MEMBERS and route in PCN_ONLY)
            assert own[0] == (404 if may_call else 403), route
        mine = await held(clinic) if route in PCN_ONLY else mine


@pytest.mark.parametrize("member", [FOREIGN_WORKER, FOREIGN_MANAGER])
async def test_a_foreign_id_in_a_batch_answers_as_a_random_one_does(
    clinic: Clinic, member: str
) -> None:
    mine = await held(clinic)
    batches: dict[str, tuple[str, dict[str, Any]]] = {
        "/referrals/batch": ("person_id", {"needs": ["money"]}),
        "/referrals/status/batch": ("referral_id", {"status": "accepted"}),
        "/contacts/batch": ("referral_id", {"mode": "phone"}),
        "/goals/batch": ("referral_id", {}),
        "/goals/updates/batch": ("goal_id", {"status": "met"}),
    }
    for path, (name, item) in batches.items():
        items = [
            {"key": "a", name: mine.id_of(name), **item},
            {"key": "b", name: str(uuid4()), **item},
        ]
        told = (await clinic.post(path, {"items": items}, member=member)).json()["items"]

        assert [item["status"] for item in told] == [404, 404], path
        assert told[0]["problem"] == told[1]["problem"], path


@pytest.mark.parametrize("member", [FOREIGN_WORKER, FOREIGN_MANAGER])
async def test_a_foreign_reference_in_a_batch_answers_as_an_unknown_one_does(
    clinic: Clinic, member: str
) -> None:
    reference = str(uuid4())
    referral = await clinic.made("/referrals", a_referral(reference=reference))
    await clinic.made(f"/referrals/{referral['id']}/goals", {"reference": "ours"})
    for path, item in {
        "/referrals/status/batch": {"status": "accepted"},
        "/contacts/batch": {"mode": "phone"},
        "/goals/batch": {},
        "/goals/updates/batch": {"status": "met", "goal_reference": "ours"},
    }.items():
        items = [
            {"key": key, "referrer_code": "Y99001", "referral_reference": name, **item}
            for key, name in ((str(uuid4()), reference), (str(uuid4()), str(uuid4())))
        ]
        told = (await clinic.post(path, {"items": items}, member=member)).json()["items"]

        assert [item["status"] for item in told] == [404, 404], path
        assert told[0]["problem"] == told[1]["problem"], path
        own = await clinic.post(path, {"items": items[:1]}, member=MANAGER)
        assert own.json()["items"][0]["status"] in {200, 201}, own.text


async def test_a_referral_for_a_foreign_person_answers_as_for_a_random_one(clinic: Clinic) -> None:
    mine = await held(clinic)
    for member in (FOREIGN_MANAGER, FOREIGN_REFERRER, OTHER_PRACTICE):
        told = [
            await clinic.post("/referrals", {"person_id": one, "needs": ["money"]}, member=member)
            for one in (mine.person_id, str(uuid4()))
        ]
        assert [answer.status_code for answer in told] == [404, 404]
        assert len(told[0].content) == len(told[1].content)


async def test_a_foreign_persons_number_leaves_no_trace_in_an_answer(clinic: Clinic) -> None:
    person = a_person()
    await clinic.made("/referrals", a_referral(person=person))

    known = await clinic.post(
        "/people", {"practice_code": "Y99006", **person}, member=FOREIGN_REFERRER
    )
    unknown = await clinic.post(
        "/people", {"practice_code": "Y99006", **a_person()}, member=FOREIGN_REFERRER
    )

    assert (known.status_code, unknown.status_code) == (201, 201)
    assert len(known.content) == len(unknown.content)


async def test_lists_and_searches_hold_nothing_of_others(clinic: Clinic) -> None:
    person = a_person()
    await clinic.made("/referrals", a_referral(person=person))
    for member in (FOREIGN_MANAGER, FOREIGN_REFERRER):
        listed = (await clinic.get("/referrals?limit=100", member=member)).json()["items"]
        assert {item["pcn_code"] for item in listed} <= {"U99002"}
        found = await clinic.post(
            "/people/search", {"nhs_number": person["nhs_number"]}, member=member
        )
        assert found.json()["items"] == []


async def test_a_cursor_opens_no_other_members_list(own_clinic: Clinic) -> None:
    for _ in range(3):
        await own_clinic.made("/referrals", a_referral())
    page = (await own_clinic.get("/referrals?limit=1")).json()

    stolen = await own_clinic.get(
        f"/referrals?limit=1&cursor={page['next']}", member=FOREIGN_MANAGER
    )

    assert stolen.status_code == 422


async def test_an_idempotency_key_tells_nothing_of_anothers_request(clinic: Clinic) -> None:
    body = a_referral()
    first = await clinic.post("/referrals", body, key="one key")

    other = await clinic.post(
        "/referrals", {**body, "practice_code": "Y99006"}, key="one key", member=FOREIGN_MANAGER
    )

    assert other.status_code == 201
    assert other.json()["person_id"] != first.json()["person_id"]


async def test_the_api_role_sees_and_writes_nothing_beyond_what_it_named(
    own_clinic: Clinic,
) -> None:
    mine = await held(own_clinic)
    connection = await asyncpg.connect(own_clinic.database.api_url)
    tables = ("person", "episode", "referral", "referral_status", "contact", "goal", "goal_update")
    try:
        for named, seen in (("", 0), ("U99002,Y99006", 0), ("U99001", 1)):
            async with connection.transaction():
                await connection.execute("select set_config('app.organisations', $1, true)", named)
                for table in tables[:3]:
                    assert await connection.fetchval(f"select count(*) from {table}") == seen
        async with connection.transaction():
            await connection.execute("select set_config('app.organisations', 'U99002', true)")
            moved = await connection.execute(
                "update person set pcn_code = 'U99002' where id = $1::uuid", mine.person_id
            )
            assert moved == "UPDATE 0"
        await connection.execute("select set_config('app.organisations', 'U99001', false)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "update person set pcn_code = 'U99002', practice_code = 'Y99006'"
            )
        for table in tables:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"delete from {table}")
    finally:
        await connection.close()
