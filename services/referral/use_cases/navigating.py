"""What care navigators of the person's practice may do: end what was chosen for them.

Promise    A navigator acts on referrals of their own practice whose chosen role is theirs, and on no
           other; what is not of their practice answers as if it were not there. Support that
           somebody of the network is to give as well is neither spoken of nor closed by them.
Price      The transaction sees the network, because the episode has to be locked; each use case is
           let in here first, under the episode's lock.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import Acting, refusal_of
from services.referral.domain.refusals import Refused
from services.referral.domain.triage import ChosenForAnotherRole
from services.referral.store.triage import is_for_role, is_for_role_alone
from services.referral.use_cases.casework import open_referrals

NAVIGATOR: Final = "care-navigator"


async def let_navigator_in(
    connection: Connection, acting: Acting, referral_id: UUID, *, whole_episode: bool
) -> Acting:
    """Give as whom the caller acts on a referral: as one who works in its network, or a navigator.

    Whoever is both, here or in two networks, acts as one of them and never with the rights of the
    other. With ``whole_episode``, what a navigator is about to do concerns every open referral.
    """
    if not acting.caller.practices:
        return acting
    casework = await open_referrals(connection, acting, [referral_id])
    try:
        referral, episode = casework.referral(referral_id)
    except Refused as refused:
        raise refusal_of(refused) from None
    if acting.caller.may_see(episode.pcn_code):
        return _only(acting, navigates=False)
    if not acting.caller.may_see(referral.practice_code):
        raise NothingFound
    theirs = await is_for_role(connection, referral_id, NAVIGATOR)
    if theirs and whole_episode:
        alone = await is_for_role_alone(connection, episode.id, NAVIGATOR)
        theirs = alone and episode.worker_id is None
    if not theirs:
        raise refusal_of(
            ChosenForAnotherRole("Somebody of the network is to help here, and not a navigator.")
        )
    return _only(acting, navigates=True)


def _only(acting: Acting, *, navigates: bool) -> Acting:
    caller = acting.caller
    matched = tuple(one for one in caller.matched if (one.role == NAVIGATOR) == navigates)
    return replace(acting, caller=replace(caller, matched=matched))
