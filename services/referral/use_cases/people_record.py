"""What is written down of a person: the details as asked, and where they live.

Promise    A deprivation decile comes from the loaded lookup of postcodes and from nowhere else: a
           postcode that is not in it gives none. Only a demonstration may state one instead.
Price      A person keeps the decile of the day they were entered or their postcode corrected; a
           later edition of the lookup restates nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chassis.database import Connection
from services.referral.acting import Acting, broken
from services.referral.commands import PersonFields
from services.referral.commands.people_record import PostcodeDeciles
from services.referral.domain.people import Person, PersonDetails
from services.referral.store import postcodes

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


def fields_of(person: Person) -> PersonFields:
    """Describe somebody on record as another network would enter them; it looks up their decile."""
    details = person.details
    said = {
        name: getattr(details, name)
        for name in PersonFields.model_fields
        if name != "deprivation_decile"
    }
    return PersonFields.model_validate(said | {name: list(said[name]) for name in _LISTS})


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
