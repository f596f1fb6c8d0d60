"""Caseloads, and who has an episode with who should have it next."""

from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import WORKER_ROLES, Acting
from services.referral.domain.allocation import (
    WEIGHTS_VERSION,
    Caseload,
    by_least_load,
    version_of,
)
from services.referral.store import allocation as store
from services.referral.store.triage import list_chosen_roles
from services.referral.views import audit, owner_of

PROPOSED_MAX: Final = 3


async def list_caseloads(
    connection: Connection, acting: Acting, pcn_code: str, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give the caseloads of a network, by worker: to a manager all, to a worker their own."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    loads = await _loads(connection, acting, pcn_code)
    if not acting.caller.holds("pcn-manager"):
        loads = [one for one in loads if one.worker_id == acting.worker_id]
    page = [one for one in loads if after is None or one.worker_id > after][:limit]
    await audit(
        connection,
        acting,
        "caseload.list",
        [(f"worker/{one.worker_id}", {"pcn_code": pcn_code}) for one in page],
    )
    return [_shown(one, pcn_code) for one in page]


async def view_worker(connection: Connection, acting: Acting, referral_id: UUID) -> dict[str, Any]:
    """Give whose a referral's episode is, and who has the least load."""
    owner = await owner_of(connection, acting, "whose_referral", referral_id)
    known = (await store.load_allocations(connection, [owner["episode_id"]]))[owner["episode_id"]]
    loads = await _loads(connection, acting, owner["pcn_code"])
    chosen = (await list_chosen_roles(connection, [owner["episode_id"]])).get(owner["episode_id"])
    others = [
        one
        for one in loads
        if one.works_here and one.worker_id != owner["worker_id"] and one.may_be_chosen(chosen)
    ]
    await audit(connection, acting, "worker.read", [(f"referral/{referral_id}", owner)])
    return {
        "id": referral_id,
        "referral_id": referral_id,
        "episode_id": owner["episode_id"],
        "person_id": owner["person_id"],
        "pcn_code": owner["pcn_code"],
        "worker_id": owner["worker_id"],
        "complexity": known.complexity,
        "role": chosen,
        "proposed": [
            {
                "worker_id": one.worker_id,
                "weighted_open": one.weighted_open,
                "room": one.room,
            }
            for one in by_least_load(others)[:PROPOSED_MAX]
        ],
        "version": version_of(known.changes, owner["worker_id"]),
    }


async def _loads(connection: Connection, acting: Acting, pcn_code: str) -> list[Caseload]:
    return await store.count_caseloads(connection, pcn_code, WORKER_ROLES, acting.now)


def _shown(load: Caseload, pcn_code: str) -> dict[str, Any]:
    return {
        "id": load.worker_id,
        "worker_id": load.worker_id,
        "pcn_code": pcn_code,
        "works_here": load.works_here,
        "open": {**_NONE, **load.open, "weighted": load.weighted_open},
        "year": {**_NONE, **load.year, "weighted": load.weighted_year},
        "room": load.room,
        "share_of_year": load.share_of_year,
        "full_year": None if load.full_year is None else [*load.full_year],
        "weights_version": WEIGHTS_VERSION,
    }


_NONE: Final = {"low": 0, "medium": 0, "high": 0}
