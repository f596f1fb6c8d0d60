"""What callers say of what a person agreed to share."""

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from chassis.web.fields import RequestModel, broken
from contracts import codes
from services.referral.commands import Note, Timed

SCOPE_MAX: Final = 8

RecipientKindAsked: TypeAlias = Literal["organization", "practice", "pcn", "person"]
SaidHow: TypeAlias = Literal["spoken", "written", "other"]


def _each_once(value: list[codes.ConsentScope]) -> list[codes.ConsentScope]:
    if len(set(value)) != len(value):
        raise broken("must name each once")
    return value


Scope = Annotated[
    list[codes.ConsentScope],
    Field(min_length=1, max_length=SCOPE_MAX, description="What may be shared."),
    AfterValidator(_each_once),
]
LastDay = Annotated[
    date | None,
    Field(description="The last day on which it stands; null where the person named none."),
]


class RecipientAsked(RequestModel):
    """Who it is for: an organisation of the directory by its id, a practice or network by code."""

    kind: RecipientKindAsked
    id: Annotated[
        str | None,
        StringConstraints(pattern=r"^[A-Za-z0-9-]{1,36}$"),
        Field(None, description="Id or code; left out where it is the person."),
    ] = None

    @model_validator(mode="after")
    def _id_of_its_kind(self) -> "RecipientAsked":
        if (self.kind == "person") != (self.id is None):
            raise broken("must hold an id, unless it is the person")
        if self.kind == "organization":
            try:
                fits = str(UUID(self.id)) == self.id
            except ValueError:
                fits = False
            if not fits:
                raise broken("must hold the id of an organisation of the directory")
        return self


class NewConsent(Timed):
    """What the person agreed to."""

    recipient: RecipientAsked
    purpose: codes.ConsentPurpose
    scope: Scope
    expires_on: LastDay = None
    said_how: SaidHow = Field("spoken", description="How the person said so.")
    note: Note | None = None


class ConsentNarrowing(Timed):
    """What is left of it: name what may still be shared, an earlier last day, or both."""

    scope: Scope | None = None
    expires_on: LastDay = None
    said_how: SaidHow = Field("spoken", description="How the person said so.")
    note: Note | None = None

    @model_validator(mode="after")
    def _says_what(self) -> "ConsentNarrowing":
        if self.scope is None and self.expires_on is None:
            raise broken("must hold scope or expires_on")
        return self


class ConsentRevocation(Timed):
    """The person takes it back."""

    said_how: SaidHow = Field("spoken", description="How the person said so.")
    note: Note | None = None


class ConsentAcknowledgement(Timed):
    """A holder confirms what was taken back."""

    holder: RecipientAsked | None = Field(
        None,
        description="Left out: your own organisation. A network's worker names who told them.",
    )
    note: Note | None = None
