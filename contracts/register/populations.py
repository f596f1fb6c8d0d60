"""How a population is made up, in fields: counts by a coarse band, and nothing of any person."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from contracts import fields

BANDS_MAX: Final = 20


class _Part(BaseModel):
    """A part of an event's value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PersonsOfAge(_Part):
    """How many are of one band of age."""

    age_band: fields.AgeBand
    persons: fields.Persons


class PersonsOfSex(_Part):
    """How many are of one sex as recorded."""

    sex: fields.Sex
    persons: fields.Persons


class PersonsOfEthnicity(_Part):
    """How many are of one ethnicity category."""

    ethnicity_category: fields.EthnicityCategory
    persons: fields.Persons


class PersonsOfDecile(_Part):
    """How many live in neighbourhoods of one decile; null where it is not known."""

    deprivation_decile: fields.DeprivationDecile | None
    persons: fields.Persons


ByAgeBand = Annotated[
    list[PersonsOfAge],
    Field(
        min_length=1,
        max_length=BANDS_MAX,
        description="The same people by band of age; the counts add up to `persons`.",
        examples=[[{"age_band": "0-17", "persons": 9_000}, {"age_band": "75+", "persons": 35_000}]],
    ),
]
BySex = Annotated[
    list[PersonsOfSex],
    Field(
        min_length=1,
        max_length=BANDS_MAX,
        description="The same people by sex; the counts add up to `persons`.",
        examples=[[{"sex": "female", "persons": 22_500}, {"sex": "male", "persons": 21_500}]],
    ),
]
ByEthnicity = Annotated[
    list[PersonsOfEthnicity],
    Field(
        min_length=1,
        max_length=BANDS_MAX,
        description="The same people by ethnicity category; the counts add up to `persons`.",
        examples=[
            [
                {"ethnicity_category": "A", "persons": 40_000},
                {"ethnicity_category": "Z", "persons": 4_000},
            ]
        ],
    ),
]
ByDeprivation = Annotated[
    list[PersonsOfDecile],
    Field(
        min_length=1,
        max_length=BANDS_MAX,
        description="The same people by decile of deprivation; the counts add up to `persons`.",
        examples=[
            [
                {"deprivation_decile": 1, "persons": 30_000},
                {"deprivation_decile": None, "persons": 14_000},
            ]
        ],
    ),
]
