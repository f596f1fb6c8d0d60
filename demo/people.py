"""Synthetic people: names, contacts and numbers that can never be a real person's.

NHS numbers come from 999 000 0000 to 999 999 9999, which are never issued. Telephone numbers
come from the ranges Ofcom keeps for drama. E-mail goes to ``example.org`` hosts, which do not
exist. Postcodes are in area ``ZZ``, which Royal Mail does not use; each lies in the network whose
person it is, in the neighbourhood that has the person's deprivation decile.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from faker import Faker

from demo import shares
from demo.gaps import spoken_more
from demo.geography import LETTERS, postcode_of
from demo.region import Network

SYNTHETIC_NHS_NUMBER_PREFIX: Final = "999"
_AGE_BANDS: Final = (  # lowest age, highest age, share of referrals in %
    (16, 17, 2),
    (18, 29, 10),
    (30, 44, 19),
    (45, 59, 22),
    (60, 74, 24),
    (75, 95, 23),
)
_FEMALE_SHARE: Final = 0.60
_ETHNICITY_SHARES: Final = (  # the 16+1 categories of the NHS data dictionary, in %
    ("A", 73), ("B", 1), ("C", 3), ("D", 1), ("F", 1), ("G", 1), ("H", 4), ("J", 4), ("K", 2),
    ("L", 2), ("M", 2), ("N", 3), ("P", 1), ("R", 1), ("S", 1),
)  # fmt: skip
_LANGUAGE_SHARES: Final = (("en", 93), ("pl", 2), ("ur", 2), ("bn", 1), ("ro", 1), ("ar", 1))
_NAME_POOL_SIZE: Final = 400
_CHANNELS: Final = (("phone", 55), ("sms", 22), ("email", 15), ("letter", 7), ("video", 1))
_ACCESS_NEEDS: Final = (
    ("large-print", 5), ("easy-read", 4), ("plain-english", 4), ("hearing-loop", 3),
    ("longer-appointment", 3), ("british-sign-language", 1), ("advocate", 1),
)  # fmt: skip
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """A person who does not exist, in the fields the referral service asks for."""

    nhs_number: str | None
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    ethnicity_category: str
    language: str
    email: str
    phone: str
    postcode: str
    deprivation_decile: int
    gender: str
    preferred_channel: str
    interpreter_needed: bool | None
    access_needs: tuple[str, ...]
    contact_days: tuple[str, ...]
    contact_from: str | None
    contact_until: str | None
    leave_no_message: bool
    neutral_sender: bool


def nhs_number(serial: int) -> str | None:
    """The synthetic NHS number with this serial (0–999,999), or None where modulus 11 allows none.

    Source: NHS Data Dictionary, NHS NUMBER: weights 10 to 2, check digit 11 minus the remainder.
    """
    stem = f"{SYNTHETIC_NHS_NUMBER_PREFIX}{serial:06d}"
    remainder = sum(
        int(digit) * weight for digit, weight in zip(stem, range(10, 1, -1), strict=True)
    )
    check = 11 - remainder % 11
    if check == 10:
        return None
    return f"{stem}{0 if check == 11 else check}"


def synthetic_person(
    draw: random.Random, serial: int, *, on: date, network: Network
) -> SyntheticPerson:
    """The person with this serial, of an age drawn for a referral made on this day."""
    number = nhs_number(serial)
    if number is None:
        message = f"no NHS number has the serial {serial}"
        raise ValueError(message)
    female = draw.random() < _FEMALE_SHARE
    names = _names()
    given = draw.choice(names.female if female else names.male)
    family = draw.choice(names.family)
    drawn_language = _drawn(draw, _LANGUAGE_SHARES)
    language = _spoken(serial, network, drawn_language)
    has_safe_times = draw.random() < shares.SAFE_TIMES
    number = number if draw.random() >= shares.WITHOUT_NUMBER else None
    birth_date = _birth_date(draw, on)
    ethnicity_category = _drawn(draw, _ETHNICITY_SHARES)
    phone = f"07700 900{draw.randrange(1000):03d}"
    # Two draws of no use: without them every story that is told by this seed would be another one.
    for _ in range(2):
        draw.randrange(1, 10)
    letters = "".join(draw.choices(LETTERS, k=2))
    decile = _decile(draw, network.deprivation)
    return SyntheticPerson(
        nhs_number=number,
        given_name=given,
        family_name=family,
        birth_date=birth_date,
        sex="female" if female else "male",
        ethnicity_category=ethnicity_category,
        language=language,
        email=f"{given}.{family}.{serial}@people.example.org".lower()
        .replace(" ", "-")
        .replace("'", ""),
        phone=phone,
        postcode=postcode_of(network.code, decile, letters),
        deprivation_decile=decile,
        gender=_gender(draw, female=female),
        preferred_channel=_drawn(draw, _CHANNELS),
        interpreter_needed=_interpreter_needed(draw, serial, drawn_language, language),
        access_needs=(_drawn(draw, _ACCESS_NEEDS),) if draw.random() < shares.ACCESS_NEEDS else (),
        contact_days=tuple(draw.sample(_DAYS, 2)) if has_safe_times else (),
        contact_from="09:30" if has_safe_times else None,
        contact_until="15:00" if has_safe_times else None,
        leave_no_message=draw.random() < shares.NO_MESSAGE,
        neutral_sender=draw.random() < shares.NO_MESSAGE,
    )


def _spoken(serial: int, network: Network, language: str) -> str:
    """The language somebody speaks, where more people speak one than elsewhere."""
    more = spoken_more(network.code)
    if more is None or language != "en":
        return language
    apart = random.Random(f"waymark language {serial}")
    return more[0] if apart.random() < more[1] else language


def _interpreter_needed(
    draw: random.Random, serial: int, drawn_language: str, language: str
) -> bool | None:
    if language == "en":
        return None
    # Who was drawn as speaking English is asked apart, so that nothing else of them moves.
    chance = draw if drawn_language != "en" else random.Random(f"waymark interpreter {serial}")
    return chance.random() < shares.INTERPRETER


@dataclass(frozen=True, slots=True)
class _Names:
    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


@cache
def _names() -> _Names:
    faker = Faker("en_GB")
    faker.seed_instance(999)
    return _Names(
        female=tuple(faker.first_name_female() for _ in range(_NAME_POOL_SIZE)),
        male=tuple(faker.first_name_male() for _ in range(_NAME_POOL_SIZE)),
        family=tuple(faker.last_name() for _ in range(_NAME_POOL_SIZE)),
    )


def _birth_date(draw: random.Random, on: date) -> date:
    bands = [(low, high) for low, high, _ in _AGE_BANDS]
    low, high = draw.choices(bands, weights=[share for _, _, share in _AGE_BANDS])[0]
    return on - timedelta(days=round(draw.uniform(low * 365.25 + 1, (high + 1) * 365.25 - 1)))


def _decile(draw: random.Random, deprivation: float) -> int:
    """A deprivation decile, 1 the most deprived; a deprived network draws more low ones."""
    return min(10, 1 + int(10 * draw.betavariate(1.2, 0.6 + 2.4 * deprivation)))


def _drawn(draw: random.Random, shares: tuple[tuple[str, int], ...]) -> str:
    return draw.choices([value for value, _ in shares], weights=[share for _, share in shares])[0]


def _gender(draw: random.Random, *, female: bool) -> str:
    as_born = "female" if female else "male"
    return _drawn(draw, ((as_born, 97), ("non-binary", 1), ("not-stated", 2)))
