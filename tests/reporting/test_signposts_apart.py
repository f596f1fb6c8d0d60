"""Signposts are no referrals: reporting passes over them and nothing it counts changes."""

from uuid import uuid4

import pytest

from chassis.database import Database
from services.reporting.projections import ReportingProjection
from tests.reporting.story import Story

SIGNPOSTS = (
    "waymark.signpost-logged.v1",
    "waymark.signpost-echo-due.v1",
    "waymark.signpost-echoed.v1",
)


def test_reporting_does_not_hear_of_signposts() -> None:
    readers = ReportingProjection().readers

    # What has no reader is skipped and counted as skipped, on whatever topic it came.
    assert readers.keys().isdisjoint(SIGNPOSTS)
    assert "waymark.referral-created.v1" in readers


@pytest.mark.postgres
async def test_a_signpost_that_comes_nonetheless_changes_no_count(worker: Database) -> None:
    story = Story()
    for type_ in SIGNPOSTS:
        signpost_id = uuid4()
        story.tell(
            type_,
            {"signpost_id": signpost_id, "pcn_code": "U99001", "need": "isolation"},
            stream="U99001",
            subject=f"signpost/{signpost_id}",
        )

    async with worker.transaction() as connection:
        await ReportingProjection().apply(connection, story.events)
        for table in ("referral_fact", "referral_count", "activity_count"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0
