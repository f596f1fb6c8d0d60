"""What the clinical record of a practice is to hold: each code and message, until it is known there.

An item is an aggregate of its own. It is asked for beside what caused it, and goes on at the pace
of the receiver.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

WritebackId = Annotated[
    UUID,
    Field(description="One item.", examples=[UUID("01980000-0000-7000-8000-0000000000e7")]),
]
WritebackKind = Annotated[
    codes.WritebackKind, Field(description="What is handed over.", examples=["code"])
]
ClinicalCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{6,18}$",
        description="The SNOMED CT concept; null for a message.",
        examples=["871731000000106"],
    ),
]
RecipientPractice = Annotated[
    str,
    Field(
        pattern=r"^[A-Z0-9]{3,12}$",
        description="Code of the practice whose record it is for.",
        examples=["Y99001"],
    ),
]
Withdraws = Annotated[
    UUID,
    Field(
        description="The item that a withdrawal takes back.",
        examples=[UUID("01980000-0000-7000-8000-0000000000e8")],
    ),
]
Attempts = Annotated[
    int, Field(ge=1, le=1_000_000, description="How often it was handed over.", examples=[1])
]
WritebackFailure = Annotated[
    codes.WritebackFailure,
    Field(description="Why it was not taken.", examples=["person-not-known"]),
]


class WritebackRequested(EventData):
    """A code or a message is to go into a practice's record, or one is to be taken back."""

    type: ClassVar[str] = "waymark.writeback-requested.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "writeback"

    writeback_id: WritebackId
    kind: WritebackKind
    clinical_code: ClinicalCode | None
    withdraws: Withdraws | None
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: RecipientPractice


class WritebackSent(EventData):
    """The receiver took it over."""

    type: ClassVar[str] = "waymark.writeback-sent.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "writeback"

    writeback_id: WritebackId
    kind: WritebackKind
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: RecipientPractice
    attempts: Attempts


class WritebackAcknowledged(EventData):
    """The receiver said that it is in the practice's record."""

    type: ClassVar[str] = "waymark.writeback-acknowledged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "writeback"

    writeback_id: WritebackId
    kind: WritebackKind
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: RecipientPractice


class WritebackReconciled(EventData):
    """The receiver's own count and ours agreed while this was in it."""

    type: ClassVar[str] = "waymark.writeback-reconciled.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "writeback"

    writeback_id: WritebackId
    kind: WritebackKind
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: RecipientPractice


class WritebackFailed(EventData):
    """The receiver will not take it; somebody has to look."""

    type: ClassVar[str] = "waymark.writeback-failed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "writeback"

    writeback_id: WritebackId
    kind: WritebackKind
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: RecipientPractice
    reason: WritebackFailure


class WritebackWithdrawn(EventData):
    """What it said turned out otherwise: it is not to stand in the practice's record."""

    type: ClassVar[str] = "waymark.writeback-withdrawn.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "writeback"

    writeback_id: WritebackId
    kind: WritebackKind
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: RecipientPractice
