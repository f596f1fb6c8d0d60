"""Support that goes on in another network.

``episode-handed-over`` is told in the stream of the network that gives, ``episode-continued`` in
that of the network that takes: once for each handover, after the referral that opened it. Where the
rules of the network that was to take it say no, the network that gave is told ``handover-refused``.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

HandoverId = Annotated[
    UUID,
    Field(description="One handover.", examples=[UUID("01980000-0000-7000-8000-0000000000d7")]),
]
ReturnedHandoverId = Annotated[
    UUID,
    Field(
        description="The handover that this one takes back; null where it is none of those.",
        examples=[UUID("01980000-0000-7000-8000-0000000000d8")],
    ),
]
ContinuedEpisodeId = Annotated[
    UUID,
    Field(
        description="The episode of the other network that goes on here.",
        examples=[UUID("01980000-0000-7000-8000-0000000000c3")],
    ),
]
ToPcnCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Z0-9]{3,12}$",
        description="Code of the network that goes on.",
        examples=["U99002"],
    ),
]
FromPcnCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Z0-9]{3,12}$",
        description="Code of the network it came from.",
        examples=["U99002"],
    ),
]
BroughtFrom = Annotated[
    str,
    Field(
        pattern=r"^[A-Z0-9]{3,12}$",
        description="Code of the network it was brought over from by a handover; null elsewhere.",
        examples=["U99002"],
    ),
]
ContinuedGoalId = Annotated[
    UUID,
    Field(
        description="The goal of the other network that goes on here; null where it is new.",
        examples=[UUID("01980000-0000-7000-8000-0000000000c4")],
    ),
]
ContinuedMeasureId = Annotated[
    UUID,
    Field(
        description="The baseline of the other network that this one is; null where it is new.",
        examples=[UUID("01980000-0000-7000-8000-0000000000c5")],
    ),
]
HandoverReason = Annotated[
    codes.HandoverReason, Field(description="Why.", examples=["changed-practice"])
]


HandoverProblem = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{1,79}$",
        description="Why, as the name of a problem.",
        examples=["person-has-died"],
    ),
]


class EpisodeHandedOver(EventData):
    """Support ended here, to go on in another network."""

    type: ClassVar[str] = "waymark.episode-handed-over.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    handover_id: HandoverId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    to_pcn_code: ToPcnCode
    reason: HandoverReason
    returned_handover_id: ReturnedHandoverId | None


class EpisodeContinued(EventData):
    """Support that began in another network goes on in this episode."""

    type: ClassVar[str] = "waymark.episode-continued.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    handover_id: HandoverId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    referral_id: fields.ReferralId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    from_pcn_code: FromPcnCode
    continues_episode_id: ContinuedEpisodeId
    opened_episode: fields.OpenedEpisode


class HandoverRefused(EventData):
    """Support that was to go on in another network goes on nowhere: that network's rules said no."""

    type: ClassVar[str] = "waymark.handover-refused.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    handover_id: HandoverId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    to_pcn_code: ToPcnCode
    problem: HandoverProblem
