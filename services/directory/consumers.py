"""What the directory listens to: referrals, to count what people are referred for."""

from collections.abc import Mapping, Sequence

from chassis.database import Connection
from chassis.stream import Event, Projection, Reader
from contracts.reading import reader_for
from contracts.referral.v1 import ReferralCreated
from contracts.topics import REFERRAL
from services.directory.use_cases.needs import count_referred_needs


class ReferredNeeds:
    """Counts referred needs per PCN and month."""

    consumer: str = "directory"
    topics: Sequence[str] = (REFERRAL.name,)
    readers: Mapping[str, Reader] = {ReferralCreated.type: reader_for(ReferralCreated)}

    async def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Count the needs of these referrals."""
        await count_referred_needs(connection, events)


def projections() -> Sequence[Projection]:
    """Every projection of the directory."""
    return (ReferredNeeds(),)
