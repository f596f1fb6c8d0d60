"""Contacts that were recorded otherwise than they were: corrected, voided, and what stood before."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api.answers import OfReferral, Told
from services.referral.api.door import Door, answer
from services.referral.commands.contacts import ContactCorrection, ContactVoiding
from services.referral.use_cases.corrections import correct_contact, void_contact
from services.referral.views.contacts import list_versions, view_contact

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]

CORRECTION: Final[dict[str, Any]] = {"reason": "mistyped", "minutes": 25}
VOIDING: Final[dict[str, Any]] = {"reason": "duplicate"}


class ContactPutRight(OfReferral):
    """A contact as it now stands."""

    worker_id: UUID | None
    role: codes.WorkerRole
    outcome: codes.ContactOutcome
    missed_reason: codes.MissedReason | None
    mode: codes.ContactMode
    minutes: int | None
    with_role: codes.TeamRole | None
    understanding: codes.Understanding | None
    contact_number: int | None
    dangers: list[codes.Danger]
    alarms_standing: list[UUID] = Field(
        description="Alarms raised for it that nobody has closed. Taking a danger back closes none."
    )
    voided_at: datetime | None
    supersedes: int = Field(description="The version that no longer stands.")


class ContactAsStood(Told):
    """What was said of a contact."""

    version: int
    outcome: codes.ContactOutcome
    missed_reason: codes.MissedReason | None
    mode: codes.ContactMode
    minutes: int | None
    role: codes.WorkerRole
    with_role: codes.TeamRole | None
    understanding: codes.Understanding | None
    note: str | None
    number: int | None
    dangers: list[codes.Danger] = Field(description="The risks that were named.")
    occurred_at: datetime


class ContactAsStands(ContactAsStood):
    """A contact as it stands."""

    voided_at: datetime | None


class ContactPutAside(ContactAsStood):
    """A version of a contact that no longer stands, and why."""

    reason: codes.CorrectionReason
    voided: bool = Field(description="True where nothing stands in its place.")
    superseded_at: datetime
    superseded_by: UUID | None


class ContactVersions(Told):
    """A page of the versions that were put aside, the first one first."""

    items: list[ContactPutAside]
    next: str | None


def make_router(door: Door) -> APIRouter:
    """Make the routes on one contact."""
    router = APIRouter(tags=["casework"])
    _add_changes(router, door)

    @router.get(
        "/contacts/{contact_id}",
        summary="Show a contact",
        responses={200: {"model": ContactAsStands}},
    )
    async def contact(
        request: Request, caller: OfPcn, contact_id: UUID, reason: Reason
    ) -> Response:
        """Show a contact as it stands. Its ETag is what a correction names."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await view_contact(connection, acting, contact_id)
        return answer(shown, version=shown["version"])

    @router.get(
        "/contacts/{contact_id}/history",
        summary="Show what was recorded of a contact before",
        responses={200: {"model": ContactVersions}},
    )
    async def history(
        request: Request, caller: OfPcn, contact_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the versions of a contact that were put aside, with when and why."""
        acting = await door.acting(request, caller, reason=reason)
        after = int(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await list_versions(
                connection, acting, contact_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (row["version"],), item=dict))

    _ = contact, history
    return router


def _add_changes(router: APIRouter, door: Door) -> None:
    @router.post(
        "/contacts/{contact_id}/corrections",
        status_code=201,
        summary="Correct a contact",
        responses={201: {"model": ContactPutRight}},
        **described(example=CORRECTION, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def correct(
        request: Request,
        caller: OfPcn,
        contact_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: ContactCorrection,
        reason: Reason,
    ) -> Response:
        """Say how a contact was instead. What was recorded stays readable in its history."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await correct_contact(connection, acting, contact_id, expected, body)

        return await door.create(acting, keyed, record, location=lambda _: _path(contact_id))

    @router.post(
        "/contacts/{contact_id}/voiding",
        status_code=201,
        summary="Void a contact",
        responses={201: {"model": ContactPutRight}},
        **described(example=VOIDING, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def void(
        request: Request,
        caller: OfPcn,
        contact_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: ContactVoiding,
        reason: Reason,
    ) -> Response:
        """Say that a contact never was. It stays readable in its history, and counts no more."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await void_contact(connection, acting, contact_id, expected, body)

        return await door.create(acting, keyed, record, location=lambda _: _path(contact_id))

    _ = correct, void


def _path(contact_id: UUID) -> str:
    return f"/contacts/{contact_id}"
