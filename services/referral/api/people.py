"""People: enter, open, change, find."""

import hashlib
import hmac
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Key, Page
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES
from services.referral.api import answers, examples
from services.referral.api.door import Door, answer
from services.referral.commands import NewPerson, PeopleSearch, PersonChange
from services.referral.use_cases.people import amend_person, enter_person
from services.referral.views import view_person
from services.referral.views.matching import page_key, search_people

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]


def after_score(key: Key | None) -> tuple[int, UUID] | None:
    """Read the place where a page of people found goes on."""
    return None if key is None else (int(key[0] or 0), UUID(str(key[1])))


def make_router(door: Door) -> APIRouter:
    """Make the routes on people."""
    router = APIRouter(prefix="/people", tags=["people"])

    @router.post(
        "",
        status_code=201,
        summary="Enter a person",
        responses={201: {"model": answers.PersonEntered}},
        **described(example=examples.NEW_PERSON, demo_role="referrer", demo_organisation="Y99001"),
    )
    async def enter(request: Request, caller: Anyone, keyed: Keyed, body: NewPerson) -> Response:
        """Enter a person in the records of their practice's network.

        Somebody who is on record there already, by NHS number or by name, birth date and
        postcode, is not entered twice: the answer is then 200 with `already`.
        """
        acting = await door.acting(request, caller, practices=[body.practice_code])
        return await door.create(
            acting,
            keyed,
            lambda connection: enter_person(connection, acting, body),
            location=lambda made: f"/people/{made['id']}",
            whole_pcn=True,
        )

    @router.post(
        "/search",
        summary="Find a person",
        responses={200: {"model": answers.PeopleFound}},
        **described(example=examples.SEARCH, demo_role="link-worker", demo_organisation="U99001"),
    )
    async def search(request: Request, caller: Anyone, page: Page, body: PeopleSearch) -> Response:
        """Find people by NHS number, or by family name and birth date; the likest come first.

        Slips are forgiven: a letter, a name that sounds alike, day and month exchanged. The
        score says how alike each is, and its parts say why. Identifiers travel in the body, never
        in an address. The search is recorded, its terms only as a keyed hash.
        """
        acting = await door.acting(request, caller)
        terms = body.model_dump_json(exclude_none=True).casefold().encode()
        terms_hash = hmac.digest(door.search_secret.encode(), b"search " + terms, hashlib.sha256)
        async with door.transaction(acting) as connection:
            found = await search_people(
                connection,
                acting,
                body,
                after=after_score(page.after),
                limit=page.limit_and_one,
                terms_hash=terms_hash.hex()[:32],
            )
        return answer(page.answer(found, key=page_key, item=dict))

    @router.get(
        "/{person_id}",
        summary="Open a person's record",
        responses={200: {"model": answers.PersonShown}},
    )
    async def open_record(
        request: Request, caller: Anyone, person_id: UUID, reason: Reason
    ) -> Response:
        """Open a person's record. Whom a colleague works with is opened with a reason."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            person = await view_person(connection, acting, person_id)
        return answer(person, version=person["version"])

    @router.patch(
        "/{person_id}",
        summary="Correct a person's record",
        responses={200: {"model": answers.PersonEntered}},
        **described(
            example=examples.PERSON_CHANGE, demo_role="link-worker", demo_organisation="U99001"
        ),
    )
    async def amend(
        request: Request,
        caller: OfPcn,
        person_id: UUID,
        expected_version: ExpectedVersion,
        body: PersonChange,
        reason: Reason,
    ) -> Response:
        """Change the fields given; those left out stay, null empties."""
        acting = await door.acting(request, caller, practices=[body.practice_code], reason=reason)
        return await door.change(
            acting,
            lambda connection: amend_person(connection, acting, person_id, expected_version, body),
        )

    _ = enter, search, open_record, amend
    return router
