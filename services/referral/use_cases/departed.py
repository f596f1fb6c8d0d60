"""People who stayed on record in a network that their practice has left since.

Promise    Whoever is referred by such a record is entered in the network the practice belongs to
           now, where the caller acts for the practice there; nobody else begins anything in the
           network it left, and is told so by name.
Price      Whoever has died is entered nowhere anew.
Not here   People with open support, who follow by themselves (``practice_moves``).
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.commands import NewReferral
from services.referral.domain.handover import PracticeMovedAway
from services.referral.store import handover as store
from services.referral.store import people
from services.referral.store.people import Departed
from services.referral.use_cases.people_record import fields_of

_MOVED_AWAY: Final = "This practice belongs to another network now. Refer the person there."


async def find_departed(
    connection: Connection, acting: Acting, person_ids: Sequence[UUID]
) -> dict[UUID, Departed]:
    """Give those of these records whose practice belongs to another network now.

    What the caller's own places say of a practice counts before the register: a handover that is
    returned goes back to where it came from.
    """
    if not person_ids:
        return {}
    found = await people.list_departed(connection, person_ids)
    lent = acting.places.pcns
    return {
        one.record_id: one
        for one in found
        if lent.get(one.person.details.practice_code) != one.person.pcn_code
    }


def entered_anew(
    acting: Acting, departed: dict[UUID, Departed], asked: Sequence[NewReferral]
) -> list[NewReferral]:
    """Describe whoever the caller may enter in the new network; the others stay as they are."""
    return [_anew(acting, departed, one) for one in asked]


async def check_practice_stays(
    connection: Connection, acting: Acting, practice_code: str, pcn_code: str
) -> None:
    """Refuse to begin something in a network that a practice has left."""
    registered = acting.places.pcns.get(practice_code)
    if registered is None:
        registered = (await store.known_pcns(connection, [practice_code])).get(practice_code)
    if registered not in {None, pcn_code}:
        raise PracticeMovedAway("This practice belongs to another network now.")


def check_stayed(departed: Collection[UUID], person_id: UUID | None) -> None:
    """Refuse a referral in a network that the person's practice has left."""
    if person_id is not None and person_id in departed:
        raise PracticeMovedAway(_MOVED_AWAY)


def _anew(acting: Acting, departed: dict[UUID, Departed], asked: NewReferral) -> NewReferral:
    found = departed.get(asked.person_id) if asked.person_id is not None else None
    if found is None or found.person.deceased:
        return asked
    person, practice_code = found.person, found.person.details.practice_code
    here = acting.places.pcns.get(practice_code) == found.registered_pcn_code
    if not here or not acting.may_act_for(practice_code, person.pcn_code):
        return asked
    consented, channel = asked.messages_consented, asked.safe_channel
    return asked.model_copy(
        update={
            "person_id": None,
            "person": fields_of(person),
            "practice_code": practice_code,
            "messages_consented": (
                person.consent.messages_consented if consented is None else consented
            ),
            "safe_channel": channel or person.consent.safe_channel,
        }
    )
