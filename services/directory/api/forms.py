"""What may be sent to the directory, with the words that explain it and an example of each.

Promise    An example is accepted as it stands by a freshly seeded demo region, and again after
           that, when it is the same entry.
"""

import re
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from chassis.web.fields import (
    OccurredAt,
    OrganisationCode,
    PcnCode,
    PlainText,
    PracticeCode,
    Prose,
    RegionCode,
    RequestModel,
    broken,
)
from contracts import codes

NAME_LENGTH_MAX: Final = 200
PROSE_LENGTH_MAX: Final = 5_000
URL_LENGTH_MAX: Final = 2_000


# What browsers let stand in an address and the standard of addresses (RFC 3986) does not.
_NO_ADDRESS = re.compile(r"""%(?![0-9A-Fa-f]{2})|["<>\\^`{|}\[\]]""")


def _web_address(value: AnyHttpUrl) -> AnyHttpUrl:
    """The address as the formats of Open Referral UK take it: what may not stand in it is escaped."""
    scheme, _, rest = str(value).partition("://")
    authority, slash, path = rest.partition("/")
    before, mark, fragment = path.partition("#")
    escaped = _NO_ADDRESS.sub(
        lambda found: f"%{ord(found[0]):02X}", f"{before}{mark}{fragment.replace('#', '%23')}"
    )
    address = f"{scheme}://{authority}{slash}{escaped}"
    if len(address) > URL_LENGTH_MAX:
        raise broken(f"must be at most {URL_LENGTH_MAX} characters long")
    return AnyHttpUrl(address)


Name = Annotated[str, PlainText(NAME_LENGTH_MAX)]
Text = Annotated[str, Prose(PROSE_LENGTH_MAX)]
Line = Annotated[str, PlainText(500)]
Email = Annotated[
    str,
    PlainText(254),
    StringConstraints(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
    ),
]
Phone = Annotated[str, PlainText(24), StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{5,22}$")]
# Only these schemes: a listing's address is followed by people.
WebAddress = Annotated[
    AnyHttpUrl, AfterValidator(_web_address), PlainSerializer(str, return_type=str)
]
CodeOrId = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Z0-9]{3,12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"),
    Field(description="An ODS code, or an id of this platform."),
]


class Timed(RequestModel):
    """Something that happened."""

    occurred_at: OccurredAt | None = Field(
        None, description="When it happened, with its offset; left out, it happened now."
    )


class NewPcn(Timed):
    """A Primary Care Network of a region whose register you keep."""

    pcn_code: PcnCode
    region_code: RegionCode
    name: Name


class NewPractice(Timed):
    """A practice, and the PCN it belongs to from a day on."""

    practice_code: PracticeCode
    pcn_code: PcnCode
    name: Name
    from_date: date | None = Field(
        None,
        description=(
            "First day it belongs there, not one to come: everybody's support moves at once. "
            "Left out, today or as it stands."
        ),
    )
    contact_email: Email | None = Field(
        None, description="Where messages to the practice go; left out, as it stands."
    )


class NewReferringOrganisation(Timed):
    """A hospital, a council or a voluntary group whose people may refer."""

    referrer_kind: codes.ReferrerKind
    region_code: RegionCode
    ods_code: OrganisationCode | None = Field(
        None, description="By which it is known; a hospital and a council have one."
    )
    organization_id: UUID | None = Field(
        None, description="Where there is no ODS code: the organisation as entered here."
    )
    name: Name | None = Field(None, description="Needed beside ods_code.")
    contact_email: Email | None = Field(
        None, description="Where messages to it go; left out, as it stands."
    )

    @model_validator(mode="after")
    def _known_by_one(self) -> "NewReferringOrganisation":
        if (self.ods_code is None) == (self.organization_id is None):
            raise broken("must hold either ods_code or organization_id")
        if self.ods_code is not None and self.name is None:
            raise broken("must hold name beside ods_code")
        if self.ods_code is None and self.referrer_kind in {"hospital", "council"}:
            raise broken("must hold ods_code for a hospital or a council")
        return self


class NewPopulation(Timed):
    """How many people were registered on a day, with a PCN or with one of its practices."""

    pcn_code: PcnCode
    practice_code: PracticeCode | None = None
    persons: int = Field(ge=0, le=100_000_000)
    as_of: date


class Membered(RequestModel):
    """Somebody who signs in, by the issuer's name for them."""

    issuer: str | None = Field(
        None, max_length=URL_LENGTH_MAX, description="Left out, the issuer this platform believes."
    )


class NewWorker(Timed, Membered):
    """A worker of a PCN. Name and contact stay in the directory."""

    pcn_code: PcnCode
    name: Name
    email: Email
    phone: Phone | None = None
    roles: list[codes.WorkerRole] = Field(min_length=1, max_length=8)
    subject: Annotated[str, PlainText(500)] | None = Field(
        None, description="The issuer's subject of a worker who signs in: joins work to name."
    )


class NewMembership(Timed, Membered):
    """A role that somebody may act in, for an organisation of a region you keep."""

    subject: Annotated[str, PlainText(500)] = Field(
        description="The issuer's subject. Only a keyed hash of it is kept."
    )
    role: codes.Role
    organisation_kind: Literal["region", "pcn", "practice", "organization"]
    organisation_code: Annotated[str, PlainText(36)] = Field(
        description=(
            "Code of the region, PCN, practice or referring organisation, or id of the organization."
        )
    )


PCN_EXAMPLE: Final = {
    "pcn_code": "U99099",
    "region_code": "QZZ",
    "name": "Example Vale PCN (synthetic)",
}
PRACTICE_EXAMPLE: Final = {
    "practice_code": "Y99999",
    "pcn_code": "U99001",
    "name": "Example Lane Surgery (synthetic)",
    "contact_email": "y99999@practice.example.org",
}
REFERRING_ORGANISATION_EXAMPLE: Final = {
    "referrer_kind": "hospital",
    "region_code": "QZZ",
    "ods_code": "RX999",
    "name": "Example Vale Infirmary (synthetic)",
    "contact_email": "discharge@infirmary.example.org",
}
POPULATION_EXAMPLE: Final = {"pcn_code": "U99001", "persons": 44_000, "as_of": "2024-01-01"}
WORKER_EXAMPLE: Final = {
    "pcn_code": "U99001",
    "name": "Robin Example",
    "email": "robin.example@pcn.example.org",
    "phone": "01632 960123",
    "roles": ["link-worker"],
}
MEMBERSHIP_EXAMPLE: Final = {
    "subject": "example-link-worker",
    "role": "link-worker",
    "organisation_kind": "pcn",
    "organisation_code": "U99001",
}
