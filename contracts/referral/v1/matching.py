"""Two records of one person become one, and become two again.

The merged record keeps its id, its episodes and whatever was told of it. From ``person-merged``
on it is another name of the kept one; from ``person-unmerged`` on it is itself again. Who counts
people counts the two as one in between, and as two before and after.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

MergeId = Annotated[
    UUID,
    Field(description="One merge.", examples=[UUID("01980000-0000-7000-8000-0000000000e7")]),
]
MergedPersonId = Annotated[
    UUID,
    Field(
        description="The record that the kept one speaks for.",
        examples=[UUID("01980000-0000-7000-8000-0000000000a2")],
    ),
]
ClosedEpisodeId = Annotated[
    UUID,
    Field(
        description="The merged record's episode, closed as a duplicate; null where none was open.",
        examples=[UUID("01980000-0000-7000-8000-0000000000c2")],
    ),
]
ReopenedEpisodeId = Annotated[
    UUID,
    Field(
        description="The episode that is open again; null where none was closed.",
        examples=[UUID("01980000-0000-7000-8000-0000000000c2")],
    ),
]
MergeReason = Annotated[
    codes.MergeReason,
    Field(description="Why they were merged.", examples=["duplicate-record"]),
]


class PersonMerged(EventData):
    """One record of a person speaks for another from now on."""

    type: ClassVar[str] = "waymark.person-merged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    merge_id: MergeId
    person_id: fields.PersonId
    merged_person_id: MergedPersonId
    pcn_code: fields.PcnCode
    reason: MergeReason
    closed_episode_id: ClosedEpisodeId | None


class PersonUnmerged(EventData):
    """Two records speak for themselves again; they were two people's after all."""

    type: ClassVar[str] = "waymark.person-unmerged.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    merge_id: MergeId
    person_id: fields.PersonId
    merged_person_id: MergedPersonId
    pcn_code: fields.PcnCode
    reopened_episode_id: ReopenedEpisodeId | None
