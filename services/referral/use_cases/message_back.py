"""Writing the messages that go back when support ends, from what is on record at that moment.

Promise    One message to each recipient, stored as it was written, in the closing's transaction;
           those for practices are asked to be handed over.
Not here   What a message holds: ``domain.message_back``. Handing over: ``use_cases.handing_over``.
"""

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.database import Connection
from chassis.ids import new_id
from contracts import codes
from services.referral.domain.closing import Closed
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.message_back import (
    FORMAT,
    AboutMe,
    Closure,
    ContactsHad,
    MeasureScore,
    MessageBack,
    OnwardService,
    OutcomeMeasure,
    PersonDemographics,
    PlaceNamed,
    PlannedGoal,
    Provenance,
    ReferralIn,
    content_hash,
    for_referrer,
    referrers_beside,
    written,
)
from services.referral.published import Moment
from services.referral.store import closing as store
from services.referral.store import writeback as items
from services.referral.store.closing import Counts
from services.referral.use_cases.writeback import Asked, ask_for, asks_for_records


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An episode that was just closed, as its messages tell of it."""

    closing_id: UUID
    episode: Episode
    referral: Referral
    closed: Closed
    outcome: codes.ClosingOutcome
    what_next: codes.ClosingNext
    summary: str | None
    counts: Counts
    completed_by: UUID | None
    moment: Moment


async def send_back(connection: Connection, ended: Ended) -> None:
    """Write the message of each recipient, and ask for those that go to practices."""
    whole, practices, duplicates = await _assembled(connection, ended)
    beside = referrers_beside(whole)
    messages = [whole, *(for_referrer(whole, referrer) for referrer in beside)]
    rows: list[dict[str, Any]] = []
    asked: list[Asked] = []
    for message in messages:
        document, message_id = written(message), new_id()
        rows.append(
            {
                "id": message_id,
                "pcn_code": ended.episode.pcn_code,
                "episode_id": ended.episode.id,
                "closing_id": ended.closing_id,
                "recipient_kind": message.recipient_kind,
                "recipient_code": message.recipient.code,
                "format": message.format,
                "document": document,
                "content_hash": content_hash(document),
                "recorded_at": ended.moment.recorded_at,
                "duplicate_episode_ids": duplicates,
            }
        )
        # Practices have clinical records. Who else refers reads its message here.
        if message.recipient.name is not None and message.recipient.code in practices:
            asked.append(_asked(ended, message, message_id))
    await store.write_messages(connection, rows)
    if asks_for_records(ended.moment.origin):
        await ask_for(connection, asked, ended.moment)


def _asked(ended: Ended, message: MessageBack, message_id: UUID) -> Asked:
    episode = ended.episode
    return Asked(
        kind="message",
        pcn_code=episode.pcn_code,
        practice_code=message.recipient.code,
        referral_id=ended.referral.id,
        episode_id=episode.id,
        person_id=episode.person_id,
        occurred_at=ended.moment.occurred_at,
        worker_id=ended.completed_by,
        message_id=message_id,
    )


async def _assembled(
    connection: Connection, ended: Ended
) -> tuple[MessageBack, set[str], list[UUID]]:
    """Give the whole message, who of its recipients are practices, and which support it was, too."""
    episode, counts = ended.episode, ended.counts
    person = await store.read_person(connection, episode.person_id)
    rows = await store.list_referrals(connection, episode.id)
    referrals = [_referral(row) for row in rows]
    practices = {row["referrer_code"] for row in rows if row["referrer_kind"] == "practice"}
    duplicates = sorted({row["episode_id"] for row in rows} - {episode.id})
    practice = PlaceNamed(name=person["practice_name"], code=person["practice_code"])
    service = PlaceNamed(name=person["pcn_name"], code=episode.pcn_code)
    standing = await items.list_standing(connection, [episode.id])
    whole = MessageBack(
        format=FORMAT,
        recipient_kind="practice",
        recipient=practice,
        person_demographics=_demographics(person),
        gp_practice=practice,
        referrals=tuple(referrals),
        access_needs=tuple(person["access_needs"]),
        about_me=_about_me(await store.read_plan(connection, episode.id)),
        needs_and_concerns=tuple(dict.fromkeys(need for one in referrals for need in one.reasons)),
        plan_and_goals=tuple(_goal(row) for row in await store.list_goals(connection, episode.id)),
        outcome_measures=tuple(
            _measure(row) for row in await store.list_measures(connection, episode.id)
        ),
        onward_services=tuple(
            _onward(row) for row in await store.list_onward(connection, episode.id)
        ),
        contacts=ContactsHad(
            count=counts.contacts_made,
            first_at=counts.first_at,
            last_at=counts.last_at,
            worker_id=episode.worker_id,
        ),
        closure=Closure(
            closed_at=ended.moment.occurred_at,
            outcome=ended.outcome,
            what_next=ended.what_next,
            summary=ended.summary,
            days_open=ended.closed.days_open,
            goals_set=counts.goals_set,
            goals_met=counts.goals_met,
            clinical_codes=tuple(one.code for one in standing.get(episode.id, ())),
        ),
        provenance=Provenance(
            completed_by=ended.completed_by,
            recorded_at=ended.moment.recorded_at,
            service=service,
            distribution=(practice,),
        ),
    )
    return _distributed(whole), {practice.code, *practices}, duplicates


def _distributed(whole: MessageBack) -> MessageBack:
    distribution = (whole.gp_practice, *referrers_beside(whole))
    return replace(whole, provenance=replace(whole.provenance, distribution=distribution))


def _demographics(person: Record) -> PersonDemographics:
    return PersonDemographics(
        person_name=f"{person['given_name']} {person['family_name']}",
        preferred_name=person["preferred_name"],
        date_of_birth=person["birth_date"],
        address=tuple(person["address_lines"]),
        postcode=person["postcode"],
        nhs_number=person["nhs_number"],
        gender=person["gender"],
        ethnic_category=person["ethnicity_category"],
        phone=person["phone"],
        email=person["email"],
        preferred_contact_method=person["preferred_channel"],
        preferred_language=person["language"],
        interpreter_needed=person["interpreter_needed"],
    )


def _referral(row: Record) -> ReferralIn:
    return ReferralIn(
        referral_id=row["id"],
        referred_at=row["occurred_at"],
        referrer=PlaceNamed(name=row["referrer_name"], code=row["referrer_code"]),
        source=row["route"],
        urgency=row["urgency"],
        reasons=tuple(row["needs"]),
        reason_in_words=row["note"],
        reference=row["practice_reference"],
        status=row["status"],
    )


def _goal(row: Record) -> PlannedGoal:
    return PlannedGoal(
        goal=row["description"],
        need=row["need"],
        status=row["status"],
        target_date=row["target_date"],
    )


def _about_me(plan: Record | None) -> AboutMe:
    return AboutMe(
        what_matters_to_me=plan["what_matters"] if plan else None,
        how_best_to_support_me=plan["support"] if plan else None,
    )


def _measure(row: Record) -> OutcomeMeasure:
    scores = json.loads(row["scores"], parse_float=Decimal)
    return OutcomeMeasure(
        instrument=row["instrument"],
        instrument_version=row["instrument_version"],
        taken_at=row["occurred_at"],
        occasion=row["occasion"],
        answered_by=row["answered_by"],
        complete=row["complete"],
        scores=tuple(
            MeasureScore(
                name=one["name"],
                value=_exact(one["value"]),
                band=one["band"],
            )
            for one in scores
        ),
    )


def _exact(value: Decimal | int | None) -> str | None:
    return None if value is None else format(Decimal(value).normalize(), "f")


def _onward(row: Record) -> OnwardService:
    return OnwardService(
        listing_id=row["listing_id"],
        need=row["need"],
        offered_at=row["drafted_at"],
        status=row["status"],
    )
