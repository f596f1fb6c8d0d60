"""Recording how many people were registered on a day, and how they are made up.

Promise    Each count by age, sex, ethnicity or deprivation adds up to the whole, and practices hold
           no more people than their PCN, or nothing is recorded. The same figures again change and
           tell nothing.
Price      What is loaded replaces what stood for that day, whole. A figure that is corrected
           without its parts loses them: they would no longer add up.
Not here   Whose figures they are, and their disclosure: ``api.populations``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, RuleBroken
from services.directory import published
from services.directory.domain.populations import Dimension, Parts, SumDiffers, require_sums
from services.directory.domain.register import Announced, Moment
from services.directory.published import Telling
from services.directory.store import belonging as belonging_store
from services.directory.store import populations as store
from services.directory.store import register as register_store
from services.directory.use_cases.organisations import OWN_PCN
from services.directory.use_cases.outcome import Outcome, entered, known

FIELDS: Final[Mapping[Dimension, str]] = {
    "age-band": "by_age_band",
    "sex": "by_sex",
    "ethnicity-category": "by_ethnicity",
    "deprivation-decile": "by_deprivation",
}
"""By dimension, the field it comes in."""


@dataclass(frozen=True, slots=True)
class PopulationEntry:
    """How many people were registered on a day, with a PCN or one of its practices.

    Without ``parts`` nothing is said of how they are made up.
    """

    pcn_code: str
    practice_code: str | None
    persons: int
    as_of: date
    parts: Parts | None = None


async def load_populations(
    connection: Connection, entries: Sequence[PopulationEntry], moment: Moment
) -> int:
    """Record all of them or none; how many are new or different. The region is held."""
    seen: set[tuple[str, str | None, date]] = set()
    changed = 0
    for number, entry in enumerate(entries):
        where = f"/items/{number}"
        key = (entry.pcn_code, entry.practice_code, entry.as_of)
        if key in seen:
            raise RuleBroken(BrokenRule(f"{where}/as_of", "must be in a batch once for each day"))
        seen.add(key)
        try:
            require_sums(entry.parts or {}, entry.persons)
        except SumDiffers as differs:
            raise RuleBroken(
                BrokenRule(
                    f"{where}/{FIELDS[differs.dimension]}",
                    f"must add up to persons, and adds up to {differs.counted}",
                )
            ) from None
        outcome = await record_population(connection, entry, moment, where=where)
        # What stood already was recorded at another moment.
        changed += outcome.recorded_at == moment.recorded_at
    days = list(dict.fromkeys((entry.pcn_code, entry.as_of) for entry in entries))
    beyond = await store.practices_beyond_their_pcn(connection, days)
    if beyond is not None:
        number = next(
            number
            for number, entry in enumerate(entries)
            if (entry.pcn_code, entry.as_of) == beyond
        )
        rule = "must not be less for a PCN than its practices hold together on that day"
        raise RuleBroken(BrokenRule(f"/items/{number}/persons", rule))
    return changed


async def record_population(
    connection: Connection, entry: PopulationEntry, moment: Moment, *, where: str = ""
) -> Outcome:
    """Record how many people were registered on a day, or correct it."""
    pcn = await register_store.lock_organisation(connection, "pcn", entry.pcn_code)
    if pcn is None:
        raise RuleBroken(BrokenRule(f"{where}/pcn_code", OWN_PCN))
    if entry.practice_code is not None and not await belonging_store.belongs_or_belonged(
        connection, entry.practice_code, entry.pcn_code, entry.as_of
    ):
        raise RuleBroken(BrokenRule(f"{where}/practice_code", "must be a practice of this PCN"))
    about = {
        "id": f"{entry.practice_code or entry.pcn_code}-{entry.as_of.isoformat()}",
        "pcn_code": entry.pcn_code,
        "practice_code": entry.practice_code,
        "persons": entry.persons,
        "as_of": entry.as_of,
    }
    found = await register_store.find_population(
        connection,
        pcn_code=entry.pcn_code,
        practice_code=entry.practice_code,
        as_of=entry.as_of,
    )
    if found is not None and found.persons == entry.persons and await _stands(connection, entry):
        return known(found.announced, about)
    version = await register_store.advance_organisation(connection, "pcn", entry.pcn_code)
    telling = Telling(new_id(), version, moment)
    await _record(connection, entry, pcn.region_code, telling)
    event = published.population_recorded(
        telling,
        pcn_code=entry.pcn_code,
        practice_code=entry.practice_code,
        persons=entry.persons,
        as_of=entry.as_of,
        parts=entry.parts or {},
    )
    await outbox.record(connection, [event])
    return entered(telling, about, created=found is None)


async def _stands(connection: Connection, entry: PopulationEntry) -> bool:
    if entry.parts is None:
        return True
    standing = await store.parts_of_population(
        connection,
        pcn_code=entry.pcn_code,
        practice_code=entry.practice_code,
        as_of=entry.as_of,
    )
    return standing == entry.parts


async def _record(
    connection: Connection, entry: PopulationEntry, region_code: str, telling: Telling
) -> None:
    moment = telling.moment
    await register_store.record_population(
        connection,
        pcn_code=entry.pcn_code,
        practice_code=entry.practice_code,
        as_of=entry.as_of,
        region_code=region_code,
        persons=entry.persons,
        announced=Announced(
            telling.version, telling.event_id, moment.occurred_at, moment.recorded_at
        ),
    )
    await store.replace_parts(
        connection,
        entry.parts or {},
        pcn_code=entry.pcn_code,
        practice_code=entry.practice_code,
        as_of=entry.as_of,
        region_code=region_code,
    )
