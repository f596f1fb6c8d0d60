"""Support that goes on in another network: closed here, opened there once, and perhaps returned.

Promise    An episode is handed over at most once. Whatever is tried again after a handover was
           opened changes nothing. A handover is returned at most once, and a return goes to the
           person it came from.
Price      Between the closing and the opening the person is in nobody's list, for seconds; the
           handover itself is in both networks' lists all the time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.referral.domain.refusals import Refused

HandoverStatus = Literal["pending", "opened", "refused"]


class HandoverToItself(Refused):
    """The network named is the one that has the episode."""

    name = "handover-to-itself"


class GoesOnElsewhere(Refused):
    """The support was handed over, so it cannot be taken up again here as well."""

    name = "goes-on-elsewhere"
    conflicts = True


class PracticeMovedAway(Refused):
    """The practice left the network that the record is in, so nothing begins there."""

    name = "practice-moved-away"
    conflicts = True


class NotHandedOver(Refused):
    """The referral did not come by a handover, so there is nothing to return."""

    name = "not-handed-over"
    conflicts = True


class HandoverJoinedSupport(Refused):
    """The person had support here before: returning would end that."""

    name = "handover-joined-support"
    conflicts = True


class HandoverReturned(Refused):
    """The handover was returned before."""

    name = "handover-returned"
    conflicts = True


@dataclass(slots=True, kw_only=True)
class Handover:
    """One episode of one network that goes on in another."""

    id: UUID
    pcn_code: str
    practice_code: str
    to_pcn_code: str
    to_practice_code: str
    person_id: UUID
    episode_id: UUID
    reason: str
    needs: tuple[str, ...]
    urgency: str
    returns_id: UUID | None = None
    to_person_id: UUID | None = None
    """Who is meant there, where that is known; else they are matched by what is known of them."""
    move_id: UUID | None = None
    with_record: bool = False
    """The person agreed that plan, goals and baselines go along."""
    status: HandoverStatus = "pending"
    problem: str | None = None
    opened_referral_id: UUID | None = None
    opened_episode_id: UUID | None = None
    opened_new_episode: bool | None = None
    version: int = 1
    waiting_since: datetime | None = None
    """Since when the person waits for somebody to speak with them, where nobody has."""

    def __post_init__(self) -> None:
        """Refuse to go nowhere."""
        if self.pcn_code == self.to_pcn_code:
            raise HandoverToItself("Name the network that goes on.", "/to_pcn_code")

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be opened."""
        return self.status == "pending"

    def open(self, referral_id: UUID, episode_id: UUID, *, new_episode: bool) -> bool:
        """It goes on there; answers False, and changes nothing, where it was decided before."""
        if not self.is_pending:
            return False
        self.status = "opened"
        self.opened_referral_id = referral_id
        self.opened_episode_id = episode_id
        self.opened_new_episode = new_episode
        self.version += 1
        return True

    def refuse(self, problem: str) -> bool:
        """The other network's own rules say no; both see why."""
        if not self.is_pending:
            return False
        self.status = "refused"
        self.problem = problem
        self.version += 1
        return True

    def give_back(
        self,
        handover_id: UUID,
        *,
        reason: str,
        needs: tuple[str, ...],
        urgency: str,
        returned: bool,
        with_record: bool = False,
    ) -> "Handover":
        """Hand the episode that was opened back to the person it came from."""
        if self.status != "opened" or self.opened_episode_id is None:
            raise NotHandedOver("This referral did not come by a handover.")
        if returned:
            raise HandoverReturned("It was returned before.")
        if not self.opened_new_episode:
            raise HandoverJoinedSupport(
                "The person had support here before. Close this referral instead."
            )
        return Handover(
            id=handover_id,
            pcn_code=self.to_pcn_code,
            practice_code=self.to_practice_code,
            to_pcn_code=self.pcn_code,
            to_practice_code=self.practice_code,
            person_id=self.person_id,
            episode_id=self.opened_episode_id,
            reason=reason,
            needs=needs,
            urgency=urgency,
            returns_id=self.id,
            to_person_id=self.person_id,
            # What they agreed to have brought there may be brought back.
            with_record=with_record or self.with_record,
        )
