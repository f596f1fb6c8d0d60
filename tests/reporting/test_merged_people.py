"""Two records that were merged count as one person, and as two again when it is undone."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database
from chassis.sql import Queries
from chassis.stream import Event
from services.reporting.folds import ForeignStream, fold
from services.reporting.projections import ReportingProjection
from tests.reporting.story import Episode, Story

pytestmark = pytest.mark.postgres
SQL = Queries("services.reporting")


def merged(story: Story, kept: Episode, other: UUID, *, undone: bool = False) -> Event:
    data: dict[str, Any] = {
        "merge_id": uuid4(),
        "person_id": kept.person_id,
        "merged_person_id": other,
        "pcn_code": kept.pcn,
    }
    data |= (
        {"reopened_episode_id": None}
        if undone
        else {
            "reason": "duplicate-record",
            "closed_episode_id": None,
        }
    )
    return story.tell(
        "person-unmerged" if undone else "person-merged",
        data,
        stream=kept.pcn,
        subject=f"person/{kept.person_id}",
        version=2,
    )


async def people(worker: Database) -> int:
    async with worker.transaction() as connection:
        rows = await connection.fetch(
            SQL["count_people"], ["U99001"], date(2020, 1, 1), date(2030, 1, 1)
        )
    return sum(row["amount"] for row in rows)


@pytest.mark.parametrize("at_once", [True, False])
async def test_people_are_counted_by_who_speaks_for_them(
    worker: Database, *, at_once: bool
) -> None:
    story = Story()
    one, other, third = (story.refer() for _ in range(3))
    expected = {
        len(story.events): 3,
        len(story.events) + 1: 2,
        len(story.events) + 2: 1,
        len(story.events) + 3: 2,
    }
    merged(story, one, other.person_id)
    merged(story, one, third.person_id)
    merged(story, one, third.person_id, undone=True)
    projection = ReportingProjection()
    start = 0
    for end in [max(expected)] if at_once else sorted(expected):
        async with worker.transaction() as connection:
            await projection.apply(connection, story.events[start:end])
        start = end
        assert await people(worker) == expected[end]
    # What was told before changes nothing when it is told again.
    async with worker.transaction() as connection:
        await projection.apply(connection, story.events[-2:-1])
    assert await people(worker) == 2


def test_a_stream_cannot_merge_another_networks_people() -> None:
    story = Story()
    told = merged(story, Episode("U99001", "Y99001"), uuid4())
    told.data["pcn_code"] = "U99002"

    with pytest.raises(ForeignStream):
        fold([told])
