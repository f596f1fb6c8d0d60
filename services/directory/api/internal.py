"""What the directory tells other services, and nobody else."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from chassis.access import Caller, require
from chassis.refusals import NothingFound
from services.directory import views
from services.directory.api.doors import DoorDatabase
from services.directory.api.forms import CodeOrId

router = APIRouter(prefix="/internal", tags=["internal"])

Service = Annotated[Caller, Depends(require("service"))]


@router.get("/practices/{practice_code}/card")
async def show_practice_card(
    _caller: Service, database: DoorDatabase, practice_code: CodeOrId
) -> dict[str, Any]:
    """The name of a practice, or of who else refers, and the address it wants to be written to."""
    # The transaction sees this organisation and no other row.
    async with database.transaction(organisations=[practice_code]) as connection:
        card = await views.practice_card(connection, practice_code)
    if card is None:
        raise NothingFound
    return card
