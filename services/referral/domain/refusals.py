"""Why a rule says no: one named fact each, in words for whoever reads the answer."""

from typing import ClassVar


class Refused(Exception):
    """A rule said no. ``name`` never changes; ``detail`` is for the person who reads the answer."""

    name: ClassVar[str]
    conflicts: ClassVar[bool] = False
    """Whether what stands is in the way, and not what was asked."""
    pointer: str | None = None

    def __init__(self, detail: str, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer


class NhsNumberNotSynthetic(Refused):
    """A number that could belong to somebody, offered to a demonstration."""

    name = "nhs-number-not-synthetic"


class OccurredInTheFuture(Refused):
    """What has not happened yet cannot be recorded."""

    name = "occurred-in-the-future"


class OccurredTooEarly(Refused):
    """A contact or a goal from before the episode began."""

    name = "occurred-before-referral"


class PersonDetailsDiffer(Refused):
    """The NHS number is on record here for somebody born on another day."""

    name = "person-details-differ"
    conflicts = True


class ContactHoursUnclear(Refused):
    """One end of the safe hours is missing, or they end before they begin."""

    name = "contact-hours-unclear"


class PersonHasDied(Refused):
    """The person died, as far as the record says."""

    name = "person-has-died"
    conflicts = True


class PersonHasNotDied(Refused):
    """There is no death on record that could be taken back."""

    name = "person-has-not-died"
    conflicts = True


class ReferralNotOpen(Refused):
    """The referral was declined, returned or closed, so nothing more happens on it."""

    name = "referral-not-open"
    conflicts = True


class StatusCannotFollow(Refused):
    """The referral's life does not go from where it stands to where it was asked to go."""

    name = "status-cannot-follow"
    conflicts = True


class GoalEnded(Refused):
    """A goal that was met or dropped stays so."""

    name = "goal-ended"
    conflicts = True


class GoalReferenceUsed(Refused):
    """Another goal of the referral has this reference: an update could mean either."""

    name = "goal-reference-used"
    conflicts = True


class EpisodeNotOpen(Refused):
    """The support has ended; a new referral opens a new episode."""

    name = "episode-not-open"
    conflicts = True


class ReasonRequired(Refused):
    """A colleague's episode is opened only with a reason that is written down."""

    name = "reason-required"


class NothingCorrected(Refused):
    """The correction says what stands already."""

    name = "nothing-corrected"
