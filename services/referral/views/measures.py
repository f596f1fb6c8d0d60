"""What is shown of measures: scores beside those of the baseline, and what became better by how much.

Promise    A change is reckoned when it is read, from what stands on both sides; where either side
           is missing or was voided there is none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.refusals import NothingFound
from chassis.sql import Queries
from services.referral.acting import Acting
from services.referral.domain.instruments import INSTRUMENTS, Instrument
from services.referral.domain.measures import improvement
from services.referral.store.measures import as_read, score_of
from services.referral.views import audit, check_colleague, owner_of

VERSIONS_SHOWN_MAX: Final = 100

_SQL: Final = Queries("services.referral")


async def list_measures(
    connection: Connection, acting: Acting, referral_id: UUID, *, after: int | None, limit: int
) -> list[dict[str, Any]]:
    """Give the measures of a referral's episode, in the order they became known."""
    whose = await owner_of(connection, acting, "whose_referral", referral_id)
    rows = await connection.fetch(
        _SQL["list_measures_of_episode"], whose["episode_id"], after, limit
    )
    await audit(connection, acting, "measure.list", [(f"referral/{referral_id}", whose)])
    return [_shown(row) for row in rows]


async def view_measure(connection: Connection, acting: Acting, measure_id: UUID) -> dict[str, Any]:
    """Give one measure with the versions of it that were put aside."""
    whose = await connection.fetchrow(_SQL["whose_measure"], measure_id)
    row = await connection.fetchrow(_SQL["view_measure"], measure_id)
    if whose is None or row is None:
        raise NothingFound
    check_colleague(acting, whose)
    versions = await connection.fetch(
        _SQL["list_versions_of_measure"], measure_id, VERSIONS_SHOWN_MAX
    )
    await audit(connection, acting, "measure.read", [(f"measure/{measure_id}", whose)])
    return {**_shown(row), "put_aside": [as_read(version) for version in versions]}


def list_instruments() -> list[dict[str, Any]]:
    """Give what each instrument asks and how it is scored, without its wording."""
    return [
        {
            "instrument": one.code,
            "version": one.version,
            "name": one.name,
            "licence": one.licence,
            "concerns_max": one.concerns_max,
            "items": [
                {
                    "key": item.key,
                    "low": None if item.words else item.low,
                    "high": None if item.words else item.high,
                    "words": list(item.words) if item.words else None,
                    "needed": item.needed,
                }
                for item in one.items
            ],
            "scores": [
                {
                    "name": rule.name,
                    "items": list(rule.items),
                    "better": rule.better,
                    "bands": [
                        {"name": band.name, "low": band.low, "high": band.high}
                        for band in rule.bands
                    ],
                }
                for rule in one.scores
            ],
        }
        for one in INSTRUMENTS.values()
    ]


def _shown(row: Record) -> dict[str, Any]:
    fields = as_read(row)
    before = fields.pop("baseline_scores", None)
    carried = fields.pop("baseline_concerns", None)
    instrument = INSTRUMENTS.get((fields["instrument"], fields["instrument_version"]))
    improved = None
    if instrument is not None and before is not None and fields["voided_at"] is None:
        improved = _changes(instrument, before, fields["scores"])
    return {
        **fields,
        # The wording is carried forward from the baseline, as it was first written.
        "concerns": carried or fields["concerns"],
        "improvement": improved,
    }


def _changes(
    instrument: Instrument,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    first = {row["name"]: score_of(row) for row in before}
    then = {row["name"]: score_of(row) for row in after}
    return [
        {"name": rule.name, "change": None if change is None else float(change)}
        for rule in instrument.scores
        if rule.better is not None
        for change in [improvement(rule, first[rule.name], then[rule.name])]
    ]
