"""One event of each type that is told of contacts, about one person."""

from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.contacts import Contact, ContactFact, Counted, Supersession
from services.referral.domain.episodes import Episode
from services.referral.published import Moment
from services.referral.published.contacts import (
    contact_corrected,
    contact_recorded,
    contact_voided,
)


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    told: list[NewEvent] = []
    for outcome, number in (("made", 1), ("missed", None), ("attempted", None)):
        contact = a_contact(episode, outcome, number, moment)
        told.append(
            contact_recorded(
                contact, episode, first=True, event_id=uuid4(), version=9, moment=moment
            )
        )
    contact = a_contact(episode, "made", 1, moment)
    following = Counted(uuid4(), 2, moment.occurred_at, "Y99001")
    change = Supersession(
        previous=contact.fact,
        previous_number=1,
        supersedes=1,
        was_first=True,
        is_first=False,
        next_first=following,
        aggregate_version=9,
    )
    return [
        *told,
        contact_voided(contact, episode, change, "duplicate", event_id=uuid4(), moment=moment),
        # Its example shows every field at once, as no single correction would.
        contact_corrected(
            a_contact(episode, "made", 1, moment, missed_reason="unwell"),
            episode,
            change,
            "mistyped",
            event_id=uuid4(),
            moment=moment,
        ),
    ]


def a_contact(
    episode: Episode,
    outcome: str,
    number: int | None,
    moment: Moment,
    *,
    missed_reason: str | None = None,
) -> Contact:
    fact = ContactFact(
        outcome=outcome,
        missed_reason="unwell" if outcome == "missed" else missed_reason,
        mode="phone",
        minutes=35,
        role="link-worker",
        with_role="pharmacist",
        understanding="understood",
        occurred_at=moment.occurred_at,
    )
    return Contact(uuid4(), episode.id, uuid4(), "Y99001", uuid4(), fact, number)
