"""What the doors answer, as the interface description tells it.

These models describe; the answers themselves are built by the use cases and views, so that
nothing is validated on its way out. A test reads real answers back through every one of them.
"""

from datetime import date, datetime, time
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts import codes


class Told(BaseModel):
    """An answer: these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Moment(Told):
    """Whose, when it happened and when it became known."""

    id: UUID
    pcn_code: str
    practice_code: str
    version: int = Field(description="Of this thing; its ETag is the same.")
    occurred_at: datetime
    recorded_at: datetime


class PersonEntered(Moment):
    """A person's record as it was entered, found or corrected."""

    event_id: UUID | None = Field(description="Null where nothing changed, so nothing was told.")
    already: bool = Field(default=False, description="True where the person was on record.")


class ReferralMade(Moment):
    """A referral, and the episode of support it opened or joined."""

    event_id: UUID
    episode_id: UUID
    person_id: UUID
    referrer_code: str
    status: codes.ReferralStatus
    opened_episode: bool
    already: bool = Field(
        default=False, description="True where the reference or fingerprint was known."
    )


class ReferralMoved(Moment):
    """A referral where it now stands."""

    event_id: UUID
    episode_id: UUID
    person_id: UUID
    previous_status: codes.ReferralStatus
    status: codes.ReferralStatus
    reason: codes.StatusReason | None
    better_route: codes.BetterRoute | None = None
    closed_episode: bool


class OfReferral(Moment):
    """Something recorded on a referral's episode."""

    event_id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID


class ContactRecorded(OfReferral):
    """A contact, with its number in the episode."""

    worker_id: UUID | None
    role: codes.WorkerRole
    outcome: codes.ContactOutcome
    missed_reason: codes.MissedReason | None
    mode: codes.ContactMode
    minutes: int | None
    with_role: codes.TeamRole | None
    understanding: codes.Understanding | None
    contact_number: int | None = Field(description="Null where it was not made.")
    status: codes.ReferralStatus = Field(description="Of the referral.")


class PersonShown(Told):
    """A person's record."""

    id: UUID
    pcn_code: str
    practice_code: str
    nhs_number: str | None
    given_name: str
    family_name: str
    birth_date: date
    sex: codes.Sex
    ethnicity_category: codes.EthnicityCategory | None
    deprivation_decile: int | None
    language: str
    postcode: str | None
    email: str | None
    phone: str | None
    messages_consented: bool
    safe_channel: codes.SafeChannel
    preferred_name: str | None
    gender: codes.Gender | None
    interpreter_needed: bool | None = Field(description="Null where nobody has asked.")
    access_needs: list[codes.AccessNeed]
    preferred_channel: codes.PreferredChannel | None
    contact_days: list[codes.Weekday] = Field(description="Safe days; none named means any.")
    contact_from: time | None
    contact_until: time | None
    leave_no_message: bool
    neutral_sender: bool
    address_lines: list[str]
    deceased: bool
    died_on: date | None
    merged_person_ids: list[UUID] = Field(
        description="Records merged into this one, to the network: it speaks for them."
    )
    version: int
    recorded_at: datetime
    episode_id: UUID | None = Field(description="The open episode, to the network.")


class LikenessPart(Told):
    """One thing that both the description and the record hold."""

    name: str
    verdict: Literal["same", "close", "sounds-alike", "different"]
    earned: float
    weight: int


class PersonFound(Told):
    """Enough of a person to tell them from others."""

    id: UUID
    pcn_code: str
    practice_code: str
    nhs_number: str | None
    given_name: str
    family_name: str
    birth_date: date
    postcode: str | None
    version: int
    score: int = Field(description="How alike the description and the record are, 0 to 100.")
    parts: list[LikenessPart] = Field(description="What the score is made of.")


class PeopleFound(Told):
    """A page of the people found, the most alike first."""

    items: list[PersonFound]
    next: str | None


class ReferralListed(Told):
    """A referral in a list."""

    id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    referrer_code: str
    route: codes.Route
    urgency: codes.Urgency
    needs: list[codes.Need]
    status: codes.ReferralStatus
    origin: codes.Origin
    version: int
    occurred_at: datetime
    recorded_at: datetime


class ReferralPage(Told):
    """A page of referrals, the latest entered first."""

    items: list[ReferralListed]
    next: str | None


class EarlierStep(Told):
    """What a step said before it was changed."""

    what: str
    superseded_at: datetime


class StepShown(Told):
    """One step towards a goal."""

    number: int
    what: str
    done_at: datetime | None
    version: int
    earlier: list[EarlierStep] = Field(description="What it said before, the latest first.")


class GoalShown(Told):
    """A goal of the episode."""

    id: UUID
    referral_id: UUID
    reference: str | None = Field(description="As its setter calls it.")
    need: codes.Need | None
    description: str | None
    measure: str | None = Field(description="How one will know, in the person's words.")
    target_date: date | None
    review_on: date | None
    status: codes.GoalStatus
    update_count: int
    version: int
    occurred_at: datetime
    steps: list[StepShown]


class ContactShown(Told):
    """A contact of the episode."""

    id: UUID
    referral_id: UUID
    number: int | None = Field(
        description="Among the contacts made of the episode; null where it was not made."
    )
    outcome: codes.ContactOutcome
    missed_reason: codes.MissedReason | None
    worker_id: UUID | None
    role: codes.WorkerRole
    mode: codes.ContactMode
    minutes: int | None
    with_role: codes.TeamRole | None
    understanding: codes.Understanding | None
    note: str | None
    version: int
    voided_at: datetime | None = Field(description="Since when nothing of it stands.")
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime


class ContactPage(Told):
    """A page of the episode's contacts, in their order."""

    items: list[ContactShown]
    next: str | None


class MessageShown(Told):
    """What became of a message about the referral."""

    rule: str
    channel: str
    recipient_kind: str
    outcome: str
    reason: str | None
    occurred_at: datetime


class WrongRole(Told):
    """Why the first role was the wrong one, as its worker tells the referrer."""

    previous_role: codes.WorkerRole
    role: codes.WorkerRole
    reason: codes.ReRouteReason
    note: str | None
    occurred_at: datetime


class ReferralShown(ReferralListed):
    """A referral with what became of it."""

    note: str | None
    reference: str | None
    messages_consented: bool
    safe_channel: codes.SafeChannel
    guardian_consented_at: datetime | None = Field(
        description="Under 18: when a parent or guardian agreed, as far as somebody said so."
    )
    opened_episode: bool
    reason: codes.StatusReason | None
    event_id: UUID
    worker_id: UUID | None = Field(description="Who works with the person, to the network.")
    contact_count: int
    first_contact_at: datetime | None
    goals: list[GoalShown]
    messages: list[MessageShown]
    role: codes.WorkerRole | None = Field(description="Which role helps, once one was chosen.")
    wrong_role: WrongRole | None = Field(description="Where it was first sent to another role.")
    better_route: codes.BetterRoute | None = Field(
        description="Where the person is better helped, if it was returned."
    )


class Card(Told):
    """What a message to a person needs."""

    person_id: UUID
    pcn_code: str
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    language: str
    messages_consented: bool
    safe_channel: codes.SafeChannel
    preferred_name: str | None
    interpreter_needed: bool | None = Field(description="Null where nobody has asked.")
    access_needs: list[codes.AccessNeed]
    preferred_channel: codes.PreferredChannel | None
    contact_days: list[codes.Weekday] = Field(description="Safe days; none named means any.")
    contact_from: time | None
    contact_until: time | None
    leave_no_message: bool
    neutral_sender: bool
    deceased: bool = Field(description="True: nothing is sent any more.")


class MergeShown(Told):
    """Two records of one person: ``person_id`` speaks for ``merged_person_id``."""

    id: UUID
    pcn_code: str
    person_id: UUID
    merged_person_id: UUID
    reason: codes.MergeReason
    closed_episode_id: UUID | None = Field(
        description="The merged record's open episode, closed as a duplicate."
    )
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    undone_at: datetime | None


class MergePage(Told):
    """A page of merges, the latest first."""

    items: list[MergeShown]
    next: str | None


class DeathRecorded(Moment):
    """Whether it is on record that the person died."""

    event_id: UUID
    deceased: bool
    died_on: date | None


class PostcodesLoaded(Told):
    """What became of the postcodes."""

    edition: str
    taken: int
    changed: int = Field(description="How many are new or different now.")


class ItemAnswered(Told):
    """The answer to one item: ``body`` where it was done, ``problem`` where it was refused."""

    key: str
    status: int
    body: dict[str, Any] | None = Field(default=None, description="As a single request answers.")
    problem: dict[str, Any] | None = Field(default=None, description="As RFC 9457 describes it.")
    replayed: bool = Field(default=False, description="True where it was answered before.")


class BatchAnswered(Told):
    """One answer for each item, in the order of the items."""

    items: list[ItemAnswered]
