"""The person's own copy, drawn from what stands now; that it was given out is in the audit."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.domain.calendar import LONDON
from services.referral.domain.copies import CopiedGoal, CopiedStep, Copy, Waits
from services.referral.store.goals import load_steps
from services.referral.views import audit, owner_of

GOALS_COPIED_MAX: Final = 50

_SQL: Final = Queries("services.referral")


async def copy_of_referral(connection: Connection, acting: Acting, referral_id: UUID) -> Copy:
    """Give what was agreed with the person of this referral, as it stands."""
    owner = await owner_of(connection, acting, "whose_referral", referral_id)
    row = await connection.fetchrow(_SQL["view_copy"], referral_id)
    if row is None:
        raise NothingFound
    goals = await connection.fetch(
        _SQL["list_goals_that_go_on"], row["episode_id"], GOALS_COPIED_MAX
    )
    steps = await load_steps(connection, [goal["id"] for goal in goals])
    await audit(connection, acting, "copy.read", [(f"referral/{referral_id}", owner)])
    return Copy(
        name=row["name"],
        made_on=acting.now.astimezone(LONDON).date(),
        role=row["role"],
        title=row["title"],
        waits=Waits(row["due_on"], row["paused_for"]) if row["due_on"] else None,
        what_matters=row["what_matters"],
        support=row["support"],
        review_on=row["review_on"],
        next_visit_at=row["next_visit_at"],
        goals=[
            CopiedGoal(
                goal["description"],
                goal["measure"],
                goal["target_date"],
                [CopiedStep(step.what, step.done) for step in steps.get(goal["id"], ())],
            )
            for goal in goals
        ],
    )
