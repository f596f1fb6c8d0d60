"""What may be sent to the directory, with the words that explain it and an example of each.

Promise    An example is accepted as it stands by a freshly seeded demo region, and again after
           that, when it is the same entry.
"""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal
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
PARTS_MAX: Final = 20
AGE_MAX: Final = 130
URL_LENGTH_MAX: Final = 2_000

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_WEEKDAYS = re.compile(r"(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU))*", re.ASCII)


def _web_address(value: AnyHttpUrl) -> AnyHttpUrl:
    if len(str(value)) > URL_LENGTH_MAX:
        raise broken(f"must be at most {URL_LENGTH_MAX} characters long")
    return value


def _weekdays(value: str) -> str:
    if _WEEKDAYS.fullmatch(value) is None:
        raise broken("must be days such as MO,TH")
    return value


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
Weekdays = Annotated[str, AfterValidator(_weekdays), Field(description="Days, such as MO,TH.")]
CodeOrId = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Z0-9]{3,12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"),
    Field(description="An ODS code, or an id of this platform."),
]
TimeOfDay = Annotated[
    str, StringConstraints(pattern=_TIME), Field(description="Local time, such as 10:00.")
]
Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]


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


class OrganizationForm(RequestModel):
    """An organisation that offers something, as Open Referral UK describes it."""

    name: Name
    description: Text
    email: Email | None = None
    website: WebAddress | None = None
    logo: WebAddress | None = None
    uri: WebAddress | None = None


class NewOrganization(OrganizationForm, Timed):
    """An organisation to enter in your region."""


class Schedule(RequestModel):
    """When it takes place."""

    valid_from: Day | None = None
    valid_to: Day | None = None
    dtstart: Day | None = None
    freq: Literal["WEEKLY", "MONTHLY"] | None = None
    interval: int | None = Field(None, ge=1, le=52)
    byday: Weekdays | None = None
    bymonthday: Annotated[str, PlainText(100)] | None = None
    opens_at: TimeOfDay | None = None
    closes_at: TimeOfDay | None = None
    schedule_link: WebAddress | None = None
    attending_type: Line | None = None
    description: Text | None = None
    notes: Text | None = None


class ServiceArea(RequestModel):
    """Where people may come from."""

    name: Line | None = None
    extent: Line | None = None
    extent_type: Line | None = None
    uri: WebAddress | None = None


class CostOption(RequestModel):
    """What it costs."""

    valid_from: Day | None = None
    valid_to: Day | None = None
    option: Line | None = None
    amount: float | None = Field(None, ge=0, le=1_000_000, allow_inf_nan=False)
    amount_description: Text | None = None


class Address(RequestModel):
    """An address of a place."""

    address_1: Line
    address_2: Line | None = None
    city: Line
    region: Line | None = None
    state_province: Line
    postal_code: Annotated[str, PlainText(12)]
    country: str = Field("GB", pattern=r"^[A-Z]{2}$")
    address_type: Literal["physical", "postal", "virtual"] = "physical"


class Location(RequestModel):
    """A place it is offered at."""

    location_type: Literal["physical", "postal", "virtual"] = "physical"
    name: Line | None = None
    description: Text | None = None
    latitude: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    addresses: list[Address] = Field(default_factory=list, max_length=PARTS_MAX)


class NewListing(Timed):
    """A listing, as Open Referral UK describes a service, with the needs it answers."""

    organization_id: UUID | None = None
    organization: OrganizationForm | None = Field(
        None, description="Instead of organization_id: found by its name, or entered."
    )
    name: Name
    description: Text | None = None
    url: WebAddress | None = None
    email: Email | None = None
    status: Literal["active", "inactive", "defunct", "temporarily closed"] = "active"
    fees: Line | None = None
    accreditations: Text | None = None
    minimum_age: int | None = Field(None, ge=0, le=AGE_MAX)
    maximum_age: int | None = Field(None, ge=0, le=AGE_MAX)
    assured_date: Day | None = None
    assurer_email: Email | None = None
    alert: Text | None = None
    needs: list[codes.Need] = Field(
        default_factory=lambda: ["other"],
        min_length=1,
        max_length=10,
        description="What it answers.",
    )
    schedules: list[Schedule] = Field(default_factory=list, max_length=PARTS_MAX)
    service_areas: list[ServiceArea] = Field(default_factory=list, max_length=PARTS_MAX)
    cost_options: list[CostOption] = Field(default_factory=list, max_length=PARTS_MAX)
    locations: list[Location] = Field(default_factory=list, max_length=PARTS_MAX)
    publish: bool | None = Field(
        None,
        description="Left out: published if your role may publish, else a draft. False: a draft.",
    )

    @model_validator(mode="after")
    def _one_organization(self) -> "NewListing":
        if (self.organization_id is None) == (self.organization is None):
            raise broken("must hold either organization_id or organization")
        if (
            self.minimum_age is not None
            and self.maximum_age is not None
            and self.minimum_age > self.maximum_age
        ):
            raise broken("must not have a minimum_age above its maximum_age")
        return self


_NOT_CONTENT: Final = {"key", "occurred_at", "organization", "organization_id", "needs", "publish"}


def content_of(form: OrganizationForm | NewListing) -> dict[str, Any]:
    """What is shown of it, as JSON values: absent facts are left out."""
    shown: dict[str, Any] = form.model_dump(mode="json", exclude=_NOT_CONTENT, exclude_none=True)
    return {name: value for name, value in shown.items() if value != []}


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
ORGANIZATION_EXAMPLE: Final = {
    "name": "Example Allotment Society (synthetic)",
    "description": "Neighbours who grow food together.",
    "email": "hello@allotment.example.org",
    "website": "https://allotment.example.org/",
}
LISTING_EXAMPLE: Final = {
    "organization": ORGANIZATION_EXAMPLE,
    "name": "Tuesday growing group",
    "description": "Two hours of light gardening and tea in good company. Tools are there.",
    "url": "https://allotment.example.org/tuesday",
    "email": "tuesday@allotment.example.org",
    "status": "active",
    "fees": "Free",
    "minimum_age": 18,
    "needs": ["isolation", "mental-wellbeing"],
    "schedules": [{"freq": "WEEKLY", "byday": "TU", "opens_at": "10:00", "closes_at": "12:00"}],
    "cost_options": [{"option": "Free", "amount": 0}],
    "locations": [
        {
            "name": "Example allotments",
            "addresses": [
                {
                    "address_1": "1 Example Lane",
                    "city": "Wayford",
                    "state_province": "Wayfordshire",
                    "postal_code": "ZZ99 3WZ",
                    "country": "GB",
                }
            ],
        }
    ],
}
