"""What may be asked about who is whom: merging two records, and undoing it."""

from uuid import UUID

from pydantic import Field, model_validator

from chassis.web.fields import NhsNumber, broken
from contracts import codes
from services.referral.commands import Timed


class NewMerge(Timed):
    """Another record of the same person, for which this one speaks from now on."""

    person_id: UUID | None = Field(None, description="The record that is merged into this one.")
    nhs_number: NhsNumber | None = Field(
        None, description="In place of `person_id`: the number on that record."
    )
    reason: codes.MergeReason = "duplicate-record"
    numbers_checked: bool = Field(
        default=False,
        description="True where you checked that two different NHS numbers are one person's.",
    )

    @model_validator(mode="after")
    def _one_record(self) -> "NewMerge":
        if (self.person_id is None) == (self.nhs_number is None):
            raise broken("must hold either person_id or nhs_number")
        return self


class MergeUndoing(Timed):
    """The two records were two people's after all."""
