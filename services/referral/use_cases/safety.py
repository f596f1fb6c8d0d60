"""What a network says of its safeguarding: who is alarmed, and what it does for people under 18."""

from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral.acting import PCN_ROLES, Acting, Done, Outcome, refusal_of
from services.referral.commands.safety import PeopleUnder18, SafeguardingLeads
from services.referral.domain.refusals import Refused
from services.referral.domain.safety import ESCALATE_AFTER_MINUTES, YoungPeople, check_leads
from services.referral.published import Moment
from services.referral.published import safety as published
from services.referral.store import safety as store
from services.referral.store.safety import Safeguarding


async def name_leads(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    expected_version: int,
    asked: SafeguardingLeads,
) -> Outcome:
    """Name who is alarmed, in order; alarms that are open go on by the new order."""
    held = await _hold(connection, acting, pcn_code, expected_version)
    known = await store.list_possible_leads(connection, pcn_code, asked.membership_ids, PCN_ROLES)
    try:
        check_leads(asked.membership_ids, known)
    except Refused as refused:
        return refusal_of(refused)
    held.minutes = asked.escalate_after_minutes
    held.version += 1
    event_id, moment = new_id(), Moment(acting.now, acting.now)
    await store.write_leads(connection, pcn_code, asked.membership_ids)
    event = published.leads_named(
        pcn_code,
        asked.membership_ids,
        held.minutes,
        event_id=event_id,
        version=held.version,
        moment=moment,
    )
    return await _store(connection, acting, held, event, event_id)


async def set_age_rule(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    expected_version: int,
    asked: PeopleUnder18,
) -> Outcome:
    """Say whether people under 18 are helped; it holds for referrals from now on."""
    held = await _hold(connection, acting, pcn_code, expected_version)
    held.young = YoungPeople(asked.rule, asked.better_route)
    held.version += 1
    event_id, moment = new_id(), Moment(acting.now, acting.now)
    event = published.age_rule_set(
        pcn_code, held.young, event_id=event_id, version=held.version, moment=moment
    )
    return await _store(connection, acting, held, event, event_id)


async def view_safeguarding(
    connection: Connection, acting: Acting, pcn_code: str
) -> dict[str, Any]:
    """Give what a network said, or what holds where it said nothing."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    row = await store.view_safeguarding(connection, pcn_code)
    ladder = await store.load_ladder(connection, pcn_code)
    young = YoungPeople()
    return {
        "id": pcn_code,
        "pcn_code": pcn_code,
        "membership_ids": list(ladder.leads),
        "left_membership_ids": [lead for lead in ladder.leads if lead in ladder.left],
        "escalate_after_minutes": row["escalate_after_minutes"] if row else ESCALATE_AFTER_MINUTES,
        "under_18": row["age_rule"] if row else young.rule,
        "better_route": row["better_route"] if row else young.better_route,
        "version": row["version"] if row else 0,
    }


async def _hold(
    connection: Connection, acting: Acting, pcn_code: str, expected_version: int
) -> Safeguarding:
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    held = await store.hold_safeguarding(connection, pcn_code, acting.now)
    check_version(expected_version, held.version)
    return held


async def _store(
    connection: Connection, acting: Acting, held: Safeguarding, event: NewEvent, event_id: UUID
) -> Done:
    await store.write_safeguarding(connection, held, acting.now)
    await outbox.record(connection, [event])
    opened = [Opened(subject=f"safeguarding/{held.pcn_code}", pcn_code=held.pcn_code)]
    await record_access(connection, acting.caller, "safeguarding.change", opened)
    body = await view_safeguarding(connection, acting, held.pcn_code)
    body["event_id"] = event_id
    return Done(200, body, held.version)
