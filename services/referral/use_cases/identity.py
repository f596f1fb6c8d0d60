"""Who is meant: whether a person described in a request is on record in their network already.

Promise    The same number, or the same name, birth date and postcode, is the same person of a
           PCN's records, also for two requests at once and within one batch.
Price      Without a number and a postcode nobody is recognised: two records are safer than one
           of two people.
Not here   Links between the records of two PCNs.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from chassis.database import Connection
from services.referral.domain.people import Person, PersonDetails
from services.referral.store import people

LOCK_BUCKETS: Final = 1_024  # a batch takes at most this many locks, whatever it holds

_InPcn: TypeAlias = tuple[str, str | None]


class KnownPeople:
    """The people a batch may be about, locked; those it enters join them."""

    def __init__(self, found: Iterable[Person]) -> None:
        self._by_id: dict[UUID, Person] = {}
        self._by_number: dict[_InPcn, Person] = {}
        self._by_likeness: dict[_InPcn, Person] = {}
        self._unnumbered: dict[_InPcn, Person] = {}
        for person in found:
            self.add(person)

    def add(self, person: Person) -> None:
        """Know a person from now on; of two who look alike the older record stays the one meant."""
        self._by_id[person.id] = person
        if person.details.nhs_number is not None:
            self._by_number[person.pcn_code, person.details.nhs_number] = person
        likeness = person.details.likeness
        if likeness is not None:
            self._by_likeness.setdefault((person.pcn_code, likeness), person)
            if person.details.nhs_number is None:
                self._unnumbered.setdefault((person.pcn_code, likeness), person)

    @property
    def ids(self) -> list[UUID]:
        """The ids of everyone known."""
        return list(self._by_id)

    def by_id(self, person_id: UUID) -> Person | None:
        """Give the person with this id, if they were found and locked; merged, who speaks for them."""
        return self._speaking(self._by_id.get(person_id))

    def knows_number(self, pcn_code: str, nhs_number: str | None) -> bool:
        """Whether a record found here holds this number."""
        return (pcn_code, nhs_number) in self._by_number

    def like(self, pcn_code: str, details: PersonDetails) -> Person | None:
        """Give the person who is meant by these details, if on record."""
        number = details.nhs_number
        if number is not None:
            known = self._by_number.get((pcn_code, number))
            if known is not None:
                known.check_same_human(details)
                return self._speaking(known)
        if details.likeness is None:
            return None
        if number is None:
            return self._speaking(self._by_likeness.get((pcn_code, details.likeness)))
        # Another number on the record means another person, however much they look alike.
        known = self._unnumbered.get((pcn_code, details.likeness))
        if known is None or known.details.nhs_number is not None:
            return None
        speaking = self._speaking(known)
        # The record that speaks for them may hold another number: then it is not them.
        if speaking is not None and speaking.details.nhs_number not in {None, number}:
            return None
        return speaking

    def _speaking(self, person: Person | None) -> Person | None:
        if person is None or person.merged_into is None:
            return person
        return self._by_id.get(person.merged_into)


async def lock_known_people(
    connection: Connection,
    *,
    ids: Sequence[UUID] = (),
    described: Sequence[tuple[str, PersonDetails]] = (),
    also: Iterable[tuple[str, ...]] = (),
) -> KnownPeople:
    """Lock everyone meant by id or description, and whatever else the batch must be alone with."""
    buckets = {_bucket(key) for key in also}
    for _, details in described:
        if details.nhs_number is not None:
            buckets.add(_bucket(("number", details.nhs_number)))
        if details.likeness is not None:
            buckets.add(_bucket(("likeness", details.likeness)))
    like = [
        people.Described(pcn_code, details.nhs_number, details.likeness)
        for pcn_code, details in described
        # Without either nobody is recognised, so there is nobody to look for.
        if details.nhs_number is not None or details.likeness is not None
    ]
    if like and not ids:
        if not await people.is_anyone_known(connection, buckets, like):
            return KnownPeople(())
    elif buckets:
        await people.lock_buckets(connection, buckets)
    if not ids and not like:
        return KnownPeople(())
    found = await people.lock_people(connection, ids=ids, like=like)
    # A merge that committed while its record was waited for names who speaks for it now.
    unlocked = {one.merged_into for one in found if one.merged_into} - {one.id for one in found}
    if unlocked:
        found += await people.lock_people(connection, ids=sorted(unlocked), like=())
    return KnownPeople(found)


def _bucket(key: tuple[str, ...]) -> int:
    digest = hashlib.blake2b("\x1f".join(key).encode(), digest_size=4).digest()
    return int.from_bytes(digest) % LOCK_BUCKETS
