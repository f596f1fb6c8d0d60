"""Consent: what a person agreed to share, what they took back, and who confirmed that."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.refusals import NothingFound
from chassis.web.etags import ExpectedVersion
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES, Outcome
from services.referral.api import consent_answers as answers
from services.referral.api.door import Door, answer
from services.referral.commands.consent import (
    ConsentAcknowledgement,
    ConsentNarrowing,
    ConsentRevocation,
    NewConsent,
)
from services.referral.use_cases import consent as use_cases
from services.referral.views import consent as views

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Concerned = Annotated[Caller, Depends(require(*PCN_ROLES, *PRACTICE_ROLES, "provider"))]
Reason = Annotated[str | None, Depends(reason_header)]
OnlyToConfirm = Annotated[bool, Query(description="False to see also what nothing is asked about.")]

_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_RECIPIENT: Final = {"kind": "organization", "id": "01980000-0000-7000-8000-0000000000ab"}
_CONSENT: Final[dict[str, Any]] = {
    "recipient": _RECIPIENT,
    "purpose": "onward-referral",
    "scope": ["contact-details", "needs"],
    "note": "May ring in the afternoon.",
}
_NARROWING: Final[dict[str, Any]] = {"scope": ["contact-details"]}
_REVOCATION: Final[dict[str, Any]] = {"said_how": "spoken"}
_ACKNOWLEDGEMENT: Final[dict[str, Any]] = {
    "holder": _RECIPIENT,
    "note": "They rang and have deleted it.",
}


def make_router(door: Door) -> APIRouter:
    """Make the routes of consent."""
    router = APIRouter(tags=["consent"])
    _add_people(router, door)
    _add_taking_back(router, door)
    _add_holders(router, door)
    return router


def _add_people(router: APIRouter, door: Door) -> None:
    @router.post(
        "/people/{person_id}/consents",
        status_code=201,
        summary="Write down what a person agreed to share",
        responses={201: {"model": answers.ConsentTold}},
        **described(example=_CONSENT, **_WORKER),
    )
    async def give(
        request: Request,
        caller: OfPcn,
        person_id: UUID,
        keyed: Keyed,
        body: NewConsent,
        reason: Reason,
    ) -> Response:
        """Write down what the person agreed that one recipient may have, for one purpose.

        Said again, it may be wider or longer. To take something back, narrow or revoke it.
        """
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: use_cases.give_consent(connection, acting, person_id, body),
            location=_location,
        )

    @router.get(
        "/people/{person_id}/consents",
        summary="List what a person agreed to share",
        responses={200: {"model": answers.ConsentPage}},
    )
    async def list_consents(
        request: Request, caller: OfPcn, person_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List a person's consents, those taken back too, with how many have yet to confirm."""
        acting = await door.acting(request, caller, reason=reason)
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await views.list_consents(
                connection, acting, person_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    _ = give, list_consents


def _add_taking_back(router: APIRouter, door: Door) -> None:
    @router.post(
        "/consents/{consent_id}/narrowing",
        status_code=201,
        summary="Write down that a person agrees to less",
        responses={201: {"model": answers.ConsentTold}},
        **described(example=_NARROWING, **_WORKER),
    )
    async def narrow(
        request: Request,
        caller: OfPcn,
        consent_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: ConsentNarrowing,
        reason: Reason,
    ) -> Response:
        """Say what is left of it. Everybody who has something is asked to confirm."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await use_cases.narrow_consent(connection, acting, consent_id, expected, body)

        return await door.create(acting, keyed, record, location=_location)

    @router.post(
        "/consents/{consent_id}/revocation",
        status_code=201,
        summary="Write down that a person takes a consent back",
        responses={201: {"model": answers.ConsentTold}},
        **described(example=_REVOCATION, **_WORKER),
    )
    async def revoke(
        request: Request,
        caller: OfPcn,
        consent_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: ConsentRevocation,
        reason: Reason,
    ) -> Response:
        """Say that nothing may be shared any more. Everybody who has something confirms."""
        acting = await door.acting(request, caller, reason=reason)

        async def record(connection: Any) -> Outcome:
            return await use_cases.revoke_consent(connection, acting, consent_id, expected, body)

        return await door.create(acting, keyed, record, location=_location)

    _ = narrow, revoke


def _add_holders(router: APIRouter, door: Door) -> None:
    @router.get(
        "/consents",
        summary="List what you have of people, and have yet to confirm",
        responses={200: {"model": answers.HeldPage}},
    )
    async def list_held(
        request: Request, caller: Concerned, page: Page, *, only_to_confirm: OnlyToConfirm = True
    ) -> Response:
        """List what was shared with your organisation, practice or network, the oldest first.

        What is `to_acknowledge` was taken back: read the consent, keep nothing beyond what is left,
        and confirm it.
        """
        acting = await door.acting(request, caller.besides_referring())
        after = UUID(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await views.list_held(
                connection,
                acting,
                use_cases.recipients_of(acting.caller),
                only_to_confirm=only_to_confirm,
                after=after,
                limit=page.limit_and_one,
            )
        return answer(page.answer(rows, key=lambda row: (str(row["id"]),), item=dict))

    @router.get(
        "/consents/{consent_id}",
        summary="Show a consent, and who has something of it",
        responses={200: {"model": answers.ConsentShown}},
    )
    async def show(
        request: Request, caller: Concerned, consent_id: UUID, reason: Reason
    ) -> Response:
        """Show a consent with everybody who has something that was shared under it.

        A recipient sees what it may have and what it is asked to confirm.
        """
        acting = await door.acting(request, caller.besides_referring(), reason=reason)
        async with door.transaction(acting) as connection:
            shown = await views.view_consent(connection, acting, consent_id)
        return answer(shown, version=shown["version"])

    @router.post(
        "/consents/{consent_id}/acknowledgements",
        status_code=201,
        summary="Confirm that a consent was taken back",
        responses={201: {"model": answers.ConsentTold}},
        **described(example=_ACKNOWLEDGEMENT, **_WORKER),
    )
    async def acknowledge(
        request: Request,
        caller: Concerned,
        consent_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: ConsentAcknowledgement,
    ) -> Response:
        """Confirm that you know what was taken back and keep nothing beyond what is left.

        Name the version you read: what was taken back after it is confirmed anew.
        Only who has something can confirm; a worker of the network enters it for who told them.
        """
        acting = await door.acting(request, caller.besides_referring())
        async with door.transaction(acting) as connection:
            network = await use_cases.network_of(connection, consent_id)
        if network is None:
            raise NothingFound

        async def record(connection: Any) -> Outcome:
            return await use_cases.acknowledge_consent(
                connection, acting, consent_id, expected, body
            )

        return await door.create(acting, keyed, record, location=_location, also=[network])

    _ = list_held, show, acknowledge


def _location(made: Any) -> str:
    return f"/consents/{made['id']}"
