"""What may be sent of organisations and listings: every part HSDS-UK 3.0 has of a service.

Promise    What passes can be shown as Open Referral UK: formats and enumerations are checked here,
           on the way in. An example is accepted as it stands by a freshly seeded demo region.
Price      Parts of a listing are told by their place in a list; ids of ours are given on the way
           out.
"""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints, model_validator

from chassis.web.fields import PlainText, Prose, RequestModel, broken
from contracts import codes, needs
from services.directory.api.forms import Email, Line, Name, Phone, Text, Timed, WebAddress

PARTS_MAX: Final = 20
AGE_MAX: Final = 130
NEEDS_MAX: Final = 10
NEED_TERMS_MAX: Final = 20
INTERVAL_MAX: Final = 52
AMOUNT_MAX: Final = 1_000_000
EXTENT_LENGTH_MAX: Final = 20_000
LANGUAGE_CODE: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_DAY = r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"
_DAYS = re.compile(rf"{_DAY}(,{_DAY})*", re.ASCII)
_MONTH_DAY = r"(-?([1-9]|[12][0-9]|3[01]))"
_MONTH_DAYS = re.compile(rf"{_MONTH_DAY}(,{_MONTH_DAY})*", re.ASCII)


def _days(value: str) -> str:
    if _DAYS.fullmatch(value) is None:
        raise broken("must be days such as MO,TH, or 1MO for the first Monday of a month")
    return value


def _days_of_month(value: str) -> str:
    if _MONTH_DAYS.fullmatch(value) is None:
        raise broken("must be days of a month such as 1,15, or -1 for the last")
    return value


def _known_term(value: str) -> str:
    if value not in needs.TERMS:
        raise broken("must be a need of the catalogue, as /taxonomy_terms lists them")
    return value


Weekdays = Annotated[
    str, PlainText(100), AfterValidator(_days), Field(description="Days, such as MO,TH.")
]
MonthDays = Annotated[str, PlainText(100), AfterValidator(_days_of_month)]
TimeOfDay = Annotated[
    str, StringConstraints(pattern=_TIME), Field(description="Local time, such as 10:00.")
]
Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]
NeedTerm = Annotated[
    str, StringConstraints(max_length=needs.TERM_LENGTH_MAX), AfterValidator(_known_term)
]
Age = Annotated[int, Field(ge=0, le=AGE_MAX)]


class TermForm(RequestModel):
    """A word of somebody else's taxonomy, as that taxonomy has it."""

    taxonomy: Line | None = Field(None, description="The taxonomy's name.")
    term: Line | None = Field(None, description="The word's code there.")
    name: Line
    description: Text
    term_uri: WebAddress | None = None
    term_id: UUID | None = Field(None, description="The word's id there, and so its id here.")
    parent_id: UUID | None = Field(None, description="The id there of the word above it.")
    taxonomy_id: UUID | None = Field(None, description="The taxonomy's id there.")


class AttributeForm(TermForm):
    """A word that a listing is sorted by, or that says whom it is for."""

    link_type: Line = Field("service", description="What the word describes.")


class PartAttributeForm(TermForm):
    """A word that a part of a listing, or an organisation, is sorted by."""

    link_type: Line | None = Field(None, description="Left out, the part itself.")


PartAttributes = Annotated[list[PartAttributeForm], Field(max_length=PARTS_MAX)]


class OrganizationIdentifier(RequestModel):
    """What others know an organisation by: its charity number, its company number."""

    identifier_scheme: Line | None = Field(None, description="Of org-id.guide, such as GB-CHC.")
    identifier_type: Line
    identifier: Line
    attributes: PartAttributes = Field(default_factory=list[PartAttributeForm])


class OrganizationForm(RequestModel):
    """An organisation that offers something, as Open Referral UK describes it."""

    name: Name
    description: Text
    email: Email | None = None
    website: WebAddress | None = None
    logo: WebAddress | None = None
    uri: WebAddress | None = None
    organization_identifiers: list[OrganizationIdentifier] = Field(
        default_factory=list, max_length=PARTS_MAX
    )
    attributes: PartAttributes = Field(default_factory=list[PartAttributeForm])


class NewOrganization(OrganizationForm, Timed):
    """An organisation to enter in your region."""


class Schedule(RequestModel):
    """When it takes place."""

    valid_from: Day | None = None
    valid_to: Day | None = None
    dtstart: Day | None = None
    freq: Literal["WEEKLY", "MONTHLY"] | None = None
    interval: int | None = Field(None, ge=1, le=INTERVAL_MAX)
    byday: Weekdays | None = None
    bymonthday: MonthDays | None = None
    opens_at: TimeOfDay | None = None
    closes_at: TimeOfDay | None = None
    schedule_link: WebAddress | None = None
    attending_type: Line | None = None
    description: Text | None = None
    notes: Text | None = None
    at_location: int | None = Field(
        None, ge=0, lt=PARTS_MAX, description="Which of the locations it holds for, from 0."
    )


class ServiceArea(RequestModel):
    """Where people may come from."""

    name: Line | None = None
    extent: Annotated[str, Prose(EXTENT_LENGTH_MAX)] | None = Field(
        None, description="Postcodes, or a shape such as GeoJSON."
    )
    extent_type: Line | None = None
    uri: WebAddress | None = None
    service_area: Line | None = None


class CostOption(RequestModel):
    """What it costs."""

    valid_from: Day | None = None
    valid_to: Day | None = None
    option: Line | None = None
    amount: float | None = Field(None, ge=0, le=AMOUNT_MAX, allow_inf_nan=False)
    amount_description: Text | None = None


class Address(RequestModel):
    """An address of a place."""

    attention: Line | None = None
    address_1: Line
    address_2: Line | None = None
    city: Line
    region: Line | None = None
    state_province: Line
    postal_code: Annotated[str, PlainText(12)]
    country: str = Field("GB", pattern=r"^[A-Z]{2}$")
    address_type: Literal["physical", "postal", "virtual"] = "physical"
    attributes: PartAttributes = Field(default_factory=list[PartAttributeForm])


class Accessibility(RequestModel):
    """How people with a disability get in and about."""

    description: Text | None = None
    accessibility: Text | None = None
    details: Text | None = None
    url: WebAddress | None = None
    attributes: PartAttributes = Field(default_factory=list[PartAttributeForm])

    @model_validator(mode="after")
    def _something_said(self) -> "Accessibility":
        if all(
            one is None for one in (self.description, self.accessibility, self.details, self.url)
        ):
            raise broken("must hold description, accessibility, details or url")
        return self


class Language(RequestModel):
    """A language spoken there, without an interpreter."""

    name: Line
    code: Annotated[str, StringConstraints(pattern=LANGUAGE_CODE)] | None = Field(
        None, description="As ISO 639 has it, such as pl."
    )
    note: Text | None = None


class Funding(RequestModel):
    """Who pays for it."""

    source: Text


class PhoneLine(RequestModel):
    """A number that may be rung."""

    number: Phone
    description: Text | None = None
    languages: list[Language] = Field(default_factory=list, max_length=PARTS_MAX)


class ContactForm(RequestModel):
    """Somebody who may be asked, as the public is told."""

    name: Line | None = None
    title: Line | None = None
    email: Email | None = None
    phones: list[PhoneLine] = Field(default_factory=list, max_length=PARTS_MAX)
    attributes: PartAttributes = Field(default_factory=list[PartAttributeForm])


class Location(RequestModel):
    """A place it is given at."""

    location_type: Literal["physical", "postal", "virtual"] = "physical"
    name: Line | None = None
    description: Text | None = None
    latitude: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    external_identifier: Line | None = None
    external_identifier_type: Line | None = Field(None, description="Such as UPRN.")
    addresses: list[Address] = Field(default_factory=list, max_length=PARTS_MAX)
    accessibility: list[Accessibility] = Field(default_factory=list, max_length=PARTS_MAX)
    attributes: PartAttributes = Field(default_factory=list[PartAttributeForm])

    @model_validator(mode="after")
    def _a_whole_point(self) -> "Location":
        if (self.latitude is None) != (self.longitude is None):
            raise broken("must hold both latitude and longitude, or neither")
        return self


class ListingForm(RequestModel):
    """The content of a listing, as Open Referral UK describes a service."""

    name: Name
    description: Text | None = None
    url: WebAddress | None = None
    email: Email | None = None
    status: Literal["active", "inactive", "defunct", "temporarily closed"] = "active"
    fees: Text | None = None
    accreditations: Text | None = None
    minimum_age: Age | None = None
    maximum_age: Age | None = None
    assured_date: Day | None = None
    assurer_email: Email | None = None
    alert: Text | None = None
    schedules: list[Schedule] = Field(default_factory=list, max_length=PARTS_MAX)
    service_areas: list[ServiceArea] = Field(default_factory=list, max_length=PARTS_MAX)
    cost_options: list[CostOption] = Field(default_factory=list, max_length=PARTS_MAX)
    locations: list[Location] = Field(default_factory=list, max_length=PARTS_MAX)
    languages: list[Language] = Field(default_factory=list, max_length=PARTS_MAX)
    funding: list[Funding] = Field(default_factory=list, max_length=PARTS_MAX)
    contacts: list[ContactForm] = Field(default_factory=list, max_length=PARTS_MAX)
    phones: list[PhoneLine] = Field(default_factory=list, max_length=PARTS_MAX)
    attributes: list[AttributeForm] = Field(default_factory=list, max_length=PARTS_MAX)


class NewListing(ListingForm, Timed):
    """A listing, as Open Referral UK describes a service, with the needs it answers."""

    organization_id: UUID | None = None
    organization: OrganizationForm | None = Field(
        None, description="Instead of organization_id: found by its name, or entered."
    )
    needs: list[codes.Need] = Field(
        default_factory=list[codes.Need],
        max_length=NEEDS_MAX,
        description="The broad needs it answers, beside those of need_terms.",
    )
    need_terms: list[NeedTerm] = Field(
        default_factory=list[str],
        max_length=NEED_TERMS_MAX,
        description="What it answers, as finely as /taxonomy_terms says; each has its broad need.",
    )
    publish: bool | None = Field(
        None,
        description="Left out: published if your role may publish, else a draft. False: a draft.",
    )

    @model_validator(mode="after")
    def _one_organization(self) -> "NewListing":
        if (self.organization_id is None) == (self.organization is None):
            raise broken("must hold either organization_id or organization")
        return self


_NOT_CONTENT: Final = {
    "key",
    "occurred_at",
    "organization",
    "organization_id",
    "needs",
    "need_terms",
    "publish",
}


def content_of(form: OrganizationForm | ListingForm) -> dict[str, Any]:
    """What is shown of it, as JSON values: absent facts are left out."""
    shown: dict[str, Any] = without_nothing(
        form.model_dump(mode="json", exclude=_NOT_CONTENT, exclude_none=True)
    )
    return shown


def without_nothing(value: Any) -> Any:
    """The same without what is absent and without lists of nothing, however deep."""
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value).items()
        return {
            name: without_nothing(part) for name, part in parts if part is not None and part != []
        }
    if isinstance(value, list):
        return [without_nothing(part) for part in cast("list[Any]", value)]
    return value


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
    "need_terms": ["nature-and-gardening", "loneliness"],
    "schedules": [{"freq": "WEEKLY", "byday": "TU", "opens_at": "10:00", "closes_at": "12:00"}],
    "cost_options": [{"option": "Free", "amount": 0}],
    "languages": [{"name": "English", "code": "en"}],
    "funding": [{"source": "A grant of the town council"}],
    "contacts": [
        {"title": "The group's phone", "phones": [{"number": "01632 960124"}]},
    ],
    "locations": [
        {
            "name": "Example allotments",
            "accessibility": [{"description": "A level path and raised beds."}],
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
