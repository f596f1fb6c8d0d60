"""Finding people: by number, or by a description that slips are forgiven, with the reasons told.

Promise    A bounded number of candidates is compared, whatever the network's size; the page goes
           on after a score and an id, so the same search walks the same list.
Price      A slip in the year of birth by more than a digit hides a person from a description.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.commands import PeopleSearch
from services.referral.domain.matching import (
    Description,
    Likeness,
    compare,
    plausible_birth_dates,
)
from services.referral.views import audit

CANDIDATES_MAX: Final = 500

Found: TypeAlias = dict[str, Any]

_SQL: Final = Queries("services.referral")
_SHOWN: Final = (
    "id",
    "pcn_code",
    "practice_code",
    "nhs_number",
    "given_name",
    "family_name",
    "birth_date",
    "postcode",
    "version",
)


async def search_people(
    connection: Connection,
    acting: Acting,
    asked: PeopleSearch,
    *,
    after: tuple[int, UUID] | None,
    limit: int,
    terms_hash: str,
) -> list[Found]:
    """Find people; who was found, or that nobody was, is audited under a hash of the terms."""
    pcn_codes = sorted({*acting.caller.pcns, *acting.places.pcns.values()})
    wanted = Description(
        nhs_number=asked.nhs_number,
        birth_date=asked.birth_date,
        family_name=asked.family_name,
        given_name=asked.given_name,
        postcode=asked.postcode,
    )
    found = _after(await _likely(connection, acting, wanted, pcn_codes), after, limit)
    subject = f"search/{terms_hash}"
    opened = [(subject, {"pcn_code": one["pcn_code"], "person_id": one["id"]}) for one in found]
    nobody = [(subject, {"pcn_code": pcn_code}) for pcn_code in pcn_codes[:1]]
    await audit(connection, acting, "person.search", opened or nobody)
    return found


async def likely_duplicates(
    connection: Connection,
    acting: Acting,
    person_id: UUID,
    *,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[Found]:
    """Give records of a person's network that may be the same person's."""
    row = await connection.fetchrow(_SQL["describe_person"], person_id)
    if row is None:
        raise NothingFound
    wanted = Description(
        nhs_number=row["nhs_number"],
        birth_date=row["birth_date"],
        family_name=row["family_name"],
        given_name=row["given_name"],
        preferred_name=row["preferred_name"],
        postcode=row["postcode"],
    )
    likely = await _likely(connection, acting, wanted, [row["pcn_code"]])
    found = _after([one for one in likely if one["id"] != row["id"]], after, limit)
    opened = [(f"person/{person_id}", {"pcn_code": row["pcn_code"], "person_id": row["id"]})]
    opened += [(f"person/{one['id']}", {**one, "person_id": one["id"]}) for one in found]
    await audit(connection, acting, "person.duplicates", opened)
    return found


async def list_merges(
    connection: Connection, acting: Acting, person_id: UUID, *, after: UUID | None, limit: int
) -> list[Record]:
    """Give what was merged into a record, or it into another, latest first."""
    row = await connection.fetchrow(_SQL["describe_person"], person_id)
    if row is None:
        raise NothingFound
    rows = await connection.fetch(_SQL["list_merges"], person_id, after, limit)
    whose = {"pcn_code": row["pcn_code"], "person_id": row["id"]}
    await audit(connection, acting, "person.merges", [(f"person/{person_id}", whose)])
    return rows


def page_key(found: Found) -> tuple[int, str]:
    """Give the place in the list where the next page goes on."""
    return found["score"], str(found["id"])


async def _likely(
    connection: Connection, acting: Acting, wanted: Description, pcn_codes: Sequence[str]
) -> list[Found]:
    """Compare a bounded number of candidates; a record is shown once, by what is likest of it."""
    rows: list[Record] = []
    if wanted.birth_date is not None:
        days = plausible_birth_dates(wanted.birth_date, acting.now.date())
        rows += await connection.fetch(
            _SQL["find_candidates"], list(pcn_codes), days, wanted.birth_date, CANDIDATES_MAX
        )
    if wanted.nhs_number is not None:
        rows += await connection.fetch(
            _SQL["find_numbered"], list(pcn_codes), wanted.nhs_number, CANDIDATES_MAX
        )
    best: dict[UUID, Found] = {}
    for row in rows:
        likeness = compare(wanted, _described(row))
        if likeness.is_likely and best.get(row["id"], _NOBODY)["score"] < likeness.score:
            best[row["id"]] = _shown(row, likeness)
    return sorted(best.values(), key=_order)


_NOBODY: Final[Found] = {"score": -1}


def _order(found: Found) -> tuple[int, UUID]:
    return -found["score"], found["id"]


def _after(found: list[Found], after: tuple[int, UUID] | None, limit: int) -> list[Found]:
    if after is not None:
        score, person_id = after
        found = [one for one in found if _order(one) > (-score, person_id)]
    return found[:limit]


def _described(row: Record) -> Description:
    return Description(
        nhs_number=row["described_number"],
        birth_date=row["described_birth_date"],
        family_name=row["described_family_name"],
        given_name=row["described_given_name"],
        preferred_name=row["described_preferred_name"],
        postcode=row["described_postcode"],
    )


def _shown(row: Record, likeness: Likeness) -> Found:
    return {
        **{name: row[name] for name in _SHOWN},
        "score": likeness.score,
        "parts": [
            {
                "name": part.name,
                "verdict": part.verdict,
                "earned": round(part.earned, 1),
                "weight": part.weight,
            }
            for part in likeness.parts
        ],
    }
