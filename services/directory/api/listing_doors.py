"""Who stands at the doors of those who keep listings, and of which listings they are keepers."""

from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.database import Database
from chassis.refusals import BrokenRule, RuleBroken
from services.directory import views
from services.directory.api.doors import DoorDatabase, answer_of
from services.directory.domain.listings import Actor
from services.directory.use_cases.outcome import Outcome

LISTING_PATH: Final = "/services/{id}"

PUBLISHING: Final = ("pcn-manager", "registrar")
WORKING: Final = ("link-worker", "health-coach", "care-coordinator")

Suggester = Annotated[Caller, Depends(require(*PUBLISHING, *WORKING))]
Keeper = Annotated[Caller, Depends(require(*PUBLISHING, *WORKING, "provider"))]
Owner = Annotated[Caller, Depends(require(*PUBLISHING, "provider"))]
Publisher = Annotated[Caller, Depends(require(*PUBLISHING))]


class ListingDoor:
    """Somebody who keeps listings, and whose they are."""

    def __init__(self, caller: Caller, database: Database, actor: Actor) -> None:
        self.caller = caller
        self.database = database
        self.actor = actor

    @property
    def organisations(self) -> list[str]:
        """The regions and organisations whose rows they see."""
        return sorted(self.actor.regions | self.actor.organizations)

    @property
    def region_code(self) -> str:
        """The region that is entered for; with more than one, it would have to be said."""
        if len(self.actor.regions) != 1:
            raise RuleBroken(BrokenRule("", "can be entered by a member of one region only"))
        return next(iter(self.actor.regions))


async def _door(caller: Caller, database: Database) -> ListingDoor:
    held = {
        role: tuple(one.organisation_code for one in caller.matched if one.role == role)
        for role in caller.roles
    }
    managed = held.get("pcn-manager", ())
    worked_in = tuple(code for role in WORKING for code in held.get(role, ()))
    actor = Actor(
        member_key=caller.member_key,
        keeps=frozenset(held.get("registrar", ())),
        manages=await _regions_of(database, managed),
        works_in=await _regions_of(database, worked_in),
        organizations=frozenset(held.get("provider", ())),
    )
    return ListingDoor(caller, database, actor)


async def _regions_of(database: Database, pcns: tuple[str, ...]) -> frozenset[str]:
    """The regions these PCNs belong to: what one network publishes, its neighbours find too."""
    if not pcns:
        return frozenset()
    async with database.transaction(organisations=pcns) as connection:
        return frozenset(await views.regions_of_pcns(connection, pcns))


async def _suggesters_door(caller: Suggester, database: DoorDatabase) -> ListingDoor:
    return await _door(caller, database)


async def _keepers_door(caller: Keeper, database: DoorDatabase) -> ListingDoor:
    return await _door(caller, database)


async def _owners_door(caller: Owner, database: DoorDatabase) -> ListingDoor:
    return await _door(caller, database)


async def _publishers_door(caller: Publisher, database: DoorDatabase) -> ListingDoor:
    return await _door(caller, database)


SuggesterDoor = Annotated[ListingDoor, Depends(_suggesters_door)]
KeeperDoor = Annotated[ListingDoor, Depends(_keepers_door)]
OwnerDoor = Annotated[ListingDoor, Depends(_owners_door)]
PublisherDoor = Annotated[ListingDoor, Depends(_publishers_door)]


def changed(outcome: Outcome) -> Response:
    """Answer what a listing has come to, with the version to name in the next change."""
    answer = answer_of(outcome, LISTING_PATH)
    body: dict[str, Any] = dict(answer.body)
    return JSONResponse(body, headers={"ETag": answer.headers["ETag"]})
