"""Consents' rows, and the one question everything that leaves the network asks: may this be shared.

Promise    ``may_share`` answers by what stands when something is handed over, never by what stood
           when it was written down; until its transaction ends, nobody can take it back.
Price      Who takes a consent back waits for who is sharing under it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.consent import (
    Holder,
    Permission,
    Recipient,
    Said,
    SharingConsent,
    agreed,
)
from services.referral.store.people import as_rows

MESSAGES: Final = "messages"

_SQL: Final = Queries("services.referral")


async def may_share(
    connection: Connection, person_id: UUID, recipient: Recipient, purpose: str, now: datetime
) -> Permission | None:
    """Give what the person agreed this recipient may have for this purpose; None: nothing."""
    found = await may_share_of(connection, [person_id], recipient, purpose, now)
    return found.get(person_id)


async def may_share_of(
    connection: Connection,
    person_ids: Collection[UUID],
    recipient: Recipient,
    purpose: str,
    now: datetime,
) -> dict[UUID, Permission]:
    """Ask the same of many people in one statement; who is missing did not agree."""
    if not person_ids:
        return {}
    said = await said_of(connection, person_ids, recipient, purpose)
    found = {person_id: agreed(known, now) for person_id, known in said.items()}
    return {person_id: one for person_id, one in found.items() if one is not None}


async def said_of(
    connection: Connection, person_ids: Collection[UUID], recipient: Recipient, purpose: str
) -> dict[UUID, list[Said]]:
    """Give what each person said of a recipient and a purpose, on whichever of their records."""
    rows = await connection.fetch(
        _SQL["share_lock_consents"], list(person_ids), recipient.kind, recipient.id, purpose
    )
    said: dict[UUID, list[Said]] = {}
    for row in rows:
        one = Said(consent_of(row), row["said_at"], row["settled_at"])
        said.setdefault(row["asked_id"], []).append(one)
    return said


async def messages_said(
    connection: Connection, person_ids: Collection[UUID]
) -> dict[UUID, list[Said]]:
    """Give what each person said of being sent messages; who is missing never did."""
    if not person_ids:
        return {}
    return await said_of(connection, person_ids, Recipient("person", ""), MESSAGES)


async def note_shared(
    connection: Connection, shared: Iterable[tuple[Permission, Collection[str]]], now: datetime
) -> None:
    """Note who got what under permissions of this transaction; they answer for it from then on."""
    rows = [
        {
            "consent_id": consent_id,
            "holder_kind": permission.recipient.kind,
            "holder_id": permission.recipient.id,
            "pcn_code": permission.pcn_code,
            "has": sorted(permission.of(what)),
            "since": now,
            "latest_at": now,
        }
        for permission, what in {one.consent_id: (one, what) for one, what in shared}.values()
        if permission.of(what)
        # Whichever of them is taken back, whoever has something is asked.
        for consent_id in (permission.consent_id, *permission.also)
    ]
    if rows:
        await connection.execute(_SQL["note_holders"], as_rows(rows))


async def find_consent(connection: Connection, consent_id: UUID) -> Record | None:
    """Find whose a consent is, before the person is locked."""
    return await connection.fetchrow(_SQL["find_consent"], consent_id)


async def lock_consent(connection: Connection, consent_id: UUID) -> SharingConsent | None:
    """Lock one consent with its holders, after its person."""
    row = await connection.fetchrow(_SQL["lock_consent"], consent_id)
    return await _with_holders(connection, row)


async def lock_consent_for(
    connection: Connection, person_id: UUID, recipient: Recipient, purpose: str
) -> SharingConsent | None:
    """Lock the consent of a person for a recipient and a purpose, after the person."""
    row = await connection.fetchrow(
        _SQL["lock_consent_for"], person_id, recipient.kind, recipient.id, purpose
    )
    return await _with_holders(connection, row)


async def write_consent(
    connection: Connection,
    consent: SharingConsent,
    step: Mapping[str, Any],
    *,
    source_id: UUID | None = None,
) -> None:
    """Store a consent with the step that led to where it stands.

    ``source_id`` is the consent of another network that a new one came from.
    """
    row = {**_row(consent), "source_id": source_id}
    await connection.execute(_SQL["write_consent"], as_rows([row]))
    await _write_step(connection, consent, step)


async def write_end(
    connection: Connection, consent: SharingConsent, step: Mapping[str, Any]
) -> None:
    """Store a consent that ended by itself."""
    await connection.execute(
        _SQL["update_consent"], consent.id, consent.status, consent.change, consent.version
    )
    await _write_step(connection, consent, step)


async def taken_back_at(connection: Connection, consent_id: UUID) -> datetime | None:
    """Give when something was last taken back."""
    return await connection.fetchval(_SQL["consent_taken_back_at"], consent_id)


async def person_took_back_at(
    connection: Connection, consent_ids: Collection[UUID]
) -> datetime | None:
    """Give when the person last took something back of these; None: never."""
    return await connection.fetchval(_SQL["when_person_took_back"], list(consent_ids))


async def _write_step(
    connection: Connection, consent: SharingConsent, step: Mapping[str, Any]
) -> None:
    if consent.holders:
        holders = [_holder_row(consent, one) for one in consent.holders.values()]
        await connection.execute(_SQL["update_consent_holders"], as_rows(holders))
    await connection.execute(_SQL["add_consent_step"], as_rows([step]))


async def list_of_person(
    connection: Connection, person_id: UUID, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give a page of a person's consents."""
    return await connection.fetch(_SQL["list_consents_of_person"], person_id, after, limit)


async def list_held(
    connection: Connection,
    recipients: Collection[Recipient],
    *,
    only_to_confirm: bool,
    after: UUID | None,
    limit: int,
) -> list[Record]:
    """Give a page of what recipients have, in whichever networks."""
    return await connection.fetch(
        _SQL["list_consents_held"],
        [one.kind for one in recipients],
        [one.id for one in recipients],
        only_to_confirm,
        after,
        limit,
    )


async def view_consent(connection: Connection, consent_id: UUID) -> Record | None:
    """Give one consent."""
    return await connection.fetchrow(_SQL["view_consent"], consent_id)


async def list_holders(connection: Connection, consent_id: UUID) -> list[Record]:
    """Give who has something of it."""
    return await connection.fetch(_SQL["load_consent_holders"], consent_id)


async def list_steps(connection: Connection, consent_id: UUID, *, limit: int) -> list[Record]:
    """Give how it came to stand."""
    return await connection.fetch(_SQL["list_steps_of_consent"], consent_id, limit)


async def _with_holders(connection: Connection, row: Record | None) -> SharingConsent | None:
    if row is None:
        return None
    consent = consent_of(row)
    rows = await connection.fetch(_SQL["load_consent_holders"], consent.id)
    consent.holders = {one.recipient: one for one in map(_holder, rows)}
    return consent


def as_shown(consent: SharingConsent, at: datetime) -> dict[str, Any]:
    """Give a consent as it is shown; ``stands`` counts its last day, whoever noted it."""
    return {
        "id": consent.id,
        "person_id": consent.person_id,
        "pcn_code": consent.pcn_code,
        "recipient": {"kind": consent.recipient.kind, "id": consent.recipient.id},
        "purpose": consent.purpose,
        "scope": sorted(consent.scope),
        "expires_on": consent.expires_on,
        "given_at": consent.given_at,
        "status": consent.status,
        "stands": consent.permits(at),
        "version": consent.version,
    }


def consent_of(row: Record) -> SharingConsent:
    """Read a consent from a row that holds all of it but its holders."""
    return SharingConsent(
        id=row["id"],
        person_id=row["person_id"],
        pcn_code=row["pcn_code"],
        recipient=Recipient(row["recipient_kind"], row["recipient_id"]),
        purpose=row["purpose"],
        scope=frozenset(row["scope"]),
        expires_on=row["expires_on"],
        given_at=row["given_at"],
        status=row["status"],
        change=row["change"],
        version=row["version"],
    )


def _holder(row: Record) -> Holder:
    return Holder(
        recipient=Recipient(row["holder_kind"], row["holder_id"]),
        has=frozenset(row["has"]),
        since=row["since"],
        latest_at=row["latest_at"],
        owes=row["owes"],
        acknowledged=row["acknowledged"],
        acknowledged_at=row["acknowledged_at"],
    )


def _row(consent: SharingConsent) -> dict[str, Any]:
    return {
        "id": consent.id,
        "pcn_code": consent.pcn_code,
        "person_id": consent.person_id,
        "recipient_kind": consent.recipient.kind,
        "recipient_id": consent.recipient.id,
        "purpose": consent.purpose,
        "scope": sorted(consent.scope),
        "expires_on": consent.expires_on,
        "given_at": consent.given_at,
        "status": consent.status,
        "change": consent.change,
        "version": consent.version,
    }


def _holder_row(consent: SharingConsent, holder: Holder) -> dict[str, Any]:
    return {
        "consent_id": consent.id,
        "holder_kind": holder.recipient.kind,
        "holder_id": holder.recipient.id,
        "pcn_code": consent.pcn_code,
        "has": sorted(holder.has),
        "since": holder.since,
        "latest_at": holder.latest_at,
        "owes": holder.owes,
        "acknowledged": holder.acknowledged,
        "acknowledged_at": holder.acknowledged_at,
    }
