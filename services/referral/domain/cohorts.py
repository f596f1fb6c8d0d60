"""People at risk who are offered support before anybody refers them.

Promise    Each is in a cohort once and is offered support once; who accepts stays accepted, and
           reach is counted against everybody who was named.
"""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from services.referral.domain.refusals import Refused

Answer = Literal["accepted", "declined", "not-reached"]

# Who was not reached may be called again, and who declined may change their mind.
ANSWER_FOLLOWS: Final[dict[Answer | None, frozenset[Answer]]] = {
    None: frozenset({"accepted", "declined", "not-reached"}),
    "not-reached": frozenset({"accepted", "declined", "not-reached"}),
    "declined": frozenset({"accepted"}),
    "accepted": frozenset(),
}


_SAYS: Final[dict[Answer | None, int]] = {
    None: 0,
    "not-reached": 1,
    "declined": 2,
    "accepted": 3,
}


class AnswerCannotFollow(Refused):
    """Who accepted or declined is not asked again."""

    name = "answer-cannot-follow"
    conflicts = True


class NeedsNotNamed(Refused):
    """Support is for something."""

    name = "needs-not-named"


@dataclass(slots=True)
class Cohort:
    """A list of people at risk: the aggregate of what is told of it."""

    id: UUID
    pcn_code: str
    practice_code: str
    reason: str
    version: int = 0

    def next_version(self) -> int:
        """The version of the next fact told of it."""
        self.version += 1
        return self.version


@dataclass(slots=True)
class Member:
    """One person of a cohort and what they answered."""

    cohort_id: UUID
    person_id: UUID
    answer: Answer | None = None
    calls: int = 0

    @property
    def says(self) -> int:
        """How much their answer says: of two records of one person the one that says most counts."""
        return _SAYS[self.answer]

    def respond(self, answer: Answer, *, has_needs: bool) -> Answer | None:
        """Keep what they answered; gives what stood before."""
        previous = self.answer
        if answer not in ANSWER_FOLLOWS[previous]:
            raise AnswerCannotFollow(f"This person has {previous} the offer.", "/outcome")
        if answer == "accepted" and not has_needs:
            raise NeedsNotNamed("Say what the person wants support with.", "/needs")
        self.answer = answer
        self.calls += 1
        return previous


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an offer came, against everybody who was named."""

    size: int
    accepted: int
    declined: int
    not_reached: int

    @property
    def waiting(self) -> int:
        """How many have not been asked yet."""
        return self.size - self.accepted - self.declined - self.not_reached

    @property
    def reached(self) -> int:
        """How many answered, one way or the other."""
        return self.accepted + self.declined

    @property
    def reached_percent(self) -> float | None:
        """How many of a hundred answered; None of nobody."""
        return round(100 * self.reached / self.size, 1) if self.size else None
