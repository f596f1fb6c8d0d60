"""What a provider may learn of a person, beyond what was recorded with the onward referral.

Promise    Without a consent on record for this recipient and purpose the answer is no.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias
from uuid import UUID

from chassis.database import Connection

Purpose: TypeAlias = Literal["onward-referral"]


async def may_share(
    connection: Connection, person_id: UUID, organization_id: UUID, purpose: Purpose
) -> bool:
    """Say whether the person agreed that this organisation has their name and number."""
    pair = (person_id, organization_id)
    return pair in await shared_with(connection, [pair], purpose)


async def shared_with(
    _connection: Connection, _pairs: Sequence[tuple[UUID, UUID]], _purpose: Purpose
) -> frozenset[tuple[UUID, UUID]]:
    """Give of these pairs of person and organisation those for which a consent stands."""
    return frozenset()
