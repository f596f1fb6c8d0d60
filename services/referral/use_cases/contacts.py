"""Recording contacts: each counted in its episode, which the first worker to speak keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from contracts import codes
from services.referral import published
from services.referral.acting import Acting, Done, Outcome, broken
from services.referral.commands import NewContact
from services.referral.items import ContactItem
from services.referral.store import episodes as store
from services.referral.use_cases.casework import Casework, open_referrals


async def record_contacts(
    connection: Connection, acting: Acting, asked: Sequence[tuple[UUID | None, NewContact]]
) -> list[Outcome]:
    """Record each contact on its referral's episode, in order."""
    casework = await open_referrals(connection, acting, (about for about, _ in asked))
    recording = _Recording(casework)
    outcomes = casework.decide(asked, recording.record)
    if casework.rows:
        await store.write_contacts(
            connection, episodes=list(casework.changed.values()), contacts=casework.rows
        )
    await casework.tell_all(connection, "contact.create")
    return outcomes


@dataclass(frozen=True, slots=True)
class _Recording:
    casework: Casework

    def record(self, item: tuple[UUID | None, NewContact]) -> Done:
        """Decide one contact."""
        referral_id, asked = item
        casework, acting = self.casework, self.casework.acting
        acting.check_form(worker_id=_worker_given(asked), recorded_at=asked.recorded_at)
        referral, episode = casework.referral(referral_id)
        moment = casework.moment(asked, episode)
        role = _role(acting, asked)
        worker_id = _worker_given(asked) or acting.worker_id
        number, version = episode.record_contact(referral, worker_id)
        contact = published.Contact(
            id=new_id(),
            mode=asked.mode,
            minutes=asked.minutes,
            role=role,
            worker_id=worker_id,
            number=number,
        )
        event_id = new_id()
        fact = {
            "id": contact.id,
            "referral_id": referral.id,
            "episode_id": episode.id,
            "pcn_code": episode.pcn_code,
            "practice_code": referral.practice_code,
            "worker_id": worker_id,
            "role": role,
            "mode": asked.mode,
            "minutes": asked.minutes,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        casework.rows.append(
            {**fact, "note": asked.note, "number": number, "origin": moment.origin}
        )
        casework.tell(
            episode,
            published.contact_made(
                contact, referral, episode, event_id=event_id, version=version, moment=moment
            ),
            subject=f"contact/{contact.id}",
        )
        answer = {
            **fact,
            "person_id": episode.person_id,
            "contact_number": number,
            "status": referral.status,
            "version": 1,
            "event_id": event_id,
        }
        return Done(201, answer, 1)


def _worker_given(asked: NewContact) -> UUID | None:
    return asked.worker_id if isinstance(asked, ContactItem) else None


def _role(acting: Acting, asked: NewContact) -> codes.WorkerRole:
    """Give the role spoken in: one the caller holds, unless they enter what others did."""
    if asked.role is None:
        return cast("codes.WorkerRole", acting.worker_role or "other")
    enters_for_others = acting.origin != "live" or acting.caller.holds("pcn-manager")
    if not enters_for_others and not acting.caller.holds(asked.role):
        raise broken("/role", "must be a role that you hold")
    return asked.role
