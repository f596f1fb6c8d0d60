"""The lookup that people's records draw on: deprivation deciles by postcode."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.web.openapi import described
from services.referral.api import answers, examples
from services.referral.api.door import Door, answer
from services.referral.commands.people_record import PostcodeDeciles
from services.referral.use_cases.people_record import load_postcodes

Registrar = Annotated[Caller, Depends(require("registrar"))]


def make_router(door: Door) -> APIRouter:
    """Make the routes of the lookup."""
    router = APIRouter(tags=["people"])

    @router.post(
        "/postcodes",
        summary="Load deprivation deciles by postcode",
        responses={200: {"model": answers.PostcodesLoaded}},
        **described(example=examples.POSTCODES, demo_role="registrar", demo_organisation="QZZ"),
    )
    async def load(request: Request, caller: Registrar, body: PostcodeDeciles) -> Response:
        """Put up to 2,000 postcodes in the lookup; again is harmless.

        Records entered or corrected from now on take their decile from it. A postcode that is
        not in it gives none.
        """
        acting = await door.acting(request, caller)
        async with door.transaction(acting) as connection:
            changed = await load_postcodes(connection, body)
        return answer({"edition": body.edition, "taken": len(body.items), "changed": changed})

    _ = load
    return router
