"""Many at once: what an item of a batch holds beyond the form of a single request.

An item has a ``key``, says what it is about where a single request has it in its address, and may
say what only an import or a seed may. One that breaks its form is answered by itself.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar, cast
from uuid import UUID

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from chassis.web.fields import (
    BATCH_ITEMS_MAX,
    BATCH_KEY_LENGTH_MAX,
    BatchKey,
    OrganisationCode,
    RequestModel,
    broken,
)
from contracts import codes
from services.referral.commands import (
    GoalReference,
    NewContact,
    NewGoal,
    NewGoalUpdate,
    NewReferral,
    NewStatus,
    Reference,
)

Fingerprint = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{16,64}$"),
    Field(description="Hash of an imported row. Sent again, it finds the referral it made."),
]


class ReferralItem(NewReferral):
    """One referral of a batch."""

    key: BatchKey
    fingerprint: Fingerprint | None = None


class AboutReferral(RequestModel):
    """An item about a referral: by our id, or by the reference that its referrer gave it."""

    referral_id: UUID | None = None
    referrer_code: OrganisationCode | None = Field(
        None, description="In place of `referral_id`, with `referral_reference`: who referred."
    )
    referral_reference: Reference | None = Field(
        None, description="In place of `referral_id`: the `reference` the referral was made with."
    )

    @model_validator(mode="after")
    def _one_referral(self) -> "AboutReferral":
        given = self.referral_id, self.referrer_code, self.referral_reference
        if [value is not None for value in given] not in _NAMES_OF_A_REFERRAL:
            raise broken("must hold either referral_id or referrer_code and referral_reference")
        return self


class AboutGoal(RequestModel):
    """An item about a goal: by our id, or by its reference and that of its referral."""

    goal_id: UUID | None = None
    referrer_code: OrganisationCode | None = Field(
        None, description="In place of `goal_id`, with both references: who referred."
    )
    referral_reference: Reference | None = Field(
        None, description="In place of `goal_id`: the `reference` the referral was made with."
    )
    goal_reference: GoalReference | None = Field(
        None, description="In place of `goal_id`: the `reference` the goal was set with."
    )

    @model_validator(mode="after")
    def _one_goal(self) -> "AboutGoal":
        given = self.goal_id, self.referrer_code, self.referral_reference, self.goal_reference
        if [value is not None for value in given] not in _NAMES_OF_A_GOAL:
            raise broken(
                "must hold either goal_id or referrer_code, referral_reference and goal_reference"
            )
        return self


_NAMES_OF_A_REFERRAL: Final = ([True, False, False], [False, True, True])
_NAMES_OF_A_GOAL: Final = ([True, False, False, False], [False, True, True, True])


class StatusItem(NewStatus, AboutReferral):
    """One step of a referral, in a batch."""

    key: BatchKey


class ContactItem(NewContact, AboutReferral):
    """One contact of a batch."""

    key: BatchKey
    worker_id: UUID | None = Field(
        None, description="Imports and seeds only: the worker it was with."
    )


class GoalItem(NewGoal, AboutReferral):
    """One goal of a batch."""

    key: BatchKey
    worker_id: UUID | None = Field(
        None, description="Imports and seeds only: the worker who agreed it."
    )


class GoalUpdateItem(NewGoalUpdate, AboutGoal):
    """One goal update of a batch."""

    key: BatchKey


@dataclass(frozen=True, slots=True)
class Malformed:
    """An item that breaks its form: answered by itself, so the others are not held up."""

    key: str
    errors: list[Mapping[str, Any]]


def _answered_by_itself(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError as refused:
        given = cast("dict[str, Any]", value).get("key") if isinstance(value, dict) else None
        key = given[:BATCH_KEY_LENGTH_MAX] if isinstance(given, str) else ""
        # A lone surrogate can be parsed but never be written again.
        key = key.encode(errors="replace").decode()
        errors = refused.errors(include_url=False, include_context=True, include_input=False)
        return Malformed(unicodedata.normalize("NFC", key), list(errors))


Item = TypeVar("Item", bound=RequestModel)
AnsweredByItself = WrapValidator(_answered_by_itself)


class Batch(RequestModel, Generic[Item]):
    """Many at once, each answered by itself; a refused one does not hold up the others."""

    origin: codes.Origin = Field(
        "live", description="`import` and `seed` send no messages; `seed` is for demonstrations."
    )
    items: list[Annotated[Item, AnsweredByItself]] = Field(min_length=1, max_length=BATCH_ITEMS_MAX)
