"""Casework of two networks in memory: each move asks the domain what the use cases ask, in their order.

Whatever a use case keeps in a row is kept in a list here, and whatever it tells is built by the same
``published`` functions. A move that is refused raises, and has changed nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, cast, get_origin
from uuid import UUID

from chassis.outbox import NewEvent
from services.referral import published
from services.referral.domain import merging, waiting
from services.referral.domain.calendar import Calendar
from services.referral.domain.closing import (
    ClosingOutcome,
    Loops,
    ReferralEnded,
    check_may_close,
    close,
    reason_of,
    reopen,
)
from services.referral.domain.ending import close_all, reopen_all
from services.referral.domain.episodes import (
    Episode,
    Referral,
    ReferralStatus,
    StatusChange,
    check_happened,
)
from services.referral.domain.handover import GoesOnElsewhere, Handover, NotHandedOver
from services.referral.domain.merging import Merge
from services.referral.domain.onward import OnwardReferral
from services.referral.domain.people import Consent, Person, PersonDetails
from services.referral.domain.refusals import PersonHasDied, Refused
from services.referral.domain.timers import Kind
from services.referral.domain.waiting import Pressing, Wait
from services.referral.published import Moment
from services.referral.published import closing as told_closing
from services.referral.published import handover as told_handover
from services.referral.published import matching as told_matching
from services.referral.published.closing import ClosingTold
from services.referral.published.waiting import first_contact_overdue

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HERE, THERE = "U99001", "U99002"
PRACTICES = {HERE: "Y99001", THERE: "Y99006"}
NUMBERS = (None, "9990000018", "9990000026")
"""Of the records here; each has one in the other network that is of the same human."""
RECORDS = len(NUMBERS)
CALENDAR = Calendar()
_WITHDRAWN_FOR = {"moved-away": "moved", "died": "died", "declined": "not-wanted"}


@cache
def _fields_of(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*kind.__slots__)


def _picture(thing: Any) -> Any:
    """What a record says, as it stands: a value that does not move with it."""
    kind = cast("type[Any]", type(thing))
    if kind in _STILL:
        return thing
    if kind is list:
        return [_picture(one) for one in thing]
    if kind is dict:
        return list(thing), [_picture(one) for one in thing.values()]
    said = _fields_of(kind)(thing)
    moving = _moving(kind)
    if not moving:
        return said
    return [_picture(one) if place in moving else one for place, one in enumerate(said)]


_STILL = {UUID, int, str, datetime, date, NewEvent, bool, type(None)}


@cache
def _moving(kind: type[Any]) -> list[int]:
    """The fields of a record that hold what can change by itself."""
    return [
        place
        for place, one in enumerate(fields(kind))
        if str(one.type).startswith(("list", "dict")) or get_origin(one.type) in {list, dict}
    ]


def _a_record(place: int) -> Person:
    pcn_code = HERE if place < RECORDS else THERE
    details = PersonDetails(
        practice_code=PRACTICES[pcn_code],
        nhs_number=NUMBERS[place % RECORDS],
        given_name="Ada",
        family_name="Example",
        birth_date=date(1950, 1, 1 + place % RECORDS),
        sex="female",
        ethnicity_category=None,
        deprivation_decile=None,
        language="en",
        postcode=None,
        email=None,
        phone=None,
    )
    consent = Consent(messages_consented=False, safe_channel="none")
    return Person(UUID(int=place + 1), pcn_code, details, consent, version=1)


class Desk:
    """People, their support and its end; what happens during it is ``desk_casework``."""

    def __init__(self) -> None:
        self.now = START
        self.serial = 1_000
        self.told: list[NewEvent] = []
        self.people = [_a_record(place) for place in range(2 * RECORDS)]
        self.episodes: list[Episode] = []
        self.referrals: list[Referral] = []
        self.waits: dict[UUID, Wait] = {}
        self.onwards: list[OnwardReferral] = []
        self.merges: list[Merge] = []
        self.handovers: list[Handover] = []
        self.closings: dict[UUID, int] = {}
        self.timers: dict[tuple[Kind, UUID], datetime] = {}

    # --- what every move needs -----------------------------------------------------------------

    def state(self) -> Any:
        """Everything there is, to see that a refusal changed nothing of it."""
        return [_picture(one) for name, one in vars(self).items() if name not in {"now", "serial"}]

    def an_id(self) -> UUID:
        self.serial += 1
        return UUID(int=self.serial)

    def moment(self, at: datetime | None = None, episode: Episode | None = None) -> Moment:
        moment = Moment(at or self.now, self.now)
        check_happened(moment.occurred_at, moment.recorded_at)
        if episode is not None:
            episode.check_began_before(moment.occurred_at)
        return moment

    def tell(self, *events: NewEvent) -> None:
        self.told.extend(events)
        self._keep_waiting()

    def episode_of(self, thing: Any) -> Episode:
        return next(one for one in self.episodes if one.id == thing.episode_id)

    def referrals_of(self, episode: Episode) -> list[Referral]:
        return [one for one in self.referrals if one.episode_id == episode.id]

    def speaking(self, person: Person) -> Person:
        if person.merged_into is None:
            return person
        return next(one for one in self.people if one.id == person.merged_into)

    def person(self, person_id: UUID) -> Person:
        return next(one for one in self.people if one.id == person_id)

    def is_dead(self, person_id: UUID) -> bool:
        person = self.person(person_id)
        return person.deceased or self.speaking(person).deceased

    def check_lives(self, episode: Episode) -> None:
        if self.is_dead(episode.person_id):
            raise PersonHasDied("It is on record that this person died.")

    def open_episode(self, person: Person) -> Episode | None:
        """The open support of whoever speaks for a record, under any of their records."""
        names = {person.id, *(one.id for one in self.people if one.merged_into == person.id)}
        return next((one for one in self.episodes if one.is_open and one.person_id in names), None)

    def has_contact(self, episode: Episode) -> bool:
        return False

    def _keep_waiting(self) -> None:
        """An episode waits while it is open and no contact made of it stands."""
        for episode in self.episodes:
            wait = self.waits[episode.id]
            should = episode.is_open and not self.has_contact(episode)
            if wait.waits != should:
                wait.waits = should
                self.keep_first_contact(wait)

    def keep_first_contact(self, wait: Wait) -> None:
        runs = wait.waits and wait.paused is None and not wait.overdue
        self.set_timer("first-contact", wait.episode_id, wait.due_at if runs else None)

    def set_timer(self, kind: Kind, about: UUID, due_at: datetime | None) -> None:
        if due_at is None:
            self.timers.pop((kind, about), None)
        else:
            self.timers[kind, about] = due_at

    # --- referrals -----------------------------------------------------------------------------

    def refer(self, place: int, *, urgency: Any = "routine", needs: int = 1) -> Referral:
        return self._receive(self.people[place], urgency, ["isolation", "money"][:needs])

    def _receive(
        self, person: Person, urgency: Any, needs: list[Any], route: Any = "general-practice"
    ) -> Referral:
        person = self.speaking(person)
        person.check_alive()
        episode = self.open_episode(person)
        opens = episode is None
        if episode is None:
            episode = Episode(self.an_id(), person.id, person.pcn_code, self.now)
        version = episode.receive_referral()
        practice = PRACTICES[person.pcn_code]
        referral = Referral(self.an_id(), episode.id, practice, practice)
        pressing = Pressing(urgency, len(needs))
        if opens:
            self.episodes.append(episode)
            wait = waiting.begin(
                episode_id=episode.id,
                referral_id=referral.id,
                pcn_code=person.pcn_code,
                practice_code=practice,
                opened_at=episode.opened_at,
                pressing=pressing,
                deprivation_decile=None,
                target_days=waiting.FIRST_CONTACT_WORKING_DAYS,
                calendar=CALENDAR,
            )
            self.waits[episode.id] = wait
            self.keep_first_contact(wait)
        else:
            wait = self.waits[episode.id]
            wait.pressing = wait.pressing.with_another(pressing)
        self.referrals.append(referral)
        asked = published.Asked(route=route, needs=needs, urgency=urgency, opened_episode=opens)
        self.tell(
            published.referral_created(
                referral,
                replace(person, id=episode.person_id),
                asked,
                event_id=self.an_id(),
                version=version,
                moment=self.moment(),
            )
        )
        return referral

    def answer(self, referral: Referral, status: ReferralStatus) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        change = episode.change_status(referral, status, moment.occurred_at)
        self.tell(self._status_changed(referral, episode, change, None, moment))

    def _status_changed(
        self,
        referral: Referral,
        episode: Episode,
        change: StatusChange,
        reason: Any,
        moment: Moment,
    ) -> NewEvent:
        return published.referral_status_changed(
            referral, episode, change, reason, event_id=self.an_id(), moment=moment
        )

    # --- the end, and going on -----------------------------------------------------------------

    def open_loops(self, episode: Episode) -> list[OnwardReferral]:
        return [one for one in self.onwards if one.episode_id == episode.id and one.is_open]

    def withdraw(self, onward: OnwardReferral, reason: str) -> None:
        raise NotImplementedError

    def counts(self, episode: Episode) -> dict[str, int]:
        return {"contacts_made": 0, "goals_set": 0, "goals_met": 0, "goals_dropped": 0}

    def close(
        self,
        referral: Referral,
        outcome: ClosingOutcome,
        loops: Loops | None,
        at: datetime | None = None,
    ) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(at, episode)
        still_open = self.open_loops(episode)
        check_may_close(episode, len(still_open), loops)
        if loops == "withdraw":
            for onward in still_open:
                self.withdraw(onward, _WITHDRAWN_FOR.get(outcome, "other"))
        counted = self.counts(episode)
        self.call_off_planned(episode)
        closed = close(episode, self.referrals_of(episode), outcome, moment.occurred_at)
        self._tell_steps(episode, closed.steps, reason_of(outcome), moment)
        number = self.closings[episode.id] = self.closings.get(episode.id, 0) + 1
        told = ClosingTold(
            number=number,
            outcome=outcome,
            what_next="other",
            **counted,
            loops_withdrawn=len(still_open) if loops == "withdraw" else 0,
            loops_kept=0 if loops == "withdraw" else len(still_open),
        )
        self.tell(
            told_closing.episode_closed(
                episode, referral, closed, told, event_id=self.an_id(), moment=moment
            )
        )

    def _tell_steps(
        self, episode: Episode, steps: Sequence[ReferralEnded], reason: Any, moment: Moment
    ) -> None:
        for step in steps:
            why = None if step.change.status == "accepted" else reason
            self.told.append(self._status_changed(step.referral, episode, step.change, why, moment))

    def reopen(self, referral: Referral, at: datetime | None = None) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(at, episode)
        self.check_lives(episode)
        if any(one.episode_id == episode.id and one.status != "refused" for one in self.handovers):
            raise GoesOnElsewhere("Another network goes on with this support.")
        newer = self.open_episode(self.speaking(self.person(episode.person_id))) is not None
        reopened = reopen(
            episode,
            referral,
            moment.occurred_at,
            newer_is_open=newer,
            comes_back_unmerged=any(
                one.merged_person_id == episode.person_id
                and one.closed_episode_id is not None
                and not one.is_undone
                for one in self.merges
            ),
        )
        self.tell(
            self._status_changed(referral, episode, reopened.change, None, moment),
            told_closing.episode_reopened(
                episode, referral, reopened, "person-asked", event_id=self.an_id(), moment=moment
            ),
        )
        self.falls_due_again({episode.person_id})

    # --- death ---------------------------------------------------------------------------------

    def die(self, place: int) -> None:
        person = self.speaking(self.people[place])
        moment = self.moment()
        person.die()
        merged = [one.id for one in self.people if one.merged_into == person.id]
        names = {person.id, *merged}
        episodes = {one.id for one in self.episodes if one.person_id in names}
        about = names | episodes | {one.id for one in self.referrals if one.episode_id in episodes}
        self.tell(told_matching.person_died(person, merged, event_id=self.an_id(), moment=moment))
        for episode in self.episodes:
            if episode.person_id in names:
                for onward in self.open_loops(episode):
                    self.withdraw(onward, "died")
                self.call_off_planned(episode)
                about |= self.things_of(episode)
        about |= self.warnings_of(names)
        for kind, one in list(self.timers):
            if one in about and kind not in {"lone-worker", "alarm-escalation"}:
                del self.timers[kind, one]

    def call_off_planned(self, episode: Episode) -> None:
        """Visits that nobody has begun do not take place."""

    def things_of(self, episode: Episode) -> set[UUID]:
        """Whatever something of an episode may be timed by, but for its referrals."""
        return set()

    def warnings_of(self, people: set[UUID]) -> set[UUID]:
        return set()

    def look_again(self, person: Person) -> None:
        """The flags of who lives are to be reviewed as before."""

    def falls_due_again(self, people: set[UUID]) -> None:
        """What fell due of their support, and was not told, is due as before."""
        for episode in self.episodes:
            if episode.is_open and episode.person_id in people and episode.id in self.waits:
                self.keep_first_contact(self.waits[episode.id])

    def live(self, place: int) -> None:
        person = self.speaking(self.people[place])
        person.live()
        self.look_again(person)
        self.falls_due_again(
            {one.id for one in self.people if person.id in {one.id, one.merged_into}}
        )
        self.tell(
            told_matching.person_death_withdrawn(
                person, event_id=self.an_id(), moment=self.moment()
            )
        )

    # --- two records of one human --------------------------------------------------------------

    def merge(self, kept_place: int, merged_place: int, *, numbers_checked: bool) -> None:
        kept, merged = self.people[kept_place], self.people[merged_place]
        moment = self.moment()
        duplicate = next(
            (one for one in self.episodes if one.is_open and one.person_id == merged.id), None
        )
        standing = self.open_episode(kept)
        both = duplicate is not None and standing is not None and standing is not duplicate
        made = merging.merge(
            self.an_id(),
            kept,
            merged,
            merged_speaks_for_others=any(one.merged_into == merged.id for one in self.people),
            numbers_checked=numbers_checked,
        )
        closing: list[NewEvent] = []
        if duplicate is not None and both:
            open_ones = [one for one in self.referrals_of(duplicate) if one.is_open]
            made.closed_episode_id = duplicate.id
            made.closed = tuple((one.id, one.status) for one in open_ones)
            changes = close_all(duplicate, open_ones, moment.occurred_at)
            closing = [
                self._status_changed(referral, duplicate, change, "duplicate", moment)
                for referral, change in zip(open_ones, changes, strict=True)
            ]
        self.merges.append(made)
        self.tell(
            told_matching.person_merged(
                made, kept, "duplicate-record", event_id=self.an_id(), moment=moment
            ),
            *closing,
        )

    def unmerge(self, made: Merge) -> None:
        kept, merged = self.person(made.kept_person_id), self.person(made.merged_person_id)
        moment = self.moment()
        standing = [
            one for one in self.merges if one.kept_person_id == kept.id and not one.is_undone
        ]
        merging.undo(made, kept, merged, latest_merge_id=standing[-1].id if standing else made.id)
        reopening: list[NewEvent] = []
        if made.closed_episode_id is not None:
            episode = next(one for one in self.episodes if one.id == made.closed_episode_id)
            known = {one.id: one for one in self.referrals}
            stood: list[tuple[Referral, ReferralStatus]] = [
                (known[one], status) for one, status in made.closed
            ]
            reopening = [
                self._status_changed(change.referral, episode, change.change, None, moment)
                for change in _reopened(episode, stood)
            ]
        self.tell(
            told_matching.person_unmerged(made, kept, event_id=self.an_id(), moment=moment),
            *reopening,
        )
        self.falls_due_again({merged.id})

    # --- to another network, and back ------------------------------------------------------------

    def hand_over(self, referral: Referral) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        episode.check_open()
        self.check_lives(episode)
        to = THERE if episode.pcn_code == HERE else HERE
        made = Handover(
            id=self.an_id(),
            pcn_code=episode.pcn_code,
            practice_code=referral.practice_code,
            to_pcn_code=to,
            to_practice_code=PRACTICES[to],
            person_id=episode.person_id,
            episode_id=episode.id,
            reason="moved-home",
            needs=("isolation",),
            urgency="routine",
        )
        self._close_to_hand_over(episode, made, moment)

    def give_back(self, referral: Referral) -> None:
        episode = self.episode_of(referral)
        moment = self.moment(episode=episode)
        episode.check_open()
        self.check_lives(episode)
        came = next((one for one in self.handovers if one.opened_referral_id == referral.id), None)
        if came is None:
            raise NotHandedOver("This referral did not come by a handover.")
        made = came.give_back(
            self.an_id(),
            reason="returned",
            needs=("isolation",),
            urgency="routine",
            returned=any(one.returns_id == came.id for one in self.handovers),
        )
        made.person_id = episode.person_id
        self._close_to_hand_over(episode, made, moment)

    def _close_to_hand_over(self, episode: Episode, made: Handover, moment: Moment) -> None:
        open_ones = [one for one in self.referrals_of(episode) if one.is_open]
        changes = close_all(episode, open_ones, moment.occurred_at)
        self.told.extend(
            self._status_changed(referral, episode, change, "moved-away", moment)
            for referral, change in zip(open_ones, changes, strict=True)
        )
        self.call_off_planned(episode)
        version = episode.next_version()
        self.handovers.append(made)
        about = {episode.id, *(one.id for one in self.referrals_of(episode))}
        for kind, one in list(self.timers):
            if one in about and kind not in {"lone-worker", "alarm-escalation"}:
                del self.timers[kind, one]
        self.set_timer("handover", made.id, self.now)
        self.tell(
            told_handover.episode_handed_over(
                made, episode, event_id=self.an_id(), version=version, moment=moment
            ),
        )

    def handover_fell_due(self, made: Handover) -> None:
        person = self.speaking(self.person(made.person_id))
        to = self._counterpart(made, person)
        opens = self.open_episode(self.speaking(to)) is None
        try:
            person.check_alive()
            referral = self._receive(to, "routine", ["isolation"], route="handover")
        except Refused as refused:
            made.refuse(refused.name)
            gave = next(one for one in self.episodes if one.id == made.episode_id)
            self.tell(
                told_handover.handover_refused(
                    made,
                    gave,
                    event_id=self.an_id(),
                    version=gave.next_version(),
                    moment=self.moment(),
                )
            )
            return
        episode = self.episode_of(referral)
        made.open(referral.id, episode.id, new_episode=opens)
        self.tell(
            told_handover.episode_continued(
                made,
                episode,
                referral.id,
                opened=opens,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=self.moment(),
            )
        )

    def _counterpart(self, made: Handover, person: Person) -> Person:
        if made.to_person_id is not None:
            return self.person(made.to_person_id)
        place = self.people.index(person)
        return self.people[place + RECORDS if place < RECORDS else place - RECORDS]

    # --- time ------------------------------------------------------------------------------------

    def fire(self, kind: Kind, about: UUID, due_at: datetime) -> None:
        """What a timer's handler does; the timer is gone."""
        if kind == "handover":
            self.handover_fell_due(next(one for one in self.handovers if one.id == about))
        elif kind == "first-contact":
            self._first_contact_fell_due(about, due_at)

    def _first_contact_fell_due(self, episode_id: UUID, due_at: datetime) -> None:
        episode = next(one for one in self.episodes if one.id == episode_id)
        wait = self.waits[episode_id]
        if wait.overdue or not wait.is_overdue_at(due_at) or self.is_dead(episode.person_id):
            return
        wait.overdue = True
        self.tell(
            first_contact_overdue(
                wait,
                episode,
                event_id=self.an_id(),
                version=episode.next_version(),
                moment=Moment(due_at, self.now),
            )
        )

    def let_time_pass(self, days: float) -> None:
        """Everything falls due in its order, until nothing is due."""
        self.now += timedelta(days=days)
        while due := [(at, key) for key, at in self.timers.items() if at <= self.now]:
            at, (kind, about) = min(due, key=lambda one: (one[0], one[1][1].int))
            del self.timers[kind, about]
            self.fire(kind, about, at)


def _reopened(
    episode: Episode, stood: Sequence[tuple[Referral, ReferralStatus]]
) -> list[ReferralEnded]:
    changes = reopen_all(episode, stood)
    return [
        ReferralEnded(referral, change, referral.version)
        for (referral, _), change in zip(stood, changes, strict=True)
    ]
