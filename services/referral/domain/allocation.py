"""Who works with whom: caseloads weighted by complexity, against what one worker can do in a year.

Promise    A caseload is measured in people of medium complexity, by weights that have a version;
           it warns before it is full. Whoever is proposed has the least weighted load.
Price      The year counts those whose support began in its last 365 days with who works with them
           now: what a colleague hands over counts for whoever takes it on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import EpisodeNotOpen, Refused

Complexity: TypeAlias = Literal["low", "medium", "high"]
Room: TypeAlias = Literal["room", "nearly-full", "full", "over"]

WEIGHTS_VERSION: Final = "caseload-1"
WEIGHTS: Final[Mapping[Complexity, float]] = {"low": 0.5, "medium": 1.0, "high": 2.0}
DEFAULT_COMPLEXITY: Final[Complexity] = "medium"
YEAR: Final = timedelta(days=365)
FULL_YEAR_MIN: Final = 200
FULL_YEAR_MAX: Final = 250
WARNING_SHARE: Final = 0.9  # of where a year begins to be full


class WorkerNotHere(Refused):
    """Nobody of this id works with people in the network."""

    name = "worker-not-here"


class WorkerNotKnown(Refused):
    """Nobody of this id works with people in the network, or ever did."""

    name = "worker-not-known"


class AlreadyWithWorker(Refused):
    """The episode belongs to this worker."""

    name = "already-with-worker"
    conflicts = True


class ComplexityStands(Refused):
    """It is that complex already."""

    name = "complexity-stands"
    conflicts = True


class NobodyToTakeOver(Refused):
    """A caseload goes to somebody else, or nowhere."""

    name = "nobody-to-take-over"


class ReallocationRuns(Refused):
    """This worker's caseload is being reallocated."""

    name = "reallocation-runs"
    conflicts = True


@dataclass(slots=True)
class Caseload:
    """What one worker has in hand, and took on within a year, by complexity."""

    worker_id: UUID
    works_here: bool = True
    open: dict[Complexity, int] = field(default_factory=dict[Complexity, int])
    year: dict[Complexity, int] = field(default_factory=dict[Complexity, int])

    @property
    def weighted_open(self) -> float:
        """What is in hand, in people of medium complexity."""
        return weighted(self.open)

    @property
    def weighted_year(self) -> float:
        """What was taken on within a year, in people of medium complexity."""
        return weighted(self.year)

    @property
    def room(self) -> Room:
        """Whether there is room for more in this year."""
        if self.weighted_year > FULL_YEAR_MAX:
            return "over"
        if self.weighted_year >= FULL_YEAR_MIN:
            return "full"
        if self.weighted_year >= WARNING_SHARE * FULL_YEAR_MIN:
            return "nearly-full"
        return "room"

    @property
    def share_of_year(self) -> float:
        """How much of a full year it is; 1 where it is as much as one worker should have."""
        return round(self.weighted_year / FULL_YEAR_MAX, 3)

    def take(self, complexity: Complexity) -> None:
        """Have one more."""
        self.open[complexity] = self.open.get(complexity, 0) + 1
        self.year[complexity] = self.year.get(complexity, 0) + 1


def weighted(counts: Mapping[Complexity, int]) -> float:
    """Counts by complexity, in people of medium complexity."""
    return round(sum(WEIGHTS[complexity] * count for complexity, count in counts.items()), 1)


def by_least_load(caseloads: Sequence[Caseload]) -> list[Caseload]:
    """Who should have the next one first: the least in hand, then the least in the year."""
    return sorted(caseloads, key=lambda one: (one.weighted_open, one.weighted_year, one.worker_id))


def share_out(
    episodes: Sequence[tuple[UUID, Complexity]], caseloads: Sequence[Caseload]
) -> dict[UUID, UUID]:
    """Give each episode to whoever has the least by then, the most complex ones first."""
    if not caseloads:
        raise NobodyToTakeOver("There is nobody who could take these over.", "/to_worker_ids")
    heaviest_first = sorted(episodes, key=lambda one: (-WEIGHTS[one[1]], one[0]))
    given: dict[UUID, UUID] = {}
    for episode_id, complexity in heaviest_first:
        taker = by_least_load(caseloads)[0]
        taker.take(complexity)
        given[episode_id] = taker.worker_id
    return given


def assign(episode: Episode, worker_id: UUID) -> int:
    """Make an episode a worker's; answers its version."""
    if not episode.is_open:
        raise EpisodeNotOpen("This support has ended.")
    if episode.worker_id == worker_id:
        raise AlreadyWithWorker("This worker has it already.")
    episode.worker_id = worker_id
    return episode.next_version()


def set_complexity(episode: Episode, known: Complexity, complexity: Complexity) -> int:
    """Write down how complex an episode is; answers its version."""
    if not episode.is_open:
        raise EpisodeNotOpen("This support has ended.")
    if known == complexity:
        raise ComplexityStands("It is written down as that complex already.", "/complexity")
    return episode.next_version()


def version_of(changes: int, worker_id: UUID | None) -> int:
    """The version of who has an episode: a first contact, which gives it to somebody, counts too."""
    return 2 * changes + (worker_id is not None)
