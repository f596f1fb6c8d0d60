"""What was corrected here, for the feed it came from.

Promise    A correction is a fact that stands here by somebody else's word than the feed's, and that
           the feed still tells otherwise. What a feed was sent is sent again only when it differs.
Price      A feed without an address for them is told nothing; the list is there to be read.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection, Database
from services.directory.domain.listing_changes import Facts
from services.directory.domain.listings import PUBLIC
from services.directory.gateways.feed_source import FeedSource
from services.directory.store import feed_listings as store
from services.directory.store import feeds
from services.directory.store.feed_listings import Compared
from services.directory.store.feeds import Feed

CORRECTIONS_SENT_MAX: Final = 1_000
LISTINGS_LOOKED_AT_MAX: Final = 500


def corrections_of(compared: Compared, feed_id: UUID) -> dict[str, Any] | None:
    """What was corrected of a listing; nothing where the feed says what stands."""
    stands = Facts(compared.content, tuple(compared.needs), tuple(compared.need_terms)).by_name()
    fields = [
        {"field": name, "feed_says": said, "stands": stands.get(name), "source": source}
        for name, said in compared.facts.items()
        if said != stands.get(name)
        and (source := compared.field_sources.get(name, {})).get("feed_id") != str(feed_id)
    ]
    is_gone = bool(compared.facts) and compared.state not in PUBLIC
    if not fields and not is_gone:
        return None
    return {
        "foreign_id": compared.foreign_id,
        "service_id": str(compared.listing_id),
        "state": compared.state,
        "fields": fields,
    }


async def corrections_found(
    connection: Connection, feed_id: UUID, *, after: str, wanted: int
) -> list[dict[str, Any]]:
    """So many corrections of a feed, in the order of its ids."""
    found: list[dict[str, Any]] = []
    while len(found) < wanted:
        compared = await store.corrections_page(
            connection, feed_id, after=after, rows=LISTINGS_LOOKED_AT_MAX
        )
        found += [one for row in compared if (one := corrections_of(row, feed_id)) is not None]
        if len(compared) < LISTINGS_LOOKED_AT_MAX:
            break
        after = compared[-1].foreign_id
    return found[:wanted]


async def send_corrections(
    database: Database, feed: Feed, source: FeedSource, now: datetime
) -> bool:
    """Send a feed what was corrected of its listings, if that is not what it was sent last."""
    if feed.corrections_url is None:
        return False
    async with database.transaction() as connection:
        found = await corrections_found(connection, feed.id, after="", wanted=CORRECTIONS_SENT_MAX)
    body = {"feed": feed.name, "items": found}
    sent = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    async with database.transaction() as connection:
        before = await feeds.corrections_sent_before(connection, feed.id)
    if before == sent or (before is None and not found):
        return False
    if not await source.send(feed.corrections_url, body):
        return False
    async with database.transaction() as connection:
        await feeds.corrections_were_sent(connection, feed.id, sent, now)
    return True
