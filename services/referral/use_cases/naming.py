"""Which referral or goal an item of a batch means: by our id, or by references of its sender.

Promise    A reference names what it was made with, once and for good; what the caller may not see
           is as unknown as what does not exist.
Price      A reference that two networks of one caller know names neither: it takes the id.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.items import AboutGoal, AboutReferral
from services.referral.store import episodes as store
from services.referral.store.episodes import GoalName, ReferralName

Name = TypeVar("Name")


async def referrals_meant(
    connection: Connection, acting: Acting, items: Sequence[AboutReferral]
) -> list[UUID | None]:
    """Give the id of the referral each item is about; None where there is none to be seen."""
    names = [_referral_name(item) for item in items]
    wanted = sorted({name for name in names if name is not None})
    found = await store.find_named_referrals(connection, acting.caller.pcns, wanted)
    meant = _only(found)
    return [
        item.referral_id if name is None else meant.get(name)
        for item, name in zip(items, names, strict=True)
    ]


async def goals_meant(
    connection: Connection, acting: Acting, items: Sequence[AboutGoal]
) -> list[UUID | None]:
    """Give the id of the goal each item is about; None where there is none to be seen."""
    names = [_goal_name(item) for item in items]
    wanted = sorted({name for name in names if name is not None})
    found = await store.find_named_goals(connection, acting.caller.pcns, wanted)
    meant = _only(found)
    return [
        item.goal_id if name is None else meant.get(name)
        for item, name in zip(items, names, strict=True)
    ]


def _referral_name(item: AboutReferral) -> ReferralName | None:
    if item.referrer_code is None or item.referral_reference is None:
        return None
    return ReferralName(item.referrer_code, item.referral_reference)


def _goal_name(item: AboutGoal) -> GoalName | None:
    if item.referrer_code is None or item.referral_reference is None or item.goal_reference is None:
        return None
    return GoalName(item.referrer_code, item.referral_reference, item.goal_reference)


def _only(found: Iterable[tuple[Name, UUID]]) -> Mapping[Name, UUID]:
    """Keep the names that stand for one thing."""
    meant: dict[Name, set[UUID]] = {}
    for name, its_id in found:
        meant.setdefault(name, set()).add(its_id)
    return {name: next(iter(ids)) for name, ids in meant.items() if len(ids) == 1}
