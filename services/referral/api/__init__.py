"""The HTTP doors of the referral service."""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.service import ApiContext
from services.referral.api import (
    allocation,
    batches,
    casework,
    closing,
    cohorts,
    consent,
    contacts,
    copies,
    handover,
    internal,
    loops,
    matching,
    measures,
    onward,
    people,
    people_record,
    plans,
    referrals,
    risk,
    self_referrals,
    signposts,
    supervision,
    visits,
    waiting,
    writeback,
)
from services.referral.api.door import Door
from services.referral.api.origin import describe_origin
from services.referral.api.roles import make_router as make_roles_router
from services.referral.api.safety import make_router as make_safety_router
from services.referral.api.triage import make_router as make_triage_router


def make_api(context: ApiContext) -> Sequence[APIRouter]:
    """Make the service's routes. The fixed paths of batches come before those with an id."""
    door = Door(context)
    routers = (
        batches.make_router(door),
        matching.make_router(door),
        handover.make_router(door),
        cohorts.make_router(door),
        self_referrals.make_router(door),
        people.make_router(door),
        referrals.make_router(door),
        casework.make_router(door),
        contacts.make_router(door),
        closing.make_router(door),
        writeback.make_router(door),
        visits.make_router(door),
        plans.make_router(door),
        copies.make_router(door),
        internal.make_router(door),
        make_roles_router(door),
        make_safety_router(door),
        make_triage_router(door),
        people_record.make_router(door),
        consent.make_router(door),
        risk.make_router(door),
        measures.make_router(door),
        supervision.make_router(door),
        onward.make_router(door),
        loops.make_router(door),
        signposts.make_router(door),
        waiting.make_router(door),
        allocation.make_router(door),
    )
    describe_origin(routers)
    return routers
