"""People's own records: entered once in their network, changed by who saw the latest version."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral import published
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands import NewPerson, PersonChange, Timed, happened_at
from services.referral.domain.episodes import check_happened
from services.referral.domain.people import Consent, Person, check_synthetic
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.store import episodes as store
from services.referral.store import matching
from services.referral.use_cases.about_person import check_may_open_person
from services.referral.use_cases.consent import check_may_turn_on_messages, take_back_messages
from services.referral.use_cases.identity import lock_known_people
from services.referral.use_cases.people_record import changed, deciles_for, details_of
from services.referral.use_cases.waits_together import look_again_where_they_live

_CONSENT_FIELDS = frozenset({"messages_consented", "safe_channel"})


async def enter_person(connection: Connection, acting: Acting, asked: NewPerson) -> Outcome:
    """Enter a person, or answer who they are already."""
    try:
        moment = _moment(acting, asked)
        deciles = await deciles_for(connection, acting, [asked])
        details = deciles.placed(details_of(asked, asked.practice_code), "/deprivation_decile")
        pcn_code = acting.pcn_for(asked.practice_code)
        if acting.demo:
            check_synthetic(details.nhs_number, "/nhs_number")
        known = await lock_known_people(connection, described=[(pcn_code, details)])
        person = known.like(pcn_code, details)
    except Refused as refused:
        return refusal_of(refused)
    if person is not None:
        await _audit(connection, acting, "person.find", person)
        return Done(200, {**_answer(person, moment, None), "already": True}, person.version)
    consent = Consent(asked.messages_consented, asked.safe_channel)
    person = Person(new_id(), pcn_code, details, consent)
    person.registered()
    await store.write_intake(connection, entered=[(person, moment.recorded_at)])
    await _audit(connection, acting, "person.create", person)
    (event_id,) = await outbox.record(connection, [published.person_registered(person, moment)])
    return Done(201, _answer(person, moment, event_id), person.version)


async def amend_person(
    connection: Connection,
    acting: Acting,
    person_id: UUID,
    expected_version: int,
    change: PersonChange,
) -> Outcome:
    """Change what is different, if the caller saw the latest version."""
    try:
        moment = _moment(acting, change)
        # Whoever enters somebody with this number at the same time waits, and finds the record.
        number = [("number", change.nhs_number)] if change.nhs_number else []
        known = await lock_known_people(connection, ids=[person_id], also=number)
        person = known.by_id(person_id)
        if person is None:
            raise NothingFound
        await check_may_open_person(connection, acting, person_id)
        check_version(expected_version, person.version)
        event_id = await _change(connection, acting, person, change, moment)
    except Refused as refused:
        return refusal_of(refused)
    await _audit(connection, acting, "person.update", person)
    return Done(200, _answer(person, moment, event_id), person.version)


async def _change(
    connection: Connection, acting: Acting, person: Person, change: PersonChange, moment: Moment
) -> UUID | None:
    given: dict[str, Any] = change.model_dump(exclude_unset=True, exclude={*Timed.model_fields})
    consent = {name: given.pop(name) for name in _CONSENT_FIELDS & given.keys()}
    if acting.demo:
        check_synthetic(given.get("nhs_number"), "/nhs_number")
    moves_to = given.get("practice_code", person.details.practice_code)
    if moves_to != person.details.practice_code and acting.pcn_for(moves_to) != person.pcn_code:
        raise broken("/practice_code", "must be a practice of the network that holds the record")
    number = given.get("nhs_number")
    # A number that a record merged into theirs holds stays there, and is theirs already.
    if number is not None and number == await matching.number_spoken_for(connection, person.id):
        del given["nhs_number"]
    lived = person.details.deprivation_decile
    details = await changed(connection, acting, person.details, given)
    if consent.get("messages_consented") is True:
        await check_may_turn_on_messages(connection, acting, person.id)
    elif consent.get("messages_consented") is False:
        # The record is locked: what it was taken back with is the version the next fact follows.
        person.version = (
            await take_back_messages(connection, acting, person.id, moment) or person.version
        )
    if person.amend(details, replace(person.consent, **consent)) is None:
        return None
    await store.write_intake(connection, amended=[person])
    if details.deprivation_decile != lived:
        await look_again_where_they_live(connection, person)
    event = published.person_updated(person, moment)
    (event_id,) = await outbox.record(connection, [event])
    return event_id


def _moment(acting: Acting, asked: Timed) -> Moment:
    acting.check_form(recorded_at=asked.recorded_at)
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    return moment


async def _audit(connection: Connection, acting: Acting, action: str, person: Person) -> None:
    opened = Opened(subject=f"person/{person.id}", pcn_code=person.pcn_code, person_id=person.id)
    await record_access(connection, acting.caller, action, [opened], reason=acting.reason)


def _answer(person: Person, moment: Moment, event_id: UUID | None) -> dict[str, Any]:
    return {
        "id": person.id,
        "pcn_code": person.pcn_code,
        "practice_code": person.details.practice_code,
        "version": person.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
