"""What people agreed to share, with whom and for what; what they took back, and who confirmed it."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

ConsentId = Annotated[
    UUID,
    Field(
        description="One consent: a person's, for one recipient and one purpose.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f2")],
    ),
]
RecipientKind = Annotated[
    codes.ConsentRecipient,
    Field(description="What kind of recipient it is.", examples=["organization"]),
]
RecipientId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9-]{1,36}$",
        description="Code or id of the recipient; the person's own id where it is the person.",
        examples=["01980000-0000-7000-8000-0000000000ab"],
    ),
]
HolderKind = Annotated[
    codes.ConsentRecipient,
    Field(description="What kind of holder it is.", examples=["organization"]),
]
HolderId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9-]{1,36}$",
        description="Code or id of whoever has something that was shared.",
        examples=["01980000-0000-7000-8000-0000000000ab"],
    ),
]
Purpose = Annotated[
    codes.ConsentPurpose, Field(description="What it is for.", examples=["onward-referral"])
]
Scope = Annotated[
    list[codes.ConsentScope],
    Field(
        min_length=1,
        max_length=16,
        description="What may be shared.",
        examples=[["contact-details", "needs"]],
    ),
]
ExpiresOn = Annotated[
    date, Field(description="The last day on which it stands.", examples=["2026-12-31"])
]
Renewed = Annotated[
    bool,
    Field(
        description="True where it had been given before and is wider, longer or new again.",
        examples=[False],
    ),
]
Holders = Annotated[
    int,
    Field(
        ge=0,
        le=10_000,
        description="How many have something and are asked to confirm.",
        examples=[1],
    ),
]
Outstanding = Annotated[
    int, Field(ge=0, le=10_000, description="How many have not confirmed yet.", examples=[0])
]
Change = Annotated[
    codes.ConsentChange, Field(description="What is confirmed.", examples=["revoked"])
]
DaysWaited = Annotated[
    int,
    Field(
        ge=0,
        le=100_000,
        description="Whole days from the change to its being confirmed.",
        examples=[2],
    ),
]


class ConsentGiven(EventData):
    """A person agreed that a recipient may have something, for one purpose."""

    type: ClassVar[str] = "waymark.consent-given.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    consent_id: ConsentId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    recipient_kind: RecipientKind
    recipient_id: RecipientId
    purpose: Purpose
    scope: Scope
    expires_on: ExpiresOn | None
    renewed: Renewed


class ConsentNarrowed(EventData):
    """A person took part of a consent back; this is what is left of it."""

    type: ClassVar[str] = "waymark.consent-narrowed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    consent_id: ConsentId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    recipient_kind: RecipientKind
    recipient_id: RecipientId
    purpose: Purpose
    scope: Scope
    expires_on: ExpiresOn | None
    holders: Holders


class ConsentRevoked(EventData):
    """A person took a consent back; nothing is shared under it any more."""

    type: ClassVar[str] = "waymark.consent-revoked.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    consent_id: ConsentId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    recipient_kind: RecipientKind
    recipient_id: RecipientId
    purpose: Purpose
    holders: Holders


class ConsentExpired(EventData):
    """The last day of a consent is over; nothing is shared under it any more."""

    type: ClassVar[str] = "waymark.consent-expired.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    consent_id: ConsentId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    recipient_kind: RecipientKind
    recipient_id: RecipientId
    purpose: Purpose
    holders: Holders


class ConsentAcknowledged(EventData):
    """A holder confirmed that something was taken back."""

    type: ClassVar[str] = "waymark.consent-acknowledged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    consent_id: ConsentId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    holder_kind: HolderKind
    holder_id: HolderId
    change: Change
    days_waited: DaysWaited
    outstanding: Outstanding
