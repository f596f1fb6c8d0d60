"""The doors to the life of a listing: changed, published, doubted, hidden, withdrawn, brought back.

Promise    A change names the version it was made from. What waits for approval is answered as 202,
           and nothing of it is public until it was approved.
"""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis import clock
from chassis.refusals import NothingFound
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory.api import listing_change_forms as forms
from services.directory.api.doors import moment_of
from services.directory.api.listing_doors import (
    KeeperDoor,
    ListingDoor,
    OwnerDoor,
    PublisherDoor,
    changed,
)
from services.directory.domain.listings import Step
from services.directory.domain.register import Moment
from services.directory.use_cases import listing_changes, listing_life
from services.directory.use_cases.listing_changes import ListingChange
from services.directory.use_cases.listing_life import Why
from services.directory.use_cases.outcome import Outcome
from services.directory.views import listings as views

router = APIRouter(tags=["listings"])

VERSION_MAX: Final = 2**62
DEMO: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}


@router.get("/services/{service_id}/entry")
async def show_entry(door: KeeperDoor, service_id: UUID) -> Response:
    """One listing as it stands, drafts and hidden ones too, with the ETag to change it by."""
    async with door.database.transaction(organisations=door.organisations) as connection:
        shown = await views.entered_listing(connection, service_id)
    if shown is None:
        raise NothingFound
    return _answer(shown)


@router.get("/services/{service_id}/history")
async def show_history(door: KeeperDoor, service_id: UUID, page: Page) -> dict[str, Any]:
    """The versions of a listing, the latest first: who, when, why, and what became otherwise."""
    (before,) = page.after or (VERSION_MAX,)
    async with door.database.transaction(organisations=door.organisations) as connection:
        rows = await views.history_page(
            connection, service_id, before=int(before or 0), rows=page.limit_and_one
        )
    if not rows and page.after is None:
        raise NothingFound
    return page.answer(rows, key=lambda row: (row["version"],))


@router.patch("/services/{service_id}", **described(example=forms.CHANGE_EXAMPLE, **DEMO))
async def change_listing(
    door: KeeperDoor,
    service_id: UUID,
    expected_version: ExpectedVersion,
    form: forms.ListingChange,
) -> Response:
    """Change what a listing says; where somebody has to approve it, it waits (202)."""
    change = ListingChange(form.facts, expected_version, form.note)
    async with door.database.transaction(organisations=door.organisations) as connection:
        outcome = await listing_changes.change_listing(
            connection, door.actor, service_id, change, moment_of(form)
        )
    return _outcome(outcome, waiting_status=202)


@router.post("/services/{service_id}/publish")
async def publish_listing(door: OwnerDoor, service_id: UUID) -> Response:
    """Put a suggested or withdrawn listing where the public finds it; again changes nothing."""
    now = clock.now()
    return await _step(door, service_id, "publish", Why(), Moment(now, now))


@router.post("/services/{service_id}/restore", **described(example=forms.STEP_EXAMPLE, **DEMO))
async def restore_listing(door: OwnerDoor, service_id: UUID, form: forms.StepForm) -> Response:
    """Stand by a listing that was doubted, or bring back one that was hidden or withdrawn."""
    return await _step(door, service_id, "restore", Why(form.reason, form.note), moment_of(form))


@router.post("/services/{service_id}/doubt", **described(example=forms.REASONED_EXAMPLE, **DEMO))
async def doubt_listing(
    door: PublisherDoor, service_id: UUID, form: forms.ReasonedStep
) -> Response:
    """Warn those who find a listing that it may no longer be right."""
    return await _step(door, service_id, "doubt", Why(form.reason, form.note), moment_of(form))


@router.post("/services/{service_id}/hide", **described(example=forms.REASONED_EXAMPLE, **DEMO))
async def hide_listing(door: PublisherDoor, service_id: UUID, form: forms.ReasonedStep) -> Response:
    """Take a listing away from the public until a publisher brings it back."""
    return await _step(door, service_id, "hide", Why(form.reason, form.note), moment_of(form))


@router.post("/services/{service_id}/withdraw", **described(example=forms.STEP_EXAMPLE, **DEMO))
async def withdraw_listing(
    door: OwnerDoor, service_id: UUID, form: forms.StepForm | None = None
) -> Response:
    """Take a published listing away from the public; again changes nothing."""
    said = form or forms.StepForm(occurred_at=None)
    return await _step(door, service_id, "withdraw", Why(said.reason, said.note), moment_of(said))


@router.get("/suggestions")
async def list_suggestions(door: OwnerDoor, page: Page) -> dict[str, Any]:
    """The changes that wait for approval, with what each would make otherwise."""
    (after,) = page.after or (str(UUID(int=0)),)
    async with door.database.transaction(organisations=door.organisations) as connection:
        rows = await views.suggestions_page(
            connection, state="waiting", after=UUID(str(after)), rows=page.limit_and_one
        )
    return page.answer(rows, key=lambda row: (str(row["id"]),))


@router.post(
    "/suggestions/{suggestion_id}/accept", **described(example=forms.DECISION_EXAMPLE, **DEMO)
)
async def accept_suggestion(
    door: OwnerDoor, suggestion_id: UUID, form: forms.DecisionForm
) -> Response:
    """Accept a suggested change: the listing says it from now on."""
    return await _decide(door, suggestion_id, accept=True, why=form.why)


@router.post(
    "/suggestions/{suggestion_id}/reject", **described(example=forms.DECISION_EXAMPLE, **DEMO)
)
async def reject_suggestion(
    door: OwnerDoor, suggestion_id: UUID, form: forms.RejectionForm
) -> Response:
    """Reject a suggested change, and say why."""
    return await _decide(door, suggestion_id, accept=False, why=form.why)


async def _step(
    door: ListingDoor, listing_id: UUID, step: Step, why: Why, moment: Moment
) -> Response:
    async with door.database.transaction(organisations=door.organisations) as connection:
        outcome = await listing_life.take_step(
            connection, door.actor, listing_id, step, why, moment
        )
    return changed(outcome)


async def _decide(
    door: ListingDoor, suggestion_id: UUID, *, accept: bool, why: str | None
) -> Response:
    now = clock.now()
    async with door.database.transaction(organisations=door.organisations) as connection:
        outcome = await listing_changes.decide_suggestion(
            connection, door.actor, suggestion_id, accept=accept, why=why, moment=Moment(now, now)
        )
    return _outcome(outcome, waiting_status=200)


def _outcome(outcome: Outcome | listing_changes.Suggestion, *, waiting_status: int) -> Response:
    if isinstance(outcome, Outcome):
        return changed(outcome)
    body = {
        "id": str(outcome.id),
        "suggestion_id": str(outcome.id),
        "service_id": str(outcome.listing_id),
        "organization_id": str(outcome.organization_id),
        "region_code": outcome.region_code,
        "state": outcome.state,
        "version": outcome.base_version,
        "event_id": None,
    }
    return JSONResponse(body, status_code=waiting_status)


def _answer(shown: dict[str, Any]) -> Response:
    body = jsonable_encoder(shown)
    return JSONResponse(body, headers={"ETag": etag(shown["version"])})
