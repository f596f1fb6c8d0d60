"""The doors to how populations are made up: loaded whole by registrars, read by those who plan.

Promise    A batch is taken whole or not at all. Who looks at a whole region sees the counts of
           bands controlled; the register's keepers and a PCN's own manager see them as loaded.
"""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from chassis import clock
from chassis.access import Caller, require
from chassis.disclosure import controlled_count
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from chassis.web.fields import PcnCode, PracticeCode, RequestModel
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.directory import views
from services.directory.api.doors import DoorDatabase
from services.directory.domain.populations import BandTwice, Dimension, Parts, parts_of
from services.directory.domain.register import Moment
from services.directory.use_cases import organisations
from services.directory.use_cases.populations import FIELDS, PopulationEntry, load_populations
from services.directory.views import populations as population_views

router = APIRouter(prefix="/register", tags=["register"])

Registrar = Annotated[Caller, Depends(require("registrar"))]
Planner = Annotated[Caller, Depends(require("registrar", "region-analyst", "pcn-manager"))]

POPULATIONS_A_BATCH_MAX: Final = 200
BANDS_MAX: Final = 20
DECILES: Final = 10
UNKNOWN_DECILE: Final = "unknown"
LAST_DAY: Final = date(9999, 12, 31)

Persons = Annotated[int, Field(ge=0, le=100_000_000, description="How many people.")]


class PersonsOfAge(RequestModel):
    """How many are of one band of age."""

    age_band: codes.AgeBand
    persons: Persons


class PersonsOfSex(RequestModel):
    """How many are of one sex as recorded."""

    sex: codes.Sex
    persons: Persons


class PersonsOfEthnicity(RequestModel):
    """How many are of one category of the 16+1 scheme; Z is not stated."""

    ethnicity_category: codes.EthnicityCategory
    persons: Persons


class PersonsOfDecile(RequestModel):
    """How many live in neighbourhoods of one decile, 1 the most deprived; left out: not known."""

    deprivation_decile: int | None = Field(None, ge=1, le=DECILES)
    persons: Persons


class PopulationItem(RequestModel):
    """How many people were registered on a day, and how they are made up."""

    pcn_code: PcnCode
    practice_code: PracticeCode | None = Field(None, description="Left out: of the whole PCN.")
    as_of: date
    persons: Persons
    by_age_band: list[PersonsOfAge] | None = Field(None, min_length=1, max_length=BANDS_MAX)
    by_sex: list[PersonsOfSex] | None = Field(None, min_length=1, max_length=BANDS_MAX)
    by_ethnicity: list[PersonsOfEthnicity] | None = Field(None, min_length=1, max_length=BANDS_MAX)
    by_deprivation: list[PersonsOfDecile] | None = Field(None, min_length=1, max_length=BANDS_MAX)

    @property
    def parts(self) -> Parts:
        """The counts by dimension and band; ``BandTwice`` where one is there twice."""
        counted: dict[Dimension, list[tuple[str, int]]] = {
            "age-band": [(one.age_band, one.persons) for one in self.by_age_band or ()],
            "sex": [(one.sex, one.persons) for one in self.by_sex or ()],
            "ethnicity-category": [
                (one.ethnicity_category, one.persons) for one in self.by_ethnicity or ()
            ],
            "deprivation-decile": [
                (str(one.deprivation_decile or UNKNOWN_DECILE), one.persons)
                for one in self.by_deprivation or ()
            ],
        }
        return parts_of({dimension: counts for dimension, counts in counted.items() if counts})


class PopulationBatch(RequestModel):
    """Populations of a region whose register you keep."""

    items: list[PopulationItem] = Field(min_length=1, max_length=POPULATIONS_A_BATCH_MAX)


BATCH_EXAMPLE: Final = {
    "items": [
        {
            "pcn_code": "U99001",
            "as_of": "2024-04-01",
            "persons": 44_000,
            "by_age_band": [
                {"age_band": "0-17", "persons": 9_000},
                {"age_band": "18-29", "persons": 7_000},
                {"age_band": "30-44", "persons": 8_500},
                {"age_band": "45-59", "persons": 8_500},
                {"age_band": "60-74", "persons": 7_000},
                {"age_band": "75+", "persons": 4_000},
            ],
            "by_sex": [
                {"sex": "female", "persons": 22_400},
                {"sex": "male", "persons": 21_600},
            ],
            "by_deprivation": [
                {"deprivation_decile": 1, "persons": 30_000},
                {"persons": 14_000},
            ],
        }
    ]
}


@router.put(
    "/populations/batch",
    **described(example=BATCH_EXAMPLE, demo_role="registrar", demo_organisation="QZZ"),
)
async def load(caller: Registrar, database: DoorDatabase, batch: PopulationBatch) -> dict[str, int]:
    """Load up to 200 populations with how they are made up; again changes nothing.

    All of them are taken, or none. Each count by age, sex, ethnicity or deprivation has to add up
    to the whole, and practices hold no more people than their PCN on the same day.
    """
    entries = [_entry(number, item) for number, item in enumerate(batch.items)]
    now = clock.now()
    async with database.transaction(organisations=caller.regions) as connection:
        await organisations.hold_regions(connection, caller.regions)
        changed = await load_populations(connection, entries, Moment(now, now))
    return {"taken": len(entries), "changed": changed}


@router.get("/pcns/{pcn_code}/populations")
async def list_populations_of_pcn(
    caller: Planner, database: DoorDatabase, pcn_code: PcnCode, page: Page
) -> dict[str, Any]:
    """The people of a PCN and its practices and how they are made up, the latest day first."""
    before, after = page.after or (LAST_DAY.isoformat(), "")
    async with database.transaction(organisations=caller.organisations) as connection:
        pcn = await views.pcn(connection, pcn_code)
        if pcn is None:
            raise NothingFound
        rows = await population_views.populations_of_pcn_page(
            connection,
            pcn_code,
            before=date.fromisoformat(str(before)),
            after=str(after),
            rows=page.limit_and_one,
        )
    exact = caller.holds_in(pcn["region_code"], "registrar") or caller.holds_in(
        pcn_code, "pcn-manager"
    )
    return {
        **page.answer(
            rows,
            key=lambda row: (row["as_of"].isoformat(), row["practice_code"]),
            item=lambda row: _shown(row, exact=exact),
        ),
        "exact": exact,
    }


def _entry(number: int, item: PopulationItem) -> PopulationEntry:
    try:
        parts = item.parts
    except BandTwice as twice:
        pointer = f"/items/{number}/{FIELDS[twice.dimension]}"
        raise RuleBroken(BrokenRule(pointer, "must count each band once")) from None
    return PopulationEntry(item.pcn_code, item.practice_code, item.persons, item.as_of, parts)


def _shown(row: dict[str, Any], *, exact: bool) -> dict[str, Any]:
    parts: dict[str, list[dict[str, Any]]] = {field: [] for field in FIELDS.values()}
    for dimension, band, persons in row["parts"]:
        counted = persons if exact else controlled_count(persons)
        parts[FIELDS[dimension]].append({"band": band, "persons": counted})
    return {
        "id": f"{row['practice_code'] or row['pcn_code']}-{row['as_of'].isoformat()}",
        "pcn_code": row["pcn_code"],
        "practice_code": row["practice_code"] or None,
        "as_of": row["as_of"],
        "persons": row["persons"],
        **parts,
        "version": row["version"],
    }
