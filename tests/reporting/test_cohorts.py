"""Reach against the size of cohorts: everybody offered support once, by what they answered last."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.reporting.folds import fold
from tests.reporting.office import Office
from tests.reporting.story import Story

ANALYST = ("region-analyst", "QZZ")
MANAGER = ("pcn-manager", "U99001")
COUNTED = ("cohort-offered", "cohort-accepted", "cohort-declined", "cohort-not-reached")


class Cohort:
    """People of a practice who are offered support."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.cohort_id = uuid4()
        self.version = 1

    def propose(self) -> UUID:
        person = uuid4()
        self._tell(person)
        return person

    def answer(self, person: UUID, answer: str) -> None:
        self._tell(person, answer)

    def _tell(self, person: UUID, answer: str | None = None) -> None:
        self.version += 1
        self.story.propose("U99001", self.cohort_id, person, self.version, answer)


def a_campaign() -> tuple[Story, Cohort]:
    """Twelve are offered support: nine accept, one of them late, one declines, one is not reached."""
    story = Story()
    story.register()
    cohort = Cohort(story)
    people = [cohort.propose() for _ in range(12)]
    for person in people[:8]:
        cohort.answer(person, "accepted")
    cohort.answer(people[8], "not-reached")
    cohort.answer(people[8], "accepted")
    cohort.answer(people[9], "declined")
    cohort.answer(people[10], "not-reached")
    return story, cohort


async def counted(office: Office, path: str, who: tuple[str, str]) -> list[Any]:
    figures = await office.figures(path, who)
    return [figures[name]["value"] for name in COUNTED]


@pytest.mark.postgres
@pytest.mark.parametrize("at_once", [True, False])
async def test_reach_is_counted_against_everybody_who_was_offered_support(
    office: Office, *, at_once: bool
) -> None:
    story, _ = a_campaign()
    for events in [story.events] if at_once else [[one] for one in story.events]:
        await office.apply(events)

    assert await counted(office, "/pcns/U99001/summary", MANAGER) == [12, 9, 1, 1]
    assert await counted(office, "/regions/QZZ/summary", ANALYST) == [10, 10, "*", "*"]


@pytest.mark.postgres
async def test_two_records_of_one_person_are_offered_support_once(office: Office) -> None:
    story, cohort = a_campaign()
    one, other = cohort.propose(), cohort.propose()
    cohort.answer(one, "not-reached")
    cohort.answer(other, "declined")
    story.tell(
        "person-merged",
        {
            "merge_id": uuid4(),
            "person_id": one,
            "merged_person_id": other,
            "pcn_code": "U99001",
            "reason": "duplicate-record",
            "closed_episode_id": None,
        },
        stream="U99001",
        subject=f"person/{one}",
    )
    await office.apply(story.events)

    assert await counted(office, "/pcns/U99001/summary", MANAGER) == [13, 9, 2, 1]


def test_the_last_answer_of_a_batch_is_where_an_earlier_offer_stands() -> None:
    story = Story()
    cohort = Cohort(story)
    person = cohort.propose()
    earlier = len(story.events)
    cohort.answer(person, "not-reached")
    cohort.answer(person, "declined")

    rows = fold(story.events[earlier:])

    (stands,) = rows.cohort_member_changes.values()
    assert (stands.status, stands.changes, rows.cohort_members) == ("declined", 2, {})
