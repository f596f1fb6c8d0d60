"""A person in one network's records: what is known of them, and by what they are known again."""

import hashlib
from dataclasses import dataclass
from datetime import date, time
from typing import Final
from uuid import UUID

from services.referral.domain.refusals import (
    ContactHoursUnclear,
    NhsNumberNotSynthetic,
    PersonDetailsDiffer,
    PersonHasDied,
    PersonHasNotDied,
)

SYNTHETIC_NHS_NUMBER_PREFIX: Final = "999"
AGE_BANDS: Final = ((18, "0-17"), (30, "18-29"), (45, "30-44"), (60, "45-59"), (75, "60-74"))
OLDEST_AGE_BAND: Final = "75+"


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether the person agreed to messages, and the one way in which they are safe."""

    messages_consented: bool
    safe_channel: str


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What is known of a person, as the door checked it."""

    practice_code: str
    nhs_number: str | None
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    ethnicity_category: str | None
    deprivation_decile: int | None
    language: str
    postcode: str | None
    email: str | None
    phone: str | None
    preferred_name: str | None = None
    gender: str | None = None
    interpreter_needed: bool | None = None
    """None where nobody asked, which is not the same as no."""
    access_needs: tuple[str, ...] = ()
    preferred_channel: str | None = None
    contact_days: tuple[str, ...] = ()
    """Days on which it is safe to get in touch; none named means any."""
    contact_from: time | None = None
    contact_until: time | None = None
    leave_no_message: bool = False
    neutral_sender: bool = False
    address_lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse hours that no clock of one day shows."""
        if (self.contact_from is None) != (self.contact_until is None) or (
            self.contact_from is not None
            and self.contact_until is not None
            and self.contact_from >= self.contact_until
        ):
            raise ContactHoursUnclear(
                "Say from when until when of one day it is safe to get in touch, or neither.",
                "/contact_from",
            )

    @property
    def likeness(self) -> str | None:
        """By what two descriptions without a number are the same person; None: by nothing.

        A digest, so that it can be indexed without being one more copy of the name.
        """
        if self.postcode is None:
            return None
        looks = (
            self.given_name.casefold(),
            self.family_name.casefold(),
            self.birth_date.isoformat(),
            _spaced(self.postcode),
        )
        return hashlib.blake2b("\x1f".join(looks).encode(), digest_size=16).hexdigest()


def _spaced(postcode: str) -> str:
    """Write a postcode with its one space, as the digests on record mostly have it."""
    compact = "".join(postcode.split())
    return f"{compact[:-3]} {compact[-3:]}"


@dataclass(slots=True)
class Person:
    """A person in one network's records: the aggregate of facts about them alone."""

    id: UUID
    pcn_code: str
    details: PersonDetails
    consent: Consent
    version: int = 0
    merged_into: UUID | None = None
    """The record that speaks for this one, while two are merged."""
    deceased: bool = False

    def registered(self) -> int:
        """The version of the first fact: the person entered these records."""
        return self.next_version()

    def amend(self, details: PersonDetails, consent: Consent) -> int | None:
        """Take over what changed; None when nothing did, so that nothing is announced."""
        if (details, consent) == (self.details, self.consent):
            return None
        self.details = details
        self.consent = consent
        return self.next_version()

    def die(self) -> int:
        """Nothing is sent from now on; answers the version of the fact."""
        if self.deceased:
            raise PersonHasDied("It is on record that this person died.")
        self.deceased = True
        return self.next_version()

    def live(self) -> int:
        """It was somebody else who died; answers the version of the fact."""
        if not self.deceased:
            raise PersonHasNotDied("No death is on record of this person.")
        self.deceased = False
        return self.next_version()

    def check_alive(self) -> None:
        """Nobody is referred after their death."""
        if self.deceased:
            raise PersonHasDied("It is on record that this person died.")

    def check_same_human(self, claimed: PersonDetails) -> None:
        """A slip in an NHS number must not hang a referral on somebody else's record."""
        if claimed.birth_date != self.details.birth_date:
            raise PersonDetailsDiffer(
                "This NHS number is on record with another birth date. Check both.",
                "/person/nhs_number",
            )

    def next_version(self) -> int:
        """The version of the next fact told of them."""
        self.version += 1
        return self.version


def check_synthetic(nhs_number: str | None, pointer: str) -> None:
    """A demonstration takes only numbers that will never be anybody's."""
    if nhs_number is not None and not nhs_number.startswith(SYNTHETIC_NHS_NUMBER_PREFIX):
        raise NhsNumberNotSynthetic(
            "A demonstration takes only NHS numbers that begin with 999.", pointer
        )


def age_band(birth_date: date, on: date) -> str:
    """The band of completed years on a day."""
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    years = on.year - birth_date.year - (0 if had_birthday else 1)
    for upper, band in AGE_BANDS:
        if years < upper:
            return band
    return OLDEST_AGE_BAND
