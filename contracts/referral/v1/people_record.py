"""That a person died, or that it was somebody else."""

from typing import ClassVar

from contracts import fields
from contracts.event import EventData


class PersonDied(EventData):
    """A person died: whoever would write to them or remind somebody of them stops."""

    type: ClassVar[str] = "waymark.person-died.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode


class PersonDeathWithdrawn(EventData):
    """The person did not die; it had been recorded of the wrong one."""

    type: ClassVar[str] = "waymark.person-death-withdrawn.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "person"

    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
