"""Recording facts about a person alone: their record is locked, the fact told once and audited.

Promise    A fact is decided, stored and told under the lock of the person's record, which a
           colleague opens with a reason.
"""

from dataclasses import dataclass
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from contracts.event import EventData
from services.referral.acting import Acting
from services.referral.commands import Timed, happened_at
from services.referral.domain.episodes import check_happened
from services.referral.domain.merging import PersonMerged
from services.referral.published import Moment
from services.referral.published.about_person import of_person
from services.referral.store import about_person as store
from services.referral.store.about_person import PersonRecord
from services.referral.store.closing import lock_person_of_referral
from services.referral.store.episodes import lock_open_episodes


@dataclass(frozen=True, slots=True)
class AboutPerson:
    """A person's record, locked, and the moment of what is said of them."""

    record: PersonRecord
    moment: Moment
    event_id: UUID

    async def tell(
        self,
        connection: Connection,
        data: EventData,
        *,
        messages_consented: bool | None = None,
    ) -> None:
        """Tell one fact with the record's next version."""
        version = self.record.next_version()
        await store.write_record(connection, self.record, messages_consented=messages_consented)
        event = of_person(
            data,
            self.record.pcn_code,
            self.record.id,
            version,
            self.moment,
            event_id=self.event_id,
        )
        await outbox.record(connection, [event])

    async def audit(
        self, connection: Connection, acting: Acting, action: str, subject: str
    ) -> None:
        """Write down who did it."""
        opened = Opened(subject=subject, pcn_code=self.record.pcn_code, person_id=self.record.id)
        await record_access(connection, acting.caller, action, [opened], reason=acting.reason)


async def open_record(
    connection: Connection,
    acting: Acting,
    person_id: UUID,
    asked: Timed,
    *,
    opens_casework: bool = True,
    is_new: bool = False,
) -> AboutPerson:
    """Lock a person's record, if the caller may write in it, and check when it happened.

    What ``is_new`` is written on the record that speaks for the person; what stands on a merged one
    is put right where it stands.
    """
    record = await store.lock_record(connection, person_id)
    if record is None:
        raise NothingFound
    if opens_casework:
        await check_may_open_person(connection, acting, person_id)
    if is_new and record.is_merged:
        raise PersonMerged.into(await store.who_speaks_for(connection, person_id))
    return AboutPerson(record, moment_of(acting, asked), new_id())


async def check_may_open_person(connection: Connection, acting: Acting, person_id: UUID) -> None:
    """Let a person whom a colleague works with be opened with a reason."""
    for episode in (await lock_open_episodes(connection, [person_id])).values():
        acting.check_may_open(episode)


async def lock_who_speaks(connection: Connection, person_id: UUID) -> PersonRecord:
    """Lock a person's record, or the one that speaks for it, before anything that hangs on it."""
    record = await store.lock_record(connection, person_id)
    if record is not None and record.is_merged:
        kept = await store.who_speaks_for(connection, person_id)
        record = await store.lock_record(connection, kept) if kept else None
    if record is None:
        raise NothingFound
    return record


async def lock_who_is_referred(connection: Connection, referral_id: UUID) -> PersonRecord:
    """Lock whoever speaks for the person a referral is about, before their episode."""
    person_id = await lock_person_of_referral(connection, referral_id)
    if person_id is None:
        raise NothingFound
    return await lock_who_speaks(connection, person_id)


async def record_at(connection: Connection, person_id: UUID, moment: Moment) -> AboutPerson | None:
    """Lock a person's record where time is the door."""
    record = await store.lock_record(connection, person_id)
    return AboutPerson(record, moment, new_id()) if record else None


def moment_of(acting: Acting, asked: Timed) -> Moment:
    """Give when it happened and became known; what has not happened yet is refused."""
    acting.check_form(recorded_at=asked.recorded_at)
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    return moment
