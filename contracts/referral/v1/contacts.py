"""Contacts that did not come about, and contacts that were recorded otherwise than they were.

A contact that was made is told by ``contact-made``; what is told of it later supersedes that.
"""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts import codes, fields
from contracts.event import EventData

WithRole = Annotated[
    codes.TeamRole,
    Field(
        description="The member of the multidisciplinary team it was with.",
        examples=["pharmacist"],
    ),
]
Understanding = Annotated[
    codes.Understanding,
    Field(
        description="Whether the person could say in their own words who will help and how.",
        examples=["understood"],
    ),
]
FirstContact = Annotated[
    bool,
    Field(
        description="True where no other contact made stood in the episode; null where not told.",
        examples=[True],
    ),
]
ContactOutcome = Annotated[
    codes.ContactOutcome, Field(description="What came of it.", examples=["made"])
]
PreviousContactOutcome = Annotated[
    codes.ContactOutcome, Field(description="What was said to have come of it.", examples=["made"])
]
MissedReason = Annotated[
    codes.MissedReason, Field(description="Why the person was not there.", examples=["unwell"])
]
CorrectionReason = Annotated[
    codes.CorrectionReason,
    Field(description="Why what was recorded does not stand.", examples=["mistyped"]),
]
ContactAt = Annotated[
    AwareDatetime,
    Field(description="When the contact was.", examples=["2026-03-09T10:00:00Z"]),
]
PreviousContactAt = Annotated[
    AwareDatetime,
    Field(description="When it was said to have been.", examples=["2026-03-10T10:00:00Z"]),
]
PreviousContactNumber = Annotated[
    int,
    Field(
        ge=1,
        le=100_000,
        description="Its number before; null where it had not been made.",
        examples=[1],
    ),
]
Supersedes = Annotated[
    int,
    Field(
        ge=1,
        le=100_000,
        description="The version of the contact that this puts aside; the next one stands.",
        examples=[1],
    ),
]
WasFirst = Annotated[
    bool,
    Field(description="True where it was the episode's first contact made.", examples=[True]),
]
IsFirst = Annotated[
    bool,
    Field(description="True where it now is the episode's first contact made.", examples=[True]),
]
# Who is first once this one is not: what ended the wait is then another contact.
NextFirstNumber = Annotated[
    int,
    Field(
        ge=1,
        le=100_000,
        description="Number of the contact that is first instead; null where none is or it stays.",
        examples=[2],
    ),
]
NextFirstAt = Annotated[
    AwareDatetime,
    Field(description="When that contact was.", examples=["2026-03-16T10:00:00Z"]),
]
NextFirstPracticeCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Z0-9]{3,12}$",
        description="Code of the person's practice at that contact.",
        examples=["Y99001"],
    ),
]


class ContactAttempted(EventData):
    """A worker tried to reach the person and did not."""

    type: ClassVar[str] = "waymark.contact-attempted.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    contact_id: fields.ContactId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    mode: fields.ContactMode
    minutes: fields.Minutes | None
    role: fields.WorkerRole
    with_role: WithRole | None
    worker_id: fields.WorkerId | None


class ContactMissed(EventData):
    """A contact had been agreed and the person was not there."""

    type: ClassVar[str] = "waymark.contact-missed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    contact_id: fields.ContactId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    mode: fields.ContactMode
    minutes: fields.Minutes | None
    role: fields.WorkerRole
    with_role: WithRole | None
    worker_id: fields.WorkerId | None
    missed_reason: MissedReason


class ContactCorrected(EventData):
    """A contact was otherwise than recorded; this is the whole of it as it now stands."""

    type: ClassVar[str] = "waymark.contact-corrected.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    contact_id: fields.ContactId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    outcome: ContactOutcome
    missed_reason: MissedReason | None
    contact_at: ContactAt
    mode: fields.ContactMode
    minutes: fields.Minutes | None
    role: fields.WorkerRole
    with_role: WithRole | None
    worker_id: fields.WorkerId | None
    understanding: Understanding | None
    contact_number: fields.ContactNumber | None
    referred_at: fields.ReferredAt
    supersedes: Supersedes
    reason: CorrectionReason
    previous_outcome: PreviousContactOutcome
    previous_contact_at: PreviousContactAt
    previous_contact_number: PreviousContactNumber | None
    was_first: WasFirst
    is_first: IsFirst
    next_first_number: NextFirstNumber | None
    next_first_at: NextFirstAt | None
    next_first_practice_code: NextFirstPracticeCode | None


class ContactVoided(EventData):
    """A contact that was recorded never was; nothing stands of it any more."""

    type: ClassVar[str] = "waymark.contact-voided.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    contact_id: fields.ContactId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    referred_at: fields.ReferredAt
    supersedes: Supersedes
    reason: CorrectionReason
    previous_outcome: PreviousContactOutcome
    previous_contact_at: PreviousContactAt
    previous_contact_number: PreviousContactNumber | None
    was_first: WasFirst
    next_first_number: NextFirstNumber | None
    next_first_at: NextFirstAt | None
    next_first_practice_code: NextFirstPracticeCode | None
