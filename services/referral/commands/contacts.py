"""What may be said of a contact that was recorded otherwise than it was."""

from pydantic import Field, model_validator

from chassis.web.fields import OccurredAt, RequestModel, broken
from contracts import codes
from services.referral.commands import KnownAt, Note
from services.referral.commands.dangers import Dangers

_NEVER_EMPTY = frozenset({"outcome", "mode", "role", "occurred_at", "dangers"})


class ContactCorrection(RequestModel):
    """What was different; a field left out stays as it is, null empties it."""

    reason: codes.CorrectionReason = Field(description="Why what was recorded does not stand.")
    outcome: codes.ContactOutcome | None = None
    missed_reason: codes.MissedReason | None = None
    mode: codes.ContactMode | None = None
    minutes: int | None = Field(None, ge=0, le=1440, description="How long it took.")
    role: codes.WorkerRole | None = Field(None, description="The role it was in.")
    with_role: codes.TeamRole | None = None
    understanding: codes.Understanding | None = None
    note: Note | None = None
    dangers: Dangers | None = Field(
        None,
        description="All risks that were named, as it really was. A new one alarms a person of the "
        "network at once; one left out lowers no alarm.",
    )
    occurred_at: OccurredAt | None = Field(None, description="When the contact really was.")
    recorded_at: KnownAt = None

    @model_validator(mode="after")
    def _something_else(self) -> "ContactCorrection":
        given = self.model_fields_set - {"reason", "recorded_at"}
        if not given:
            raise broken("must say what was different")
        for name in given & _NEVER_EMPTY:
            if getattr(self, name) is None:
                raise broken("must not empty what every contact has")
        return self


class ContactVoiding(RequestModel):
    """Why a contact that was recorded never was."""

    reason: codes.CorrectionReason = Field(description="Why what was recorded does not stand.")
    recorded_at: KnownAt = None
