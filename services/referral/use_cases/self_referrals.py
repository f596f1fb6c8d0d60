"""The open door: somebody refers themselves, without an account, and is told nothing of anybody.

Promise    The answer is the same whoever is on record. A request changes no record: it makes a
           referral by the route ``self``, of the person meant or of one newly entered, to be
           checked by the network. A danger that is named alarms somebody at once, whatever else
           becomes of the request; what makes no referral is kept with it, for whoever finds out.
Price      Who cannot be told apart safely gets a second record, which a worker merges.
Not here   How often one address may ask (``api``), where to turn in a crisis (``domain.safety``).
"""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from chassis.access.audit import Opened, record_access
from chassis.access.caller import Caller
from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import NothingFound, Refusal, RegisterBehind
from services.referral.acting import Acting, Done, Outcome, broken, refusal_of
from services.referral.commands import PersonChange
from services.referral.commands.matching import NewMerge
from services.referral.commands.self_referrals import NewSelfReferral, SelfReferralCheck
from services.referral.domain.people import Person, check_synthetic
from services.referral.domain.refusals import PersonDetailsDiffer, Refused
from services.referral.domain.self_referral import SelfReferralChecked
from services.referral.items import ReferralItem
from services.referral.published import Moment
from services.referral.store import self_referrals as store
from services.referral.use_cases.alarms import raise_alarm
from services.referral.use_cases.identity import lock_known_people
from services.referral.use_cases.matching import merge_people, moment_of
from services.referral.use_cases.people import amend_person
from services.referral.use_cases.people_record import details_of
from services.referral.use_cases.referrals import receive_referrals

# Nobody signed in: the audit shows this client and this key.
DOOR_CLIENT: Final = "self-referral"
DOOR_KEY: Final = "0" * 32
NOBODY: Final = Caller(DOOR_KEY, DOOR_CLIENT, ())
# Who is held back and asks the same again later than this means it, and alarms again.
SECOND_CLICK_MINUTES_MAX: Final = 10
# What would tell a stranger about a record; the network sees it, the answer does not.
_ABOUT_RECORDS: Final = frozenset({"person-has-died", "person-details-differ"})


def at_the_door(acting: Acting, asked: NewSelfReferral) -> Acting:
    """Let nobody in particular act in the network of the practice they name, for one request."""
    pcn_code = acting.places.pcns.get(asked.practice_code)
    if pcn_code is None and acting.places.behind:
        raise RegisterBehind
    if pcn_code is None:
        raise broken("/practice_code", "must be a practice that takes part")
    return replace(acting, caller=replace(acting.caller, organisations=(pcn_code,)))


async def refer_oneself(
    connection: Connection, acting: Acting, asked: NewSelfReferral
) -> dict[str, Any]:
    """Take what somebody asks for themselves; the receipt reveals nothing."""
    if asked.person.deprivation_decile is not None:
        raise broken("/person/deprivation_decile", "cannot be given here")
    pcn_code = acting.places.pcns[asked.practice_code]
    try:
        if acting.demo:
            check_synthetic(asked.person.nhs_number, "/person/nhs_number")
        meant = await _whom(connection, pcn_code, asked)
    except Refused as refused:
        raise refusal_of(refused) from None
    item = ReferralItem(
        key=DOOR_CLIENT,
        fingerprint=_fingerprint(acting, asked),
        route="self",
        needs=asked.needs,
        note=asked.words,
        dangers=asked.dangers,
        guardian_consented=asked.guardian_consented,
        **meant,
    )
    (outcome,) = await receive_referrals(connection, acting, [item])
    if isinstance(outcome, Refusal) and outcome.name not in _ABOUT_RECORDS:
        raise outcome
    receipt = uuid4()
    if isinstance(outcome, Done) and outcome.body.get("already"):
        return {"receipt": receipt}  # the same request of today, which is in the list
    came = _came_in(acting, asked, pcn_code, receipt, outcome, meant)
    lately = acting.now - timedelta(minutes=SECOND_CLICK_MINUTES_MAX)
    if await store.was_held_back(connection, came, since=lately):
        return {"receipt": receipt}
    await store.write(connection, came)
    if came.held_back is not None and asked.dangers:
        # No referral named it, so nothing else would alarm anybody.
        await raise_alarm(
            connection,
            acting,
            kind="danger-named",
            pcn_code=pcn_code,
            practice_code=asked.practice_code,
            person_id=came.person_id,
            dangers=asked.dangers,
            moment=Moment(acting.now, acting.now, acting.origin),
        )
    return {"receipt": receipt}


async def check_self_referral(
    connection: Connection, acting: Acting, self_referral_id: UUID, asked: SelfReferralCheck
) -> Outcome:
    """Note who it is: the record it came under, or another one that speaks for it from now on."""
    try:
        moment = moment_of(acting, asked)
        row = await store.lock(connection, self_referral_id)
        if row is None:
            raise NothingFound
        if row["checked_at"] is not None:
            raise SelfReferralChecked("Somebody has checked this before.")
    except Refused as refused:
        return refusal_of(refused)
    person_id: UUID | None = row["person_id"]
    if asked.person_id is not None and person_id is not None and asked.person_id != person_id:
        wanted = NewMerge(
            person_id=person_id,
            nhs_number=None,
            numbers_checked=asked.numbers_checked,
            occurred_at=asked.occurred_at,
        )
        merged = await merge_people(connection, acting, asked.person_id, wanted)
        if isinstance(merged, Refusal):
            return merged
    if asked.take_wishes and person_id is not None:
        refused_wishes = await _take_wishes(connection, acting, person_id, dict(row))
        if refused_wishes is not None:
            return refused_wishes
    await store.note_checked(
        connection, self_referral_id, at=moment.recorded_at, by=acting.caller.member_key
    )
    opened = Opened(
        subject=f"self-referral/{self_referral_id}", pcn_code=row["pcn_code"], person_id=person_id
    )
    await record_access(
        connection, acting.caller, "self-referral.check", [opened], reason=acting.reason
    )
    body = {
        "id": self_referral_id,
        "pcn_code": row["pcn_code"],
        "practice_code": row["practice_code"],
        "referral_id": row["referral_id"],
        "person_id": asked.person_id or person_id,
        "checked_at": moment.recorded_at,
        "version": row["version"] + 1,
        "event_id": None,
    }
    return Done(200, body, row["version"] + 1)


async def _whom(connection: Connection, pcn_code: str, asked: NewSelfReferral) -> dict[str, Any]:
    """Say who is meant: somebody on record, or a person to be entered."""
    person = asked.person
    details = details_of(person, asked.practice_code)
    known = await lock_known_people(connection, described=[(pcn_code, details)])
    try:
        found: Person | None = known.like(pcn_code, details)
    except PersonDetailsDiffer:
        # The number is somebody else's here. They are entered without it, and not told.
        unnumbered = person.model_copy(update={"nhs_number": None})
        return {"person": unnumbered, "practice_code": asked.practice_code}
    if found is None:
        return {"person": person, "practice_code": asked.practice_code}
    return {"person_id": found.id}


async def _take_wishes(
    connection: Connection, acting: Acting, person_id: UUID, row: dict[str, Any]
) -> Refusal | None:
    known = await lock_known_people(connection, ids=[person_id])
    person = known.by_id(person_id)
    if person is None:
        raise NothingFound
    # Validated, so that what is not named counts as left out and not as emptied.
    change = PersonChange.model_validate(
        {name: row[name] for name in ("messages_consented", "safe_channel")}
    )
    outcome = await amend_person(connection, acting, person.id, person.version, change)
    return outcome if isinstance(outcome, Refusal) else None


def _came_in(
    acting: Acting,
    asked: NewSelfReferral,
    pcn_code: str,
    receipt: UUID,
    outcome: Outcome,
    meant: dict[str, Any],
) -> store.CameIn:
    done = outcome if isinstance(outcome, Done) else None
    return store.CameIn(
        id=new_id(),
        receipt=receipt,
        pcn_code=pcn_code,
        practice_code=asked.practice_code,
        referral_id=done.body["id"] if done else None,
        person_id=done.body["person_id"] if done else meant.get("person_id"),
        entered_person="person" in meant,
        problem=outcome.name if isinstance(outcome, Refusal) else None,
        messages_consented=asked.messages_consented,
        safe_channel=asked.safe_channel,
        recorded_at=acting.now,
        held_back=None
        if done
        else store.HeldBack(
            needs=asked.needs,
            words=asked.words,
            dangers=asked.dangers,
            described=asked.person.model_dump_json(),
        ),
    )


def _fingerprint(acting: Acting, asked: NewSelfReferral) -> str:
    """The same request on the same day is one: an impatient second click makes nothing."""
    content = f"{acting.now.date()}\x1f{asked.model_dump_json()}"
    return hashlib.blake2b(content.encode(), digest_size=32).hexdigest()
