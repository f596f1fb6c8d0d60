"""A small region told as events, in the order of each stream, with whatever chance decides."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from chassis.stream import Event
from contracts.topics import DIRECTORY, NOTIFICATIONS, REFERRAL

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PRACTICES = {"U99001": ("Y99001", "Y99002"), "U99002": ("Y99006",)}


@dataclass
class Contact:
    """A contact as it stands."""

    contact_id: UUID
    referral_id: UUID
    practice: str
    outcome: str
    at: datetime
    number: int | None
    version: int = 1
    voided: bool = False

    @property
    def counts(self) -> bool:
        return self.outcome == "made" and not self.voided


@dataclass
class Episode:
    """One person's support, as the story knows it."""

    pcn: str
    practice: str
    episode_id: UUID = field(default_factory=uuid4)
    person_id: UUID = field(default_factory=uuid4)
    referrals: list[UUID] = field(default_factory=list)
    goals: list[UUID] = field(default_factory=list)
    opened_at: datetime = BEGINNING
    contacts: int = 0
    told: list[Contact] = field(default_factory=list)
    version: int = 0

    @property
    def first(self) -> Contact | None:
        standing = [one for one in self.told if one.counts]
        return min(standing, key=lambda one: one.number or 0, default=None)


class Story:
    """Tells events and numbers them as their owners would."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.events: list[Event] = []
        self.numbers: Counter[tuple[str, str]] = Counter()
        self.hours_until_known = (0,)
        self.tells_first = True
        self.goal_status: dict[UUID, str] = defaultdict(lambda: "set")

    def tell(
        self,
        type_: str,
        data: dict[str, Any],
        *,
        stream: str,
        subject: str,
        version: int = 1,
        at: datetime = BEGINNING,
        topic: str = REFERRAL.name,
    ) -> Event:
        """One event, at the end of its stream."""
        self.numbers[topic, stream] += 1
        event = Event(
            topic,
            stream,
            self.numbers[topic, stream],
            1,
            uuid4(),
            f"waymark.{type_}.v1",
            subject,
            (),
            version,
            at,
            at + timedelta(hours=self.random.choice(self.hours_until_known)),
            "live",
            None,
            None,
            None,
            data,
        )
        self.events.append(event)
        return event

    # -- the register ------------------------------------------------------------------------

    def register(self) -> None:
        """One region of two networks."""
        self._registered("region", {"region_code": "QZZ", "name": "Wayford (synthetic)"})
        for pcn, practices in PRACTICES.items():
            self._registered(
                "pcn", {"pcn_code": pcn, "region_code": "QZZ", "name": f"{pcn} (synthetic)"}
            )
            for practice in practices:
                self._registered(
                    "practice",
                    {
                        "practice_code": practice,
                        "pcn_code": pcn,
                        "name": f"{practice} (synthetic)",
                        "from_date": date(2024, 4, 1),
                    },
                )

    def _registered(self, kind: str, data: dict[str, Any]) -> None:
        self.tell(
            f"{kind}-registered",
            data,
            stream="register",
            subject=f"organisation/{data[f'{kind}_code']}",
            topic=DIRECTORY.name,
        )

    # -- casework ----------------------------------------------------------------------------

    def refer(
        self,
        pcn: str = "U99001",
        practice: str | None = None,
        *,
        episode: Episode | None = None,
        at: datetime = BEGINNING,
        **changes: Any,
    ) -> Episode:
        """A referral, which opens an episode or joins one."""
        opened = episode is None
        episode = episode or Episode(pcn, practice or PRACTICES[pcn][0], opened_at=at)
        referral_id = uuid4()
        episode.referrals.append(referral_id)
        data = self._of(episode, referral_id) | {
            "person_id": episode.person_id,
            "referrer_code": episode.practice,
            "route": "general-practice",
            "needs": ["isolation"],
            "urgency": "routine",
            "opened_episode": opened,
            "age_band": "60-74",
            "sex": "female",
            "ethnicity_category": None,
            "deprivation_decile": 3,
            "language": "en",
            "messages_consented": False,
            "safe_channel": "none",
            **changes,
        }
        self._of_episode("referral-created", data, episode, at)
        return episode

    def change_status(
        self, episode: Episode, status: str, *, referral: int = -1, at: datetime = BEGINNING
    ) -> Event:
        data = self._of(episode, episode.referrals[referral])
        data |= {"status": status, "previous_status": "received", "reason": None}
        return self._of_episode("referral-status-changed", data, episode, at)

    def contact(
        self, episode: Episode, outcome: str = "made", *, at: datetime = BEGINNING
    ) -> Event:
        number = None
        if outcome == "made":
            episode.contacts += 1
            number = episode.contacts
        first = number is not None and episode.first is None
        contact = Contact(uuid4(), episode.referrals[-1], episode.practice, outcome, at, number)
        episode.told.append(contact)
        data = self._of_contact(episode, contact)
        if outcome == "made":
            data |= {"contact_number": number, "referred_at": episode.opened_at}
            data |= {"first_contact": first} if self.tells_first else {}
        if outcome == "missed":
            data["missed_reason"] = "unwell"
        return self._of_episode(f"contact-{outcome}", data, episode, at)

    def correct(
        self,
        episode: Episode,
        contact: Contact,
        outcome: str | None = None,
        *,
        contact_at: datetime | None = None,
        at: datetime = BEGINNING,
    ) -> Event:
        """A contact turns out to have been otherwise."""
        before, was_first = replace(contact), episode.first is contact
        contact.outcome = outcome or contact.outcome
        contact.at = contact_at or contact.at
        if contact.outcome != "made":
            contact.number = None
        elif contact.number is None:
            episode.contacts += 1
            contact.number = episode.contacts
        data = self._of_contact(episode, contact) | {
            "outcome": contact.outcome,
            "missed_reason": "unwell" if contact.outcome == "missed" else None,
            "contact_at": contact.at,
            "contact_number": contact.number,
            "is_first": episode.first is contact,
        }
        data |= self._put_aside(episode, contact, before, was_first=was_first)
        return self._of_episode("contact-corrected", data, episode, at)

    def void(self, episode: Episode, contact: Contact, *, at: datetime = BEGINNING) -> Event:
        """A contact turns out never to have been."""
        before, was_first = replace(contact), episode.first is contact
        contact.voided = True
        data = self._of_contact(episode, contact)
        data |= self._put_aside(episode, contact, before, was_first=was_first)
        return self._of_episode("contact-voided", data, episode, at)

    def _of_contact(self, episode: Episode, contact: Contact) -> dict[str, Any]:
        return self._of(episode, contact.referral_id) | {
            "practice_code": contact.practice,
            "contact_id": contact.contact_id,
            "person_id": episode.person_id,
            "mode": "telephone",
            "minutes": 30,
            "role": "link-worker",
            "worker_id": None,
        }

    @staticmethod
    def _put_aside(
        episode: Episode, contact: Contact, before: Contact, *, was_first: bool
    ) -> dict[str, Any]:
        contact.version += 1
        first = episode.first if was_first and episode.first is not contact else None
        return {
            "referred_at": episode.opened_at,
            "supersedes": before.version,
            "reason": "mistyped",
            "previous_outcome": before.outcome,
            "previous_contact_at": before.at,
            "previous_contact_number": before.number,
            "was_first": was_first,
            "next_first_number": first.number if first else None,
            "next_first_at": first.at if first else None,
            "next_first_practice_code": first.practice if first else None,
        }

    def set_goal(self, episode: Episode, *, at: datetime = BEGINNING) -> UUID:
        goal_id = uuid4()
        episode.goals.append(goal_id)
        data = self._of(episode, episode.referrals[-1]) | {
            "goal_id": goal_id,
            "need": None,
            "target_date": None,
            "worker_id": None,
        }
        self._of_episode("goal-set", data, episode, at)
        return goal_id

    def update_goal(
        self, episode: Episode, goal_id: UUID, status: str, *, at: datetime = BEGINNING
    ) -> Event:
        data = self._of(episode, episode.referrals[-1]) | {
            "goal_id": goal_id,
            "status": status,
            "previous_status": self.goal_status[goal_id],
            "update_number": 1,
        }
        self.goal_status[goal_id] = status
        return self._of_episode("goal-updated", data, episode, at)

    def message(
        self, episode: Episode, outcome: str = "sent", *, at: datetime = BEGINNING
    ) -> Event:
        data: dict[str, Any] = {
            "message_id": uuid4(),
            "rule": "referral-received",
            "channel": "email",
            "recipient_kind": "referrer",
            "referral_id": episode.referrals[0],
            "episode_id": episode.episode_id,
            "practice_code": episode.practice,
        }
        if outcome != "sent":
            data["reason"] = "too-late" if outcome == "suppressed" else "address-refused"
        return self.tell(
            f"message-{outcome}",
            data,
            stream=episode.pcn,
            subject=f"message/{data['message_id']}",
            at=at,
            topic=NOTIFICATIONS.name,
        )

    @staticmethod
    def _of(episode: Episode, referral_id: UUID) -> dict[str, Any]:
        return {
            "referral_id": referral_id,
            "episode_id": episode.episode_id,
            "pcn_code": episode.pcn,
            "practice_code": episode.practice,
        }

    def _of_episode(
        self, type_: str, data: dict[str, Any], episode: Episode, at: datetime
    ) -> Event:
        episode.version += 1
        return self.tell(
            type_,
            data,
            stream=episode.pcn,
            subject=f"episode/{episode.episode_id}",
            version=episode.version,
            at=at,
        )

    def propose(
        self, pcn: str, cohort: UUID, person: UUID, version: int, answer: str | None = None
    ) -> Event:
        """Somebody of a cohort is offered support, or answers."""
        said = {"answer": answer, "previous_answer": None, "referral_id": None}
        place = {"pcn_code": pcn, "practice_code": PRACTICES[pcn][0]}
        whose = {"cohort_id": cohort, "person_id": person}
        return self.tell(
            "offer-answered" if answer else "support-offered",
            {**whose, **place, **(said if answer else {"mode": "phone"})},
            stream=pcn,
            subject=f"cohort/{cohort}",
            version=version,
            at=BEGINNING + timedelta(minutes=version),
        )

    # -- chance ------------------------------------------------------------------------------

    def happen(self, steps: int) -> None:
        """Let things happen, one after the other, as the rules of casework allow."""
        self.hours_until_known = (0, 1, 30)
        episodes: list[Episode] = []
        at = BEGINNING
        for _ in range(steps):
            at += timedelta(hours=self.random.choice((1, 20, 90)))
            pcn = self.random.choice(sorted(PRACTICES))
            known = [episode for episode in episodes if episode.pcn == pcn]
            if not known or self.random.random() < 0.3:
                episodes.append(self._new_episode(pcn, at))
            else:
                self._go_on(self.random.choice(known), at)
        for pcn in PRACTICES:
            cohort, person = uuid4(), uuid4()
            for version, answer in enumerate((None, "not-reached", "accepted"), start=2):
                self.propose(pcn, cohort, person, version, answer)

    def _new_episode(self, pcn: str, at: datetime) -> Episode:
        return self.refer(
            pcn,
            self.random.choice(PRACTICES[pcn]),
            at=at,
            route=self.random.choice(("self", "hospital", "general-practice")),
            needs=self.random.sample(("money", "housing", "isolation"), self.random.choice((1, 2))),
            age_band=self.random.choice(("18-29", "75+")),
        )

    def _go_on(self, episode: Episode, at: datetime) -> None:
        chance = self.random.random()
        standing = [contact for contact in episode.told if not contact.voided]
        if chance < 0.25 or (chance < 0.35 and not standing):
            outcome = self.random.choice(("made", "made", "missed", "attempted"))
            self.contact(episode, outcome, at=at)
        elif chance < 0.35:
            self._put_right(episode, self.random.choice(standing), at)
        elif chance < 0.5:
            self.change_status(episode, self.random.choice(("accepted", "closed")), at=at)
        elif chance < 0.6:
            self.refer(episode.pcn, episode=episode, at=at)
        elif chance < 0.7:
            self.message(episode, self.random.choice(("sent", "suppressed", "failed")), at=at)
        elif chance < 0.8 or not episode.goals:
            self.set_goal(episode, at=at)
        else:
            status = self.random.choice(("progressing", "met", "changed"))
            self.update_goal(episode, self.random.choice(episode.goals), status, at=at)

    def _put_right(self, episode: Episode, contact: Contact, at: datetime) -> None:
        if self.random.random() < 0.3:
            self.void(episode, contact, at=at)
        else:
            outcome = self.random.choice(("made", "missed", "attempted"))
            earlier = contact.at - timedelta(hours=self.random.choice((0, 30)))
            self.correct(episode, contact, outcome, contact_at=earlier, at=at)
