"""What care navigators of the person's practice may do: end what was chosen for them.

Promise    A navigator acts on referrals of their own practice whose chosen role is theirs, and on no
           other; what is not of their practice answers as if it were not there. Support that
           somebody of the network is to give as well is neither spoken of nor closed by them.
Price      The transaction sees the network, because the episode has to be locked; each use case is
           let in here first, under the episode's lock.
"""

from uuid import UUID

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import PCN_ROLES, Acting, refusal_of
from services.referral.domain.triage import ChosenForAnotherRole
from services.referral.store.triage import is_for_role, is_for_role_alone
from services.referral.use_cases.casework import open_referrals

NAVIGATOR = "care-navigator"


async def let_navigator_in(
    connection: Connection, acting: Acting, referral_id: UUID, *, whole_episode: bool
) -> None:
    """Refuse a navigator what is not theirs; workers and managers pass.

    With ``whole_episode``, what they are about to do concerns every open referral of it.
    """
    if acting.caller.holds(*PCN_ROLES):
        return
    casework = await open_referrals(connection, acting, [referral_id])
    referral, episode = casework.referral(referral_id)
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
