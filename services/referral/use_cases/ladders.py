"""A network's own ladder: after how many working days whoever has the next move is nudged."""

from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands.onward import NewLadder
from services.referral.domain.ladders import Ladder
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published.onward import ladder_set
from services.referral.store import onward as store


async def set_ladder(
    connection: Connection,
    acting: Acting,
    pcn_code: str,
    expected_version: int,
    asked: NewLadder,
) -> Outcome:
    """Set a ladder; it holds for each move of the ball from now on."""
    if pcn_code not in acting.caller.pcns:
        raise NothingFound
    try:
        ladder = Ladder(tuple(asked.provider), tuple(asked.person), tuple(asked.worker))
    except Refused as refused:
        return refusal_of(refused)
    _, known = await store.read_ladder(connection, pcn_code)
    check_version(expected_version, known)
    version = await store.set_ladder(connection, pcn_code, ladder, version_seen=expected_version)
    check_version(expected_version, known if version is not None else known + 1)
    return await _told(connection, acting, pcn_code, ladder, expected_version + 1)


async def _told(
    connection: Connection, acting: Acting, pcn_code: str, ladder: Ladder, version: int
) -> Done:
    event_id: UUID = new_id()
    moment = Moment(acting.now, acting.now)
    opened = Opened(subject=f"onward-ladder/{pcn_code}", pcn_code=pcn_code)
    await record_access(connection, acting.caller, "onward-ladder.set", [opened])
    event = ladder_set(pcn_code, ladder, event_id=event_id, version=version, moment=moment)
    await outbox.record(connection, [event])
    body = {
        "pcn_code": pcn_code,
        "provider": list(ladder.provider),
        "person": list(ladder.person),
        "worker": list(ladder.worker),
        "version": version,
        "event_id": event_id,
    }
    return Done(200, body, version)
