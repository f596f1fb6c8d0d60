"""What is shown of consents: to the network all of it, to a recipient what it may have and owes."""

from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from services.referral.acting import Acting
from services.referral.domain.consent import Recipient, RecipientKind
from services.referral.store import about_person
from services.referral.store import consent as store
from services.referral.views import audit, check_colleague

STEPS_SHOWN_MAX: Final = 200


async def list_consents(
    connection: Connection, acting: Acting, person_id: UUID, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Give a page of what a person agreed to, and how many have something of it."""
    whose = await _whose(connection, acting, person_id)
    rows = await store.list_of_person(connection, person_id, after=after, limit=limit)
    shared = await _what_counts(connection, acting, person_id, rows)
    await audit(connection, acting, "consent.list", [(f"person/{person_id}", whose)])
    return [
        {
            **store.as_shown(store.consent_of(row), acting.now),
            "holders": row["holders"],
            "outstanding": row["outstanding"],
            "counts": shared.get(_about(row)),
        }
        for row in rows
    ]


async def list_held(
    connection: Connection,
    acting: Acting,
    recipients: Sequence[Recipient],
    *,
    only_to_confirm: bool,
    after: UUID | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Give a page of what the caller's organisations have of people, and are asked to confirm."""
    rows = await store.list_held(
        connection, recipients, only_to_confirm=only_to_confirm, after=after, limit=limit
    )
    await audit(
        connection, acting, "consent.list-held", [(f"consent/{row['id']}", row) for row in rows]
    )
    return [{**_without_person(row, acting), "held": _holder(row)} for row in rows]


def _without_person(row: Record, acting: Acting) -> dict[str, Any]:
    shown = store.as_shown(store.consent_of(row), acting.now)
    del shown["person_id"]
    return shown


async def _what_counts(
    connection: Connection, acting: Acting, person_id: UUID, rows: Sequence[Record]
) -> dict[tuple[str, str, str], list[str]]:
    """Give what may be shared where records were merged; else each consent speaks for itself."""
    merged = [row for row in rows if row["is_merged"]]
    found: dict[tuple[str, str, str], list[str]] = {}
    for about in dict.fromkeys(map(_about, merged)):
        kind, recipient_id, purpose = about
        recipient = Recipient(cast("RecipientKind", kind), recipient_id)
        permission = await store.may_share(connection, person_id, recipient, purpose, acting.now)
        found[about] = sorted(permission.scope) if permission else []
    return found


def _about(row: Record) -> tuple[str, str, str]:
    return row["recipient_kind"], row["recipient_id"], row["purpose"]


async def view_consent(connection: Connection, acting: Acting, consent_id: UUID) -> dict[str, Any]:
    """Give a consent with everybody who has something of it, and what each still owes."""
    row = await store.view_consent(connection, consent_id)
    if row is None:
        raise NothingFound
    whole = acting.caller.may_see(row["pcn_code"])
    if whole:
        await _whose(connection, acting, row["person_id"])
    # The row policies leave a recipient itself alone of the holders.
    holders = await store.list_holders(connection, consent_id)
    steps = await store.list_steps(connection, consent_id, limit=STEPS_SHOWN_MAX)
    await audit(connection, acting, "consent.read", [(f"consent/{consent_id}", row)])
    shown = {
        **store.as_shown(store.consent_of(row), acting.now),
        "holders": [_holder(one) for one in holders],
        "steps": [dict(step) for step in steps],
    }
    if not whole:
        del shown["person_id"]
    return shown


async def _whose(connection: Connection, acting: Acting, person_id: UUID) -> Record:
    whose = await about_person.find_whose(connection, person_id)
    if whose is None:
        raise NothingFound
    check_colleague(acting, whose)
    return whose


def _holder(row: Record) -> dict[str, Any]:
    return {
        "holder": {"kind": row["holder_kind"], "id": row["holder_id"]},
        "has": list(row["has"]),
        "since": row["since"],
        "latest_at": row["latest_at"],
        "to_acknowledge": row["owes"],
        "acknowledged": row["acknowledged"],
        "acknowledged_at": row["acknowledged_at"],
    }
