"""Beginning to wait: what each episode that opens, or is joined, means for the waiting list.

Promise    An episode waits from the referral that opened it, with its deadline and its timer, in
           the statement that stores it. A referral that joins can make it more pressing, never less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from services.referral.acting import Acting
from services.referral.commands import NewReferral
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.people import Person
from services.referral.domain.waiting import (
    LATE_AFTER_IMPORT,
    Pressing,
    Wait,
    WaitingRules,
    begin,
)


@dataclass(slots=True)
class IntakeWaits:
    """The waits that one list of referrals begins or makes more pressing."""

    rules: Mapping[str, WaitingRules]
    late_after: datetime | None = None
    """When a first contact may be late at the earliest: an import tells of contacts later."""
    begun: dict[UUID, Wait] = field(default_factory=dict[UUID, Wait])
    pressed: dict[UUID, Pressing] = field(default_factory=dict[UUID, Pressing])

    def take(
        self,
        episode: Episode,
        person: Person,
        referral: Referral,
        pressing: Pressing,
        *,
        opens: bool,
    ) -> None:
        """A referral opened an episode or joined it."""
        if opens:
            self._begin(episode, person, referral, pressing)
        elif (wait := self.begun.get(episode.id)) is not None:
            wait.pressing = wait.pressing.with_another(pressing)
        else:
            known = self.pressed.get(episode.id, pressing)
            self.pressed[episode.id] = known.with_another(pressing)

    def _begin(
        self, episode: Episode, person: Person, referral: Referral, pressing: Pressing
    ) -> None:
        rules = self.rules.get(episode.pcn_code) or WaitingRules(episode.pcn_code)
        self.begun[episode.id] = begin(
            episode_id=episode.id,
            referral_id=referral.id,
            pcn_code=episode.pcn_code,
            practice_code=referral.practice_code,
            opened_at=episode.opened_at,
            pressing=pressing,
            deprivation_decile=person.details.deprivation_decile,
            target_days=rules.target_days,
            calendar=rules.calendar,
        )


async def open_intake_waits(
    connection: Connection, acting: Acting, pcn_codes: Sequence[str]
) -> IntakeWaits:
    """Read by which rules episodes of these networks wait; all of them this request may see."""
    late_after = None if acting.origin == "live" else acting.now + LATE_AFTER_IMPORT
    return IntakeWaits(await acting.rules.of(connection, {*pcn_codes}), late_after)


def pressing_of(asked: NewReferral) -> Pressing:
    """What presses in one referral."""
    return Pressing(asked.urgency, len(asked.needs))
