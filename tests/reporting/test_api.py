"""Who is shown what: exact figures to a network's manager, controlled ones to the region."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.database import Database
from chassis.journal_api import journal_router
from chassis.provisioning import Provisioned
from chassis.web.app import create_app
from services.reporting.definitions import CATALOGUE
from tests.issuer import Issuer, serve
from tests.reporting.office import MakeDatabase, Office, open_office, settings_of
from tests.reporting.story import BEGINNING, Story

pytestmark = pytest.mark.postgres

ANALYST = ("region-analyst", "QZZ")
MANAGER = ("pcn-manager", "U99001")


def _a_year(referrals: int = 12) -> Story:
    """A dozen people of one network, and three of another, each with a contact and a goal."""
    story = Story()
    story.register()
    for number in range(referrals + 3):
        pcn = "U99001" if number < referrals else "U99002"
        episode = story.refer(pcn, at=BEGINNING + timedelta(hours=number))
        story.contact(episode, at=BEGINNING + timedelta(days=number % 5, hours=30))
        goal = story.set_goal(episode)
        story.update_goal(episode, goal, "met")
        story.message(episode)
    return story


async def test_a_manager_sees_the_exact_figures_of_their_network(office: Office) -> None:
    await office.apply(_a_year().events)

    figures = await office.figures("/pcns/U99001/summary", MANAGER)

    assert {name: figure["value"] for name, figure in figures.items()} == {
        "referrals": 12,
        "people-referred": 12,
        "episodes-open": 12,
        "contacts": 12,
        "contacts-missed": 0,
        "contacts-attempted": 0,
        "referrals-contacted": 12,
        "goals-set": 12,
        "goal-updates": 12,
        "goals-met": 12,
        "cohort-offered": 0,
        "cohort-accepted": 0,
        "cohort-declined": 0,
        "cohort-not-reached": 0,
        "messages-sent": 12,
        "first-contact-wait-median": 2,
        "first-contact-wait-p90": 4,
    }
    assert figures["referrals"]["by"]["practice"] == [
        {"code": "Y99001", "name": "Y99001 (synthetic)", "value": 12},
        {"code": "Y99002", "name": "Y99002 (synthetic)", "value": 0},
    ]
    assert {part["code"]: part["value"] for part in figures["referrals"]["by"]["need"]}[
        "isolation"
    ] == 12


async def test_an_analyst_sees_controlled_figures_of_the_region_and_of_each_network(
    office: Office,
) -> None:
    await office.apply(_a_year().events)

    answer = await office.get("/regions/QZZ/summary", ANALYST)
    body = answer.json()
    figures = {figure["definition_id"]: figure for figure in body["figures"]}

    assert body["small_numbers"] == "controlled"
    assert (body["code"], body["name"]) == ("QZZ", "Wayford (synthetic)")
    assert figures["referrals"]["value"] == 15
    assert [part["value"] for part in figures["referrals"]["by"]["pcn"]] == [10, "*"]
    assert [part["value"] for part in figures["first-contact-wait-median"]["by"]["pcn"]] == [2, "*"]
    controlled = await office.figures("/pcns/U99002/summary", ANALYST)
    assert controlled["referrals"]["value"] == "*"
    assert controlled["first-contact-wait-p90"]["value"] == "*"


def _values(body: Any) -> list[Any]:
    if isinstance(body, dict):
        return [value for key in body for value in _values(body[key])]
    if isinstance(body, list):
        return [value for one in body for value in _values(one)]
    return [body]


async def test_no_number_from_one_to_seven_leaves_to_an_analyst_as_a_count(office: Office) -> None:
    await office.apply(_a_year(referrals=5).events)

    for path in ("/regions/QZZ/summary", "/pcns/U99001/summary", "/pcns/U99002/summary"):
        for figure in (await office.figures(path, ANALYST)).values():
            if figure["unit"] == "working days":
                continue
            counts = [
                figure["value"],
                *_values([p["value"] for by in figure["by"].values() for p in by]),
            ]
            assert not [count for count in counts if count != "*" and 0 < count < 8], figure


async def test_an_analysts_period_is_whole_months(office: Office) -> None:
    await office.apply(_a_year().events)

    answer = await office.get(
        "/regions/QZZ/summary", ANALYST, **{"from": "2026-03-15", "to": "2026-04-02"}
    )

    assert answer.json()["period"] == {"first": "2026-03-01", "last": "2026-04-30"}
    manager = await office.get(
        "/pcns/U99001/summary", MANAGER, **{"from": "2026-03-15", "to": "2026-04-02"}
    )
    assert manager.json()["period"] == {"first": "2026-03-15", "last": "2026-04-02"}


async def test_only_what_happened_in_the_period_is_counted(office: Office) -> None:
    story = Story()
    story.register()
    for day in (1, 10, 20):
        story.refer(at=datetime(2026, 5, day, 12, 0, tzinfo=UTC))
    await office.apply(story.events)

    figures = await office.figures(
        "/pcns/U99001/summary", MANAGER, **{"from": "2026-05-10", "to": "2026-05-20"}
    )

    assert figures["referrals"]["value"] == 2
    assert figures["people-referred"]["value"] == 2


async def test_a_period_that_ends_before_it_begins_is_refused(office: Office) -> None:
    answer = await office.get(
        "/pcns/U99001/summary", MANAGER, **{"from": "2026-05-10", "to": "2026-05-01"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/to", "rule": "must not lie before from", "in": "query"}
    ]


async def test_one_person_referred_twice_is_one_person_and_one_open_episode(
    office: Office,
) -> None:
    story = Story()
    story.register()
    episode = story.refer()
    story.refer(episode=episode)
    story.change_status(episode, "declined", referral=0)
    await office.apply(story.events)
    figures = await office.figures("/pcns/U99001/summary", MANAGER)
    assert [
        figures[name]["value"] for name in ("referrals", "people-referred", "episodes-open")
    ] == [2, 1, 1]

    closing = Story()
    closing.events = []
    event = story.change_status(episode, "returned", referral=1)
    await office.apply([event])
    figures = await office.figures("/pcns/U99001/summary", MANAGER)
    assert figures["episodes-open"]["value"] == 0


async def test_a_summary_says_how_old_it_is_and_what_is_missing(
    office: Office,
) -> None:
    await office.apply(_a_year().events)
    async with office.worker.transaction() as connection:
        await connection.execute(
            """
            insert into consumer_position
                (consumer, topic, stream, epoch, number, applied, quarantined, head, recorded_at)
            values
                ('reporting', 'referral.events.v1', 'U99001', 1, 10, 8, 2, 14, now() - interval '1 minute'),
                ('reporting', 'referral.events.v1', 'U99002', 1, 5, 5, 0, 5, now()),
                ('reporting', 'referral.events.v1', 'U99501', 1, 1, 0, 1, 9, now())
            """
        )

    body = (await office.get("/pcns/U99001/summary", MANAGER)).json()

    assert body["waiting"] == {"events": 4, "streams": 1, "not_known_of": []}
    assert body["quarantined"] == 2
    assert 55 < body["age_seconds"] < 120
    region = (await office.get("/regions/QZZ/summary", ANALYST)).json()
    assert region["waiting"] == {"events": 4, "streams": 1, "not_known_of": []}
    assert region["quarantined"] == 2


async def test_what_waits_is_held_against_the_owners_and_a_silent_one_is_named(
    reporting: Provisioned, issuer: Issuer, make_database: MakeDatabase
) -> None:
    # The owner numbered three events that no consumer of ours has heard of.
    owner = await make_database("referral")
    published = Database(owner.api_url, "api", 2)
    await published.open()
    connection = await asyncpg.connect(owner.worker_url)
    await connection.execute(
        "insert into stream_head (stream, head) values ('U99001', 3), ('U99002', 5)"
    )
    await connection.close()
    journal = create_app(
        service="referral",
        settings=settings_of(owner, issuer),
        database=published,
        routers=[journal_router(published)],
    )
    async with (
        serve(journal) as url,
        open_office(
            reporting, issuer, referral_url=url, notifications_url="http://127.0.0.1:9"
        ) as office,
    ):
        await office.apply(_a_year().events)
        body = (await office.get("/pcns/U99001/summary", MANAGER)).json()
        assert body["waiting"] == {"events": 3, "streams": 1, "not_known_of": ["notifications"]}
        region = (await office.get("/regions/QZZ/summary", ANALYST)).json()
        assert region["waiting"]["events"] == 8
    await journal.state.access.tokens.keys._http.aclose()
    await published.close()


@pytest.mark.parametrize(
    ("path", "held"),
    [
        ("/pcns/{}/summary", MANAGER),
        ("/pcns/{}/summary", ANALYST),
        ("/regions/{}/summary", ANALYST),
    ],
)
async def test_a_foreign_code_answers_as_a_random_one_does(
    office: Office, path: str, held: tuple[str, str]
) -> None:
    story = _a_year()
    story.tell(
        "region-registered",
        {"region_code": "QYY", "name": "Elsewhere (synthetic)"},
        stream="register",
        subject="organisation/QYY",
        topic="directory.events.v1",
    )
    story.tell(
        "pcn-registered",
        {"pcn_code": "U99501", "region_code": "QYY", "name": "Foreign (synthetic)"},
        stream="register",
        subject="organisation/U99501",
        topic="directory.events.v1",
    )
    await office.apply(story.events)
    foreign, random = ("QYY", "QXX") if "regions" in path else ("U99501", "U88888")

    seen = [await office.get(path.format(code), held) for code in (foreign, random)]

    assert [answer.status_code for answer in seen] == [404, 404]
    assert len(seen[0].content) == len(seen[1].content)


@pytest.mark.parametrize(
    "role", ["referrer", "link-worker", "operator", "registrar", "privacy-officer"]
)
async def test_other_roles_are_refused_the_figures(office: Office, role: str) -> None:
    await office.apply(_a_year().events)
    code = {"referrer": "Y99001", "link-worker": "U99001"}.get(role, "QZZ")

    for path in ("/regions/QZZ/summary", "/pcns/U99001/summary"):
        assert (await office.get(path, (role, code))).status_code == 403


async def test_without_a_token_nobody_is_shown_figures_and_everybody_their_meaning(
    office: Office,
) -> None:
    for path in ("/regions/QZZ/summary", "/pcns/U99001/summary", f"/referrals/{uuid4()}", "/me"):
        assert (await office.http.get(path)).status_code == 401
    answer = await office.http.get("/definitions")
    assert answer.status_code == 200
    assert [one["id"] for one in answer.json()["items"]] == [one.id for one in CATALOGUE]


async def test_every_figure_is_defined_and_every_definition_is_drawn(office: Office) -> None:
    await office.apply(_a_year().events)
    drawn = await office.figures("/regions/QZZ/summary", ANALYST)
    assert {(name, figure["version"]) for name, figure in drawn.items()} == {
        (one.id, one.version) for one in CATALOGUE
    }
    assert len({one.id for one in CATALOGUE}) == len(CATALOGUE)


async def test_a_referral_is_shown_with_its_counts_and_the_look_is_recorded(
    office: Office,
) -> None:
    story = _a_year()
    await office.apply(story.events)
    referral_id = story.events[6].data["referral_id"]

    for held in (MANAGER, ("link-worker", "U99001"), ("referrer", "Y99001")):
        answer = await office.get(f"/referrals/{referral_id}", held)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["contacts"], body["goals"], body["goal_updates"], body["goals_met"]) == (
            1,
            1,
            1,
            1,
        )
        assert body["id"] == str(referral_id)
    async with office.worker.transaction() as connection:
        looks = await connection.fetch("select * from access_audit")
    assert {look["action"] for look in looks} == {"referral-fact.read"}
    assert {look["role"] for look in looks} == {"pcn-manager", "link-worker", "referrer"}
    assert len(looks) == 3


@pytest.mark.parametrize(
    "held", [("pcn-manager", "U99002"), ("link-worker", "U99002"), ("referrer", "Y99006")]
)
async def test_a_foreign_referral_answers_as_a_random_one_does(
    office: Office, held: tuple[str, str]
) -> None:
    story = _a_year()
    await office.apply(story.events)
    referral_id = story.events[6].data["referral_id"]

    seen = [await office.get(f"/referrals/{one}", held) for one in (referral_id, uuid4())]

    assert [answer.status_code for answer in seen] == [404, 404]
    assert len(seen[0].content) == len(seen[1].content)


async def test_a_member_is_told_their_roles(office: Office) -> None:
    await office.apply(_a_year().events)

    answer = await office.get("/me", ANALYST, MANAGER)

    assert {(one["role"], one["organisation_name"]) for one in answer.json()["memberships"]} == {
        ("region-analyst", "Wayford (synthetic)"),
        ("pcn-manager", "U99001 (synthetic)"),
    }
