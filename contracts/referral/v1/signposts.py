"""Signposting: somebody was told where to turn. It is no referral and is never counted as one.

No event here knows a person, an episode or an address: there is none to know.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

SignpostId = Annotated[
    UUID,
    Field(
        description="One time that somebody was told where to turn.",
        examples=[UUID("01980000-0000-7000-8000-0000000000e9")],
    ),
]
SignpostListingId = Annotated[
    UUID | None,
    Field(
        description="Where they were told to turn; null where it is no listing.",
        examples=[UUID("01980000-0000-7000-8000-0000000000ac")],
    ),
]
SignposterRole = Annotated[
    codes.SignposterRole,
    Field(description="The role of whoever signposted.", examples=["care-navigator"]),
]
EchoAsked = Annotated[
    bool,
    Field(description="True where they agreed to be asked later how it went.", examples=[True]),
]
EchoChannel = Annotated[
    codes.EchoChannel, Field(description="How they want to be asked.", examples=["sms"])
]
Echo = Annotated[
    codes.SignpostEcho, Field(description="What they answered.", examples=["got-there"])
]


class SignpostLogged(EventData):
    """Somebody was told where to turn."""

    type: ClassVar[str] = "waymark.signpost-logged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "signpost"

    signpost_id: SignpostId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    need: fields.Need
    listing_id: SignpostListingId
    role: SignposterRole
    echo_asked: EchoAsked


class SignpostEchoDue(EventData):
    """Two weeks have passed: whoever agreed to it is to be asked whether they got there."""

    type: ClassVar[str] = "waymark.signpost-echo-due.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "signpost"

    signpost_id: SignpostId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    channel: EchoChannel


class SignpostEchoed(EventData):
    """Somebody who was signposted said what came of it."""

    type: ClassVar[str] = "waymark.signpost-echoed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "signpost"

    signpost_id: SignpostId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    need: fields.Need
    listing_id: SignpostListingId
    echo: Echo
