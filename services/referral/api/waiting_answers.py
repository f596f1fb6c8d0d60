"""What the doors of waiting answer, as the interface description tells it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import OfReferral, Told


class Score(Told):
    """The parts of a place in the list; a point is worth a day of waiting."""

    need: int = Field(description="For each need beyond the first.")
    urgency: int
    equity: int = Field(description="More where the neighbourhood is more deprived.")
    overdue: int
    waiting: float = Field(description="Days waited so far.")
    total: float
    weights_version: str


class Clocks(Told):
    """One wait by both clocks."""

    person_days: int = Field(description="Whole days since they first waited; it never pauses.")
    service_working_days: int = Field(description="Working days without those paused.")
    paused_working_days: int


class Waiting(Told):
    """What is known of an episode that waits for a first contact."""

    id: UUID
    episode_id: UUID
    referral_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    worker_id: UUID | None
    role: codes.WorkerRole | None = Field(
        description="Chosen last to help; null until somebody chooses."
    )
    referred_at: datetime = Field(description="Here; the service's clock runs from it.")
    waiting_since: datetime = Field(
        description="The person's clock runs from it: earlier than `referred_at` where they came "
        "from another network, or another record of theirs waited longer."
    )
    urgency: codes.Urgency
    needs_counted: int
    deprivation_decile: int | None
    first_contact_working_days: int
    due_on: date = Field(description="First contact is due by the end of this day.")
    overdue: bool
    calendar_version: str = Field(description="By which calendar the day was counted.")
    clocks: Clocks


class WaitListed(Waiting):
    """Somebody who waits, in the order in which they come next."""

    score: Score
    pause_reason: codes.PauseReason | None = Field(description="Where the service's clock stands.")
    as_if_since: datetime = Field(description="Their place: since when they wait, points included.")


class WaitPage(Told):
    """A page of the waiting list, who comes next first."""

    items: list[WaitListed]
    next: str | None


class PauseShown(Told):
    """The service's clock stood still."""

    id: UUID
    reason: codes.PauseReason
    words: str = Field(description="As the person may read it.")
    started_at: datetime
    ended_at: datetime | None


class WaitShown(Waiting):
    """One wait by both clocks, with its pauses."""

    waits: bool
    first_contact_at: datetime | None
    score: Score | None = Field(description="Null once nobody waits any more.")
    pauses: list[PauseShown]


class WaitMoved(OfReferral):
    """A pause that began or ended."""

    reason: codes.PauseReason
    words: str = Field(description="As the person may read it.")
    started_at: datetime
    ended_at: datetime | None
    due_on: date | None = Field(description="Null while the clock stands still.")
    calendar_version: str


class WaitingRules(Told):
    """By which rules people wait in a network."""

    id: str
    pcn_code: str
    first_contact_working_days: int
    calendar_version: str
    bank_holidays_version: str
    weights_version: str
    weights: dict[str, int | dict[str, int]] = Field(description="In days of waiting.")
    version: int
    event_id: UUID | None = None


class ClosureShown(Told):
    """A day on which the network does not work."""

    day: date
    reason: codes.ClosureReason
    recorded_at: datetime


class ClosurePage(Told):
    """A page of the days on which a network does not work, in order."""

    items: list[ClosureShown]
    next: str | None


class ClosureMoved(Told):
    """Whether the network works on a day, and the calendar that says so."""

    id: str
    pcn_code: str
    day: date
    closed: bool
    calendar_version: str
    version: int
    event_id: UUID | None = Field(description="Null where nothing changed, so nothing was told.")
