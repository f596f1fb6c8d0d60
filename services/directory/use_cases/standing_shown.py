"""How fresh a listing is and what room it has, as those who keep listings see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from services.directory.domain import freshness
from services.directory.domain.freshness import SIGNALS, Part
from services.directory.store.listing_checks import last_question
from services.directory.store.standing import lock_word
from services.directory.use_cases.standing import weigh

Shown = dict[str, Any]


async def freshness_shown(connection: Connection, listing_id: UUID, now: datetime) -> Shown | None:
    """The score of a listing now, with everything it is made of; the latest comes first."""
    found = await weigh(connection, [listing_id], now)
    if not found:
        return None
    (one,) = found
    check = await last_question(connection, listing_id)
    return {
        "id": listing_id,
        "service_id": listing_id,
        "state": one.standing.state,
        "score": round(one.weighed.score, 1),
        "rules_version": freshness.RULES_VERSION,
        "levels": {
            "floor": freshness.FLOOR,
            "ask": freshness.ASK,
            "doubt": freshness.DOUBT,
            "hide": freshness.HIDE,
        },
        "parts": [_part(part) for part in one.weighed.parts],
        "last_question": check,
    }


async def freshness_in_short(
    connection: Connection, listing_ids: Sequence[UUID], now: datetime
) -> list[Shown]:
    """The scores of several listings, each with the last that was heard of it and still counts."""
    shown: list[Shown] = []
    for one in await weigh(connection, listing_ids, now):
        heard = next((part for part in one.weighed.parts if part.counts), None)
        shown.append(
            {
                "id": one.standing.id,
                "service_id": one.standing.id,
                "state": one.standing.state,
                "score": round(one.weighed.score, 1),
                "last_heard": None if heard is None else _heard(heard),
            }
        )
    return shown


def _heard(part: Part) -> Shown:
    happening = part.happening
    return {"kind": happening.kind, "day": happening.at.date(), "source": happening.source}


async def capacity_shown(connection: Connection, listing_id: UUID, now: datetime) -> Shown | None:
    """What is known of the room of a listing now, beside what was last told of it."""
    found = await weigh(connection, [listing_id], now)
    if not found:
        return None
    (one,) = found
    word = await lock_word(connection, listing_id)
    return {
        "id": listing_id,
        "service_id": listing_id,
        # Of what was said of it; 0 where nobody has said anything.
        "version": 0 if word is None else word.version,
        "status": one.room.status,
        "confidence": round(one.room.confidence, 3),
        "room": round(one.room.room, 3),
        "source": one.room.source,
        "as_of": one.room.as_of,
        "told_status": None if one.told is None else one.told.status,
    }


def _part(part: Part) -> Shown:
    happening = part.happening
    return {
        **_heard(part),
        "points": round(part.points, 1),
        "points_when_new": SIGNALS[happening.kind].points,
        "half_life_days": SIGNALS[happening.kind].half_life_days,
        "counts": part.counts,
        "put_aside_by": part.put_aside_by,
    }
