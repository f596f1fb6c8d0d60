"""The doors of places and small areas: registrars load them, anybody looks a place up."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, StringConstraints

from chassis.access import Caller, anyone, require
from chassis.access.pace import Pace
from chassis.refusals import BrokenRule, RuleBroken
from chassis.web.fields import PcnCode, PlainText, RequestModel
from chassis.web.openapi import described
from services.directory.api.doors import DoorDatabase
from services.directory.api.open_route import OpenRoute
from services.directory.domain.places import PLACE_LENGTH_MAX, PLACES_A_BATCH_MAX, Place, Point
from services.directory.use_cases import areas, places

router = APIRouter(tags=["places"])
open_router = APIRouter(tags=["search"], route_class=OpenRoute, dependencies=[Depends(anyone())])

Registrar = Annotated[Caller, Depends(require("registrar"))]

Named = Annotated[
    Caller,
    Depends(
        require(
            "link-worker",
            "health-coach",
            "care-coordinator",
            "pcn-manager",
            "registrar",
            "region-analyst",
        )
    ),
]

LOOK_UPS_PER_SECOND_MAX: Final = 100
LOOK_UPS_AT_ONCE_MAX: Final = 300
NEIGHBOURHOOD_CODE_LENGTH_MAX: Final = 20
NEIGHBOURHOODS_A_BATCH_MAX: Final = 1_000
NEIGHBOURHOODS_NAMED_MAX: Final = 50
AREAS_AROUND_MAX: Final = 20
PERSONS_MAX: Final = 1_000_000

NeighbourhoodCode = Annotated[
    str, StringConstraints(pattern=rf"^[A-Za-z0-9_-]{{1,{NEIGHBOURHOOD_CODE_LENGTH_MAX}}}$")
]

PLACES_EXAMPLE: Final = {
    "items": [
        {
            "kind": "postcode",
            "text": "ZZ99 9ZZ",
            "latitude": 53.5,
            "longitude": -2.2,
            "neighbourhood_code": "E99999999",
        }
    ]
}


NEIGHBOURHOODS_EXAMPLE: Final = {
    "items": [
        {
            "code": "Z99001000",
            "pcn_code": "U99001",
            "name": "Upper Scaldwick",
            "persons": 4100,
            "within": ["Wayfordshire"],
        }
    ]
}


class PlaceItem(RequestModel):
    """A postcode or a named place, with the middle of it."""

    kind: Literal["postcode", "place-name"]
    text: Annotated[str, PlainText(PLACE_LENGTH_MAX)] = Field(
        description="A whole postcode, with or without its space, or the name of a place."
    )
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    neighbourhood_code: NeighbourhoodCode = Field(
        description="The small area it lies in, by its code."
    )


class PlaceBatch(RequestModel):
    """Places of a region whose register you keep."""

    items: list[PlaceItem] = Field(min_length=1, max_length=PLACES_A_BATCH_MAX)


@router.put(
    "/places/batch",
    **described(example=PLACES_EXAMPLE, demo_role="registrar", demo_organisation="QZZ"),
)
async def load_places(
    caller: Registrar, database: DoorDatabase, batch: PlaceBatch
) -> dict[str, int]:
    """Put up to 1,000 postcodes and named places where searches look; again changes nothing.

    All of them are taken, or none. A place that is there already gets what is sent.
    """
    if len(caller.regions) != 1:
        raise RuleBroken(BrokenRule("", "can be loaded by a registrar of one region only"))
    entries = [
        places.PlaceEntry(
            item.kind, item.text, Point(item.latitude, item.longitude), item.neighbourhood_code
        )
        for item in batch.items
    ]
    async with database.transaction(organisations=caller.regions) as connection:
        changed = await places.load_places(connection, caller.regions[0], entries)
    return {"taken": len(entries), "changed": changed}


class NeighbourhoodItem(RequestModel):
    """A small area, the network whose people live there, and what it lies in."""

    code: NeighbourhoodCode
    pcn_code: PcnCode
    name: Annotated[str, PlainText(200)]
    persons: int | None = Field(None, ge=0, le=PERSONS_MAX, description="Who live there, if known.")
    within: list[Annotated[str, PlainText(PLACE_LENGTH_MAX)]] = Field(
        default_factory=list[str],
        max_length=AREAS_AROUND_MAX,
        description="The larger areas it lies in, as listings name them: ward, town, county.",
    )


class NeighbourhoodBatch(RequestModel):
    """Small areas of a region whose register you keep."""

    items: list[NeighbourhoodItem] = Field(min_length=1, max_length=NEIGHBOURHOODS_A_BATCH_MAX)


@router.put(
    "/neighbourhoods/batch",
    **described(example=NEIGHBOURHOODS_EXAMPLE, demo_role="registrar", demo_organisation="QZZ"),
)
async def load_neighbourhoods(
    caller: Registrar, database: DoorDatabase, batch: NeighbourhoodBatch
) -> dict[str, int]:
    """Say which network each small area belongs to and what it lies in; all are taken, or none.

    A listing that is for an area named here is found wherever people of that area live.
    """
    if len(caller.regions) != 1:
        raise RuleBroken(BrokenRule("", "can be loaded by a registrar of one region only"))
    entries = [areas.NeighbourhoodEntry(**item.model_dump()) for item in batch.items]
    async with database.transaction(organisations=caller.regions) as connection:
        changed = await areas.load_neighbourhoods(connection, caller.regions[0], entries)
    return {"taken": len(entries), "changed": changed}


@router.get("/neighbourhoods")
async def name_neighbourhoods(
    caller: Named,
    database: DoorDatabase,
    code: Annotated[
        list[NeighbourhoodCode],
        Query(min_length=1, max_length=NEIGHBOURHOODS_NAMED_MAX, description="Their codes."),
    ],
) -> dict[str, Any]:
    """What small areas of your network or region are called; others are left out."""
    async with database.transaction(organisations=caller.organisations) as connection:
        items = await areas.named(connection, list(dict.fromkeys(code)))
    return {"items": items, "next": None}


_pace: Final = Pace(LOOK_UPS_PER_SECOND_MAX, LOOK_UPS_AT_ONCE_MAX)


@open_router.get("/places")
async def look_up_place(
    request: Request,
    database: DoorDatabase,
    near: Annotated[
        str,
        Query(
            min_length=1,
            max_length=PLACE_LENGTH_MAX,
            description="A postcode, the first half of one, or the name of a place.",
        ),
    ],
) -> dict[str, Any]:
    """The one loaded place that this text means."""
    _pace.check(request.client.host if request.client else "")
    async with database.transaction() as connection:
        found = await places.find_place(connection, near, parameter="near")
    return shown_place(found)


def shown_place(place: Place) -> dict[str, Any]:
    """A place as anybody may see it."""
    return {
        "kind": place.kind,
        "text": place.text,
        "latitude": place.point.latitude,
        "longitude": place.point.longitude,
        "neighbourhood_code": place.neighbourhood_code,
    }
