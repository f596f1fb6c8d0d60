"""Putting right what was recorded of a contact: a new version of it, or nothing in its place.

Promise    Nothing that was recorded is lost: the version put aside is kept with who and why.
           Who changes a contact has seen its latest version. A correction may come when the
           support has long ended. A danger it names raises the alarm the contact would have; one
           it takes back lowers none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, cast
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from contracts import codes
from services.referral.acting import Acting, Done, Outcome
from services.referral.commands.contacts import ContactCorrection, ContactVoiding
from services.referral.domain.contacts import (
    Counted,
    Supersession,
    amended,
    correct,
    put_right,
    void,
)
from services.referral.domain.episodes import Episode, check_happened
from services.referral.published import Moment
from services.referral.published.contacts import contact_corrected, contact_voided
from services.referral.store import contacts as store
from services.referral.store.contacts import ContactHeld
from services.referral.store.episodes import write_episodes
from services.referral.store.safety import alarms_of_contact
from services.referral.use_cases.alarms import Named, raise_named
from services.referral.use_cases.casework import Casework
from services.referral.use_cases.coding import restate_codes
from services.referral.use_cases.contacts import named_in, role_spoken_in

_NOT_OF_THE_FACT = {"reason", "recorded_at", "note", "dangers"}


async def correct_contact(
    connection: Connection,
    acting: Acting,
    contact_id: UUID,
    expected_version: int,
    asked: ContactCorrection,
) -> Outcome:
    """Record how a contact was instead."""
    correcting = await _open(connection, acting, contact_id, expected_version)
    return await correcting.finish(connection, asked, correcting.correct, "contact.correct")


async def void_contact(
    connection: Connection,
    acting: Acting,
    contact_id: UUID,
    expected_version: int,
    asked: ContactVoiding,
) -> Outcome:
    """Record that a contact never was."""
    correcting = await _open(connection, acting, contact_id, expected_version)
    return await correcting.finish(connection, asked, correcting.void, "contact.void")


async def _open(
    connection: Connection, acting: Acting, contact_id: UUID, expected_version: int
) -> "_Correcting":
    episodes = await store.lock_episodes_of_contacts(connection, [contact_id])
    held = await store.load_contacts(connection, [contact_id]) if episodes else {}
    counted = await store.load_first_contacts(connection, episodes.values())
    return _Correcting(
        Casework(acting, episodes, {}), held.get(contact_id), counted, expected_version
    )


@dataclass(slots=True)
class _Correcting:
    """One contact under its episode's lock, and the first contacts of that episode."""

    casework: Casework
    held: ContactHeld | None
    counted: dict[UUID, list[Counted]]
    expected_version: int
    put_aside: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    named: list[Named] = field(default_factory=list[Any])

    def correct(self, asked: ContactCorrection) -> Done:
        """Decide a correction."""
        held, episode, moment = self._opened(asked)
        contact, acting = held.contact, self.casework.acting
        changes = asked.model_dump(exclude_unset=True, exclude=_NOT_OF_THE_FACT)
        if asked.role is not None:
            changes["role"] = role_spoken_in(acting, asked.role, episode.pcn_code)
        if asked.occurred_at is not None:
            changes["occurred_at"] = asked.occurred_at.astimezone(UTC)
            check_happened(changes["occurred_at"], moment.recorded_at)
            episode.check_began_before(changes["occurred_at"])
        note = asked.note if "note" in asked.model_fields_set else held.note
        dangers = put_right(held.dangers, asked.dangers)
        change = correct(
            episode,
            contact,
            amended(contact.fact, **changes),
            self.counted.get(episode.id, ()),
            other_words=note != held.note or bool(dangers.new or dangers.taken_back),
        )
        event_id = new_id()
        event = contact_corrected(
            contact, episode, change, asked.reason, event_id=event_id, moment=moment
        )
        self.casework.tell(episode, event, subject=f"contact/{contact.id}")
        self._put_aside(held, episode, change, asked, moment)
        self.held = ContactHeld(contact, note, dangers.named)
        if dangers.new:
            new = cast("tuple[codes.Danger, ...]", dangers.new)
            self.named.append(named_in(contact, new, episode, moment))
        return self._done(episode, change, moment, event_id)

    def void(self, asked: ContactVoiding) -> Done:
        """Decide that nothing of it stands."""
        held, episode, moment = self._opened(asked)
        contact = held.contact
        change = void(episode, contact, moment.recorded_at, self.counted.get(episode.id, ()))
        event_id = new_id()
        event = contact_voided(
            contact, episode, change, asked.reason, event_id=event_id, moment=moment
        )
        self.casework.tell(episode, event, subject=f"contact/{contact.id}")
        self._put_aside(held, episode, change, asked, moment)
        return self._done(episode, change, moment, event_id)

    async def finish(
        self, connection: Connection, asked: Any, one: Callable[[Any], Done], action: str
    ) -> Outcome:
        """Decide, store and tell."""
        (outcome,) = self.casework.decide([asked], one)
        if self.put_aside and self.held is not None:
            await write_episodes(connection, list(self.casework.changed.values()))
            await store.write_corrections(
                connection, contacts=[self.held], superseded=self.put_aside
            )
        await self.casework.tell_all(connection, action)
        await raise_named(connection, self.casework.acting, self.named)
        if isinstance(outcome, Done) and self.held is not None:
            standing = await alarms_of_contact(connection, self.held.contact.id)
            outcome = replace(outcome, body={**outcome.body, "alarms_standing": standing})
        await restate_codes(connection, self.casework)
        return outcome

    def _opened(
        self, asked: ContactCorrection | ContactVoiding
    ) -> tuple[ContactHeld, Episode, Moment]:
        casework = self.casework
        casework.acting.check_form(recorded_at=asked.recorded_at)
        if self.held is None:
            raise NothingFound
        episode = casework.admitted(self.held.contact.episode_id)
        check_version(self.expected_version, self.held.contact.version)
        # A correction happens when it becomes known; the contact has a time of its own.
        known_at = (asked.recorded_at or casework.acting.now).astimezone(UTC)
        return self.held, episode, Moment(known_at, known_at, casework.acting.origin)

    def _put_aside(
        self,
        held: ContactHeld,
        episode: Episode,
        change: Supersession,
        asked: ContactCorrection | ContactVoiding,
        moment: Moment,
    ) -> None:
        self.put_aside.append(
            {
                "contact_id": held.contact.id,
                "version": change.supersedes,
                "pcn_code": episode.pcn_code,
                "practice_code": held.contact.practice_code,
                **store.fact_columns(change.previous),
                "note": held.note,
                "dangers": list(held.dangers),
                "number": change.previous_number,
                "reason": asked.reason,
                "voided": held.contact.voided_at is not None,
                "superseded_at": moment.recorded_at,
                "superseded_by": self.casework.acting.worker_id,
            }
        )

    def _done(self, episode: Episode, change: Supersession, moment: Moment, event_id: UUID) -> Done:
        held = self.held
        if held is None:
            raise NothingFound
        contact = held.contact
        answer: dict[str, Any] = {
            "id": contact.id,
            "referral_id": contact.referral_id,
            "episode_id": episode.id,
            "person_id": episode.person_id,
            "pcn_code": episode.pcn_code,
            "practice_code": contact.practice_code,
            "worker_id": contact.worker_id,
            **store.fact_columns(contact.fact),
            "contact_number": contact.number,
            "dangers": list(held.dangers),
            "voided_at": contact.voided_at,
            "supersedes": change.supersedes,
            "recorded_at": moment.recorded_at,
            "version": contact.version,
            "event_id": event_id,
        }
        return Done(201, answer, contact.version)
