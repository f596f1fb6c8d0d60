"""Entering workers, and granting, changing and ending memberships.

Promise    A membership is granted only in a region whose register the caller keeps, in the kind of
           organisation its role is held in; a region is never left without a registrar. Of a member
           only the key is kept: a keyed hash of issuer and subject.
Not here   Deriving the key, and reading memberships when somebody asks: ``chassis.access``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis import outbox
from chassis.access import register as access
from chassis.access.workers import worker_id_of
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, Refusal, RuleBroken
from services.directory import published
from services.directory.domain.register import (
    Announced,
    Moment,
    RoleHeldElsewhere,
    RoleNeverGranted,
    require_role_fits,
)
from services.directory.published import Telling
from services.directory.store import belonging as belonging_store
from services.directory.store import listings as listing_store
from services.directory.store import register as store
from services.directory.store.belonging import WorkerToCarry
from services.directory.store.register import Membership, Worker
from services.directory.use_cases.organisations import NOT_MERGED, OWN_PCN
from services.directory.use_cases.outcome import Outcome, entered, first_telling, known

OWN_ORGANISATION = "must be an organisation of a region whose register you keep"


@dataclass(frozen=True, slots=True)
class WorkerEntry:
    """A worker as entered: the only place a worker's name and contact go."""

    pcn_code: str
    member_key: str | None
    name: str
    email: str
    phone: str | None
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class MembershipEntry:
    """A membership as granted."""

    member_key: str
    role: str
    organisation_kind: str
    organisation_code: str
    granted_by: str
    granted_by_role: str | None = None
    replaces_id: UUID | None = None


async def register_worker(connection: Connection, entry: WorkerEntry, moment: Moment) -> Outcome:
    """Enter a worker of a PCN, or what changed of them.

    A worker who is a member is known by the id their work is told under; any other by the
    address.
    """
    pcn = await store.find_organisation(connection, "pcn", entry.pcn_code)
    if pcn is None:
        raise RuleBroken(BrokenRule("/pcn_code", OWN_PCN))
    if await belonging_store.merge_of_pcn(connection, entry.pcn_code) is not None:
        raise RuleBroken(BrokenRule("/pcn_code", NOT_MERGED))
    telling = first_telling(moment)
    worker = Worker(
        id=new_id() if entry.member_key is None else worker_id_of(entry.member_key),
        pcn_code=entry.pcn_code,
        name=entry.name,
        email=entry.email.lower(),
        phone=entry.phone,
        roles=tuple(dict.fromkeys(entry.roles)),
        announced=_announced(telling),
    )
    created = await store.enter_worker(connection, worker, region_code=pcn.region_code) is not None
    if not created:
        standing = await _standing(connection, worker, is_member=entry.member_key is not None)
        worker = replace(worker, id=standing.id)
        if worker == replace(standing, announced=worker.announced):
            return known(standing.announced, _about_worker(standing))
        version = await store.change_worker(
            connection, worker, event_id=telling.event_id, moment=moment
        )
        telling = replace(telling, version=version)
    event = published.worker_registered(
        telling, worker_id=worker.id, pcn_code=worker.pcn_code, roles=worker.roles
    )
    await outbox.record(connection, [event])
    return entered(telling, _about_worker(worker), created=created)


async def carry_worker(
    connection: Connection,
    worker: WorkerToCarry,
    *,
    pcn_code: str,
    region_code: str,
    moment: Moment,
) -> None:
    """Enter a worker of one PCN in another under the same id, which that PCN does not know."""
    telling = first_telling(moment)
    carried = Worker(
        id=worker.id,
        pcn_code=pcn_code,
        name=worker.name,
        email=worker.email,
        phone=worker.phone,
        roles=worker.roles,
        announced=_announced(telling),
    )
    if await store.enter_worker(connection, carried, region_code=region_code) is None:
        return
    event = published.worker_registered(
        telling, worker_id=worker.id, pcn_code=pcn_code, roles=worker.roles
    )
    await outbox.record(connection, [event])


async def _standing(connection: Connection, worker: Worker, *, is_member: bool) -> Worker:
    """The one worker that is meant; two, or another member's address, is a conflict."""
    like = await store.lock_workers_like(connection, worker)
    if len(like) != 1 or (is_member and like[0].id != worker.id):
        raise Refusal(409, "address-taken", "Another worker of this PCN has this address.")
    return like[0]


async def grant_membership(
    connection: Connection, entry: MembershipEntry, moment: Moment
) -> Outcome:
    """Let a member act in a role for an organisation; held already, it stays as it is."""
    _require_role_fits(entry)
    region_code = await _region_of(connection, entry)
    telling = first_telling(moment)
    membership = Membership(
        id=new_id(),
        member_key=entry.member_key,
        role=entry.role,
        organisation_kind=entry.organisation_kind,
        organisation_code=entry.organisation_code,
        granted_by=entry.granted_by,
        announced=_announced(telling),
        ended_at=None,
        granted_by_role=entry.granted_by_role,
        replaces_id=entry.replaces_id,
    )
    version = await store.grant_membership(connection, membership, region_code=region_code)
    if version is None:
        held = await store.held_membership(connection, membership)
        if held is None:
            # Ended by another transaction between the two statements: repeat it.
            raise Refusal(409, "membership-changing", "This membership is changing just now.")
        return known(held.announced, _about_membership(held))
    event = published.membership_granted(
        telling,
        membership_id=membership.id,
        member_key=membership.member_key,
        role=membership.role,
        organisation_kind=membership.organisation_kind,
        organisation_code=membership.organisation_code,
        granted_by=membership.granted_by,
        granted_by_role=membership.granted_by_role,
        replaces_membership_id=membership.replaces_id,
    )
    await outbox.record(connection, [event])
    await access.store_membership(
        connection,
        access.Grant(
            membership.id,
            membership.member_key,
            membership.role,
            membership.organisation_kind,
            membership.organisation_code,
        ),
    )
    return entered(telling, _about_membership(membership), created=True)


def _require_role_fits(entry: MembershipEntry) -> None:
    try:
        require_role_fits(entry.role, entry.organisation_kind)
    except RoleNeverGranted:
        raise RuleBroken(BrokenRule("/role", "must be a role that is held by membership")) from None
    except RoleHeldElsewhere as elsewhere:
        raise RuleBroken(
            BrokenRule(
                "/organisation_kind", f"must be {' or '.join(elsewhere.kinds)} for this role"
            )
        ) from None


async def change_role(
    connection: Connection,
    membership_id: UUID,
    role: str,
    *,
    changed_by: str,
    changed_by_role: str,
    moment: Moment,
) -> Outcome:
    """Let a member act in another role at the same organisation, in place of this one.

    A role that somebody holds is never rewritten: one membership ends and another begins in the
    same transaction, so that every reader of memberships granted and ended takes part.
    """
    standing = await store.lock_membership(connection, membership_id)
    if standing is None:
        raise NothingFound
    if standing.role == role and standing.ended_at is None:
        return known(standing.announced, _about_membership(standing))
    if standing.ended_at is not None:
        held = await store.held_membership(connection, replace(standing, role=role))
        if held is None:
            raise Refusal(409, "membership-over", "This membership has ended. Grant a new one.")
        return known(held.announced, _about_membership(held))
    entry = MembershipEntry(
        member_key=standing.member_key,
        role=role,
        organisation_kind=standing.organisation_kind,
        organisation_code=standing.organisation_code,
        granted_by=changed_by,
        granted_by_role=changed_by_role,
        replaces_id=membership_id,
    )
    _require_role_fits(entry)
    await end_membership(connection, membership_id, moment, ended_by=changed_by)
    return await grant_membership(connection, entry, moment)


async def end_membership(
    connection: Connection, membership_id: UUID, moment: Moment, *, ended_by: str | None
) -> Outcome:
    """End a membership; ended already, it stays as it is."""
    membership = await store.lock_membership(connection, membership_id)
    if membership is None:
        raise NothingFound
    if membership.ended_at is not None:
        return known(membership.announced, _about_membership(membership))
    if membership.role == "registrar":
        await _require_another_registrar(connection, membership)
    event_id = new_id()
    version = await store.end_membership(
        connection, membership_id, event_id=event_id, moment=moment, ended_by=ended_by
    )
    telling = Telling(event_id, version, moment)
    event = published.membership_ended(
        telling,
        membership_id=membership.id,
        member_key=membership.member_key,
        role=membership.role,
        organisation_kind=membership.organisation_kind,
        organisation_code=membership.organisation_code,
    )
    await outbox.record(connection, [event])
    await access.end_membership(connection, membership.id)
    return entered(telling, _about_membership(membership), created=False)


async def _require_another_registrar(connection: Connection, membership: Membership) -> None:
    """The region is held, so two registrars cannot end each other at the same moment."""
    others = await store.count_other_registrars(
        connection, region_code=membership.organisation_code, member_key=membership.member_key
    )
    if others == 0:
        raise Refusal(
            409, "last-registrar", "A region keeps at least one registrar. Grant another first."
        )


async def _region_of(connection: Connection, entry: MembershipEntry) -> str:
    kind, code = entry.organisation_kind, entry.organisation_code
    # A provider is one by its listings; whoever refers was entered as an organisation that does.
    if kind == "organization" and entry.role != "referrer":
        organization_id = _uuid(code)
        if organization_id is not None:
            found = await listing_store.organization_by_id(connection, organization_id)
            if found is not None:
                return found.region_code
    else:
        organisation = await store.find_organisation(connection, kind, code)
        if organisation is not None:
            return organisation.region_code
    raise RuleBroken(BrokenRule("/organisation_code", OWN_ORGANISATION))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _announced(telling: Telling) -> Announced:
    return Announced(
        telling.version,
        telling.event_id,
        telling.moment.occurred_at,
        telling.moment.recorded_at,
    )


def _about_worker(worker: Worker) -> dict[str, object]:
    return {
        "id": worker.id,
        "worker_id": worker.id,
        "pcn_code": worker.pcn_code,
        "roles": list(worker.roles),
    }


def _about_membership(membership: Membership) -> dict[str, object]:
    return {
        "id": membership.id,
        "membership_id": membership.id,
        "member_key": membership.member_key,
        "role": membership.role,
        "organisation_kind": membership.organisation_kind,
        "organisation_code": membership.organisation_code,
    }
