"""The doors to a network's roles: read by those who work there, described by its manager."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis.access import Caller, require
from chassis.database import Database
from chassis.refusals import NothingFound
from chassis.web.etags import ExpectedVersion, etag
from chassis.web.fields import PcnCode
from chassis.web.openapi import described
from services.directory import views
from services.directory.api.doors import DoorDatabase, answer_of, moment_of
from services.directory.api.role_forms import CATALOGUE_EXAMPLE, RoleCatalogue, roles_of
from services.directory.use_cases import organisations
from services.directory.use_cases import roles as use_cases

router = APIRouter(tags=["register"])

PATH: Final = "/register/pcns/{id}/roles"

Describer = Annotated[Caller, Depends(require("registrar", "pcn-manager"))]
Reader = Annotated[
    Caller,
    Depends(
        require(
            "registrar",
            "region-analyst",
            "pcn-manager",
            "link-worker",
            "health-coach",
            "care-coordinator",
        )
    ),
]


@router.get("/register/pcns/{pcn_code}/roles")
async def show_roles(caller: Reader, database: DoorDatabase, pcn_code: PcnCode) -> Response:
    """The roles of a network, as it describes them."""
    async with database.transaction(organisations=caller.organisations) as connection:
        shown = await use_cases.show_roles(connection, pcn_code)
    if shown is None:
        raise NothingFound
    return JSONResponse(shown, headers={"ETag": etag(shown["version"])})


@router.put(
    "/register/pcns/{pcn_code}/roles",
    **described(example=CATALOGUE_EXAMPLE, demo_role="pcn-manager", demo_organisation="U99001"),
)
async def describe_roles(
    caller: Describer,
    database: DoorDatabase,
    pcn_code: PcnCode,
    expected_version: ExpectedVersion,
    form: RoleCatalogue,
) -> Response:
    """Describe all roles of a network; each role that changed is told to every service."""
    regions = await _regions_of(caller, database)
    async with database.transaction(organisations=[*regions, *caller.pcns]) as connection:
        await organisations.hold_regions(connection, regions)
        outcome = await use_cases.describe_roles(
            connection,
            pcn_code=pcn_code,
            regions=caller.regions,
            pcns=caller.pcns,
            roles=roles_of(form),
            expected_version=expected_version,
            moment=moment_of(form),
        )
    answer = answer_of(outcome, PATH)
    body: dict[str, Any] = dict(answer.body)
    return JSONResponse(body, headers={"ETag": answer.headers["ETag"]})


async def _regions_of(caller: Caller, database: Database) -> list[str]:
    """The regions whose register the caller's entry is part of."""
    if not caller.pcns:
        return list(caller.regions)
    async with database.transaction(organisations=caller.pcns) as connection:
        of_pcns = await views.regions_of_pcns(connection, caller.pcns)
    return list(dict.fromkeys([*caller.regions, *of_pcns]))
