"""The events as they leave: the shape of the contracts' examples, and nothing that identifies."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from chassis.outbox import NewEvent
from contracts.event import event_types
from services.referral import published
from services.referral.domain.episodes import Episode, Goal, GoalChange, Referral, StatusChange
from services.referral.domain.people import Consent, Person, PersonDetails
from services.referral.published import Asked, Moment
from tests.referral import (
    told_closing,
    told_consent,
    told_contacts,
    told_measures,
    told_onward,
    told_people,
    told_plans,
    told_safety,
    told_supervision,
    told_triage,
    told_visits,
    told_waiting,
)

EXAMPLES = Path(contracts.__file__).parent / "examples"
MOMENT = Moment(datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC), "import")


def a_person(**changes: Any) -> Person:
    known: dict[str, Any] = {
        "practice_code": "Y99001",
        "nhs_number": "9990000018",
        "given_name": "Ada",
        "family_name": "Example",
        "birth_date": date(1951, 4, 12),
        "sex": "female",
        "ethnicity_category": "A",
        "deprivation_decile": 3,
        "language": "en",
        "postcode": "ZZ1 1AA",
        "email": "ada@people.example.org",
        "phone": "07700 900123",
        **changes,
    }
    consent = Consent(messages_consented=True, safe_channel="email")
    return Person(uuid4(), "U99001", PersonDetails(**known), consent, version=4)


def all_events(person: Person) -> list[NewEvent]:
    """One event of each type, about one person."""
    episode = Episode(uuid4(), person.id, "U99001", MOMENT.occurred_at, version=9)
    referral = Referral(uuid4(), episode.id, "Y99001", "Y99002")
    goal = Goal(uuid4(), episode.id, referral.id, "Y99001")
    asked = Asked(
        route="general-practice", needs=["isolation"], urgency="soon", opened_episode=True
    )
    step = StatusChange("received", "declined", closed_episode=True, aggregate_version=9)
    change = GoalChange("set", "met", update_number=1, aggregate_version=9)
    event_id = uuid4()
    return [
        published.person_registered(person, MOMENT),
        published.person_updated(person, MOMENT),
        published.referral_created(
            referral, person, asked, event_id=event_id, version=9, moment=MOMENT
        ),
        published.referral_status_changed(
            referral,
            episode,
            step,
            "not-wanted",
            event_id=event_id,
            moment=MOMENT,
            better_route="general-practice",
        ),
        *told_contacts.events(episode, MOMENT),
        *told_closing.events(episode, MOMENT),
        *told_consent.events(person.id, MOMENT),
        *told_measures.events(episode, MOMENT),
        *told_supervision.events(MOMENT),
        *told_visits.events(episode, MOMENT),
        *told_onward.events(episode, MOMENT),
        *told_plans.events(episode, MOMENT),
        *told_safety.events(episode, MOMENT),
        *told_triage.events(episode, MOMENT),
        *told_waiting.events(episode, MOMENT),
        *told_people.events(person, episode, MOMENT),
        published.goal_set(
            goal,
            episode,
            need="money",
            target_date=date(2030, 6, 30),
            worker_id=uuid4(),
            event_id=event_id,
            version=9,
            moment=MOMENT,
            review_on=date(2030, 3, 1),
            continues_goal_id=uuid4(),
        ),
        published.goal_updated(
            goal,
            episode,
            change,
            event_id=event_id,
            moment=MOMENT,
            changes=["target-date"],
            target_date=date(2030, 6, 30),
            review_on=date(2030, 3, 1),
            need="money",
            reason="mistyped",
        ),
    ]


def test_every_event_this_service_owns_is_told_by_it() -> None:
    assert {event.data.type for event in all_events(a_person())} == set(event_types("referral"))


@pytest.mark.parametrize("type_", sorted(event.data.type for event in all_events(a_person())))
def test_an_event_has_the_shape_of_its_example(type_: str) -> None:
    (event,) = (event for event in all_events(a_person()) if event.data.type == type_)
    example = json.loads((EXAMPLES / f"{event.data.type}.json").read_text(encoding="utf-8"))

    told = json.loads(event.data.model_dump_json())

    assert list(told) == list(example["value"])
    assert {name: type(value) for name, value in told.items()} == {
        name: type(value) for name, value in example["value"].items()
    }
    kind = event.subject.partition("/")[0]
    assert kind == example["headers"]["ce_subject"].partition("/")[0]


def test_every_event_is_on_its_networks_stream_with_its_moment_and_origin() -> None:
    for event in all_events(a_person()):
        assert event.stream == f"U99001{event.data.stream_suffix}"
        assert (event.occurred_at, event.recorded_at) == (MOMENT.occurred_at, MOMENT.recorded_at)
        assert event.origin == "import"
        assert event.aggregate_version == (4 if event.subject.startswith("person/") else 9)


NAMES = st.text(min_size=4, max_size=20)


@given(given_name=NAMES, family_name=NAMES, postcode=NAMES, email=NAMES, phone=NAMES)
def test_nothing_that_identifies_a_person_is_in_any_event(**identifiers: str) -> None:
    canaries = {name: f"«{value}»" for name, value in identifiers.items()}
    person = a_person(nhs_number="9990000018", **canaries)

    told = "".join(f"{event!r}{event.data.model_dump_json()}" for event in all_events(person))

    assert "«" not in told
    assert "\\u00ab" not in told
    assert "9990000018" not in told
    assert "1951-04-12" not in told
    assert "datetime.date(1951, 4, 12)" not in told
