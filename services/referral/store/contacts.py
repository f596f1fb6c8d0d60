"""Contacts as rows: what stands of each, and the versions that were put aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.contacts import Contact, ContactFact, Counted
from services.referral.domain.episodes import Episode
from services.referral.store.episodes import episode_of, episode_rows
from services.referral.store.people import as_rows

_SQL: Final = Queries("services.referral")
_FACT: Final = tuple(ContactFact.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class ContactHeld:
    """A contact with the words about it, which no rule looks at."""

    contact: Contact
    note: str | None
    dangers: tuple[str, ...] = ()


async def lock_episodes_of_contacts(
    connection: Connection, contact_ids: Sequence[UUID]
) -> dict[UUID, Episode]:
    """Lock the episodes of these contacts, by id."""
    rows = await connection.fetch(_SQL["lock_episodes_of_contacts"], list(contact_ids))
    return {row["id"]: episode_of(row) for row in rows}


async def load_contacts(
    connection: Connection, contact_ids: Sequence[UUID]
) -> dict[UUID, ContactHeld]:
    """Read contacts whose episodes are locked."""
    rows = await connection.fetch(_SQL["load_contacts"], list(contact_ids))
    return {
        row["id"]: ContactHeld(_contact(row), row["note"], tuple(row["dangers"] or ()))
        for row in rows
    }


async def load_first_contacts(
    connection: Connection, episodes: Iterable[Episode]
) -> dict[UUID, list[Counted]]:
    """Read the first two contacts made of each episode that stand; the episodes are locked."""
    first: dict[UUID, list[Counted]] = {}
    spoken = [episode.id for episode in episodes if episode.contact_count]
    if not spoken:
        return first
    for row in await connection.fetch(_SQL["load_first_contacts"], spoken):
        counted = Counted(row["id"], row["number"], row["occurred_at"], row["practice_code"])
        first.setdefault(row["episode_id"], []).append(counted)
    return first


async def write_contacts(
    connection: Connection, *, episodes: Sequence[Episode], contacts: Sequence[Mapping[str, Any]]
) -> None:
    """Store contacts and what they changed of their episodes."""
    await connection.execute(
        _SQL["write_contacts"],
        episode_rows(episodes),
        as_rows(contacts),
        [episode.id for episode in episodes],
    )


async def write_corrections(
    connection: Connection,
    *,
    contacts: Sequence[ContactHeld],
    superseded: Sequence[Mapping[str, Any]],
) -> None:
    """Let contacts stand as they now do, and keep the versions put aside."""
    await connection.execute(
        _SQL["write_corrections"],
        as_rows([_row(held) for held in contacts]),
        as_rows(superseded),
        [held.contact.id for held in contacts],
    )


def fact_columns(fact: ContactFact) -> dict[str, Any]:
    """Give what is said of a contact, by column."""
    return asdict(fact)


def _row(held: ContactHeld) -> dict[str, Any]:
    contact = held.contact
    return {
        "id": contact.id,
        **fact_columns(contact.fact),
        "note": held.note,
        "dangers": list(held.dangers),
        "number": contact.number,
        "version": contact.version,
        "voided_at": contact.voided_at,
    }


def _contact(row: Record) -> Contact:
    return Contact(
        id=row["id"],
        episode_id=row["episode_id"],
        referral_id=row["referral_id"],
        practice_code=row["practice_code"],
        worker_id=row["worker_id"],
        fact=ContactFact(**{name: row[name] for name in _FACT}),
        number=row["number"],
        version=row["version"],
        voided_at=row["voided_at"],
    )
