"""One person's wait, wherever it began: before a handover, or on a record that was merged.

Promise    What the person waits and what presses is read from all that is theirs as it stands, so a
           merge that is undone, and one that is undone of several, leaves what it found.
Price      What the service counts begins anew in another network: it could not act before.
"""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from services.referral.domain.people import Person
from services.referral.store import waiting as store
from services.referral.store.episodes import lock_open_episodes


async def look_again_since_when(connection: Connection, episode_id: UUID) -> None:
    """Take over, for an episode that is locked, since when the person waits and what presses."""
    wait = (await store.load_waits(connection, [episode_id])).get(episode_id)
    if wait is None:
        return
    since, asked = await store.what_waits_together(connection, episode_id)
    pressing = wait.pressing
    for place, one in enumerate(asked):
        pressing = one if place == 0 else pressing.with_another(one)
    wait.began(since or wait.opened_at, pressing)
    await store.write_waits(connection, [wait])


async def look_again_where_they_live(connection: Connection, person: Person) -> None:
    """Let equity count by where a person lives now, for the support they wait for."""
    episodes = await lock_open_episodes(connection, [person.id])
    waits = await store.load_waits(connection, [one.id for one in episodes.values()])
    for wait in waits.values():
        wait.deprivation_decile = person.details.deprivation_decile
    await store.write_waits(connection, list(waits.values()))


async def waits_since(connection: Connection, episode_id: UUID) -> datetime | None:
    """Give since when the person of an episode waits; None where somebody has spoken with them."""
    wait = (await store.load_waits(connection, [episode_id])).get(episode_id)
    return wait.since if wait is not None and wait.waits else None
