"""Recording contacts: made, missed or attempted; those made are counted in their episode."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from contracts import codes
from services.referral.acting import Acting, Done, Outcome, broken
from services.referral.commands import NewContact
from services.referral.domain.contacts import Contact, ContactFact, record
from services.referral.domain.episodes import Episode
from services.referral.items import ContactItem
from services.referral.published import Moment
from services.referral.published.contacts import contact_recorded
from services.referral.store import contacts as store
from services.referral.use_cases.alarms import Named, raise_named
from services.referral.use_cases.caseload_warnings import warn_who_took_on
from services.referral.use_cases.casework import Casework, open_referrals
from services.referral.use_cases.coding import restate_codes


async def record_contacts(
    connection: Connection, acting: Acting, asked: Sequence[tuple[UUID | None, NewContact]]
) -> list[Outcome]:
    """Record each contact on its referral's episode, in order."""
    casework = await open_referrals(connection, acting, (about for about, _ in asked))
    before = {one.id: one.worker_id for one in casework.episodes.values()}
    spoken = await store.load_first_contacts(connection, casework.episodes.values())
    recording = _Recording(casework, set(spoken))
    outcomes = casework.decide(asked, recording.record)
    if casework.rows:
        await store.write_contacts(
            connection, episodes=list(casework.changed.values()), contacts=casework.rows
        )
    await casework.tell_all(connection, "contact.create")
    await raise_named(connection, acting, recording.named)
    await restate_codes(connection, casework)
    taken = [one for one in casework.changed.values() if one.worker_id != before[one.id]]
    await warn_who_took_on(connection, taken, acting)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Recording:
    casework: Casework
    spoken: set[UUID]
    """The episodes in which a contact made stands."""
    named: list[Named] = field(default_factory=list[Any])

    def record(self, item: tuple[UUID | None, NewContact]) -> Done:
        """Decide one contact."""
        referral_id, asked = item
        casework, acting = self.casework, self.casework.acting
        acting.check_form(worker_id=_worker_given(asked), recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        fact = _fact_of(asked, role_spoken_in(acting, asked.role, episode.pcn_code), moment)
        worker_id = _worker_given(asked) or acting.worker_id_in(episode.pcn_code)
        number, version = record(episode, referral, fact, worker_id)
        contact = Contact(
            new_id(), episode.id, referral.id, referral.practice_code, worker_id, fact, number
        )
        first = contact.counts and episode.id not in self.spoken
        if contact.counts:
            self.spoken.add(episode.id)
        event_id = new_id()
        told = {
            "id": contact.id,
            "referral_id": referral.id,
            "episode_id": episode.id,
            "pcn_code": episode.pcn_code,
            "practice_code": referral.practice_code,
            "worker_id": worker_id,
            **store.fact_columns(fact),
            "recorded_at": moment.recorded_at,
            "version": contact.version,
        }
        casework.rows.append(
            {
                **told,
                "note": asked.note,
                "dangers": list(asked.dangers),
                "number": number,
                "place": version,
                "origin": moment.origin,
            }
        )
        casework.tell(
            episode,
            contact_recorded(
                contact, episode, first=first, event_id=event_id, version=version, moment=moment
            ),
            subject=f"contact/{contact.id}",
        )
        if asked.dangers:
            self.named.append(_named_of(asked, contact, episode, moment))
        answer: dict[str, Any] = {
            **told,
            "person_id": episode.person_id,
            "contact_number": number,
            "status": referral.status,
            "event_id": event_id,
        }
        return Done(201, answer, contact.version)


def _fact_of(asked: NewContact, role: codes.WorkerRole, moment: Moment) -> ContactFact:
    return ContactFact(
        outcome=asked.outcome,
        missed_reason=asked.missed_reason,
        mode=asked.mode,
        minutes=asked.minutes,
        role=role,
        with_role=asked.with_role,
        understanding=asked.understanding,
        occurred_at=moment.occurred_at,
    )


def _named_of(asked: NewContact, contact: Contact, episode: Episode, moment: Moment) -> Named:
    return named_in(contact, asked.dangers, episode, moment)


def named_in(
    contact: Contact, dangers: Sequence[codes.Danger], episode: Episode, moment: Moment
) -> Named:
    """Give the dangers a contact names, to raise an alarm for."""
    return Named(
        dangers=dangers,
        pcn_code=episode.pcn_code,
        practice_code=contact.practice_code,
        referral_id=contact.referral_id,
        episode_id=episode.id,
        person_id=episode.person_id,
        moment=moment,
        contact_id=contact.id,
    )


def role_spoken_in(
    acting: Acting, role: codes.WorkerRole | None, pcn_code: str
) -> codes.WorkerRole:
    """Give the role spoken in: one the caller holds there, unless they enter what others did."""
    if role is None:
        navigates = acting.caller.holds("care-navigator")
        known = acting.worker_role_in(pcn_code) or ("care-navigator" if navigates else "other")
        return cast("codes.WorkerRole", known)
    enters_for_others = acting.origin != "live" or acting.manages(pcn_code)
    # Navigators hold their role in a practice, everybody else in the network.
    holds = acting.caller.holds_in(pcn_code, role) or (
        role == "care-navigator" and acting.caller.holds(role)
    )
    if not enters_for_others and not holds:
        raise broken("/role", "must be a role that you hold")
    return role


def _worker_given(asked: NewContact) -> UUID | None:
    return asked.worker_id if isinstance(asked, ContactItem) else None
