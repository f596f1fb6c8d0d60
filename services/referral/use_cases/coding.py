"""Keeping the codes in practices' records in step with what stands.

Promise    Whatever told of an episode is followed by this, in its transaction: the same facts ask
           for the same codes, so a contact that is told again codes nothing twice, and one that is
           put right takes its code back.
Not here   Which facts ask for which codes: ``domain.coding``.
"""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import NewEvent
from contracts.referral.v1 import (
    ContactCorrected,
    ContactMade,
    ContactVoided,
    ReferralStatusChanged,
)
from services.referral.domain.coding import (
    CODING_ROLE,
    PERSONS_OWN,
    Restatement,
    codes_allowed,
    restate,
)
from services.referral.published import Moment
from services.referral.store import writeback as store
from services.referral.store.roles import list_clinical_codes
from services.referral.store.writeback import CodedEpisode
from services.referral.use_cases.casework import Casework
from services.referral.use_cases.writeback import Asked, ask_for, asks_for_records, take_back


async def restate_codes(connection: Connection, casework: Casework) -> None:
    """Ask for the codes that what was just told calls for, and take back what no longer stands.

    The episodes are locked and what was decided of them is stored.
    """
    acting = casework.acting
    if not asks_for_records(acting.origin):
        return
    moments = _moments(casework.events)
    if not moments:
        return
    standing = await store.list_standing(connection, list(moments))
    networks = {episode_id: casework.changed[episode_id].pcn_code for episode_id in moments}
    catalogues = await list_clinical_codes(connection, sorted({*networks.values()}))
    own_reasons = [reason for reason in PERSONS_OWN if reason is not None]
    for coded in await store.read_facts(connection, list(moments), own_reasons):
        known = standing.get(coded.episode_id, [])
        pcn_code = networks[coded.episode_id]
        change = restate(
            coded.facts,
            known,
            codes_allowed(catalogues.get(pcn_code)),
            records_unverified=acting.records_unverified,
        )
        moment = moments[coded.episode_id]
        await take_back(connection, [one.item_id for one in change.take_back], moment)
        await ask_for(connection, _asked(coded, change, pcn_code), moment)


def _moments(events: Iterable[NewEvent]) -> dict[UUID, Moment]:
    """Give the episodes whose codes may have changed, with when that became known."""
    found: dict[UUID, Moment] = {}
    for event in events:
        data = event.data
        match data:
            case ContactMade(role=role) if role != CODING_ROLE:
                continue
            case ContactMade() | ContactCorrected() | ContactVoided() | ReferralStatusChanged():
                known_at = event.recorded_at or event.occurred_at
                found[data.episode_id] = Moment(known_at, known_at, event.origin)
            case _:
                continue
    return found


def _asked(coded: CodedEpisode, change: Restatement, pcn_code: str) -> list[Asked]:
    return [
        Asked(
            kind="code",
            code=one.code,
            pcn_code=pcn_code,
            practice_code=coded.practice_code,
            referral_id=one.cause.referral_id,
            episode_id=coded.episode_id,
            person_id=coded.person_id,
            occurred_at=one.cause.occurred_at,
            worker_id=one.cause.worker_id,
            cause_id=one.cause.id,
        )
        for one in change.ask_for
    ]
