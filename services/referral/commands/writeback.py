"""What a receiver says of the items it was handed."""

from typing import Final
from uuid import UUID

from pydantic import Field

from chassis.web.fields import RequestModel
from services.referral.domain.writeback import Failure

ACKNOWLEDGEMENTS_MAX: Final = 500


class Acknowledgement(RequestModel):
    """One item: in the practice's record, or refused."""

    id: UUID
    failure: Failure | None = Field(
        None, description="Why it will not go into the record; left out, it is in it."
    )


class Acknowledgements(RequestModel):
    """What became of items, each by its id."""

    items: list[Acknowledgement] = Field(min_length=1, max_length=ACKNOWLEDGEMENTS_MAX)
