"""People at risk: named by a practice, each offered support, connected if they accept.

Promise    The cohort's row is locked before anything about it is decided. Each person is in it
           once; who accepts is referred in the same transaction, by the route ``proactive``.
Price      Who is described and not on record is entered, as with any referral.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound, Refusal
from services.referral import published as of_people
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands import NewReferral, Timed, happened_at
from services.referral.commands.cohorts import MemberItem, NewCohort, NewOutcome
from services.referral.domain.cohorts import Cohort, Member
from services.referral.domain.episodes import check_happened
from services.referral.domain.people import Consent, Person, check_synthetic
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published import cohorts as published
from services.referral.store import cohorts as store
from services.referral.store import episodes as episode_store
from services.referral.use_cases.departed import check_practice_stays
from services.referral.use_cases.identity import KnownPeople, lock_known_people
from services.referral.use_cases.people_record import Deciles, deciles_for, details_of
from services.referral.use_cases.referrals import receive_referrals


async def name_cohort(
    connection: Connection, acting: Acting, pcn_code: str, asked: NewCohort
) -> Outcome:
    """Name people of a practice who are at risk."""
    try:
        moment = _moment(acting, asked)
    except Refused as refused:
        return refusal_of(refused)
    if acting.pcn_for(asked.practice_code) != pcn_code:
        raise broken("/practice_code", "must be a practice of the network in the address")
    cohort = Cohort(new_id(), pcn_code, asked.practice_code, asked.reason)
    event_id, version = new_id(), cohort.next_version()
    await store.write_cohort(
        connection,
        cohort,
        asked.name,
        event_id=event_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    told = published.cohort_created(cohort, event_id=event_id, version=version, moment=moment)
    await _audit(connection, acting, "cohort.create", cohort, [None])
    await outbox.record(connection, [told])
    body = {
        "id": cohort.id,
        "pcn_code": pcn_code,
        "practice_code": asked.practice_code,
        "name": asked.name,
        "reason": asked.reason,
        "version": version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    return Done(201, body, version)


async def propose_support(
    connection: Connection, acting: Acting, cohort_id: UUID, asked: Sequence[MemberItem]
) -> list[Outcome]:
    """Put people in a cohort, each of them offered support; the answers stand in order."""
    cohort = await _lock(connection, acting, cohort_id)
    try:
        await check_practice_stays(connection, acting, cohort.practice_code, cohort.pcn_code)
    except Refused as refused:
        raise refusal_of(refused) from None
    described = [
        (cohort.pcn_code, details_of(one.person, cohort.practice_code))
        for one in asked
        if one.person is not None
    ]
    ids = sorted({one.person_id for one in asked if one.person_id is not None})
    known = await lock_known_people(connection, ids=ids, described=described)
    members = await store.load_members(connection, cohort_id, known.ids)
    deciles = await deciles_for(connection, acting, [one.person for one in asked])
    list_ = _List(acting, cohort, known, members, deciles)
    outcomes: list[Outcome] = []
    for one in asked:
        try:
            outcomes.append(list_.take(one))
        except Refusal as refusal:
            outcomes.append(refusal)
        except Refused as refused:
            outcomes.append(refusal_of(refused))
    await list_.store(connection)
    return outcomes


async def keep_answer(
    connection: Connection, acting: Acting, cohort_id: UUID, person_id: UUID, asked: NewOutcome
) -> Outcome:
    """Keep what a person answered; who accepts is referred."""
    try:
        moment = _moment(acting, asked)
        cohort = await _lock(connection, acting, cohort_id)
        members = await store.load_members(connection, cohort_id, [person_id])
        member = next(iter(members.values()), None)
        if member is None:
            raise NothingFound
        previous = member.respond(asked.outcome, has_needs=asked.needs is not None)
        referral_id = await _refer(connection, acting, member, asked)
    except Refused as refused:
        return refusal_of(refused)
    event_id, version = new_id(), cohort.next_version()
    await store.write_answer(
        connection, member, referral_id=referral_id, answered_at=moment.occurred_at
    )
    await store.raise_version(connection, cohort)
    told = published.answer_kept(
        cohort, member, previous, referral_id, event_id=event_id, version=version, moment=moment
    )
    await _audit(connection, acting, "cohort.answer", cohort, [person_id])
    await outbox.record(connection, [told])
    body = {
        "id": cohort_id,
        "pcn_code": cohort.pcn_code,
        "practice_code": cohort.practice_code,
        "person_id": person_id,
        "outcome": asked.outcome,
        "previous_outcome": previous,
        "referral_id": referral_id,
        "calls": member.calls,
        "version": version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
    return Done(200, body, version)


@dataclass(slots=True)
class _List:
    """People being put in a cohort: what is known, and what is to be stored."""

    acting: Acting
    cohort: Cohort
    known: KnownPeople
    members: dict[UUID, Member]
    deciles: Deciles
    entered: list[tuple[Person, Moment]] = field(default_factory=list[Any])
    rows: list[dict[str, Any]] = field(default_factory=list[Any])
    events: list[NewEvent] = field(default_factory=list[Any])

    def take(self, asked: MemberItem) -> Done:
        """Put one person in, or say that they are."""
        moment = _moment(self.acting, asked)
        person = self._person(asked, moment)
        if person.id in self.members:
            return Done(200, {**self._answer(person, moment), "already": True}, self.cohort.version)
        person.check_alive()
        member = self.members[person.id] = Member(self.cohort.id, person.id)
        event_id, version = new_id(), self.cohort.next_version()
        self.rows.append(
            {
                "cohort_id": self.cohort.id,
                "person_id": person.id,
                "pcn_code": self.cohort.pcn_code,
                "practice_code": self.cohort.practice_code,
                "mode": asked.mode,
                "offered_at": moment.occurred_at,
            }
        )
        self.events.append(
            published.support_offered(
                self.cohort, member, asked.mode, event_id=event_id, version=version, moment=moment
            )
        )
        return Done(201, {**self._answer(person, moment), "event_id": event_id}, version)

    def _person(self, asked: MemberItem, moment: Moment) -> Person:
        acting, cohort = self.acting, self.cohort
        if asked.person_id is not None:
            person = self.known.by_id(asked.person_id)
            if person is None or not acting.may_act_for(
                person.details.practice_code, person.pcn_code
            ):
                raise NothingFound
            if person.pcn_code != cohort.pcn_code:
                raise NothingFound
            return person
        if asked.person is None:
            raise broken("/person", "must be given")
        details = self.deciles.placed(
            details_of(asked.person, cohort.practice_code), "/person/deprivation_decile"
        )
        if acting.demo:
            check_synthetic(details.nhs_number, "/person/nhs_number")
        person = self.known.like(cohort.pcn_code, details)
        if person is None:
            consent = Consent(messages_consented=False, safe_channel="none")
            person = Person(new_id(), cohort.pcn_code, details, consent)
            person.registered()
            self.known.add(person)
            self.entered.append((person, moment))
            self.events.append(of_people.person_registered(person, moment))
        return person

    def _answer(self, person: Person, moment: Moment) -> dict[str, Any]:
        return {
            "id": self.cohort.id,
            "person_id": person.id,
            "pcn_code": self.cohort.pcn_code,
            "practice_code": self.cohort.practice_code,
            "version": self.cohort.version,
            "event_id": None,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }

    async def store(self, connection: Connection) -> None:
        """Write everything decided, and tell it."""
        if not self.rows:
            return
        if self.entered:
            await episode_store.write_intake(
                connection, entered=[(person, at.recorded_at) for person, at in self.entered]
            )
        await store.write_members(connection, self.rows)
        await store.raise_version(connection, self.cohort)
        people = [row["person_id"] for row in self.rows]
        await _audit(connection, self.acting, "cohort.offer", self.cohort, people)
        await outbox.record(connection, self.events)


async def _lock(connection: Connection, acting: Acting, cohort_id: UUID) -> Cohort:
    """Lock a cohort of the caller's; a practice's request may see more of its network than that."""
    cohort = await store.lock_cohort(connection, cohort_id)
    if cohort is None or not acting.may_act_for(cohort.practice_code, cohort.pcn_code):
        raise NothingFound
    return cohort


async def _refer(
    connection: Connection, acting: Acting, member: Member, asked: NewOutcome
) -> UUID | None:
    """Refer who accepted, in the name of their practice, so that it hears what becomes of it."""
    if asked.outcome != "accepted" or asked.needs is None:
        return None
    known = await lock_known_people(connection, ids=[member.person_id])
    person = known.by_id(member.person_id)
    if person is None:
        raise NothingFound
    wanted = NewReferral(
        practice_code=person.details.practice_code,
        person_id=person.id,
        person=None,
        referrer_code=person.details.practice_code,
        route="proactive",
        needs=asked.needs,
        urgency=asked.urgency,
        guardian_consented=asked.guardian_consented,
        messages_consented=asked.messages_consented,
        safe_channel=asked.safe_channel,
        occurred_at=asked.occurred_at,
        recorded_at=asked.recorded_at,
    )
    (outcome,) = await receive_referrals(connection, acting, [wanted], made_here=True)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome.body["id"]


def _moment(acting: Acting, asked: Timed) -> Moment:
    acting.check_form(recorded_at=asked.recorded_at)
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    return moment


async def _audit(
    connection: Connection,
    acting: Acting,
    action: str,
    cohort: Cohort,
    people: Sequence[UUID | None],
) -> None:
    opened = [
        Opened(subject=f"cohort/{cohort.id}", pcn_code=cohort.pcn_code, person_id=one)
        for one in people
    ]
    await record_access(connection, acting.caller, action, opened, reason=acting.reason)
