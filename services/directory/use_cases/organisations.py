"""Entering regions, PCNs and practices.

Promise    The same entry again changes nothing and has the answer it had; a changed one is told
           as a new version. The directory's own access tables change in the same transaction, so
           here nobody waits for the register to come round through the topic.
Price      Every entry holds its region's row, so those of one region follow one another: a
           register is written rarely, and entries that wait for each other cannot deadlock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis import outbox
from chassis.access import register as access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, Refusal, RuleBroken
from services.directory import published
from services.directory.domain.register import (
    Announced,
    Belonging,
    BelongingGoesBack,
    BelongingNotBegun,
    BelongsAlready,
    Moment,
    require_begun,
    require_later,
)
from services.directory.published import Telling
from services.directory.store import belonging as belonging_store
from services.directory.store import register as store
from services.directory.use_cases.outcome import Outcome, entered, known
from services.directory.use_cases.roles import begin_roles

OWN_REGION = "must be a region whose register you keep"
NOT_MERGED = "must be a PCN that has not become part of another"
OWN_PCN = "must be a PCN of a region whose register you keep"


@dataclass(frozen=True, slots=True)
class PcnEntry:
    """A PCN as it is entered."""

    pcn_code: str
    region_code: str
    name: str


@dataclass(frozen=True, slots=True)
class PracticeEntry:
    """A practice as it is entered; without a day it belongs from the present one on."""

    practice_code: str
    pcn_code: str
    name: str
    from_date: date | None
    contact_email: str | None


async def hold_regions(connection: Connection, regions: Sequence[str]) -> None:
    """Let no other entry of these regions go on until this transaction ends."""
    await store.hold_regions(connection, regions)


async def register_region(
    connection: Connection, *, region_code: str, name: str, moment: Moment
) -> Outcome:
    """Enter a region, or its new name."""
    change = await _enter(connection, "region", region_code, region_code, name, moment)
    about = {"id": region_code, "region_code": region_code, "name": name}
    if isinstance(change, Announced):
        return known(change, about)
    telling, created = change
    event = published.region_registered(telling, region_code=region_code, name=name)
    await outbox.record(connection, [event])
    await access.store_organisation(
        connection, access.Organisation("region", region_code, region_code, None, name)
    )
    return entered(telling, about, created=created)


async def register_pcn(
    connection: Connection, regions: Sequence[str], entry: PcnEntry, moment: Moment
) -> Outcome:
    """Enter a PCN of one of ``regions``, or its new name."""
    if entry.region_code not in regions:
        raise RuleBroken(BrokenRule("/region_code", OWN_REGION))
    change = await _enter(connection, "pcn", entry.pcn_code, entry.region_code, entry.name, moment)
    about = {
        "id": entry.pcn_code,
        "pcn_code": entry.pcn_code,
        "region_code": entry.region_code,
        "name": entry.name,
    }
    if isinstance(change, Announced):
        return known(change, about)
    telling, created = change
    event = published.pcn_registered(
        telling, pcn_code=entry.pcn_code, region_code=entry.region_code, name=entry.name
    )
    await outbox.record(connection, [event])
    await access.store_organisation(
        connection,
        access.Organisation("pcn", entry.pcn_code, entry.region_code, entry.pcn_code, entry.name),
    )
    if created:
        await begin_roles(connection, entry.pcn_code, entry.region_code, moment)
    return entered(telling, about, created=created)


async def register_practice(
    connection: Connection, entry: PracticeEntry, moment: Moment
) -> Outcome:
    """Enter a practice, its new name, or its move to another PCN."""
    pcn = await store.find_organisation(connection, "pcn", entry.pcn_code)
    if pcn is None:
        raise RuleBroken(BrokenRule("/pcn_code", OWN_PCN))
    if await belonging_store.merge_of_pcn(connection, entry.pcn_code) is not None:
        raise RuleBroken(BrokenRule("/pcn_code", NOT_MERGED))
    change = await _enter(
        connection, "practice", entry.practice_code, pcn.region_code, entry.name, moment
    )
    present = await store.present_belonging(connection, entry.practice_code)
    wanted = _wanted(entry, present, moment)
    if wanted != present:
        _check_begun(wanted, moment)
        if present is None:
            await _check_since_left(connection, entry.practice_code, wanted)
        await _move(connection, entry.practice_code, pcn.region_code, present, wanted)
    if entry.contact_email is not None:
        await store.set_practice_contact(
            connection,
            practice_code=entry.practice_code,
            region_code=pcn.region_code,
            email=entry.contact_email,
        )
    about = {
        "id": entry.practice_code,
        "practice_code": entry.practice_code,
        "pcn_code": wanted.pcn_code,
        "name": entry.name,
        "from_date": wanted.from_date,
    }
    if isinstance(change, Announced):
        if wanted == present:
            return known(change, about)
        telling = await _rename(connection, "practice", entry.practice_code, entry.name, moment)
        created = False
    else:
        telling, created = change
    await outbox.record(
        connection,
        [
            published.practice_registered(
                telling,
                practice_code=entry.practice_code,
                pcn_code=wanted.pcn_code,
                name=entry.name,
                from_date=wanted.from_date,
            )
        ],
    )
    # As every other service has it: the region of a practice is its PCN's.
    await access.store_organisation(
        connection,
        access.Organisation("practice", entry.practice_code, None, wanted.pcn_code, entry.name),
    )
    return entered(telling, about, created=created)


def _wanted(entry: PracticeEntry, present: Belonging | None, moment: Moment) -> Belonging:
    """Where the practice is to belong; without a day the present belonging stays as it is."""
    if entry.from_date is None and present is not None and present.pcn_code == entry.pcn_code:
        return present
    return Belonging(entry.pcn_code, entry.from_date or moment.occurred_at.date())


def _check_begun(wanted: Belonging, moment: Moment) -> None:
    try:
        require_begun(wanted, moment.recorded_at)
    except BelongingNotBegun:
        raise Refusal(
            422,
            "practice-not-there-yet",
            "Enter it on that day: everybody's support moves at once.",
            (BrokenRule("/from_date", "must not lie in the future"),),
        ) from None


async def _check_since_left(connection: Connection, practice_code: str, wanted: Belonging) -> None:
    """A practice that left joins again on that day or later."""
    last = await belonging_store.last_belonging(connection, practice_code)
    if last is not None and last.until_date is not None and wanted.from_date < last.until_date:
        raise RuleBroken(
            BrokenRule("/from_date", "must not be before the day it left its last PCN")
        )


async def _move(
    connection: Connection,
    practice_code: str,
    region_code: str,
    present: Belonging | None,
    wanted: Belonging,
) -> None:
    try:
        require_later(present, wanted)
    except BelongsAlready:
        raise RuleBroken(
            BrokenRule("/from_date", "must be the day it joined this PCN, or be left out")
        ) from None
    except BelongingGoesBack:
        raise RuleBroken(
            BrokenRule("/from_date", "must be after the day it joined its present PCN")
        ) from None
    if present is not None:
        await store.end_belonging(connection, practice_code, wanted.from_date)
    await store.begin_belonging(
        connection, practice_code=practice_code, belonging=wanted, region_code=region_code
    )


async def _enter(
    connection: Connection, kind: str, code: str, region_code: str, name: str, moment: Moment
) -> Announced | tuple[Telling, bool]:
    """Enter or rename and lock; what was announced before where nothing changed.

    The insert comes first: it waits for another transaction that is entering the same code,
    where a read would have missed it.
    """
    event_id = new_id()
    version = await store.enter_organisation(
        connection,
        kind=kind,
        code=code,
        region_code=region_code,
        name=name,
        event_id=event_id,
        moment=moment,
    )
    if version is not None:
        return Telling(event_id, version, moment), True
    standing = await store.lock_organisation(connection, kind, code)
    if standing is None or standing.region_code != region_code:
        raise Refusal(409, "code-taken", "This code is another organisation's.")
    if standing.name == name:
        return standing.announced
    return await _rename(connection, kind, code, name, moment), False


async def _rename(
    connection: Connection, kind: str, code: str, name: str, moment: Moment
) -> Telling:
    event_id = new_id()
    version = await store.rename_organisation(
        connection, kind=kind, code=code, name=name, event_id=event_id, moment=moment
    )
    return Telling(event_id, version, moment)
