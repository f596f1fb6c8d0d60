"""People's rows: found, locked and written under the row policies of the caller's organisations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from pydantic_core import to_json

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.people import Consent, Person, PersonDetails

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class Described:
    """By what a described person could be on record already."""

    pcn_code: str
    nhs_number: str | None
    likeness: str | None


@dataclass(frozen=True, slots=True)
class Departed:
    """Who speaks for a record, in a network that their practice has left."""

    record_id: UUID
    person: Person
    registered_pcn_code: str


async def list_departed(connection: Connection, person_ids: Sequence[UUID]) -> list[Departed]:
    """Give who is on record in another network than the register has their practice in."""
    rows = await connection.fetch(_SQL["list_departed"], list(person_ids))
    return [Departed(row["record_id"], _person(row), row["registered_pcn_code"]) for row in rows]


async def list_deceased(connection: Connection, person_ids: Sequence[UUID]) -> list[UUID]:
    """Give those of these records whose person died."""
    rows = await connection.fetch(_SQL["list_deceased"], list(person_ids))
    return [row["id"] for row in rows]


async def lock_buckets(connection: Connection, buckets: Collection[int]) -> None:
    """Wait for other writers of the same people and references."""
    await connection.execute(_SQL["lock_buckets"], sorted(buckets))


async def is_anyone_known(
    connection: Connection, buckets: Collection[int], like: Sequence[Described]
) -> bool:
    """Wait for other writers of the same people, then say whether anybody could be meant."""
    return await connection.fetchval(
        _SQL["is_anyone_known"],
        sorted(buckets),
        [one.pcn_code for one in like],
        [one.nhs_number for one in like],
        [one.likeness for one in like],
    )


async def lock_people(
    connection: Connection, *, ids: Sequence[UUID], like: Sequence[Described]
) -> list[Person]:
    """Lock everyone who could be meant, in the order of their ids."""
    numbered = [one for one in like if one.nhs_number is not None]
    alike = [one for one in like if one.likeness is not None]
    alone = [one for one in alike if one.nhs_number is None]
    beside = [one for one in alike if one.nhs_number is not None]
    rows = await connection.fetch(
        _SQL["lock_people"],
        list(ids),
        [one.pcn_code for one in numbered],
        [one.nhs_number for one in numbered],
        [one.pcn_code for one in alone],
        [one.likeness for one in alone],
        [one.pcn_code for one in beside],
        [one.likeness for one in beside],
    )
    return [_person(row) for row in rows]


def as_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as the JSON that ``json_populate_recordset`` reads: one parameter for any number."""
    return to_json(rows).decode()


def person_row(person: Person) -> dict[str, Any]:
    """Give a person's row but for the time they became known, which never changes."""
    details = person.details
    return {
        "id": person.id,
        "pcn_code": person.pcn_code,
        "practice_code": details.practice_code,
        "nhs_number": details.nhs_number,
        "given_name": details.given_name,
        "family_name": details.family_name,
        "birth_date": details.birth_date,
        "sex": details.sex,
        "ethnicity_category": details.ethnicity_category,
        "deprivation_decile": details.deprivation_decile,
        "language": details.language,
        "postcode": details.postcode,
        "email": details.email,
        "phone": details.phone,
        "messages_consented": person.consent.messages_consented,
        "safe_channel": person.consent.safe_channel,
        "likeness": details.likeness,
        "version": person.version,
        "preferred_name": details.preferred_name,
        "gender": details.gender,
        "interpreter_needed": details.interpreter_needed,
        "access_needs": details.access_needs,
        "preferred_channel": details.preferred_channel,
        "contact_days": details.contact_days,
        "contact_from": details.contact_from,
        "contact_until": details.contact_until,
        "leave_no_message": details.leave_no_message,
        "neutral_sender": details.neutral_sender,
        "address_lines": details.address_lines,
    }


def _person(row: Record) -> Person:
    return Person(
        id=row["id"],
        pcn_code=row["pcn_code"],
        details=PersonDetails(
            practice_code=row["practice_code"],
            nhs_number=row["nhs_number"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            birth_date=row["birth_date"],
            sex=row["sex"],
            ethnicity_category=row["ethnicity_category"],
            deprivation_decile=row["deprivation_decile"],
            language=row["language"],
            postcode=row["postcode"],
            email=row["email"],
            phone=row["phone"],
            preferred_name=row["preferred_name"],
            gender=row["gender"],
            interpreter_needed=row["interpreter_needed"],
            access_needs=tuple(row["access_needs"]),
            preferred_channel=row["preferred_channel"],
            contact_days=tuple(row["contact_days"]),
            contact_from=row["contact_from"],
            contact_until=row["contact_until"],
            leave_no_message=row["leave_no_message"],
            neutral_sender=row["neutral_sender"],
            address_lines=tuple(row["address_lines"]),
        ),
        consent=Consent(row["messages_consented"], row["safe_channel"]),
        version=row["version"],
        merged_into=row["merged_into"],
        deceased=row["deceased"],
    )
