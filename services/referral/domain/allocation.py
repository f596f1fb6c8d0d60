"""Who works with whom: caseloads weighted by complexity, against what one worker can do in a year.

Promise    A caseload is measured in people of medium complexity, by weights that have a version;
           it warns before it is full. Whoever is proposed has the least weighted load.
Price      The year counts those whose support began in its last 365 days with who works with them
           now: what a colleague hands over counts for whoever takes it on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import EpisodeNotOpen, Refused
from services.referral.domain.roles import KnownRole

Complexity: TypeAlias = Literal["low", "medium", "high"]
Room: TypeAlias = Literal["room", "nearly-full", "full", "over", "not-said"]

WEIGHTS_VERSION: Final = "caseload-1"
WEIGHTS: Final[Mapping[Complexity, float]] = {"low": 0.5, "medium": 1.0, "high": 2.0}
DEFAULT_COMPLEXITY: Final[Complexity] = "medium"
YEAR: Final = timedelta(days=365)
FULL_YEAR_MIN: Final = 200
FULL_YEAR_MAX: Final = 250
WARNING_SHARE: Final = 0.9  # of where a year begins to be full
_JUDGED_BY: Final = ("link-worker", "health-coach", "care-coordinator")
"""Whoever holds several roles is judged by the first of these."""


class FullYear(NamedTuple):
    """Between how many people a year of one worker is full."""

    least: int = FULL_YEAR_MIN
    most: int = FULL_YEAR_MAX


USUAL_YEAR: Final = FullYear()
"""Of a link worker, where the network says nothing else."""


class WorkerNotHere(Refused):
    """Nobody of this id works with people in the network."""

    name = "worker-not-here"


class WorkerNotKnown(Refused):
    """Nobody of this id works with people in the network, or ever did."""

    name = "worker-not-known"


class WorkerOfAnotherRole(Refused):
    """Another role was chosen to help than the one this worker has."""

    name = "worker-of-another-role"


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
    roles: frozenset[str] = frozenset()
    """What the worker may be chosen as, with roles that are one post."""
    full_year: FullYear | None = USUAL_YEAR
    """Null where the network says of the role not how many people a worker sees."""

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
        if self.full_year is None:
            return "not-said"
        if self.weighted_year > self.full_year.most:
            return "over"
        if self.weighted_year >= self.full_year.least:
            return "full"
        if self.weighted_year >= WARNING_SHARE * self.full_year.least:
            return "nearly-full"
        return "room"

    @property
    def share_of_year(self) -> float | None:
        """How much of a full year it is; 1 where it is as much as one worker should have."""
        if self.full_year is None:
            return None
        return round(self.weighted_year / self.full_year.most, 3)

    def may_be_chosen(self, role: str | None) -> bool:
        """Whether they have the role that was chosen; where nobody chose, anybody has."""
        return role is None or role in self.roles

    def take(self, complexity: Complexity) -> None:
        """Have one more."""
        self.open[complexity] = self.open.get(complexity, 0) + 1
        self.year[complexity] = self.year.get(complexity, 0) + 1


@dataclass(slots=True)
class EarlyWarning:
    """Whether it was told that a worker's year is nearly full; its version counts the times."""

    id: UUID
    worker_id: UUID
    warned: bool
    version: int

    def look(self, load: Caseload) -> bool:
        """Look at a caseload; whether it has come to be nearly full, or more, just now."""
        is_near = load.room in {"nearly-full", "full", "over"}
        crossed = is_near and not self.warned
        self.warned = is_near
        self.version += crossed
        return crossed


def full_year_of(roles: Collection[str], known: Sequence[KnownRole]) -> FullYear | None:
    """Between how many people a year of somebody in these roles is full, where anybody says so."""
    role = next((one for one in _JUDGED_BY if one in roles), "link-worker")
    for one in known:
        least, most = one.description.get("caseload_min"), one.description.get("caseload_max")
        if one.role == role and least and most:
            return FullYear(int(least), int(most))
    return USUAL_YEAR if role == "link-worker" else None


def with_one_post(roles: Collection[str], known: Sequence[KnownRole]) -> frozenset[str]:
    """Give roles with those that the network has combined with them in one post."""
    together = {
        other for one in known if one.role in roles for other in one.description["combined_with"]
    }
    return frozenset({*roles, *together})


def weighted(counts: Mapping[Complexity, int]) -> float:
    """Counts by complexity, in people of medium complexity."""
    return round(sum(WEIGHTS[complexity] * count for complexity, count in counts.items()), 1)


def by_least_load(caseloads: Sequence[Caseload]) -> list[Caseload]:
    """Who should have the next one first: the least in hand, then the least in the year."""
    return sorted(caseloads, key=lambda one: (one.weighted_open, one.weighted_year, one.worker_id))


def share_out(
    episodes: Sequence[tuple[UUID, Complexity]],
    caseloads: Sequence[Caseload],
    chosen: Mapping[UUID, str] | None = None,
) -> dict[UUID, UUID]:
    """Give each episode to whoever has the least by then, the most complex ones first.

    Where a role was ``chosen`` for an episode and somebody of these has it, to one who has.
    """
    if not caseloads:
        raise NobodyToTakeOver("There is nobody who could take these over.", "/to_worker_ids")
    heaviest_first = sorted(episodes, key=lambda one: (-WEIGHTS[one[1]], one[0]))
    given: dict[UUID, UUID] = {}
    for episode_id, complexity in heaviest_first:
        role = (chosen or {}).get(episode_id)
        fitting = [one for one in caseloads if one.may_be_chosen(role)]
        taker = by_least_load(fitting or caseloads)[0]
        taker.take(complexity)
        given[episode_id] = taker.worker_id
    return given


def check_role(role: str | None, held: Collection[str], *, has_reason: bool) -> bool:
    """Let somebody of the role that was chosen have an episode, another with a reason.

    Answers whether it is another.
    """
    another = role is not None and role not in held
    if another and not has_reason:
        raise WorkerOfAnotherRole(
            f"Somebody else was chosen to help: a {str(role).replace('-', ' ')}. Say why it is "
            "to be this worker, or send the referral to another role.",
            "/other_role_reason",
        )
    return another


def comes_off(role: str, held: Collection[str], also_chosen: Collection[str]) -> bool:
    """Whether a worker of these roles has an episode no longer once another role is to help."""
    return role not in held and set(held).isdisjoint(also_chosen)


def take_off(episode: Episode) -> int:
    """Make an episode nobody's; answers its version."""
    episode.worker_id = None
    return episode.next_version()


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
