"""Bringing along what is about the person alone: risk flags, and consents that still hold there.

Promise    It runs in the transaction that opens the support there, with the person's record
           locked; each thing brought or changed is told as one event of the person.
Not here   What becomes of each: ``domain.bringing``.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.ids import new_id
from contracts.event import EventData
from services.referral.domain.bringing import (
    FlagThere,
    both_notes,
    fate_of,
    follow,
    join,
    take_review,
)
from services.referral.domain.consent import SharingConsent, ends_at
from services.referral.domain.handover import Handover
from services.referral.domain.risk import RiskFlag, overdue_from
from services.referral.published import Moment
from services.referral.published import consent as told_consent
from services.referral.published import risk as told_risk
from services.referral.published.about_person import of_person
from services.referral.store import about_person as people
from services.referral.store import bringing as store
from services.referral.store import consent as consents
from services.referral.store import risk, timers
from services.referral.store.about_person import PersonRecord
from services.referral.use_cases.about_person import AboutPerson


@dataclass(frozen=True, slots=True)
class BringingPerson:
    """One handover that was opened, and the locked record of the person there."""

    made: Handover
    record: PersonRecord
    now: Moment
    cause: str
    """The event that told that support goes on there."""

    async def bring_flags(self, connection: Connection) -> None:
        """Bring flags, and what became of those that came from here."""
        made, record = self.made, self.record
        for there in await store.list_flags(connection, made.person_id, made.to_pcn_code):
            standing = (
                await risk.lock_flag(connection, there.counterpart_id)
                if there.counterpart_id
                else None
            )
            of_kind = await store.lock_flag_of_kind(connection, record.id, there.kind)
            fate = fate_of(there, standing, same_kind=of_kind is not None)
            if fate == "bring":
                await self._raise_flag(connection, there)
            elif fate == "join" and of_kind is not None:
                await self._join_flags(connection, of_kind, there)
            elif fate == "review" and standing is not None:
                take_review(standing, there)
                await self._review_flag(connection, standing, there.review_note)
            elif fate == "end" and standing is not None:
                await self._end_flag(connection, standing, there)

    async def _raise_flag(self, connection: Connection, there: FlagThere) -> None:
        about, made, record = self._about(), self.made, self.record
        flag = RiskFlag(
            id=new_id(),
            person_id=record.id,
            pcn_code=record.pcn_code,
            kind=there.kind,
            raised_by=there.raised_by,
            raised_at=there.raised_at,
            review_by=there.review_by,
        )
        row = {
            "id": flag.id,
            "pcn_code": flag.pcn_code,
            "person_id": flag.person_id,
            "kind": flag.kind,
            "note": there.note,
            "raised_by": flag.raised_by,
            "raised_at": flag.raised_at,
            "review_by": flag.review_by,
            "origin": about.moment.origin,
            "recorded_at": about.moment.recorded_at,
            "version": flag.version,
            "brought_from": made.pcn_code,
            "handover_id": made.id,
            "source_id": there.id,
        }
        step = self._flag_step(flag, "raised", about, note=there.note, worker_id=there.raised_by)
        await risk.insert_flag(connection, row, step)
        await self._set_review(connection, flag)
        told = told_risk.raised(flag, brought_from=made.pcn_code)
        await self._tell(connection, about, told)

    async def _join_flags(self, connection: Connection, flag: RiskFlag, there: FlagThere) -> None:
        known = await store.note_of_flag(connection, flag.id)
        both = both_notes(known, there.note)
        if both == known and flag.review_by <= there.review_by:
            return
        await store.write_note_of_flag(connection, flag.id, both)
        join(flag, there)
        await self._review_flag(connection, flag, there.note)

    async def _review_flag(self, connection: Connection, flag: RiskFlag, note: str | None) -> None:
        about = self._about()
        step = self._flag_step(flag, "reviewed", about, note=note)
        await risk.write_flag(connection, flag, step)
        await self._set_review(connection, flag)
        told = told_risk.reviewed(flag, was_overdue=False)
        await self._tell(connection, about, told)

    async def _end_flag(self, connection: Connection, flag: RiskFlag, there: FlagThere) -> None:
        about = self._about()
        flag.end(there.end_reason or "other", there.ended_at or about.moment.occurred_at)
        await risk.write_flag(connection, flag, self._flag_step(flag, "ended", about))
        await timers.clear(connection, kind="risk-review", about=flag.id)
        await self._tell(connection, about, told_risk.ended(flag))

    async def bring_consents(self, connection: Connection) -> None:
        """Bring what holds for a practice that stays theirs; take back what was taken back there."""
        made, now, record = self.made, self.now.recorded_at, self.record
        found = await store.list_consents(
            connection, made.person_id, made.to_practice_code, made.to_pcn_code
        )
        for there, counterpart_id in found:
            if counterpart_id is not None:
                ours = await consents.lock_consent(connection, counterpart_id)
                step = follow(ours, there, now) if ours else None
                if ours is not None and step is not None:
                    await self._keep_consent(connection, ours, step)
                continue
            known = await consents.lock_consent_for(
                connection, record.id, there.recipient, there.purpose
            )
            if known is None and there.permits(now):
                brought = replace(
                    there,
                    id=new_id(),
                    person_id=record.id,
                    pcn_code=record.pcn_code,
                    change=None,
                    version=1,
                    holders={},
                )
                await self._keep_consent(connection, brought, "given", of=there.id)

    async def _keep_consent(
        self,
        connection: Connection,
        consent: SharingConsent,
        step: str,
        *,
        of: UUID | None = None,
    ) -> None:
        about = self._about()
        row = {
            "id": new_id(),
            "pcn_code": consent.pcn_code,
            "consent_id": consent.id,
            "number": consent.version,
            "step": step,
            "scope": sorted(consent.scope),
            "expires_on": consent.expires_on,
            "origin": about.moment.origin,
            "event_id": about.event_id,
            "occurred_at": about.moment.occurred_at,
            "recorded_at": about.moment.recorded_at,
        }
        await consents.write_consent(connection, consent, row, source_id=of)
        over_at = ends_at(consent.expires_on)
        if over_at is None or consent.status != "given":
            await timers.clear(connection, kind="consent-end", about=consent.id)
        else:
            await timers.set(
                connection,
                kind="consent-end",
                about=consent.id,
                pcn_code=consent.pcn_code,
                due_at=over_at,
            )
        brought = step == "given"
        told = (
            told_consent.given(consent, renewed=False)
            if brought
            else told_consent.taken_back(consent)
        )
        await self._tell(connection, about, told)

    async def _tell(self, connection: Connection, about: AboutPerson, data: EventData) -> None:
        """Tell one fact of the person, caused by what told that support goes on there."""
        record = self.record
        version = record.next_version()
        await people.write_record(connection, record)
        event = of_person(
            data, record.pcn_code, record.id, version, about.moment, event_id=about.event_id
        )
        await outbox.record(connection, [replace(event, causation_id=self.cause)])

    def _about(self) -> AboutPerson:
        return AboutPerson(self.record, self.now, new_id())

    def _flag_step(
        self,
        flag: RiskFlag,
        step: str,
        about: AboutPerson,
        *,
        note: str | None = None,
        worker_id: UUID | None = None,
    ) -> dict[str, Any]:
        ended = step == "ended"
        return {
            "id": new_id(),
            "pcn_code": flag.pcn_code,
            "risk_flag_id": flag.id,
            "number": flag.version,
            "step": step,
            "review_by": None if ended else flag.review_by,
            "end_reason": flag.end_reason if ended else None,
            "note": note,
            "worker_id": worker_id,
            "origin": about.moment.origin,
            "event_id": about.event_id,
            "occurred_at": about.moment.occurred_at,
            "recorded_at": about.moment.recorded_at,
        }

    async def _set_review(self, connection: Connection, flag: RiskFlag) -> None:
        await timers.set(
            connection,
            kind="risk-review",
            about=flag.id,
            pcn_code=flag.pcn_code,
            due_at=overdue_from(flag.review_by),
        )
