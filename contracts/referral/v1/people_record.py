"""That a person died, or that it was somebody else."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts import fields
from contracts.event import EventData

MERGED_RECORDS_MAX = 100

MergedPersonIds = Annotated[
    list[UUID],
    Field(
        max_length=MERGED_RECORDS_MAX,
        description="Records of the same person that this one speaks for.",
        examples=[[UUID("01980000-0000-7000-8000-0000000000a2")]],
    ),
]


class PersonDied(EventData):
    """A person died: whoever would write to them or remind somebody of them stops."""

    type: ClassVar[str] = "waymark.person-died.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    merged_person_ids: MergedPersonIds


class PersonDeathWithdrawn(EventData):
    """The person did not die; it had been recorded of the wrong one."""

    type: ClassVar[str] = "waymark.person-death-withdrawn.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
