"""Who is meant: whether a person described in a request is on record in their network already.

Promise    The same number, or the same name, birth date and postcode, is the same person of a
           PCN's records, also for two requests at once and within one batch.
Price      Without a number and a postcode nobody is recognised: two records are safer than one
           of two people.
Not here   Links between the records of two PCNs.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from chassis.database import Connection
from services.referral.domain import Person, PersonDetails
from services.referral.store import people

LOCK_BUCKETS: Final = 1_024  # a batch takes at most this many locks, whatever it holds

_Number: TypeAlias = tuple[str, str]
_Looks: TypeAlias = tuple[str, str, str, date, str]


class KnownPeople:
    """The people a batch may be about, locked; those it enters join them."""

    def __init__(self, found: Iterable[Person]) -> None:
        self._by_id: dict[UUID, Person] = {}
        self._by_number: dict[_Number, Person] = {}
        self._by_looks: dict[_Looks, Person] = {}
        for person in found:
            self.add(person)

    def add(self, person: Person) -> None:
        """Know a person from now on; of two who look alike the older record stays the one meant."""
        self._by_id[person.id] = person
        if person.details.nhs_number is not None:
            self._by_number[person.pcn_code, person.details.nhs_number] = person
        looks = _looks(person.pcn_code, person.details)
        if looks is not None:
            self._by_looks.setdefault(looks, person)

    @property
    def ids(self) -> list[UUID]:
        """The ids of everyone known."""
        return list(self._by_id)

    def by_id(self, person_id: UUID) -> Person | None:
        """Give the person with this id, if they were found and locked."""
        return self._by_id.get(person_id)

    def like(self, pcn_code: str, details: PersonDetails) -> Person | None:
        """Give the person who is meant by these details, if on record."""
        number = details.nhs_number
        if number is not None:
            known = self._by_number.get((pcn_code, number))
            if known is not None:
                known.check_same_human(details)
                return known
        looks = _looks(pcn_code, details)
        known = None if looks is None else self._by_looks.get(looks)
        # Another number on the record means another person, however much they look alike.
        if known is not None and number is not None and known.details.nhs_number is not None:
            return None
        return known


async def lock_known_people(
    connection: Connection,
    *,
    ids: Sequence[UUID] = (),
    described: Sequence[tuple[str, PersonDetails]] = (),
    also: Iterable[tuple[str, ...]] = (),
) -> KnownPeople:
    """Lock everyone meant by id or description, and whatever else the batch must be alone with."""
    buckets = {_bucket(key) for key in also}
    for pcn_code, details in described:
        if details.nhs_number is not None:
            buckets.add(_bucket(("number", pcn_code, details.nhs_number)))
        looks = _looks(pcn_code, details)
        if looks is not None:
            buckets.add(_bucket(("looks", *map(str, looks))))
    if buckets:
        await people.lock_buckets(connection, buckets)
    like = [
        people.Likeness(pcn_code, details.nhs_number, details.birth_date, details.postcode)
        for pcn_code, details in described
    ]
    if not ids and not like:
        return KnownPeople(())
    return KnownPeople(await people.lock_people(connection, ids=ids, like=like))


def _looks(pcn_code: str, details: PersonDetails) -> _Looks | None:
    if details.postcode is None:
        return None
    return (
        pcn_code,
        details.given_name.casefold(),
        details.family_name.casefold(),
        details.birth_date,
        details.postcode,
    )


def _bucket(key: tuple[str, ...]) -> int:
    digest = hashlib.blake2b("\x1f".join(key).encode(), digest_size=4).digest()
    return int.from_bytes(digest) % LOCK_BUCKETS
