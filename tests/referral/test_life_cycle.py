"""Any order of requests on one person leaves rows, events and timers that agree.

The rules of each part are walked without a database by ``domain.test_life_of_a_referral``. Here the real
service is asked, so that what only orchestration keeps is seen: what a closing, a death, a merge or a
handover does to the rest, which timers are left, and that whoever reads the events alone knows what the
rows say.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.access.workers import worker_id_of
from services.referral.schedules import HANDLERS
from services.referral.use_cases.timers import fire_due
from tests.referral.domain.replayed import Reader
from tests.referral.onward_trial import publish, worker_of
from tests.referral.test_closing import CLOSING
from tests.referral.test_matching import two_records
from tests.referral.trial import MANAGER, WORKER, Clinic

pytestmark = pytest.mark.postgres

SEQUENCES = 20
STEPS_MAX = 30
BEGAN_DAYS_AGO = 95  # everything is told of the past, so that what it sets is due already
ONWARD = ("sent", "accepted", "could-not-reach", "attended", "refused", "declined", "withdrawn")
TOLD_WHILE_OPEN = {"first-contact-overdue", "review-due", "visit-not-begun"}
OPEN = {"received", "accepted"}


@dataclass
class Life:
    """One person's two records, and what was made about them so far."""

    clinic: Clinic
    people: list[str]
    listing_id: str
    began: datetime
    day: int = 0
    made: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[Any]])
    refused: dict[str, int] = field(default_factory=dict[str, int])

    def at(self) -> dict[str, str]:
        return {"occurred_at": (self.began + timedelta(days=self.day)).isoformat()}

    def pick(self, kind: str, place: int) -> str | None:
        known = self.made.get(kind, [])
        return known[-1 - place % len(known)]["id"] if known else None

    async def version(self, table: str, row_id: str) -> dict[str, str]:
        return {"If_Match": f'"{(await self.clinic.one(table, row_id))["version"]}"'}

    async def post(self, kind: str, path: str, body: Any, **headers: str) -> None:
        await self.judge(kind, self.clinic.post(path, body, member=MANAGER, **headers))

    async def judge(self, kind: str, request: Awaitable[httpx.Response]) -> None:
        """Whatever is refused is refused by name, and told nothing."""
        told = await self.clinic.count("outbox")
        answer = await request
        if answer.is_success:
            self.made.setdefault(kind, []).append(answer.json())
            assert await self.clinic.count("outbox") > told, (kind, answer.text)
            return
        assert answer.status_code in {409, 422}, (kind, answer.text)
        name = answer.json()["type"]
        assert name not in {"/problems/rule-broken", "about:blank"}, (kind, answer.text)
        self.refused[name] = self.refused.get(name, 0) + 1
        assert await self.clinic.count("outbox") == told, (kind, answer.text)


Move = Callable[[Life, int], Awaitable[None]]


def of_referral(kind: str, part: str, **body: Any) -> Move:
    """A POST on a referral."""

    async def move(life: Life, place: int) -> None:
        if referral := life.pick("referral", place):
            await life.post(kind, f"/referrals/{referral}/{part}", {**body, **life.at()})

    return move


def of_thing(kind: str, table: str, path: str, **body: Any) -> Move:
    """A POST on something that has a version; a correction happens when it becomes known."""

    async def move(life: Life, place: int) -> None:
        if thing := life.pick(kind, place):
            seen = await life.version(table, thing)
            when = {} if kind == "contact" else life.at()
            await life.post("step", path.format(thing), {**body, **when}, **seen)

    return move


async def refer(life: Life, place: int) -> None:
    body = {"person_id": life.people[place % 2], "needs": ["money"], **life.at()}
    await life.post("referral", "/referrals", body)


async def accept(life: Life, place: int) -> None:
    await _status(life, place, "accepted")


async def decline(life: Life, place: int) -> None:
    await _status(life, place, "declined")


async def _status(life: Life, place: int, status: str) -> None:
    if referral := life.pick("referral", place):
        seen = await life.version("referral", referral)
        body = {"status": status, **life.at()}
        path = f"/referrals/{referral}/status"
        await life.judge("step", life.clinic.ask("PUT", path, body, **seen))


async def agree_plan(life: Life, place: int) -> None:
    if referral := life.pick("referral", place):
        path = f"/referrals/{referral}/plan"
        known = (await life.clinic.get(path)).json()
        review_on = (life.began + timedelta(days=life.day + 9)).date().isoformat()
        body = {"what_matters": "The garden.", "review_on": review_on, **life.at()}
        seen = {"If_Match": f'"{known["version"]}"'}
        await life.judge("plan", life.clinic.ask("PUT", path, body, **seen))


async def set_goal(life: Life, place: int) -> None:
    review_on = (life.began + timedelta(days=life.day + 5)).date().isoformat()
    await of_referral("goal", "goals", need="money", review_on=review_on)(life, place)


async def plan_visit(life: Life, place: int) -> None:
    if referral := life.pick("referral", place):
        body = {"planned_for": datetime.now(UTC).isoformat(), "expected_minutes": 30}
        body["worker_id"] = str(worker_id_of(life.clinic.member_key(WORKER)))
        await life.post("visit", f"/referrals/{referral}/visits", {**body, **life.at()})


def visit_step(step: str) -> Move:
    async def move(life: Life, place: int) -> None:
        if visit := life.pick("visit", place):
            await life.post("step", f"/visits/{visit}/{step}", {})

    return move


async def end_pause(life: Life, place: int) -> None:
    if pause := life.pick("pause", place):
        referral = next(one for one in life.made["pause"] if one["id"] == pause)["referral_id"]
        await life.post("step", f"/referrals/{referral}/pauses/{pause}/end", life.at())


async def send_on(life: Life, place: int) -> None:
    body = {"listing_id": life.listing_id, "need": "isolation", "draft": place % 3 == 0}
    await of_referral("onward", "onward-referrals", **body)(life, place)


async def word_comes(life: Life, place: int) -> None:
    step = ONWARD[place % len(ONWARD)]
    reason = {"withdrawn": "moved", "refused": "full"}.get(step)
    body = {"step": step} | ({"reason": reason} if reason else {})
    await of_thing("onward", "onward_referral", "/onward-referrals/{}/steps", **body)(life, place)


async def close(life: Life, place: int) -> None:
    loops = (None, "withdraw", "keep")[place % 3]
    body = CLOSING | ({"loops": loops} if loops else {})
    await of_referral("closing", "closing", **body)(life, place)


async def die(life: Life, place: int) -> None:
    await life.post("death", f"/people/{life.people[place % 2]}/death", life.at())


async def live(life: Life, place: int) -> None:
    await life.post("life", f"/people/{life.people[place % 2]}/death/withdrawal", life.at())


async def merge(life: Life, place: int) -> None:
    kept, other = life.people if place % 2 else reversed(life.people)
    await life.post("merge", f"/people/{kept}/merges", {"person_id": other, **life.at()})


async def unmerge(life: Life, place: int) -> None:
    if made := life.pick("merge", place):
        await life.post("step", f"/people/merges/{made}/undo", life.at())


async def give_consent(life: Life, place: int) -> None:
    body = {
        "recipient": {"kind": "practice", "id": "Y99001"},
        "purpose": "feedback",
        "scope": ["needs"],
    }
    last_day = (life.began + timedelta(days=life.day + 5)).date().isoformat()
    path = f"/people/{life.people[place % 2]}/consents"
    await life.post("consent", path, {**body, "expires_on": last_day, **life.at()})


async def raise_flag(life: Life, place: int) -> None:
    review_by = (life.began + timedelta(days=life.day + 5)).date().isoformat()
    body = {"kind": ("animal", "violence")[place % 2], "review_by": review_by, **life.at()}
    await life.post("flag", f"/people/{life.people[place % 2]}/risk-flags", body)


async def supervise(life: Life, place: int) -> None:
    body = {"supervision": "clinical", **life.at()}
    if place % 2:  # an older one, entered late
        body["occurred_at"] = (life.began - timedelta(days=place)).isoformat()
    worker_id = worker_id_of(life.clinic.member_key(WORKER))
    await life.post("supervision", f"/workers/{worker_id}/supervisions", body)


async def fire(life: Life, _: int) -> None:
    """Whatever is due falls due, in both lanes."""
    async with worker_of(life.clinic) as worker:
        for lane in ("safety", "ordinary"):
            while await fire_due(worker, HANDLERS, lane):
                pass


MOVES: dict[str, Move] = {
    "refer": refer,
    "accept": accept,
    "decline": decline,
    "triage": of_referral("triage", "triage", complexity="medium", confidence="low"),
    "choose": of_referral("role", "role", role="link-worker"),
    "pause": of_referral("pause", "pauses", reason="person-away"),
    "end the pause": end_pause,
    "speak": of_referral("contact", "contacts", mode="phone"),
    "miss": of_referral(
        "contact", "contacts", mode="phone", outcome="missed", missed_reason="forgot"
    ),
    "put right": of_thing(
        "contact", "contact", "/contacts/{}/corrections", outcome="made", reason="mistyped"
    ),
    "void": of_thing("contact", "contact", "/contacts/{}/voiding", reason="did-not-happen"),
    "plan": agree_plan,
    "goal": set_goal,
    "goal comes on": of_thing("goal", "goal", "/goals/{}/updates", status="progressing"),
    "goal changes": of_thing("goal", "goal", "/goals/{}/updates", status="changed", measure="A"),
    "goal goes on": of_thing(
        "goal", "goal", "/goals/{}/updates", status="progressing", reason="mistyped"
    ),
    "goal is met": of_thing("goal", "goal", "/goals/{}/updates", status="met"),
    "visit": plan_visit,
    "check in": visit_step("check-in"),
    "check out": visit_step("check-out"),
    "supervise": supervise,
    "send on": send_on,
    "word": word_comes,
    "consent": give_consent,
    "flag": raise_flag,
    "close": close,
    "reopen": of_referral("reopening", "reopening", reason="needs-returned"),
    "die": die,
    "live": live,
    "merge": merge,
    "unmerge": unmerge,
    "hand over": of_referral(
        "handover",
        "handover",
        to_pcn_code="U99002",
        practice_code="Y99006",
        reason="moved-home",
    ),
    "fire": fire,
}


@settings(
    max_examples=SEQUENCES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 5)),
        min_size=8,
        max_size=STEPS_MAX,
    )
)
async def test_any_order_of_requests_leaves_rows_events_and_timers_that_agree(
    own_clinic: Clinic, moves: list[tuple[str, int]]
) -> None:
    kept, other = await two_records(own_clinic)
    listing_id, _ = await publish(own_clinic)
    began = datetime.now(UTC) - timedelta(days=BEGAN_DAYS_AGO)
    life = Life(own_clinic, [kept["id"], other["id"]], listing_id, began)

    for name, place in [("refer", 0), *moves]:
        life.day += 1
        await MOVES[name](life, place)
        await one_support_each(life)
    await fire(life, 0)

    episodes = await rows_of(life, "episode", "person_id", life.people)
    await due_is_told_once(life)
    await told_as_stored(life, episodes)
    await nothing_is_left(life, episodes)


async def due_is_told_once(life: Life) -> None:
    """For a day, that somebody is to look again or is owed something is told once."""
    told = [
        (event["type"], event["subject"], data.get("goal_id"), data[day])
        for event in await life.clinic.rows("outbox", "position")
        for data in (_typed(event["data"]),)
        for kind, day in (("review-due", "review_on"), ("supervision-due", "due_by"))
        if event["type"] == f"waymark.{kind}.v1"
    ]
    assert len(told) == len(set(told)), told


async def rows_of(life: Life, table: str, column: str, ids: list[Any]) -> list[dict[str, Any]]:
    found = await life.clinic.owner.fetch(
        f"select * from {table} where {column} = any ($1::uuid[]) order by id",
        [UUID(str(one)) for one in ids],
    )
    return [dict(row) for row in found]


async def one_support_each(life: Life) -> None:
    """A person has one open support at most; it is open as long as a referral of it is."""
    episodes = await rows_of(life, "episode", "person_id", life.people)
    people = await rows_of(life, "person", "id", life.people)
    speaks = {row["id"]: row["merged_into"] or row["id"] for row in people}
    still_open = [speaks[row["person_id"]] for row in episodes if row["closed_at"] is None]
    assert len(still_open) == len(set(still_open))
    referrals = await rows_of(life, "referral", "episode_id", [row["id"] for row in episodes])
    for episode in episodes:
        open_ones = [
            one for one in referrals if one["episode_id"] == episode["id"] and one["status"] in OPEN
        ]
        assert episode["open_referrals"] == len(open_ones)
        assert (episode["closed_at"] is None) == bool(open_ones)


async def told_as_stored(life: Life, episodes: list[dict[str, Any]]) -> None:
    """Whoever reads the events alone stands where the rows stand."""
    ids = [row["id"] for row in episodes]
    subjects = {f"person/{one}" for one in life.people} | {f"episode/{one}" for one in ids}
    reader = Reader({})
    for event in await life.clinic.rows("outbox", "position"):
        if event["subject"] in subjects:
            told = SimpleNamespace(**_typed(event["data"]))
            reader.hear(event["subject"], event["aggregate_version"], event["type"], told)
    view = reader.view
    for row in episodes:
        assert view["episode"][row["id"]] == (row["person_id"], row["closed_at"] is None)
        assert view["worker"][row["id"]] == row["worker_id"]
        assert reader.versions[f"episode/{row['id']}"] == row["version"]
    for row in await rows_of(life, "person", "id", life.people):
        assert reader.versions[f"person/{row['id']}"] == row["version"]
        assert view["merged"].get(row["id"]) == row["merged_into"]
        assert (row["id"] in view["dead"]) == row["deceased"]
    for kind, table, stands in _STANDING:
        column = "person_id" if table in {"consent", "risk_flag"} else "episode_id"
        whose = life.people if column == "person_id" else ids
        for row in await rows_of(life, table, column, whose):
            heard = view[kind][row["id"]]
            place = _ONE_PART.get(kind)
            assert (heard if place is None else heard[place]) == stands(row), (kind, row)


_ONE_PART = {"visit": 0, "consent": 0, "flag": 1}  # of what a reader knows, the rows say so much
_STANDING: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = [
    ("referral", "referral", lambda row: (row["episode_id"], row["status"])),
    (
        "contact",
        "contact",
        lambda row: (row["episode_id"], row["outcome"], row["number"], bool(row["voided_at"])),
    ),
    ("visit", "visit", lambda row: row["status"]),
    ("goal", "goal", lambda row: (row["status"], row["update_count"])),
    (
        "onward",
        "onward_referral",
        lambda row: (row["ending"] or row["stage"], None if row["ending"] else row["holder"]),
    ),
    ("consent", "consent", lambda row: row["status"]),
    ("flag", "risk_flag", lambda row: row["ended_at"] is None),
]


def _typed(data: str | dict[str, Any]) -> dict[str, Any]:
    """What an event says, with ids as the rows have them."""
    told: dict[str, Any] = json.loads(data) if isinstance(data, str) else data
    return {name: _uuid(value) for name, value in told.items()}


def _uuid(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        return UUID(value)
    return value


async def nothing_is_left(life: Life, episodes: list[dict[str, Any]]) -> None:
    """What has ended, or whom nobody can speak with any more, has nothing that falls due."""
    timers = {(row["kind"], row["about"]) for row in await life.clinic.rows("timer")}
    dead = {
        row["id"] for row in await rows_of(life, "person", "id", life.people) if row["deceased"]
    }
    for row in episodes:
        if row["closed_at"] is not None or row["person_id"] in dead:
            assert ("first-contact", row["id"]) not in timers
            assert ("review", row["id"]) not in timers
    ids = [row["id"] for row in episodes]
    for row in await rows_of(life, "onward_referral", "episode_id", ids):
        owed = row["ending"] is None
        assert owed or ("no-answer", row["id"]) not in timers
    for row in await rows_of(life, "visit", "episode_id", ids):
        assert row["status"] == "planned" or ("visit-begin", row["id"]) not in timers
        assert row["status"] == "under-way" or ("lone-worker", row["id"]) not in timers
    for row in await rows_of(life, "alarm", "episode_id", ids):
        timed = ("alarm-escalation", row["id"]) in timers
        assert timed == (row["status"] != "closed")
