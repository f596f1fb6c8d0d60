"""What the doors of consent answer, as the interface description tells it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import Told


class RecipientShown(Told):
    """A recipient, or who has something that was shared."""

    kind: Literal["organization", "practice", "pcn", "person"]
    id: str


class ConsentKept(Told):
    """A consent as it stands."""

    id: UUID
    person_id: UUID | None = Field(default=None, description="For the network alone.")
    pcn_code: str
    recipient: RecipientShown
    purpose: codes.ConsentPurpose
    scope: list[codes.ConsentScope]
    expires_on: date | None
    given_at: datetime
    status: Literal["given", "revoked", "expired"]
    stands: bool = Field(description="Whether anything may be shared under it.")
    version: int


class ConsentTold(ConsentKept):
    """A consent after what was said of it."""

    outstanding: int | None = Field(
        default=None, description="How many have yet to confirm; for the network alone."
    )
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class ConsentListed(ConsentKept):
    """A consent among a person's."""

    holders: int = Field(description="How many have something that was shared under it.")
    outstanding: int = Field(description="How many have not confirmed what was taken back.")
    counts: list[codes.ConsentScope] | None = Field(
        default=None,
        description="Where records were merged: what may be shared by all of them together.",
    )


class ConsentPage(Told):
    """A page of a person's consents."""

    items: list[ConsentListed]
    next: str | None


class HolderShown(Told):
    """Somebody who has something, and whether they confirmed what was taken back."""

    holder: RecipientShown
    has: list[codes.ConsentScope]
    since: datetime
    latest_at: datetime
    to_acknowledge: int | None = Field(description="The version to confirm; null: none.")
    acknowledged: int | None = Field(description="The version they confirmed last.")
    acknowledged_at: datetime | None


class ConsentHeld(ConsentKept):
    """A consent under which the caller has something."""

    held: HolderShown


class HeldPage(Told):
    """A page of what the caller has, and is asked to confirm."""

    items: list[ConsentHeld]
    next: str | None


class ConsentStepShown(Told):
    """One step, as it became known."""

    number: int
    step: Literal["given", "narrowed", "revoked", "expired", "acknowledged"]
    scope: list[codes.ConsentScope]
    expires_on: date | None
    said_how: Literal["spoken", "written", "other"] | None
    holder_kind: str | None
    holder_id: str | None
    worker_id: UUID | None
    note: str | None
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime


class ConsentShown(ConsentKept):
    """A consent with everybody who has something of it, and how it came to stand."""

    holders: list[HolderShown]
    steps: list[ConsentStepShown]
