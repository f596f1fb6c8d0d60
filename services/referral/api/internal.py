"""What other services of the platform may ask."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, require
from services.referral.api import answers
from services.referral.api.door import Door, answer
from services.referral.views import view_card

AService = Annotated[Caller, Depends(require("service"))]


def make_router(door: Door) -> APIRouter:
    """Make the routes for services."""
    router = APIRouter(prefix="/internal", tags=["internal"])

    @router.get(
        "/people/{person_id}/card",
        summary="What a message to a person needs",
        responses={200: {"model": answers.Card}},
    )
    async def card(request: Request, caller: AService, person_id: UUID) -> Response:
        """Give name, address and consent as they stand now, asked at the moment of sending."""
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            return answer(await view_card(connection, acting, person_id))

    _ = card
    return router
