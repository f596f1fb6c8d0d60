"""Consents: given, narrowed, taken back, over; and every holder's word that they know.

Promise    What is taken back is asked of everybody who has something, and stays asked until they
           confirm; the person is locked, so nobody is handed anything in between unnoticed.
Not here   Whether something may be shared: ``store.consent.may_share``.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis import clock
from chassis.access.caller import Caller
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound
from chassis.web.etags import check_version
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands.consent import (
    ConsentAcknowledgement,
    ConsentNarrowing,
    ConsentRevocation,
    NewConsent,
    RecipientAsked,
)
from services.referral.domain.consent import (
    Change,
    ConsentEnded,
    MessagesConsentDecides,
    Recipient,
    SharingConsent,
    agreed,
    check_lasts,
    check_not_taken_back_since,
    ends_at,
    is_unsettled,
    was_taken_back,
)
from services.referral.domain.refusals import Refused
from services.referral.domain.timers import Kind, Timer
from services.referral.published import Moment
from services.referral.published import consent as published
from services.referral.store import consent as store
from services.referral.store import timers
from services.referral.use_cases.about_person import AboutPerson, open_record, record_at

TIMER: Final[Kind] = "consent-end"


async def give_consent(
    connection: Connection, acting: Acting, person_id: UUID, asked: NewConsent
) -> Outcome:
    """Write down what the person agreed to; again, it is wider or longer."""
    try:
        about = await open_record(connection, acting, person_id, asked, is_new=True)
        agreement = Agreement(
            _recipient(asked.recipient, person_id),
            asked.purpose,
            frozenset[str](asked.scope),
            asked.expires_on,
            asked.said_how,
            asked.note,
        )
        consent = await write_agreement(connection, acting, about, agreement)
    except Refused as refused:
        return refusal_of(refused)
    return Done(201, _answer(consent, acting, about), consent.version)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a person agreed to, before it is known whether they had agreed to it before."""

    recipient: Recipient
    purpose: str
    scope: frozenset[str]
    expires_on: date | None = None
    said_how: str = "spoken"
    note: str | None = None


async def write_agreement(
    connection: Connection, acting: Acting, about: AboutPerson, asked: Agreement
) -> SharingConsent:
    """Write down an agreement on a record that is locked; refused, nothing is written."""
    # A clock that is ahead must not make what was just agreed to wait.
    at = min(about.moment.occurred_at, about.moment.recorded_at)
    person_id, recipient, purpose = about.record.id, asked.recipient, asked.purpose
    known = await store.lock_consent_for(connection, person_id, recipient, purpose)
    said = (await store.said_of(connection, [person_id], recipient, purpose)).get(person_id, [])
    taken_back_at = await store.person_took_back_at(connection, [one.consent.id for one in said])
    check_not_taken_back_since(taken_back_at, at)
    if known is not None:
        known.renew(asked.scope, asked.expires_on, at, settles=is_unsettled(said))
    else:
        check_lasts(asked.expires_on, at)
    consent = known or SharingConsent(
        id=new_id(),
        person_id=person_id,
        pcn_code=about.record.pcn_code,
        recipient=recipient,
        purpose=purpose,
        scope=asked.scope,
        expires_on=asked.expires_on,
        given_at=at,
    )
    step = _step(consent, "given", about, acting, said_how=asked.said_how, note=asked.note)
    await store.write_consent(connection, consent, step)
    await _set_timer(connection, consent)
    await about.tell(
        connection,
        published.given(consent, renewed=known is not None),
        messages_consented=_messages(consent),
    )
    await about.audit(connection, acting, "consent.give", f"consent/{consent.id}")
    return consent


async def agree_with_it(
    connection: Connection, acting: Acting, about: AboutPerson, asked: Agreement
) -> None:
    """Write down what somebody agreed to by what is done with them, unless they had before.

    What they took back is asked of them first, and written down as a consent of its own.
    """
    person_id, recipient, purpose = about.record.id, asked.recipient, asked.purpose
    said = (await store.said_of(connection, [person_id], recipient, purpose)).get(person_id, [])
    permission = agreed(said, about.moment.recorded_at)
    if permission is not None and permission.covers(*asked.scope):
        return
    if was_taken_back(said):
        raise ConsentEnded("The person took this back. If they agree again, write down a consent.")
    scope, expires_on = asked.scope, asked.expires_on
    for one in said:
        if one.consent.permits(about.moment.recorded_at):
            scope, expires_on = scope | one.consent.scope, one.consent.expires_on
    await write_agreement(
        connection, acting, about, replace(asked, scope=scope, expires_on=expires_on)
    )


async def narrow_consent(
    connection: Connection,
    acting: Acting,
    consent_id: UUID,
    expected_version: int,
    asked: ConsentNarrowing,
) -> Outcome:
    """Write down that the person took part of it back."""
    try:
        about, consent = await _open(connection, acting, consent_id, asked)
        check_version(expected_version, consent.version)
        scope = consent.scope if asked.scope is None else frozenset[str](asked.scope)
        last_day = consent.expires_on if asked.expires_on is None else asked.expires_on
        consent.narrow(scope, last_day, about.moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    step = _step(consent, "narrowed", about, acting, said_how=asked.said_how, note=asked.note)
    return await _take_back(connection, acting, about, consent, step)


async def revoke_consent(
    connection: Connection,
    acting: Acting,
    consent_id: UUID,
    expected_version: int,
    asked: ConsentRevocation,
) -> Outcome:
    """Write down that the person took it back; nothing is shared from then on."""
    try:
        about, consent = await _open(connection, acting, consent_id, asked)
        check_version(expected_version, consent.version)
        consent.revoke(about.moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    step = _step(consent, "revoked", about, acting, said_how=asked.said_how, note=asked.note)
    return await _take_back(connection, acting, about, consent, step)


async def acknowledge_consent(
    connection: Connection,
    acting: Acting,
    consent_id: UUID,
    expected_version: int,
    asked: ConsentAcknowledgement,
) -> Outcome:
    """Write down that a holder knows what was taken back, as they say or a worker heard.

    They confirm what they saw: what was taken back since is asked of them anew.
    """
    try:
        about, consent = await _open(connection, acting, consent_id, asked, casework=False)
        holder = _holder(acting, consent, asked.holder)
        check_version(expected_version, consent.version)
        taken_back_at = await store.taken_back_at(connection, consent.id)
        change: Change = consent.change or "narrowed"
        consent.acknowledge(holder, about.moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    step = _step(consent, "acknowledged", about, acting, holder=holder, note=asked.note)
    await store.write_consent(connection, consent, step)
    await about.tell(
        connection,
        published.acknowledged(
            consent,
            holder,
            change,
            taken_back_at=taken_back_at or about.moment.occurred_at,
            at=about.moment.occurred_at,
        ),
    )
    await about.audit(connection, acting, "consent.acknowledge", f"consent/{consent.id}")
    body = _answer(consent, acting, about)
    if not acting.caller.may_see(consent.pcn_code):
        for hidden in ("person_id", "outstanding"):
            del body[hidden]
    return Done(201, body, consent.version)


async def check_may_turn_on_messages(
    connection: Connection, acting: Acting, person_id: UUID
) -> None:
    """Refuse messages that a consent of the person, on whichever of their records, does not allow."""
    said = (await store.messages_said(connection, [person_id])).get(person_id)
    if said and agreed(said, acting.now) is None:
        raise MessagesConsentDecides(
            "The person took this back, or it is over. Write down a consent for messages.",
            "/messages_consented",
        )


async def take_back_messages(
    connection: Connection, acting: Acting, person_id: UUID, moment: Moment
) -> int | None:
    """Take back what a person agreed to be sent, on each of their records, after it was locked.

    A no from before they agreed takes nothing back. Give the version that led to of their own record.
    """
    version: int | None = None
    for said in (await store.messages_said(connection, [person_id])).get(person_id, ()):
        if not said.consent.permits(moment.occurred_at):
            continue
        about = await record_at(connection, said.consent.person_id, moment)
        consent = await store.lock_consent(connection, said.consent.id)
        if about is None or consent is None:
            continue
        consent.revoke(moment.occurred_at)
        step = _step(consent, "revoked", about, acting, said_how="other")
        await _take_back(connection, acting, about, consent, step)
        if about.record.id == person_id:
            version = about.record.version
    return version


async def consent_end_fell_due(connection: Connection, timer: Timer) -> None:
    """End a consent whose last day is over, and ask its holders to confirm."""
    found = await store.find_consent(connection, timer.about)
    if found is None:
        return
    known_at = max(clock.now(), timer.due_at)
    about = await record_at(connection, found["person_id"], Moment(timer.due_at, known_at))
    consent = await store.lock_consent(connection, timer.about)
    if about is None or consent is None or not consent.expire(timer.due_at):
        return
    step = _step(consent, "expired", about, None)
    await store.write_end(connection, consent, step)
    messages = False if _is_messages(consent) else None
    await about.tell(connection, published.taken_back(consent), messages_consented=messages)


async def network_of(connection: Connection, consent_id: UUID) -> str | None:
    """Give the network that keeps a consent the caller may see."""
    found = await store.find_consent(connection, consent_id)
    return found["pcn_code"] if found else None


async def _open(
    connection: Connection,
    acting: Acting,
    consent_id: UUID,
    asked: ConsentNarrowing | ConsentRevocation | ConsentAcknowledgement,
    *,
    casework: bool = True,
) -> tuple[AboutPerson, SharingConsent]:
    found = await store.find_consent(connection, consent_id)
    if found is None:
        raise NothingFound
    about = await open_record(
        connection, acting, found["person_id"], asked, opens_casework=casework
    )
    consent = await store.lock_consent(connection, consent_id)
    if consent is None:
        raise NothingFound
    return about, consent


async def _take_back(
    connection: Connection,
    acting: Acting,
    about: AboutPerson,
    consent: SharingConsent,
    step: dict[str, Any],
) -> Outcome:
    await store.write_consent(connection, consent, step)
    await _set_timer(connection, consent)
    messages = False if consent.status != "given" and _is_messages(consent) else None
    await about.tell(connection, published.taken_back(consent), messages_consented=messages)
    await about.audit(connection, acting, f"consent.{step['step']}", f"consent/{consent.id}")
    return Done(201, _answer(consent, acting, about), consent.version)


async def _set_timer(connection: Connection, consent: SharingConsent) -> None:
    over_at = ends_at(consent.expires_on)
    if over_at is None or consent.status != "given":
        await timers.clear(connection, kind=TIMER, about=consent.id)
    else:
        await timers.set(
            connection, kind=TIMER, about=consent.id, pcn_code=consent.pcn_code, due_at=over_at
        )


def _recipient(asked: RecipientAsked, person_id: UUID) -> Recipient:
    return Recipient(asked.kind, asked.id or str(person_id))


def recipients_of(caller: Caller) -> list[Recipient]:
    """Give who the caller is where something was shared: an organisation, a practice, a network."""
    return [
        *(Recipient("organization", one) for one in caller.codes_of("organization")),
        *(Recipient("practice", one) for one in caller.practices),
        *(Recipient("pcn", one) for one in caller.pcns),
    ]


def _holder(acting: Acting, consent: SharingConsent, asked: RecipientAsked | None) -> Recipient:
    """Give who confirms: a holder for themselves, or the network's worker for one they name."""
    caller = acting.caller
    if caller.may_see(consent.pcn_code):
        if asked is None:
            raise broken("/holder", "must say who confirmed it")
        return _recipient(asked, consent.person_id)
    named = None if asked is None else _recipient(asked, consent.person_id)
    for one in recipients_of(caller):
        if one in consent.holders and named in {None, one}:
            return one
    raise NothingFound


def _messages(consent: SharingConsent) -> bool | None:
    return True if _is_messages(consent) else None


def _is_messages(consent: SharingConsent) -> bool:
    return consent.recipient.kind == "person" and consent.purpose == "messages"


def _step(
    consent: SharingConsent,
    step: str,
    about: AboutPerson,
    acting: Acting | None,
    *,
    said_how: str | None = None,
    holder: Recipient | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    moment = about.moment
    return {
        "id": new_id(),
        "pcn_code": consent.pcn_code,
        "consent_id": consent.id,
        "number": consent.version,
        "step": step,
        "scope": sorted(consent.scope),
        "expires_on": consent.expires_on,
        "said_how": said_how,
        "holder_kind": holder.kind if holder else None,
        "holder_id": holder.id if holder else None,
        "worker_id": acting.worker_id if acting else None,
        "note": note,
        "origin": moment.origin,
        "event_id": about.event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }


def _answer(consent: SharingConsent, acting: Acting, about: AboutPerson) -> dict[str, Any]:
    return {
        **store.as_shown(consent, acting.now),
        "outstanding": consent.outstanding,
        "event_id": about.event_id,
        "occurred_at": about.moment.occurred_at,
        "recorded_at": about.moment.recorded_at,
    }
