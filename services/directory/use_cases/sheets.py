"""The monthly sheet of a group: what it received and achieved, in counts alone.

Promise    Made of rows that name nobody. What was entered in error and taken back counts nowhere.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.directory.store import listings as listing_store
from services.directory.store import unmet_need as store

_COUNTS: Final = (
    "received",
    "accepted",
    "not_taken",
    "started",
    "attended",
    "answered",
    "answered_within_a_week",
)


async def sheet(
    connection: Connection, organization_id: UUID, *, since: datetime, until: datetime
) -> dict[str, Any]:
    """The sheet of one group for a stretch of time, listing by listing and in all."""
    organization = await listing_store.organization_by_id(connection, organization_id)
    if organization is None:
        raise NothingFound
    rows = await store.sheet(connection, organization_id, since=since, until=until)
    for row in rows:
        days = row["answer_days_median"]
        row["answer_days_median"] = None if days is None else round(days, 1)
    return {
        "id": organization_id,
        "organization_id": organization_id,
        "name": organization.name,
        "totals": {name: sum(row[name] for row in rows) for name in _COUNTS},
        "items": rows,
        "next": None,
    }
