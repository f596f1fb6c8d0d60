"""What entering something came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling


@dataclass(frozen=True, slots=True)
class Outcome:
    """The facts as they now stand; ``created`` says whether this request made them."""

    created: bool
    about: Mapping[str, Any]
    version: int
    event_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime

    @property
    def body(self) -> dict[str, Any]:
        """The answer: facts, version, and the event that told them."""
        return {
            **self.about,
            "version": self.version,
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "recorded_at": self.recorded_at,
        }


def entered(telling: Telling, about: Mapping[str, Any], *, created: bool) -> Outcome:
    """The outcome of a change that was told."""
    return Outcome(
        created=created,
        about=about,
        version=telling.version,
        event_id=telling.event_id,
        occurred_at=telling.moment.occurred_at,
        recorded_at=telling.moment.recorded_at,
    )


def created(announced: Announced, about: Mapping[str, Any]) -> Outcome:
    """The outcome of entering what was not there: what was told of it."""
    return _told(announced, about, created=True)


def known(announced: Announced, about: Mapping[str, Any]) -> Outcome:
    """The outcome of entering again what stands already: what was told then."""
    return _told(announced, about, created=False)


def _told(announced: Announced, about: Mapping[str, Any], *, created: bool) -> Outcome:
    return Outcome(
        created=created,
        about=about,
        version=announced.version,
        event_id=announced.event_id,
        occurred_at=announced.occurred_at,
        recorded_at=announced.recorded_at,
    )


def first_telling(moment: Moment) -> Telling:
    """The telling of a row's first version."""
    return Telling(new_id(), 1, moment)
