"""The doors to who knows whom: entered by those who work in a network, read on a group's page.

Promise    What one network keeps, its own people and its region see. Names of workers are shown to
           those who may see their colleagues; to everybody else a worker is an id. A foreign
           group, practice or relation answers as one that is nobody's.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from chassis import clock
from chassis.access import Caller, require
from chassis.database import Connection, Database
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.fields import PcnCode, PracticeCode, RequestModel
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from chassis.web.pages import Page
from services.directory import views
from services.directory.api.doors import DoorDatabase, answer_of, enter_once, moment_of
from services.directory.api.forms import CodeOrId, Text, Timed
from services.directory.domain.register import local_day
from services.directory.domain.relations import (
    Party,
    PartyKind,
    RelationKind,
    Span,
    warned_of_until,
)
from services.directory.use_cases import relations as use_cases
from services.directory.use_cases.outcome import Outcome
from services.directory.views import belonging as belonging_views
from services.directory.views import relations as relation_views

router = APIRouter(tags=["relations"])

WORKING: Final = ("link-worker", "health-coach", "care-coordinator", "pcn-manager")
Keeper = Annotated[Caller, Depends(require(*WORKING, "registrar"))]
Reader = Annotated[Caller, Depends(require(*WORKING, "registrar", "region-analyst"))]

RELATION_PATH: Final = "/relations/{id}"
WHO_TO_ASK_MAX: Final = 5
FIRST_ID: Final = UUID(int=0)
FIRST_DAY: Final = date(1, 1, 1)
DEMO: Final = {"demo_role": "pcn-manager", "demo_organisation": "U99001"}

RELATION_EXAMPLE: Final = {
    "kind": "agreement",
    "who": {"kind": "pcn", "id": "U99001"},
    "whom": {"kind": "practice", "id": "Y99001"},
    "from_date": "2026-04-01",
    "until_date": "2027-03-31",
    "about": "Sharing what a referral needs.",
}
CHANGE_EXAMPLE: Final = {"until_date": "2028-03-31"}


class PartyForm(RequestModel):
    """A worker or a group by its id, a practice or a network by its code."""

    kind: PartyKind
    id: CodeOrId

    @property
    def party(self) -> Party:
        """The party that is meant."""
        return Party(self.kind, self.id)


class NewRelation(Timed):
    """How one party stands to another: who knows, visited, was trained by, or agreed with whom."""

    kind: RelationKind
    pcn_code: PcnCode | None = Field(
        None, description="The network whose knowledge it is; left out, the one you work in."
    )
    who: PartyForm
    whom: PartyForm
    from_date: date | None = Field(
        None, description="The day of a visit, or since when; needed for visits and agreements."
    )
    until_date: date | None = Field(None, description="The last day it holds, where known.")
    about: Text | None = Field(None, description="What it is about, without personal details.")


class RelationForm(Timed):
    """What is to be otherwise of a relation; what is left out stays."""

    until_date: date | None = Field(None, description="The last day it holds; null: no end.")
    about: Text | None = None


@router.post("/relations", status_code=201, **described(example=RELATION_EXAMPLE, **DEMO))
async def enter_relation(
    caller: Keeper, database: DoorDatabase, keyed: KeyedHeader, form: NewRelation
) -> Response:
    """Enter who knows, visited, was trained by or agreed with whom; again it is the same."""
    entry = use_cases.RelationEntry(
        kind=form.kind,
        pcn_code=form.pcn_code or _own_pcn(caller),
        who=form.who.party,
        whom=form.whom.party,
        span=Span(form.from_date, form.until_date),
        about=form.about,
    )
    groups = await _groups(caller, database, [entry.who, entry.whom])

    async def enter(connection: Connection) -> Outcome:
        return await use_cases.enter_relation(
            connection,
            entry,
            groups={group: one.region_code for group, one in groups.items()},
            entered_by=caller.member_key,
            moment=moment_of(form),
        )

    return await enter_once(
        database, caller, keyed, caller.organisations, enter, path=RELATION_PATH
    )


@router.get("/relations/{relation_id}")
async def show_relation(caller: Reader, database: DoorDatabase, relation_id: UUID) -> Response:
    """One relation, with the ETag to change it by."""
    async with database.transaction(organisations=caller.organisations) as connection:
        shown = await relation_views.shown_relation(connection, relation_id, named=_named(caller))
    if shown is None:
        raise NothingFound
    (row,) = await _with_groups(caller, database, [shown])
    return JSONResponse(jsonable_encoder(_shown(row)), headers={"ETag": etag(row["version"])})


@router.patch("/relations/{relation_id}", **described(example=CHANGE_EXAMPLE, **DEMO))
async def change_relation(
    caller: Keeper,
    database: DoorDatabase,
    relation_id: UUID,
    expected_version: ExpectedVersion,
    form: RelationForm,
) -> Response:
    """Let a relation end, or hold longer: an agreement with a new end warns anew."""
    change = use_cases.RelationChange(frozenset(form.model_fields_set), form.until_date, form.about)
    async with database.transaction(organisations=caller.organisations) as connection:
        outcome = await use_cases.change_relation(
            connection,
            relation_id,
            change,
            expected_version=expected_version,
            moment=moment_of(form),
        )
    answer = answer_of(outcome, RELATION_PATH)
    return JSONResponse(dict(answer.body), headers={"ETag": answer.headers["ETag"]})


@router.get("/organizations/{organization_id}/relations")
async def list_relations_of_group(
    caller: Reader, database: DoorDatabase, organization_id: UUID, page: Page
) -> dict[str, Any]:
    """Who knows a group, was there, trained or agreed with it, and whom to ask about it first."""
    group = Party("organization", str(organization_id))
    if not await _groups(caller, database, [group]):
        raise NothingFound
    today = local_day(clock.now())
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await _page(connection, caller, group, page)
        asked = await relation_views.who_to_ask(
            connection, organization_id, today=today, rows=WHO_TO_ASK_MAX, named=_named(caller)
        )
    rows = await _with_groups(caller, database, rows)
    answer = page.answer(rows, key=lambda row: (str(row["id"]),), item=_shown)
    return {**answer, "who_to_ask": asked}


@router.get("/register/practices/{practice_code}/relations")
async def list_relations_of_practice(
    caller: Reader, database: DoorDatabase, practice_code: PracticeCode, page: Page
) -> dict[str, Any]:
    """Whom a practice knows, who visited or trained it, and what it agreed to."""
    async with database.transaction(organisations=caller.organisations) as connection:
        # By where it belongs: those who work in its network see that, and not its row.
        if not await belonging_views.has_belonged(connection, practice_code):
            raise NothingFound
        rows = await _page(connection, caller, Party("practice", practice_code), page)
    rows = await _with_groups(caller, database, rows)
    return page.answer(rows, key=lambda row: (str(row["id"]),), item=_shown)


@router.get("/agreements/ending")
async def list_agreements_ending(
    caller: Reader, database: DoorDatabase, page: Page
) -> dict[str, Any]:
    """The agreements that end within 60 days, the next to end first."""
    until_date, after = page.after or (FIRST_DAY.isoformat(), str(FIRST_ID))
    today = local_day(clock.now())
    async with database.transaction(organisations=caller.organisations) as connection:
        rows = await relation_views.agreements_ending_page(
            connection,
            today=today,
            last_day=warned_of_until(today),
            after=(date.fromisoformat(str(until_date)), UUID(str(after))),
            rows=page.limit_and_one,
        )
    rows = await _with_groups(caller, database, rows)
    return page.answer(
        rows, key=lambda row: (row["until_date"].isoformat(), str(row["id"])), item=_shown
    )


async def _page(
    connection: Connection, caller: Caller, party: Party, page: Page
) -> list[dict[str, Any]]:
    (after,) = page.after or (str(FIRST_ID),)
    return await relation_views.relations_of_party_page(
        connection,
        party,
        after=UUID(str(after)),
        rows=page.limit_and_one,
        named=_named(caller),
    )


async def _groups(
    caller: Caller, database: Database, parties: Iterable[Party]
) -> dict[str, relation_views.Group]:
    """The groups among these parties that the caller may see, by id.

    A group belongs to a region, whichever network works with it. It is looked up in a transaction
    of its own, so that the region's code opens no row of a neighbouring network.
    """
    asked = list({UUID(one.id) for one in parties if one.kind == "organization" and "-" in one.id})
    if not asked:
        return {}
    regions = list(caller.regions)
    if caller.pcns:
        async with database.transaction(organisations=caller.pcns) as connection:
            regions += await views.regions_of_pcns(connection, caller.pcns)
    async with database.transaction(organisations=regions) as connection:
        return await relation_views.groups(connection, asked)


async def _with_groups(
    caller: Caller, database: Database, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The same rows, each group in them with its name."""
    parties = {
        Party(row[f"{end}_kind"], row[f"{end}_id"]) for row in rows for end in ("who", "whom")
    }
    groups = await _groups(caller, database, parties)
    return [
        row
        | {
            f"{end}_name": groups[row[f"{end}_id"]].name
            for end in ("who", "whom")
            if row[f"{end}_kind"] == "organization" and row[f"{end}_id"] in groups
        }
        for row in rows
    ]


def _own_pcn(caller: Caller) -> str:
    if len(caller.pcns) != 1:
        raise RuleBroken(
            BrokenRule("/pcn_code", "must be said by whoever works in none or several")
        )
    return caller.pcns[0]


def _named(caller: Caller) -> list[str]:
    """The networks and regions whose workers the caller may look up, and so sees by name here.

    Whoever looks at a whole region sees none by that, whatever they are in one network beside.
    """
    return [
        one.organisation_code
        for one in caller.matched
        if one.role in WORKING or one.role == "registrar"
    ]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in row.items() if not key.startswith(("who_", "whom_"))}
    for party in ("who", "whom"):
        shown[party] = {"kind": row[f"{party}_kind"], "id": row[f"{party}_id"]}
        name = row.get(f"{party}_name")
        if name is not None:
            shown[party]["name"] = name
    return shown
