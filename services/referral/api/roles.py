"""Who can help with what, and how is that different: for referrers, workers and people.

Price      What needs no sign-in is asked at the pace of one address, kept by each process for itself;
           the console's pages ask as one address, for everybody who reads them.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chassis.access import Caller, anyone, require
from chassis.access.pace import Pace
from chassis.web.fields import PcnCode, PracticeCode
from services.referral.acting import PCN_ROLES, PRACTICE_ROLES
from services.referral.api import roles_answers as answers
from services.referral.api.door import Door, answer
from services.referral.use_cases.roles import (
    compare_roles,
    explain_roles,
    explain_roles_of_practice,
)

Anyone = Annotated[Caller, Depends(require(*PRACTICE_ROLES, *PCN_ROLES))]
Practice = Annotated[
    PracticeCode | None, Query(description="Also of the network this practice belongs to.")
]
Language = Annotated[
    str, Query(pattern=r"^[a-z]{2}$", description="ISO 639-1; else it is told in English.")
]

REQUESTS_PER_SECOND_MAX: Final = 20  # of one address, in one process
REQUESTS_AT_ONCE_MAX: Final = 100


def make_router(door: Door) -> APIRouter:
    """Make the routes on roles."""
    router = APIRouter(tags=["roles"])
    _comparing(router, door)
    _explaining(router, door)
    return router


def _comparing(router: APIRouter, door: Door) -> None:

    @router.get(
        "/roles", summary="Compare roles", responses={200: {"model": answers.RolesCompared}}
    )
    async def compare(request: Request, caller: Anyone, practice_code: Practice = None) -> Response:
        """Show the roles of your network, or of a practice's, beside each other, point by point."""
        acting = await door.acting(request, caller, practices=[practice_code])
        async with door.transaction(acting) as connection:
            items = await compare_roles(connection, acting)
        return answer({"items": items, "next": None})

    _ = compare


def _explaining(router: APIRouter, door: Door) -> None:
    pace = Pace(REQUESTS_PER_SECOND_MAX, REQUESTS_AT_ONCE_MAX)

    @router.get(
        "/public/pcns/{pcn_code}/roles",
        summary="Explain who can help",
        responses={200: {"model": answers.RolesExplained}},
        dependencies=[Depends(anyone())],
    )
    async def explain(request: Request, pcn_code: PcnCode, language: Language = "en") -> Response:
        """Explain the roles of a network in plain words. It needs no sign-in."""
        pace.check(request.client.host if request.client else "")
        async with door.open_transaction() as connection:
            explained = await explain_roles(connection, pcn_code, language)
        return answer(explained)

    @router.get(
        "/public/practices/{practice_code}/roles",
        summary="Explain who can help at a practice",
        responses={200: {"model": answers.RolesExplained}},
        dependencies=[Depends(anyone())],
    )
    async def explain_of_practice(
        request: Request, practice_code: PracticeCode, language: Language = "en"
    ) -> Response:
        """Explain the roles of the network a practice belongs to. It needs no sign-in."""
        pace.check(request.client.host if request.client else "")
        async with door.open_transaction() as connection:
            explained = await explain_roles_of_practice(connection, practice_code, language)
        return answer(explained)

    _ = explain, explain_of_practice
