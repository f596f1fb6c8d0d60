"""Receiving referrals: the person found or entered, the episode opened or joined, the event told.

Promise    Each referral of a list is answered by itself; those received are stored with their
           events in the caller's transaction; one sent again by its reference or fingerprint is
           answered with what it made the first time, for ever.
Not here   Idempotency keys and transactions, which are the doors'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final
from uuid import UUID

from chassis.access.audit import Opened
from chassis.database import Connection
from chassis.ids import new_id
from chassis.ledger import Ledger
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound, Refusal
from services.referral import published
from services.referral.acting import (
    Acting,
    Done,
    Outcome,
    broken,
    refusal_of,
)
from services.referral.commands import (
    NewReferral,
    happened_at,
)
from services.referral.domain.consent import agreed
from services.referral.domain.episodes import Episode, Referral, check_happened
from services.referral.domain.people import Consent, Person, PersonDetails, check_synthetic
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.store import episodes as store
from services.referral.store.consent import messages_said
from services.referral.store.episodes import MadeBefore, ReferralMade, Sender
from services.referral.use_cases.consent import take_back_messages
from services.referral.use_cases.departed import check_stayed, entered_anew, find_departed
from services.referral.use_cases.identity import KnownPeople, lock_known_people
from services.referral.use_cases.intake_marks import fingerprint_of, marks_locked_for, marks_of
from services.referral.use_cases.intake_places import (
    check_route_claimed,
    networks_of,
    place_of,
    referrer_of,
    routed,
)
from services.referral.use_cases.intake_safety import (
    IntakeSafety,
    birth_date_of,
    guardian_word_of,
    open_intake_safety,
)
from services.referral.use_cases.intake_waits import IntakeWaits, open_intake_waits, pressing_of
from services.referral.use_cases.people_record import Deciles, deciles_for, details_of

REFERRED: Final = "referral.create"
_MADE_FIELDS: Final = tuple(one.name for one in fields(ReferralMade))


async def receive_referrals(
    connection: Connection,
    acting: Acting,
    asked: Sequence[NewReferral],
    *,
    ledger: Ledger | None = None,
    made_here: bool = False,
) -> list[Outcome]:
    """Receive each referral, in order; the answers stand in the same order.

    Those ``made_here``, of a handover or a cohort, come by routes that nobody else may claim.
    Given a ``ledger``, its owner writes what is left in it, with the answer.
    """
    ids = sorted({one.person_id for one in asked if one.person_id is not None})
    departed = await find_departed(connection, acting, ids)
    asked = entered_anew(acting, departed, asked)
    desk = await _open_desk(connection, acting, asked)
    desk.departed = frozenset(departed)
    desk.made_here = made_here
    outcomes: list[Outcome] = []
    for one in asked:
        try:
            outcomes.append(desk.receive(one))
        except Refusal as refusal:
            outcomes.append(refusal)
        except Refused as refused:
            outcomes.append(refusal_of(refused))
    await desk.store(connection, ledger)
    return outcomes


async def _open_desk(
    connection: Connection, acting: Acting, asked: Sequence[NewReferral]
) -> "_Desk":
    """Lock and load everything that decides about these referrals."""
    pcns = acting.places.pcns
    described = [
        (pcns[one.practice_code], details_of(one.person, one.practice_code))
        for one in asked
        if one.person is not None and one.practice_code is not None and one.practice_code in pcns
    ]
    ids = sorted({one.person_id for one in asked if one.person_id is not None})
    marks = [mark for one in asked for mark in marks_locked_for(one)]
    people = await lock_known_people(connection, ids=ids, described=described, also=marks)
    open_episodes = await store.lock_open_episodes(connection, people.ids) if people.ids else {}
    deciles = await deciles_for(connection, acting, [one.person for one in asked])
    safety = await open_intake_safety(connection, acting, asked, people)
    waits = await open_intake_waits(connection, acting, networks_of(acting, people, asked))
    may_be_sent = await _may_be_sent(connection, acting, people, asked)
    desk = _Desk(acting, people, open_episodes, deciles, safety, waits, may_be_sent)
    senders = [sender for one in asked if (sender := desk.sender_of(one)) is not None]
    if senders:
        desk.know(await store.load_referrals_made_before(connection, senders))
    return desk


@dataclass(slots=True)
class _Desk:
    """One list of referrals being received: what is known, and what is to be stored."""

    acting: Acting
    people: KnownPeople
    open_episodes: dict[UUID, Episode]
    deciles: Deciles
    safety: IntakeSafety
    waits: IntakeWaits
    may_be_sent: Mapping[UUID, bool]
    """Whether messages are agreed to, of those who gave or took back a consent for them."""
    made: dict[tuple[str, ...], ReferralMade] = field(default_factory=dict[Any, Any])
    entered: list[tuple[Person, Moment]] = field(default_factory=list[Any])
    amended: dict[UUID, Person] = field(default_factory=dict[Any, Any])
    opened: dict[UUID, Episode] = field(default_factory=dict[Any, Any])
    joined: dict[UUID, Episode] = field(default_factory=dict[Any, Any])
    rows: list[dict[str, Any]] = field(default_factory=list[Any])
    events: list[NewEvent] = field(default_factory=list[Any])
    audited: list[Opened] = field(default_factory=list[Any])
    departed: frozenset[UUID] = frozenset()
    said_no: list[tuple[UUID, Moment]] = field(default_factory=list[Any])
    made_here: bool = False

    def know(self, before: Sequence[MadeBefore]) -> None:
        """Remember referrals that were made before, by what would make them again."""
        for known in before:
            for mark in marks_of(
                known.made.pcn_code, known.made.referrer_code, known.reference, known.fingerprint
            ):
                self.made[mark] = known.made

    def sender_of(self, asked: NewReferral) -> Sender | None:
        """Say by what this referral could have been made before, if by anything."""
        reference, fingerprint = asked.reference, fingerprint_of(asked)
        if reference is None and fingerprint is None:
            return None
        try:
            practice_code, pcn_code = place_of(self.acting, self.people, asked)
            referrer_code = referrer_of(self.acting, asked, practice_code, pcn_code)
        except (Refusal, Refused):
            return None  # it will be refused for this when its turn comes
        return Sender(pcn_code, referrer_code, reference, fingerprint)

    def receive(self, asked: NewReferral) -> Done:
        """Decide one referral; whatever can be refused is refused before anything changes."""
        self.acting.check_form(recorded_at=asked.recorded_at)
        moment = Moment(*happened_at(asked, self.acting.now), self.acting.origin)
        check_happened(moment.occurred_at, moment.recorded_at)
        practice_code, pcn_code = place_of(self.acting, self.people, asked)
        check_stayed(self.departed, asked.person_id)
        referrer_code = referrer_of(self.acting, asked, practice_code, pcn_code)
        asked = routed(self.acting, asked, referrer_code)
        if not self.made_here:
            check_route_claimed(self.acting, asked)
        marks = marks_of(pcn_code, referrer_code, asked.reference, fingerprint_of(asked))
        for mark in marks:
            if mark in self.made:
                return _answer(self.made[mark], already=True)
        self.safety.check_age(asked, birth_date_of(asked, self.people), pcn_code, moment)
        person = self._person(asked, practice_code, pcn_code, moment)
        made = self._open_or_join(asked, person, practice_code, referrer_code, moment)
        self.safety.note(made, asked, moment)
        for mark in marks:
            self.made[mark] = made
        return _answer(made, already=False)

    def _person(
        self, asked: NewReferral, practice_code: str, pcn_code: str, moment: Moment
    ) -> Person:
        if asked.person_id is not None:
            person = self.people.by_id(asked.person_id)
            if person is None:
                raise NothingFound
        else:
            if asked.person is None:
                raise broken("/person", "must be given")
            details = self.deciles.placed(
                details_of(asked.person, practice_code), "/person/deprivation_decile"
            )
            if self.acting.demo:
                check_synthetic(details.nhs_number, "/person/nhs_number")
            person = self.people.like(pcn_code, details)
            if person is None:
                return self._enter(asked, details, pcn_code, moment)
            self._check_alive(person)
            if self.acting.refers_from_outside(practice_code, pcn_code):
                return person  # who is no practice refers somebody, and changes no record
            details = person.details
            # A record merged into theirs may hold the number; it stays there.
            if details.nhs_number is None and not self.people.knows_number(
                pcn_code, asked.person.nhs_number
            ):
                details = replace(details, nhs_number=asked.person.nhs_number)
            return self._amend(person, details, self._consent(asked, person, moment), moment)
        self._check_alive(person)
        return self._amend(person, person.details, self._consent(asked, person, moment), moment)

    def _consent(self, asked: NewReferral, person: Person, moment: Moment) -> Consent:
        """Give what the referral says of messages, where no consent of the person says otherwise."""
        said = consent_of(asked, person.consent)
        allowed = self.may_be_sent.get(person.id)
        if allowed is None or asked.messages_consented is None:
            return said
        if not asked.messages_consented:
            self.said_no.append((person.id, moment))
            return said
        # Who took it back, or let it end, is asked; a mark on a referral does not renew it.
        return said if allowed else replace(said, messages_consented=False)

    def _check_alive(self, person: Person) -> None:
        """Refuse a new request for who died; what was kept elsewhere may still be imported."""
        if self.acting.origin == "live":
            person.check_alive()

    def _enter(
        self, asked: NewReferral, details: PersonDetails, pcn_code: str, moment: Moment
    ) -> Person:
        consent = consent_of(asked, Consent(messages_consented=False, safe_channel="none"))
        person = Person(new_id(), pcn_code, details, consent)
        person.registered()
        self.people.add(person)
        self.entered.append((person, moment))
        self.events.append(published.person_registered(person, moment))
        return person

    def _amend(
        self, person: Person, details: PersonDetails, consent: Consent, moment: Moment
    ) -> Person:
        if person.amend(details, consent) is not None:
            self.people.add(person)
            self.amended[person.id] = person
            self.events.append(published.person_updated(person, moment))
        return person

    def _open_or_join(
        self,
        asked: NewReferral,
        person: Person,
        practice_code: str,
        referrer_code: str,
        moment: Moment,
    ) -> ReferralMade:
        episode = self.open_episodes.get(person.id)
        opens = episode is None
        if episode is None:
            episode = Episode(new_id(), person.id, person.pcn_code, moment.occurred_at)
            self.open_episodes[person.id] = self.opened[episode.id] = episode
        elif episode.id not in self.opened:
            self.joined[episode.id] = episode
        if person.id != episode.person_id:
            # The episode of a record merged into theirs: all that is told of it bears its own id.
            person = replace(person, id=episode.person_id)
        version = episode.receive_referral()
        referral = Referral(new_id(), episode.id, practice_code, referrer_code)
        made = ReferralMade(
            id=referral.id,
            episode_id=episode.id,
            person_id=episode.person_id,
            pcn_code=person.pcn_code,
            practice_code=practice_code,
            referrer_code=referrer_code,
            status=referral.status,
            opened_episode=opens,
            version=referral.version,
            event_id=new_id(),
            occurred_at=moment.occurred_at,
            recorded_at=moment.recorded_at,
        )
        self.waits.take(episode, person, referral, pressing_of(asked), opens=opens)
        word = guardian_word_of(asked, self.acting, moment)
        self.rows.append({**_row(made, asked, person, moment), **word})
        self.audited.append(
            Opened(subject=f"referral/{referral.id}", pcn_code=person.pcn_code, person_id=person.id)
        )
        self.events.append(
            published.referral_created(
                referral,
                person,
                published.Asked(
                    route=asked.route,
                    needs=asked.needs,
                    urgency=asked.urgency,
                    opened_episode=opens,
                ),
                event_id=made.event_id,
                version=version,
                moment=moment,
            )
        )
        return made

    async def store(self, connection: Connection, ledger: Ledger | None) -> None:
        """Write everything decided, and tell it."""
        if not self.rows:
            return
        new = {person.id for person, _ in self.entered}
        await store.write_intake(
            connection,
            entered=[(person, moment.recorded_at) for person, moment in self.entered],
            amended=[person for key, person in self.amended.items() if key not in new],
            opened=list(self.opened.values()),
            joined=list(self.joined.values()),
            referrals=self.rows,
            waits=list(self.waits.begun.values()),
            pressed=self.waits.pressed,
            late_after=self.waits.late_after,
        )
        own = ledger or Ledger(self.acting.caller, REFERRED)
        own.note(self.audited, self.events)
        if ledger is None or self.safety.named or self.said_no:
            # An alarm is told after the referral that it is about, as is what was taken back by one.
            await own.write(connection)
        for person_id, moment in self.said_no:
            await take_back_messages(connection, self.acting, person_id, moment)
        await self.safety.raise_alarms(connection, self.acting)


async def _may_be_sent(
    connection: Connection, acting: Acting, people: KnownPeople, asked: Sequence[NewReferral]
) -> Mapping[UUID, bool]:
    if all(one.messages_consented is None for one in asked):
        return {}
    said = await messages_said(connection, people.ids)
    return {one: agreed(known, acting.now) is not None for one, known in said.items()}


def consent_of(asked: NewReferral, known: Consent) -> Consent:
    """Give the consent as this referral leaves it: what it says, else what was on record."""
    return Consent(
        messages_consented=(
            known.messages_consented
            if asked.messages_consented is None
            else asked.messages_consented
        ),
        safe_channel=asked.safe_channel or known.safe_channel,
    )


def _row(made: ReferralMade, asked: NewReferral, person: Person, moment: Moment) -> dict[str, Any]:
    return {
        **_told(made),
        "route": asked.route,
        "urgency": asked.urgency,
        "needs": asked.needs,
        "note": asked.note,
        "practice_reference": asked.reference,
        "import_fingerprint": fingerprint_of(asked),
        "messages_consented": person.consent.messages_consented,
        "safe_channel": person.consent.safe_channel,
        "origin": moment.origin,
    }


def _told(made: ReferralMade) -> dict[str, Any]:
    """Give the fields as they are; ``asdict`` would copy every id and time deeply."""
    return {name: getattr(made, name) for name in _MADE_FIELDS}


def _answer(made: ReferralMade, *, already: bool) -> Done:
    body = _told(made)
    if already:
        return Done(200, {**body, "already": True}, made.version)
    return Done(201, body, made.version)
