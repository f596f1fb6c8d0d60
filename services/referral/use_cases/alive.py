"""Whether new work may still begin for a person: not once their death is on record.

Promise    Asked under the episode's lock, which a death takes as well before it looks for what is to
           be ended: whatever begins is either seen by the death or refused for it.
Not here   What is told of the time before, and of those left behind: contacts, measures, closings.
           New requests (``referrals``), onward referrals and risk flags.
"""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from services.referral.domain.refusals import PersonHasDied
from services.referral.store.people import list_deceased
from services.referral.use_cases.casework import Casework


async def who_died(connection: Connection, casework: Casework) -> frozenset[UUID]:
    """Give who of the people of these locked episodes died; an import or a seed tells of the past."""
    if casework.acting.origin != "live" or not casework.episodes:
        return frozenset()
    people = sorted({one.person_id for one in casework.episodes.values()})
    return frozenset(await list_deceased(connection, people))


def check_lives(died: Iterable[UUID], person_id: UUID) -> None:
    """Refuse what would begin something new for who died."""
    if person_id in died:
        raise PersonHasDied("It is on record that this person died.")
