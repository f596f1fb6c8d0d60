"""How the roles of a network are described, with an example of a whole catalogue."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from chassis.web.fields import PlainText, Prose, RequestModel
from contracts import codes
from contracts.register import roles as limits
from services.directory.api.forms import Timed
from services.directory.domain.roles import Role

ROLES_MAX: Final = 4

RoleCode = Literal["link-worker", "care-navigator", "health-coach", "care-coordinator"]
_Point = Annotated[str, PlainText(limits.POINT_LENGTH_MAX)]
_Points = Annotated[list[_Point], Field(min_length=1, max_length=limits.POINTS_MAX)]
_ClinicalCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6,18}$")]


class SupervisionDue(RequestModel):
    """Supervision that whoever holds the role is owed."""

    kind: codes.Supervision
    every_weeks: int = Field(ge=1, le=limits.WEEKS_MAX)


class Explanation(RequestModel):
    """What the role is, for the people it helps."""

    language: str = Field(pattern=r"^[a-z]{2}$", description="ISO 639-1.")
    words: Annotated[str, Prose(limits.EXPLANATION_LENGTH_MAX)] = Field(
        description="In English, for a reading age of nine by the Flesch-Kincaid formula."
    )
    purpose: Annotated[str, PlainText(limits.PURPOSE_LENGTH_MAX)] | None = Field(
        None, description="The role's own, in this language; in English it is the role's."
    )
    does: _Points | None = Field(None, description="The role's own, in this language.")
    does_not: _Points | None = Field(None, description="The role's own, in this language.")


class DescribedRole(RequestModel):
    """One role: what it is called here, what it does and does not do."""

    role: RoleCode
    local_title: Annotated[str, PlainText(limits.TITLE_LENGTH_MAX)]
    combined_with: list[RoleCode] = Field(
        default_factory=list[RoleCode],
        max_length=ROLES_MAX - 1,
        description="Roles held in the same post; said of each of them.",
    )
    purpose: Annotated[str, PlainText(limits.PURPOSE_LENGTH_MAX)] = Field(
        description="As people may read it: for a reading age of nine, as all three of these."
    )
    does: _Points
    does_not: _Points
    contacts_min: int | None = Field(None, ge=1, le=limits.CONTACTS_MAX)
    contacts_max: int | None = Field(None, ge=1, le=limits.CONTACTS_MAX)
    contact_minutes: int | None = Field(None, ge=1, le=480)
    home_visits: bool
    caseload_min: int | None = Field(None, ge=0, le=limits.CASELOAD_MAX, description="A year.")
    caseload_max: int | None = Field(None, ge=1, le=limits.CASELOAD_MAX, description="A year.")
    supervision: list[SupervisionDue] = Field(
        default_factory=list[SupervisionDue], max_length=limits.SUPERVISION_MAX
    )
    clinical_codes: list[_ClinicalCode] = Field(
        default_factory=list[str],
        max_length=limits.CLINICAL_CODES_MAX,
        description="SNOMED CT codes the role may record.",
    )
    explanations: list[Explanation] = Field(min_length=1, max_length=limits.LANGUAGES_MAX)


class RoleCatalogue(Timed):
    """All roles of a network; one that is left out is a role no longer."""

    roles: list[DescribedRole] = Field(min_length=1, max_length=ROLES_MAX)


def roles_of(form: RoleCatalogue) -> list[Role]:
    """Give the roles as the domain judges them."""
    described = [one.model_dump(mode="json") for one in form.roles]
    for one in described:
        # A translation that is left out is left out, as before there were any.
        one["explanations"] = [
            {name: said for name, said in each.items() if said is not None}
            for each in one["explanations"]
        ]
    return [Role(one.pop("role"), one) for one in described]


CATALOGUE_EXAMPLE: Final[dict[str, Any]] = {
    "roles": [
        {
            "role": "link-worker",
            "local_title": "Community link worker",
            "purpose": "Gives you time to talk. Helps you find support near you.",
            "does": ["Finds out what matters to you", "Comes with you the first time"],
            "does_not": ["Does not treat you or give you pills"],
            "contacts_min": 6,
            "contacts_max": 12,
            "contact_minutes": 45,
            "home_visits": True,
            "caseload_min": 200,
            "caseload_max": 250,
            "supervision": [{"kind": "clinical", "every_weeks": 4}],
            "clinical_codes": ["871731000000106"],
            "explanations": [
                {
                    "language": "en",
                    "words": "A link worker gives you time to talk. You say what you need.",
                }
            ],
        },
        {
            "role": "care-navigator",
            "local_title": "Care navigator",
            "purpose": "Tells you where to turn if you can find your own way.",
            "does": ["Says who can help, with a name and a number"],
            "does_not": ["Does not see you over many weeks"],
            "contacts_min": 1,
            "contacts_max": 2,
            "contact_minutes": 10,
            "home_visits": False,
            "explanations": [
                {"language": "en", "words": "They tell you where you can go for help."}
            ],
        },
    ]
}
