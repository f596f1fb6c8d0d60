"""How often a network's workers have supervision and training: set by the network, and followed.

Promise    A change moves the day of everything that is due in the network, with its timer, in the
           transaction of the change; what was overdue and is not any more is told as due anew
           when its day comes. The same happens when the network's catalogue of roles changes.
Not here   What somebody had, and that it is due: ``supervision``.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.access.workers import worker_id_of
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.stream import Event
from chassis.web.etags import check_version
from contracts.register.v1 import MembershipEnded, MembershipGranted
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.supervision import NewIntervals
from services.referral.domain.refusals import Refused
from services.referral.domain.supervision import (
    ROLES,
    Entitlement,
    Interval,
    Kind,
    check_intervals,
    day_of,
    overdue_from,
    owed_to,
)
from services.referral.published import supervision as published
from services.referral.store import supervision as store
from services.referral.store import timers
from services.referral.store.timers import NewTimer
from services.referral.use_cases.about_person import moment_of
from services.referral.use_cases.roles import ROLE_TYPES

_MEMBER_TYPES: Final = frozenset({MembershipGranted.type, MembershipEnded.type})


async def set_intervals(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    expected_version: int,
    asked: NewIntervals,
) -> Outcome:
    """Set how often, in place of what the network said before; what is left out follows its roles."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    try:
        moment = moment_of(acting, asked)
        known = await store.hold_rules(connection, pcn_code, moment.recorded_at)
        check_version(expected_version, known)
        wanted = [
            Interval(one.role, one.kind, one.what, one.every_weeks) for one in asked.intervals
        ]
        entitled = await store.entitled_in(connection, pcn_code)
        check_intervals(wanted, entitled.catalogue)
    except Refused as refused:
        return refusal_of(refused)
    version = known + 1
    await store.write_intervals(connection, pcn_code, wanted, version, moment.recorded_at)
    moved = await move_days(connection, pcn_code)
    event_id = new_id()
    event = published.intervals_set(
        pcn_code, wanted, moved=moved, event_id=event_id, version=version, moment=moment
    )
    opened = Opened(subject=f"supervision-rules/{pcn_code}", pcn_code=pcn_code)
    await record_access(connection, acting.caller, "supervision-intervals.set", [opened])
    await outbox.record(connection, [event])
    body: dict[str, Any] = {
        **await view_intervals(connection, acting, pcn_code),
        "moved": moved,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    return Done(200, body, version)


async def view_intervals(connection: Connection, acting: Acting, pcn_code: str) -> dict[str, Any]:
    """Give how often each role has what in a network, and where that is said."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    entitled = await store.entitled_in(connection, pcn_code)
    return {
        "pcn_code": pcn_code,
        "version": await store.version_of_rules(connection, pcn_code),
        "intervals": [
            {
                "role": role,
                "kind": owed.kind,
                "what": owed.what,
                "every_weeks": owed.every_weeks,
                "said_by": "network" if (role, owed.kind, owed.what) in entitled.own else "role",
            }
            for role in entitled.roles
            for owed in owed_to([role], entitled.catalogue, entitled.own)
        ],
    }


async def move_days(
    connection: Connection, pcn_code: str, newcomers: Mapping[UUID, date] | None = None
) -> int:
    """Let everything in a network be due by what holds now; give how much moved.

    For ``newcomers``, by worker since when they are known to work here, what they never had counts
    from that day.
    """
    known = newcomers or {}
    held = await store.lock_of_network(connection, pcn_code)
    if not held and not known:
        return 0
    entitled = await store.entitled_in(connection, pcn_code)
    workers = await store.workers_of(connection, pcn_code)
    owed: dict[UUID, dict[tuple[Kind, str], int]] = {
        worker_id: {
            (one.kind, one.what): one.every_weeks
            for one in owed_to(roles, entitled.catalogue, entitled.own)
        }
        for worker_id, roles in workers.items()
    }
    changed: list[Entitlement] = []
    for entitlement in held:
        if entitlement.worker_id in known:
            entitlement.begin(known[entitlement.worker_id])
        its = owed.get(entitlement.worker_id, {})
        if entitlement.follow(its.get((entitlement.kind, entitlement.what))):
            changed.append(entitlement)
    await store.write_days(connection, changed)
    have = {(one.worker_id, one.kind, one.what) for one in held}
    begun = [
        Entitlement(
            id=new_id(),
            pcn_code=pcn_code,
            worker_id=worker_id,
            kind=kind,
            what=what,
            counted_from=since,
            next_by=since + timedelta(weeks=every_weeks),
        )
        for worker_id, since in known.items()
        for (kind, what), every_weeks in owed.get(worker_id, {}).items()
        if (worker_id, kind, what) not in have
    ]
    made = {row["id"] for row in await store.begin(connection, begun)}
    await _set_timers(connection, [*changed, *(one for one in begun if one.id in made)])
    return len(changed)


async def _set_timers(connection: Connection, moved: Sequence[Entitlement]) -> None:
    await timers.set_many(
        connection,
        [
            NewTimer(
                kind="supervision",
                about=one.id,
                pcn_code=one.pcn_code,
                due_at=overdue_from(one.next_by),
            )
            for one in moved
            if one.next_by is not None
        ],
    )
    await timers.clear_many(
        connection, [("supervision", one.id) for one in moved if one.next_by is None]
    )


async def follow_register(connection: Connection, events: Sequence[Event]) -> None:
    """Let days follow what these events of the register told of networks' roles and members."""
    told: dict[str, dict[UUID, date]] = {
        event.data["pcn_code"]: {} for event in events if event.type in ROLE_TYPES
    }
    for event in events:
        if event.type not in _MEMBER_TYPES or event.data["role"] not in ROLES:
            continue
        code = event.data["organisation_code"]
        pcn_codes = (
            [code]
            if event.data["organisation_kind"] == "pcn"
            else await store.networks_of_practices(connection, [code])
        )
        for pcn_code in pcn_codes:
            known = told.setdefault(pcn_code, {})
            if event.type == MembershipGranted.type:
                worker_id = worker_id_of(event.data["member_key"])
                known.setdefault(worker_id, day_of(event.recorded_at))
    for pcn_code in sorted(told):
        await move_days(connection, pcn_code, told[pcn_code])
