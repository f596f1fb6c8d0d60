"""Entering the organisations that refer and are no practices: hospitals, councils, groups.

Promise    One with an ODS code is known by that code, any other by the id it has here, so that a
           voluntary group that offers something and refers is one organisation. No code that opens
           something in the row policies is ever given to a second organisation.
Not here   Who may refer for it, which are memberships (``members``); what is referred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import outbox
from chassis.access import register as access
from chassis.database import Connection
from chassis.refusals import BrokenRule, Refusal, RuleBroken
from contracts import codes
from services.directory import published
from services.directory.domain.register import Moment
from services.directory.store import listings as listing_store
from services.directory.store import register as store
from services.directory.use_cases.organisations import OWN_REGION
from services.directory.use_cases.outcome import Outcome, entered, first_telling, known

KIND = "organization"


@dataclass(frozen=True, slots=True)
class ReferrerEntry:
    """An organisation that refers, as it is entered: by its code, or by its id here."""

    referrer_kind: codes.ReferrerKind
    region_code: str
    ods_code: str | None
    organization_id: UUID | None
    name: str | None
    contact_email: str | None


async def register_referrer(
    connection: Connection, regions: Sequence[str], entry: ReferrerEntry, moment: Moment
) -> Outcome:
    """Enter an organisation that refers, or what changed of it."""
    if entry.region_code not in regions:
        raise RuleBroken(BrokenRule("/region_code", OWN_REGION))
    code, name = await _known_as(connection, entry)
    telling = first_telling(moment)
    version = await store.enter_organisation(
        connection,
        kind=KIND,
        code=code,
        region_code=entry.region_code,
        name=name,
        event_id=telling.event_id,
        moment=moment,
        referrer_kind=entry.referrer_kind,
    )
    if entry.contact_email is not None and version is not None:
        await _write_to(connection, code, entry.region_code, entry.contact_email)
    about = _about(entry, code, name)
    if version is None:
        standing = await store.lock_organisation(connection, KIND, code)
        if standing is None or standing.region_code != entry.region_code:
            raise Refusal(409, "code-taken", "This code is another organisation's.")
        if entry.contact_email is not None:
            await _write_to(connection, code, entry.region_code, entry.contact_email)
        if (standing.name, standing.referrer_kind) == (name, entry.referrer_kind):
            return known(standing.announced, about)
        version = await store.rename_organisation(
            connection,
            kind=KIND,
            code=code,
            name=name,
            event_id=telling.event_id,
            moment=moment,
            referrer_kind=entry.referrer_kind,
        )
    telling = published.Telling(telling.event_id, version, moment)
    event = published.referring_organisation_registered(
        telling,
        organisation_code=code,
        referrer_kind=entry.referrer_kind,
        region_code=entry.region_code,
        name=name,
    )
    await outbox.record(connection, [event])
    await access.store_organisation(
        connection,
        access.Organisation(KIND, code, entry.region_code, None, name, entry.referrer_kind),
    )
    return entered(telling, about, created=version == 1)


async def _known_as(connection: Connection, entry: ReferrerEntry) -> tuple[str, str]:
    """Give the code it is known by and its name: its own, or those it offers something under."""
    if entry.organization_id is None:
        return entry.ods_code or "", entry.name or ""
    organization = await listing_store.organization_by_id(connection, entry.organization_id)
    if organization is None or organization.region_code != entry.region_code:
        raise RuleBroken(BrokenRule("/organization_id", "must be an organisation of this region"))
    return str(organization.id), entry.name or organization.name


async def _write_to(connection: Connection, code: str, region_code: str, email: str) -> None:
    await store.set_practice_contact(
        connection, practice_code=code, region_code=region_code, email=email
    )


def _about(entry: ReferrerEntry, code: str, name: str) -> dict[str, object]:
    return {
        "id": code,
        "organisation_code": code,
        "ods_code": entry.ods_code,
        "organization_id": entry.organization_id,
        "referrer_kind": entry.referrer_kind,
        "region_code": entry.region_code,
        "name": name,
    }
