"""What falls due again, where support goes on that had ended, or somebody lives who was thought dead.

Promise    A day or a time that came meanwhile is told then, and one that was told before is not
           told again.
Not here   A wait's end and its timer, where support is reopened: they follow from the rows.
"""

from collections.abc import Sequence

from chassis.database import Connection
from services.referral.domain.episodes import Episode
from services.referral.domain.plans import due_at
from services.referral.store import plans, timers, visits
from services.referral.store.timers import NewTimer


async def falls_due_again(connection: Connection, episodes: Sequence[Episode]) -> None:
    """Set the timers of what is to be looked at, begun or spoken of in these locked episodes."""
    pcn_codes = {one.id: one.pcn_code for one in episodes if one.is_open}
    if not pcn_codes:
        return
    wanted = [
        NewTimer(
            kind="review",
            about=review.about,
            pcn_code=pcn_codes[review.episode_id],
            due_at=due_at(review.review_on),
        )
        for review in await plans.load_reviews(connection, list(pcn_codes))
        if not review.is_told()
    ]
    for episode_id, pcn_code in pcn_codes.items():
        wanted += [
            NewTimer(kind="visit-begin", about=visit.id, pcn_code=pcn_code, due_at=visit.begin_by)
            for visit in await visits.load_planned(connection, episode_id)
            if visit.begin_by is not None and not visit.late_told
        ]
    await timers.set_many(connection, wanted)
    await timers.resume_first_contacts(connection, list(pcn_codes))
