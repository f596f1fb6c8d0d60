"""PCNs that become part of another: every practice moves, what people held there is settled.

Promise    Each fact is told by an event of its own: a practice registered, a membership ended, one
           granted, a worker registered, and at the end ``pcn-merged``. A step takes a bounded
           number of facts in one transaction, and what is left is read from the register itself:
           cut off anywhere, it goes on where it stood, and nothing is done twice. What the PCN knew
           of its groups and practices is the other's from then on.
Price      People may work in both PCNs for the seconds in between. People helped follow their
           practices, in the referral service's own steps. The merged PCN stays in the register:
           its past is its own, and a registrar may grant a membership there to look after it.
"""

import logging
from datetime import date
from typing import Final

from chassis import clock, outbox
from chassis.database import Connection, Database
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from services.directory import published
from services.directory.domain.register import Moment, local_day
from services.directory.published import Telling
from services.directory.store import belonging as store
from services.directory.store import register as register_store
from services.directory.store import relations as relation_store
from services.directory.store.belonging import Memberships, PcnMerge
from services.directory.use_cases.members import (
    MembershipEntry,
    carry_worker,
    end_membership,
    grant_membership,
)
from services.directory.use_cases.organisations import (
    NOT_MERGED,
    OWN_PCN,
    PracticeEntry,
    register_practice,
)
from services.directory.use_cases.outcome import Outcome

FACTS_A_STEP_MAX: Final = 100
MERGES_A_LOOK_MAX: Final = 10

_LOG = logging.getLogger(__name__)


async def merge_pcn(
    connection: Connection,
    *,
    pcn_code: str,
    into_pcn_code: str,
    merged_on: date | None,
    memberships: Memberships,
    merged_by: str,
    moment: Moment,
    facts_max: int = FACTS_A_STEP_MAX,
) -> Outcome:
    """Begin to merge and take the first step; begun before, it answers how far it is."""
    pcn = await register_store.find_organisation(connection, "pcn", pcn_code)
    if pcn is None:
        raise NothingFound
    standing = await store.lock_merge(connection, pcn_code)
    if standing is not None:
        asked = (into_pcn_code, merged_on or standing.merged_on, memberships)
        if asked != (standing.into_pcn_code, standing.merged_on, standing.memberships):
            raise Refusal(409, "pcn-merged-already", "This PCN became part of another before.")
        return _outcome(standing, created=False)
    day = merged_on or local_day(moment.occurred_at)
    await _check(connection, pcn_code, pcn.region_code, into_pcn_code, day, moment)
    merge = PcnMerge(
        id=new_id(),
        pcn_code=pcn_code,
        into_pcn_code=into_pcn_code,
        region_code=pcn.region_code,
        merged_on=day,
        memberships=memberships,
        merged_by=merged_by,
        state="going-on",
        practices_moved=0,
        memberships_carried=0,
        memberships_ended=0,
        workers_carried=0,
        version=1,
        event_id=None,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    await store.begin_merge(connection, merge)
    await _step(connection, merge, moment, facts_max)
    return _outcome(merge, created=True)


async def go_on_with_merges(database: Database, *, facts_max: int = FACTS_A_STEP_MAX) -> int:
    """Take one step of each merge that is not done; how many were taken.

    What the register refuses, because the clock was set back or somebody put a hand to the tables,
    is said in the log and tried again at the next look: it holds up no other merge.
    """
    async with database.transaction() as connection:
        going_on = await store.merges_going_on(connection, rows=MERGES_A_LOOK_MAX)
    taken = 0
    for pcn_code, region_code in going_on:
        try:
            taken += await _go_on(database, pcn_code, region_code, facts_max)
        except Refusal as refusal:
            _LOG.warning("merge_refused", extra={"reason": refusal.name})
    return taken


async def _go_on(database: Database, pcn_code: str, region_code: str, facts_max: int) -> bool:
    async with database.transaction() as connection:
        await register_store.hold_regions(connection, [region_code])
        merge = await store.lock_merge(connection, pcn_code)
        if merge is None or merge.state == "done":
            return False
        await _step(connection, merge, Moment(merge.occurred_at, clock.now()), facts_max)
    return True


async def _check(
    connection: Connection,
    pcn_code: str,
    region_code: str,
    into_pcn_code: str,
    day: date,
    moment: Moment,
) -> None:
    other = await register_store.find_organisation(connection, "pcn", into_pcn_code)
    if other is None or other.region_code != region_code:
        raise RuleBroken(BrokenRule("/into_pcn_code", OWN_PCN))
    if into_pcn_code == pcn_code:
        raise RuleBroken(BrokenRule("/into_pcn_code", "must be another PCN"))
    if await store.merge_of_pcn(connection, into_pcn_code) is not None:
        raise RuleBroken(BrokenRule("/into_pcn_code", NOT_MERGED))
    if day > local_day(moment.recorded_at):
        raise RuleBroken(BrokenRule("/merged_on", "must not lie in the future"))
    if await store.first_practice_that_joined_since(connection, pcn_code, day) is not None:
        raise RuleBroken(
            BrokenRule("/merged_on", "must be after the day each of its practices joined")
        )


async def _step(connection: Connection, merge: PcnMerge, moment: Moment, facts_max: int) -> None:
    """Do what is next, at most so many facts; the region is held."""
    left = facts_max
    left -= await _move_practices(connection, merge, moment, left)
    left -= await _carry_workers(connection, merge, moment, left)
    left -= await _settle_memberships(connection, merge, moment, left)
    if left > 0:
        left -= await relation_store.carry_relations(
            connection, merge.pcn_code, merge.into_pcn_code, rows=left
        )
    if left > 0:
        await _tell_merged(connection, merge, moment)
    await store.go_on_with_merge(connection, merge)


async def _move_practices(
    connection: Connection, merge: PcnMerge, moment: Moment, most: int
) -> int:
    practices = await store.practices_to_move(connection, merge.pcn_code, rows=most)
    for code, name in practices:
        entry = PracticeEntry(code, merge.into_pcn_code, name, merge.merged_on, None)
        await register_practice(connection, entry, moment)
    merge.practices_moved += len(practices)
    return len(practices)


async def _carry_workers(connection: Connection, merge: PcnMerge, moment: Moment, most: int) -> int:
    if merge.memberships != "carried" or most <= 0:
        return 0
    workers = await store.workers_to_carry(
        connection, merge.pcn_code, merge.into_pcn_code, rows=most
    )
    for worker in workers:
        await carry_worker(
            connection,
            worker,
            pcn_code=merge.into_pcn_code,
            region_code=merge.region_code,
            moment=moment,
        )
    merge.workers_carried += len(workers)
    return len(workers)


async def _settle_memberships(
    connection: Connection, merge: PcnMerge, moment: Moment, most: int
) -> int:
    if most <= 0:
        return 0
    held = await store.memberships_to_settle(connection, merge.pcn_code, rows=most)
    for membership in held:
        await end_membership(connection, membership.id, moment, ended_by=merge.merged_by)
        if merge.memberships == "carried":
            entry = MembershipEntry(
                member_key=membership.member_key,
                role=membership.role,
                organisation_kind="pcn",
                organisation_code=merge.into_pcn_code,
                granted_by=merge.merged_by,
                granted_by_role="registrar",
                replaces_id=membership.id,
            )
            await grant_membership(connection, entry, moment)
    if merge.memberships == "carried":
        merge.memberships_carried += len(held)
    else:
        merge.memberships_ended += len(held)
    return len(held)


async def _tell_merged(connection: Connection, merge: PcnMerge, moment: Moment) -> None:
    await register_store.lock_organisation(connection, "pcn", merge.pcn_code)
    version = await register_store.advance_organisation(connection, "pcn", merge.pcn_code)
    merge.state, merge.event_id = "done", new_id()
    event = published.pcn_merged(
        Telling(merge.event_id, version, moment),
        pcn_code=merge.pcn_code,
        into_pcn_code=merge.into_pcn_code,
        merged_on=merge.merged_on,
        memberships=merge.memberships,
    )
    await outbox.record(connection, [event])


def _outcome(merge: PcnMerge, *, created: bool) -> Outcome:
    return Outcome(
        created=created,
        about=merge.about,
        version=merge.version,
        event_id=merge.event_id,
        occurred_at=merge.occurred_at,
        recorded_at=merge.recorded_at,
    )
