"""What callers may ask for: one form per use case, with the words that explain it to people.

A form for one and a form for an item of a batch differ in the item's ``key`` and in what only
an import or a seed may say; the use case behind both is the same.
"""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from chassis import clock
from chassis.web.fields import (
    NhsNumber,
    OccurredAt,
    OrganisationCode,
    PlainText,
    PracticeCode,
    Prose,
    RequestModel,
    broken,
)
from contracts import codes
from services.referral.commands.dangers import Dangers

NAME_LENGTH_MAX: Final = 100
NOTE_LENGTH_MAX: Final = 2_000
REFERENCE_LENGTH_MAX: Final = 64
NEEDS_MAX: Final = 10
STEP_LENGTH_MAX: Final = 300
GOAL_STEPS_MAX: Final = 30
ACCESS_NEEDS_MAX: Final = 16
ADDRESS_LINES_MAX: Final = 5
ADDRESS_LINE_LENGTH_MAX: Final = 100
OLDEST_BIRTH_YEAR: Final = 1900


def _upper(value: Any) -> Any:
    return " ".join(value.split()).upper() if isinstance(value, str) else value


def _lived(value: date) -> date:
    if value > clock.now().date():
        raise broken("must not lie in the future")
    if value.year < OLDEST_BIRTH_YEAR:
        raise broken(f"must not lie before {OLDEST_BIRTH_YEAR}")
    return value


def _each_once(value: list[Any]) -> list[Any]:
    if len(set(value)) != len(value):
        raise broken("must name each once")
    return value


def _to_the_minute(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise broken("must be a local time of day such as 09:30")
    return value


Name = Annotated[str, PlainText(NAME_LENGTH_MAX)]
Note = Annotated[
    str, Prose(NOTE_LENGTH_MAX), Field(description="In your own words. Never leaves this service.")
]
BirthDate = Annotated[date, AfterValidator(_lived)]
Postcode = Annotated[
    str,
    BeforeValidator(_upper),
    StringConstraints(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}$"),
]
Email = Annotated[
    str,
    PlainText(254),
    StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$"),
]
Phone = Annotated[str, PlainText(24), StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{5,22}$")]
Needs = Annotated[
    list[codes.Need],
    Field(min_length=1, max_length=NEEDS_MAX, description="What it is about, most pressing first."),
    AfterValidator(_each_once),
]
AccessNeeds = Annotated[
    list[codes.AccessNeed],
    Field(max_length=ACCESS_NEEDS_MAX, description="Formats and support the person needs."),
    AfterValidator(_each_once),
]
ContactDays = Annotated[
    list[codes.Weekday],
    Field(max_length=7, description="Days that are safe; none named means any day."),
    AfterValidator(_each_once),
]
ClockTime = Annotated[time, AfterValidator(_to_the_minute)]
AddressLines = Annotated[
    list[Annotated[str, PlainText(ADDRESS_LINE_LENGTH_MAX)]],
    Field(max_length=ADDRESS_LINES_MAX, description="As on an envelope, without the postcode."),
]
OrganizationId = Annotated[
    UUID, Field(description="Instead of referrer_code, where your organisation has no code.")
]
Reference = Annotated[
    str,
    PlainText(REFERENCE_LENGTH_MAX),
    Field(description="The referrer's own reference. Sent again, it finds the referral it made."),
]
GoalReference = Annotated[
    str,
    PlainText(REFERENCE_LENGTH_MAX),
    Field(description="Your own reference; a referral has one goal of it."),
]
StepText = Annotated[
    str,
    PlainText(STEP_LENGTH_MAX),
    Field(description="One step, in the person's words. Never leaves this service."),
]
HappenedAt = Annotated[
    OccurredAt | None,
    Field(description="When it happened, with its offset from UTC; left out, it happened now."),
]
KnownAt = Annotated[
    OccurredAt | None,
    Field(description="Demonstrations only: when it became known."),
]


class Timed(RequestModel):
    """Something that happened."""

    occurred_at: HappenedAt = None
    recorded_at: KnownAt = None


class PersonFields(RequestModel):
    """Who the person is."""

    given_name: Name
    family_name: Name
    birth_date: BirthDate
    sex: codes.Sex = "unknown"
    nhs_number: NhsNumber | None = None
    ethnicity_category: codes.EthnicityCategory | None = Field(
        None, description="Category of the 16+1 scheme; Z is not stated."
    )
    deprivation_decile: int | None = Field(
        None,
        ge=1,
        le=10,
        description="Demonstrations only; else it is looked up by postcode. 1 is most deprived.",
    )
    language: str = Field("en", pattern=r"^[a-z]{2}$", description="Preferred, ISO 639-1.")
    postcode: Postcode | None = None
    email: Email | None = None
    phone: Phone | None = None
    preferred_name: Name | None = Field(None, description="What the person likes to be called.")
    gender: codes.Gender | None = Field(None, description="As the person says; apart from `sex`.")
    interpreter_needed: bool | None = Field(
        None, description="Null where nobody has asked, which is not the same as no."
    )
    access_needs: AccessNeeds = Field(default_factory=list[codes.AccessNeed])
    preferred_channel: codes.PreferredChannel | None = Field(
        None, description="What the person likes best. What is safe is `safe_channel`."
    )
    contact_days: ContactDays = Field(default_factory=list[codes.Weekday])
    contact_from: ClockTime | None = Field(None, description="Safe from this time of day on.")
    contact_until: ClockTime | None = Field(None, description="Safe until this time of day.")
    leave_no_message: bool = Field(
        default=False, description="No message on a machine or with another person."
    )
    neutral_sender: bool = Field(
        default=False, description="Nothing may show who writes or what it is about."
    )
    address_lines: AddressLines = Field(default_factory=list[str])


class NewPerson(PersonFields, Timed):
    """A person to enter in the records of their practice's network."""

    practice_code: PracticeCode
    messages_consented: bool = Field(
        default=False, description="Whether the person agreed to be sent messages."
    )
    safe_channel: codes.SafeChannel = Field("none", description="The way that is safe to use.")


class PersonChange(Timed):
    """What is different now; a field left out stays as it is, null empties it."""

    practice_code: PracticeCode | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    birth_date: BirthDate | None = None
    sex: codes.Sex | None = None
    nhs_number: NhsNumber | None = None
    ethnicity_category: codes.EthnicityCategory | None = None
    deprivation_decile: int | None = Field(None, ge=1, le=10)
    language: str | None = Field(None, pattern=r"^[a-z]{2}$")
    postcode: Postcode | None = None
    email: Email | None = None
    phone: Phone | None = None
    preferred_name: Name | None = None
    gender: codes.Gender | None = None
    interpreter_needed: bool | None = None
    access_needs: AccessNeeds | None = None
    preferred_channel: codes.PreferredChannel | None = None
    contact_days: ContactDays | None = None
    contact_from: ClockTime | None = None
    contact_until: ClockTime | None = None
    leave_no_message: bool | None = None
    neutral_sender: bool | None = None
    address_lines: AddressLines | None = None
    messages_consented: bool | None = None
    safe_channel: codes.SafeChannel | None = None

    @model_validator(mode="after")
    def _needed_stays(self) -> "PersonChange":
        for name in self.model_fields_set & _NEVER_EMPTY:
            if getattr(self, name) is None:
                raise broken("must not empty a field that every person has")
        return self


_NEVER_EMPTY: Final = frozenset(
    {
        "practice_code",
        "given_name",
        "family_name",
        "birth_date",
        "sex",
        "language",
        "access_needs",
        "contact_days",
        "leave_no_message",
        "neutral_sender",
        "address_lines",
        "messages_consented",
        "safe_channel",
    }
)


class PeopleSearch(RequestModel):
    """An NHS number, or a family name with a birth date and what else is known."""

    nhs_number: NhsNumber | None = None
    family_name: Name | None = None
    birth_date: BirthDate | None = None
    given_name: Name | None = None
    postcode: Postcode | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "PeopleSearch":
        given = self.nhs_number, self.family_name, self.birth_date
        if [value is not None for value in given] not in _SEARCHES:
            raise broken("must hold nhs_number alone, or family_name and birth_date")
        if self.nhs_number is not None and (self.given_name or self.postcode):
            raise broken("must hold nhs_number alone, or family_name and birth_date")
        return self


_SEARCHES: Final = ([True, False, False], [False, True, True])


class NewReferral(Timed):
    """A request for support, for a person on record or one described here."""

    practice_code: PracticeCode | None = Field(
        None, description="The person's practice; needed with `person`."
    )
    person_id: UUID | None = None
    person: PersonFields | None = Field(
        None, description="Matched by NHS number, else by name, birth date and postcode."
    )
    referrer_code: OrganisationCode | None = Field(
        None, description="The organisation that refers: your practice, or one of your network."
    )
    referrer_organization_id: OrganizationId | None = None
    route: codes.Route = "general-practice"
    needs: Needs
    urgency: codes.Urgency = "routine"
    messages_consented: bool | None = Field(
        None, description="Whether the person agreed to messages; left out, as on record."
    )
    safe_channel: codes.SafeChannel | None = Field(
        None, description="The way that is safe for this person; left out, as on record."
    )
    guardian_consented: bool = Field(
        default=False, description="Under 18: whether a parent or guardian agreed."
    )
    dangers: Dangers = Field(default_factory=list[codes.Danger])
    reference: Reference | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _one_person(self) -> "NewReferral":
        if (self.person_id is None) == (self.person is None):
            raise broken("must hold either person_id or person")
        if self.referrer_code is not None and self.referrer_organization_id is not None:
            raise broken("must hold either referrer_code or referrer_organization_id")
        return self


class NewStatus(Timed):
    """Where a referral goes next."""

    status: Literal["accepted", "declined", "returned", "closed"] = Field(
        description="Accepted; declined by the person; returned to the referrer; closed, which only "
        "imports and seeds say here: support ends by `POST /referrals/{referral_id}/closing`."
    )
    reason: codes.StatusReason | None = Field(None, description="Why, in one word of the list.")
    better_route: codes.BetterRoute | None = Field(
        None, description="Where the person is better helped; with `returned` or `declined`."
    )

    @model_validator(mode="after")
    def _route_of_an_end(self) -> "NewStatus":
        if self.better_route is not None and self.status not in {"returned", "declined"}:
            raise broken("must hold better_route only where it is returned or declined")
        return self


class NewContact(Timed):
    """A conversation between a worker and the person, or why there was none."""

    outcome: codes.ContactOutcome = Field(
        "made",
        description="Made; missed, where it was agreed; attempted, where nobody was reached.",
    )
    missed_reason: codes.MissedReason | None = Field(
        None, description="Why the person was not there; needed where it was missed."
    )
    mode: codes.ContactMode
    minutes: int | None = Field(None, ge=0, le=1440, description="How long it took.")
    role: codes.WorkerRole | None = Field(
        None, description="The role you spoke in; left out, the one you hold."
    )
    with_role: codes.TeamRole | None = Field(
        None, description="The member of the multidisciplinary team it was with, if it was."
    )
    understanding: codes.Understanding | None = Field(
        None,
        description="Whether the person could say in their own words who will help and how.",
    )
    dangers: Dangers = Field(default_factory=list[codes.Danger])
    note: Note | None = None


class NewGoal(Timed):
    """Something the person wants to reach."""

    need: codes.Need | None = Field(None, description="The need it answers.")
    description: Note | None = None
    measure: Note | None = Field(None, description="How one will know, in the person's words.")
    target_date: date | None = Field(None, description="Meant to be reached by.")
    review_on: date | None = Field(None, description="The day to look at it again.")
    steps: list[StepText] = Field(
        default_factory=list, max_length=GOAL_STEPS_MAX, description="The first steps, in order."
    )
    reference: GoalReference | None = None


class NewGoalUpdate(Timed):
    """How a goal stands now; what is agreed of it can change with `changed` alone."""

    status: Literal["progressing", "met", "changed", "dropped"]
    need: codes.Need | None = None
    description: Note | None = None
    measure: Note | None = None
    target_date: date | None = None
    review_on: date | None = Field(
        None, description="The day to look at it again; left out, as it was."
    )
    reason: codes.CorrectionReason | None = Field(
        None,
        description="Why a goal that was met or dropped goes on after all; with `progressing` alone.",
    )
    note: Note | None = None

    @model_validator(mode="after")
    def _changes_are_said(self) -> "NewGoalUpdate":
        if self.reason is not None and self.status != "progressing":
            raise broken("must say progressing where a goal that ended goes on")
        if self.status != "changed" and self.model_fields_set & _CHANGED_ALONE:
            raise broken("must say changed where need, words, measure or target date change")
        return self


_CHANGED_ALONE: Final = frozenset({"need", "description", "measure", "target_date"})


def happened_at(asked: Timed, now: datetime) -> tuple[datetime, datetime]:
    """When it happened and when it became known, both in UTC."""
    recorded_at = (asked.recorded_at or now).astimezone(UTC)
    return (asked.occurred_at or recorded_at).astimezone(UTC), recorded_at
