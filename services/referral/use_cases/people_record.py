"""What is written down of a person: the details as asked, where they live, and that they died.

Promise    A deprivation decile comes from the loaded lookup of postcodes and from nowhere else: a
           postcode that is not in it gives none. Only a demonstration may state one instead.
           With a death everything that falls due about the person is forgotten in the same
           transaction; who writes to them learns of it by the event and from the card.
Price      A person keeps the decile of the day they were entered or their postcode corrected; a
           later edition of the lookup restates nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands import PersonFields
from services.referral.commands.people_record import (
    DeathWithdrawing,
    NewDeath,
    PostcodeDeciles,
)
from services.referral.domain.people import Person, PersonDetails
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published import matching as published
from services.referral.store import matching, postcodes
from services.referral.use_cases.identity import lock_known_people
from services.referral.use_cases.matching import moment_of

_LISTS: Final = ("access_needs", "contact_days", "address_lines")


@dataclass(frozen=True, slots=True)
class Deciles:
    """The deciles of the postcodes one list of requests names."""

    by_postcode: Mapping[str, int]
    demo: bool

    def placed(self, details: PersonDetails, pointer: str) -> PersonDetails:
        """Give the details with the decile of their postcode."""
        if details.deprivation_decile is not None:
            if not self.demo:
                raise broken(pointer, "can be given in demonstrations only")
            return details
        if details.postcode is None:
            return details
        found = self.by_postcode.get(postcodes.compact(details.postcode))
        return details if found is None else replace(details, deprivation_decile=found)


async def deciles_for(
    connection: Connection, acting: Acting, people: Sequence[PersonFields | None]
) -> Deciles:
    """Look up what these people do not state, all in one statement."""
    wanted = {
        one.postcode
        for one in people
        if one is not None and one.postcode is not None and one.deprivation_decile is None
    }
    found = await postcodes.deciles_of(connection, wanted) if wanted else {}
    return Deciles(found, acting.demo)


def details_of(person: PersonFields, practice_code: str) -> PersonDetails:
    """Give the domain's view of a person described in a request."""
    return PersonDetails(
        practice_code=practice_code,
        nhs_number=person.nhs_number,
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date,
        sex=person.sex,
        ethnicity_category=person.ethnicity_category,
        deprivation_decile=person.deprivation_decile,
        language=person.language,
        postcode=person.postcode,
        email=person.email,
        phone=person.phone,
        preferred_name=person.preferred_name,
        gender=person.gender,
        interpreter_needed=person.interpreter_needed,
        access_needs=tuple(person.access_needs),
        preferred_channel=person.preferred_channel,
        contact_days=tuple(person.contact_days),
        contact_from=person.contact_from,
        contact_until=person.contact_until,
        leave_no_message=person.leave_no_message,
        neutral_sender=person.neutral_sender,
        address_lines=tuple(person.address_lines),
    )


async def changed(
    connection: Connection, acting: Acting, details: PersonDetails, given: Mapping[str, Any]
) -> PersonDetails:
    """Give the details with what is given changed; who moves house moves to another decile."""
    stated = given.get("deprivation_decile")
    if stated is not None and not acting.demo:
        raise broken("/deprivation_decile", "can be given in demonstrations only")
    plain = {name: tuple(value) if name in _LISTS else value for name, value in given.items()}
    moves = "postcode" in given and given["postcode"] != details.postcode
    if moves and "deprivation_decile" not in given:
        postcode = given["postcode"]
        found = await postcodes.deciles_of(connection, {postcode}) if postcode else {}
        plain["deprivation_decile"] = found.get(postcodes.compact(postcode)) if postcode else None
    return replace(details, **plain)


async def load_postcodes(connection: Connection, asked: PostcodeDeciles) -> int:
    """Put postcodes in the lookup; give how many are new or different now."""
    places = [(one.postcode, one.deprivation_decile) for one in asked.items]
    return await postcodes.load(connection, asked.edition, places)


async def record_death(
    connection: Connection, acting: Acting, person_id: UUID, asked: NewDeath
) -> Outcome:
    """Record that a person died; nothing falls due about them any more."""
    try:
        moment = moment_of(acting, asked)
        if asked.died_on is not None and asked.died_on > moment.recorded_at.date():
            raise broken("/died_on", "must not lie in the future")
        person = await _lock(connection, person_id)
        person.die()
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    merged = await matching.merged_into(connection, person.id)
    await matching.write_death(connection, person, died_on=asked.died_on)
    await matching.clear_timers_of_person(connection, person.id)
    await _audit(connection, acting, "person.death", person)
    told = published.person_died(person, merged, event_id=event_id, moment=moment)
    await outbox.record(connection, [told])
    return Done(201, _answer(person, asked.died_on, moment, event_id), person.version)


async def withdraw_death(
    connection: Connection, acting: Acting, person_id: UUID, asked: DeathWithdrawing
) -> Outcome:
    """Record that it was somebody else who died."""
    try:
        moment = moment_of(acting, asked)
        person = await _lock(connection, person_id)
        person.live()
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    await matching.write_death(connection, person, died_on=None)
    await _audit(connection, acting, "person.death-withdrawn", person)
    told = published.person_death_withdrawn(person, event_id=event_id, moment=moment)
    await outbox.record(connection, [told])
    return Done(200, _answer(person, None, moment, event_id), person.version)


async def _lock(connection: Connection, person_id: UUID) -> Person:
    known = await lock_known_people(connection, ids=[person_id])
    person = known.by_id(person_id)
    if person is None:
        raise NothingFound
    return person


async def _audit(connection: Connection, acting: Acting, action: str, person: Person) -> None:
    opened = Opened(subject=f"person/{person.id}", pcn_code=person.pcn_code, person_id=person.id)
    await record_access(connection, acting.caller, action, [opened], reason=acting.reason)


def _answer(person: Person, died_on: date | None, moment: Moment, event_id: UUID) -> dict[str, Any]:
    return {
        "id": person.id,
        "pcn_code": person.pcn_code,
        "practice_code": person.details.practice_code,
        "deceased": person.deceased,
        "died_on": died_on,
        "version": person.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
