"""What a role of a network is, in fields: words for people, numbers and codes; nobody's name."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts import codes

TITLE_LENGTH_MAX = 80
PURPOSE_LENGTH_MAX = 300
POINT_LENGTH_MAX = 160
POINTS_MAX = 10
EXPLANATION_LENGTH_MAX = 1_500
LANGUAGES_MAX = 20
SUPERVISION_MAX = 6
WEEKS_MAX = 52
CONTACTS_MAX = 100
CASELOAD_MAX = 5_000
CLINICAL_CODES_MAX = 20


class _Part(BaseModel):
    """A part of an event's value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SupervisionDue(_Part):
    """One kind of supervision that whoever holds the role is owed."""

    kind: Annotated[codes.Supervision, Field(description="What for.", examples=["clinical"])]
    every_weeks: Annotated[
        int, Field(ge=1, le=WEEKS_MAX, description="At least so often.", examples=[4])
    ]


_Point = Annotated[str, Field(min_length=1, max_length=POINT_LENGTH_MAX)]
_ClinicalCode = Annotated[str, Field(pattern=r"^[0-9]{6,18}$")]

LocalTitle = Annotated[
    str,
    Field(
        min_length=1,
        max_length=TITLE_LENGTH_MAX,
        description="What the role is called here.",
        examples=["Social prescribing link worker"],
    ),
]
CombinedWith = Annotated[
    list[codes.WorkerRole],
    Field(
        max_length=3,
        description="Roles that whoever holds this one holds too, in one post.",
        examples=[["health-coach"]],
    ),
]
Purpose = Annotated[
    str,
    Field(
        min_length=1,
        max_length=PURPOSE_LENGTH_MAX,
        description="What the role is there for.",
        examples=["Gives people time and connects them with support near them."],
    ),
]
Does = Annotated[
    list[_Point],
    Field(
        min_length=1,
        max_length=POINTS_MAX,
        description="What the role does.",
        examples=[["Finds out what matters to the person"]],
    ),
]
NotItsTask = Annotated[
    list[_Point],
    Field(
        min_length=1,
        max_length=POINTS_MAX,
        description="What the role does not do.",
        examples=[["Gives no clinical treatment"]],
    ),
]


class Explanation(_Part):
    """What a role is, for the people it helps, in one language."""

    language: Annotated[
        str, Field(pattern=r"^[a-z]{2}$", description="ISO 639-1.", examples=["en"])
    ]
    words: Annotated[
        str,
        Field(
            min_length=1,
            max_length=EXPLANATION_LENGTH_MAX,
            description="In plain words.",
            examples=["A link worker gives you time to talk."],
        ),
    ]
    purpose: Purpose | None = None
    does: Does | None = None
    does_not: NotItsTask | None = None


ContactsMin = Annotated[
    int, Field(ge=1, le=CONTACTS_MAX, description="Usual contacts, at least.", examples=[6])
]
ContactsMax = Annotated[
    int, Field(ge=1, le=CONTACTS_MAX, description="Usual contacts, at most.", examples=[12])
]
ContactMinutes = Annotated[
    int, Field(ge=1, le=480, description="Usual length of a contact.", examples=[45])
]
HomeVisits = Annotated[
    bool, Field(description="True where the role visits at home.", examples=[True])
]
CaseloadMin = Annotated[
    int, Field(ge=0, le=CASELOAD_MAX, description="People a year, at least.", examples=[200])
]
CaseloadMax = Annotated[
    int, Field(ge=1, le=CASELOAD_MAX, description="People a year, at most.", examples=[250])
]
SupervisionDues = Annotated[
    list[SupervisionDue],
    Field(
        max_length=SUPERVISION_MAX,
        description="Supervision that is owed.",
        examples=[[{"kind": "clinical", "every_weeks": 4}]],
    ),
]
ClinicalCodes = Annotated[
    list[_ClinicalCode],
    Field(
        max_length=CLINICAL_CODES_MAX,
        description="SNOMED CT codes the role may record.",
        examples=[["871731000000106"]],
    ),
]
Explanations = Annotated[
    list[Explanation],
    Field(
        min_length=1,
        max_length=LANGUAGES_MAX,
        description="What it is, for the people it helps; English is one of them.",
        examples=[[{"language": "en", "words": "A link worker gives you time to talk."}]],
    ),
]
